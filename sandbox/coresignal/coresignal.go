// Package coresignal fakes the provider Coresignal in a sandbox: one account with its people, credits, subscriptions and
// data requests. Package sandbox starts it, and gives it as the field Coresignal:
//
//	sb, err := sandbox.Start(coresignal.WithPeople(50), coresignal.WithCredits(500))
//	...
//	err = sb.Coresignal.Promote(sb.Coresignal.PersonIDs()[0], "Head of Sales")
//
// The datasets are v1's, Base, Clean and Multi-source, with the real-time endpoint and the mapping of v1's IDs. The
// paths, headers, limits and errors are those that the provider documents. Where no source states what the provider
// does, the sandbox picks one behaviour and its documentation says "assumed". What it cannot evaluate, such as a rare
// kind of query, is refused with the reason; it never guesses.
//
// # What is assumed
//
// No source states these things about the provider, so a client should not rely on them:
//
//   - the shape of the response to a created subscription ([WithSubscriptionResponse]), of one subscription, and of the
//     response to its deletion
//   - the body keys of an ID subscription and of data requests by shorthand_names, and the form fields of v1's ID files;
//     the keys ids and urls of data requests are reported by two sources
//   - the notices of v1, and those of data requests ([WithJobNotice])
//   - the rows of a preview of Clean, the rows of education of Clean, and the synonyms that a semantic search injects,
//     which are the sandbox's own
//   - the price, the key and the allowance of the real-time endpoint
//   - of Base's records: the rows of those collections of which only empty ones were found, such as skills and interests,
//     and that its collections are nested paths in queries. The whole form differs between the documents and what was
//     found: [WithDocumentedBase]
//   - that numbers and dates of queries are held against the types of the index with 400, and which types those are but
//     for Multi-source, whose mapping is published
//   - what a collect and a data request give of a hidden, deleted or merged profile ([WithHiddenProfiles],
//     [WithDeletedProfiles], [WithMergedProfiles]), and what subscriptions are told of it
//   - that the IDs of v1 are those of Base: only those that nobody has are unmapped
//   - that a renewal adds 91 days to the end, and that expired=true lists only expired subscriptions
//   - that an ID given twice in a data request is refused
//   - that files have ETags and can be fetched in ranges
//   - the texts of most refusals, and the status of some: each such place says so
//   - the size of deliveries, their time limit, and that there are no retries
package coresignal

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// The kinds of the deliveries, which the sandbox's log of them tells.
const (
	ChangeNotice = "change notice" // people of a subscription changed; about the subscription
	TestNotice   = "test notice"   // a simulation was asked for
	JobNotice    = "job notice"    // a data request has finished; about the data request
)

// Sandbox is the fake of Coresignal. It is an [http.Handler] and safe for concurrent use. Get one from package sandbox.
type Sandbox struct {
	state  *state
	origin *shell.Origin
}

// New is for package sandbox. It returns every error of the options, joined.
func New(sh *shell.Shell, options ...Option) (*Sandbox, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	c := newState(s, sh)
	return &Sandbox{state: c, origin: sh.Add(c)[0]}, nil
}

// URL returns the base URL, without a slash at its end and with the path prefix; the paths start with "/cdapi" after
// it. It is empty before the sandbox listens.
func (sb *Sandbox) URL() string { return sb.origin.URL() }

// ServeHTTP responds to one request as the provider would, after the faults that concern it. When a fault drops the
// connection and w cannot be hijacked, it panics with http.ErrAbortHandler, which net/http's server understands.
func (sb *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { sb.origin.ServeHTTP(w, r) }

// Serve serves the connections of a listener until the sandbox is closed, which closes it, and then returns nil. It
// sets [Sandbox.URL] if nothing has before.
func (sb *Sandbox) Serve(l net.Listener) error { return sb.origin.Serve(l) }

// state is one account. The lock guards all of it; nothing waits for the network while it is held.
type state struct {
	settings settings
	shell    *shell.Shell
	log      *slog.Logger
	routes   []route
	rates    shell.Rates

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

func newState(s settings, sh *shell.Shell) *state {
	common := sh.Settings()
	c := &state{
		settings: s,
		shell:    sh,
		log:      common.Log,
		roster:   newRoster(people.Generate(common.Seed, s.people, common.Start)),
		keys:     newKeyring(sh, s.apiKey),
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

// Name and the methods below are what the shell needs.
func (c *state) Name() string { return "coresignal" }

func (c *state) Origins() []string { return []string{"api"} }

func (c *state) Stamp(h http.Header) { h.Set("X-Correlation-Id", c.shell.UUID()) }

func (c *state) Refuse(req *shell.Call, status int, detail string) {
	refuse(req.W, &problem{status, detail})
}

// Serve finds the route of a request. A known path with the wrong verb gets 500, as the provider documents, or 503 from
// the real-time API.
func (c *state) Serve(req *shell.Call) {
	if limit, yes := req.TooLarge(); yes {
		refuse(req.W, refusal(http.StatusBadRequest, "The request body is larger than %d bytes", limit))
		return
	}
	if req.BodyErr != nil {
		refuse(req.W, refusal(http.StatusBadRequest, "The request body cannot be read"))
		return
	}
	known := false
	for _, rt := range c.routes {
		switch req.MatchRoute(rt.method, rt.path) {
		case shell.FullMatch:
			if p := c.serve(rt, &call{Call: req, set: rt.set, price: rt.price, log: c.log}); p != nil {
				refuse(req.W, p)
			}
			return
		case shell.OtherMethod:
			known = true
		}
	}
	switch {
	case known && strings.HasPrefix(req.Path, "/rtapi/"):
		refuse(req.W, refusal(http.StatusServiceUnavailable, "Service Unavailable"))
	case known:
		refuse(req.W, refusal(http.StatusInternalServerError, "Internal Server Error"))
	default: // the provider's gateway
		req.W.JSON(http.StatusNotFound, map[string]string{
			"message":    "no Route matched with those values",
			"request_id": strings.ReplaceAll(c.shell.UUID(), "-", ""),
		})
	}
}

// Next is the acceptance of a data request in progress, or the next sweep of a subscription, which is not swept after
// its end.
func (c *state) Next() (next time.Time, found bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	earliest := func(t time.Time) {
		if !found || t.Before(next) {
			next, found = t, true
		}
	}
	for _, j := range c.jobs.inOrder {
		if j.state == jobRunning && !c.jobs.stalled {
			earliest(j.accepted)
		}
	}
	for _, sub := range c.subscriptions.inOrder {
		if sub.nextSweep.Before(sub.expires) {
			earliest(sub.nextSweep)
		}
	}
	return next, found
}

func (c *state) Due(t time.Time) []shell.Parcel { return append(c.finishJobs(), c.sweepDue(t)...) }

func (c *state) Flush() []shell.Parcel { return append(c.finishJobs(), c.sweepAll()...) }
