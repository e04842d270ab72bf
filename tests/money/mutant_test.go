package money

import (
	"context"
	"fmt"
	"sync"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// mutants are receivers that break one promise each, and what the account must then find.
var mutants = map[string]string{
	"drops deliveries":         lostNotice,
	"buys again when it fails": paidInVain,
	"hands over older records": olderAfterNewer,
	"calls people gone":        goneByMistake,
	"keeps doubts to itself":   paidInVain,
	"buys for doubts":          boughtAgain,
	"doubts for no reason":     doubtWithoutCause,
	"has no budget":            overBudget,
	"buys for strangers":       boughtForStranger,
}

// mutant stands between the module and the user's function, and does nothing unless it has a name.
type mutant struct {
	settings
	client *pronet.Client
	store  func(context.Context, refresh.Outcome[employee.BaseRecord]) error
	handle func(context.Context, *webhook.Delivery) error

	mu    sync.Mutex
	count int
	first map[int64]refresh.Outcome[employee.BaseRecord]
}

func newMutant(s settings, client *pronet.Client, o *refresh.Options) *mutant {
	switch s.Mutant {
	case "has no budget":
		o.Budget = nil
	case "buys for strangers":
		o.Known = nil
	}
	return &mutant{settings: s, client: client, first: map[int64]refresh.Outcome[employee.BaseRecord]{}}
}

// every reports each n-th time that it is asked.
func (m *mutant) every(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	return m.count%n == 0
}

func (m *mutant) Handle(ctx context.Context, d *webhook.Delivery) error {
	if m.Mutant == "drops deliveries" && m.every(20) {
		return nil
	}
	return m.handle(ctx, d)
}

func (m *mutant) Store(ctx context.Context, o refresh.Outcome[employee.BaseRecord]) error {
	switch {
	case m.Mutant == "calls people gone" && m.every(20):
		o.Record, o.Err = nil, fmt.Errorf("made up: %w", api.ErrNotFound)
	case m.Mutant == "doubts for no reason" && o.Record != nil && m.every(20):
		o.Record, o.Err = nil, fmt.Errorf("made up: %w", api.ErrMaybeApplied)
	case m.Mutant == "keeps doubts to itself" && toLine(0, o).Kind == "doubt":
		return nil
	}
	err := m.store(ctx, o)
	switch {
	case m.Mutant == "buys for doubts" && err == nil && toLine(0, o).Kind == "doubt",
		m.Mutant == "buys again when it fails" && err != nil && m.every(5):
		o.Record, o.Err = m.client.Employees.Base.Collect(ctx, employee.ID(o.ID))
		if m.Mutant == "buys for doubts" && o.Err == nil {
			return m.store(ctx, o)
		}
	case m.Mutant == "hands over older records" && err == nil && o.Record != nil:
		m.mu.Lock()
		before, twice := m.first[o.ID]
		m.first[o.ID] = o
		m.mu.Unlock()
		if twice {
			return m.store(ctx, before)
		}
	}
	return err
}
