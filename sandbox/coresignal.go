package sandbox

import (
	"log/slog"
	"sync"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// coresignal is the state of the provider Coresignal: one account with its
// people, credits, subscriptions and data requests. The lock guards all of it;
// nothing waits for the network while it is held.
type coresignal struct {
	settings   settings
	clock      *clock
	identities *identities
	courier    *courier
	routes     []route
	rates      rates
	log        *slog.Logger

	mu            sync.RWMutex
	roster        roster
	keys          keyring
	pools         map[purse]*pool
	collected     map[int64]int
	scraped       map[int64]int
	subscriptions subscriptionList
	jobs          jobList
	simulations   int
}

func newCoresignal(s settings, clk *clock, ids *identities, post *courier) *coresignal {
	c := &coresignal{
		settings:   s,
		clock:      clk,
		identities: ids,
		courier:    post,
		log:        s.log,
		roster:     newRoster(people.Generate(s.seed, s.people, s.start)),
		keys:       newKeyring(ids),
		pools: map[purse]*pool{
			v2Purse:       {left: s.credits},
			v1Purse:       {left: s.v1Credits},
			realTimePurse: {left: s.realTimeCredits},
		},
		collected:     map[int64]int{},
		scraped:       map[int64]int{},
		subscriptions: newSubscriptionList(),
		jobs:          newJobList(),
	}
	c.routes = c.table()
	return c
}
