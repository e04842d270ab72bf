//go:build unix

package fleet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/examples/fleet/receiver"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/refresh"
)

// Mutants are processes that break one promise each.
const (
	losesSpool    = "loses its spool"
	noMarks       = "has marks of its own"
	noLimits      = "has limits of its own"
	noBudget      = "has a budget of its own"
	noTokens      = "has tokens of its own"
	olderRecords  = "hands over older records"
	keepsALease   = "keeps a lease"
	buysAgain     = "buys again"
	handsOutTwice = "hands over outside the transaction"
)

// mutants are what the judge must find of each.
var mutants = map[string]string{
	losesSpool:    lostChange,
	noMarks:       boughtAgain,
	noLimits:      overLimit,
	noBudget:      overBudget,
	noTokens:      renewedAgain,
	olderRecords:  olderAfterNewer,
	keepsALease:   leftLocked,
	buysAgain:     boughtAgain,
	handsOutTwice: handedTwice,
}

// mutate changes what a process shares, if it is a mutant.
func (s settings) mutate(shared *receiver.Shared, update receiver.Update, tokens tokenstore.Store) (receiver.Update, tokenstore.Store, error) {
	switch s.Mutant {
	case noMarks:
		shared.Marks = nil
	case noLimits:
		shared.Limits = []pronet.CoresignalOption{pronet.RateLimit("", s.CallsPerSecond, time.Second)}
	case noBudget:
		shared.Budget = employee.NewBudget(s.CreditsPerDay)
	case noTokens:
		tokens = tokenstore.NewMemory()
	case keepsALease:
		_, err := shared.DB.Exec(`INSERT INTO pronet.leases (name, owner, holder, since, ends) VALUES ('forgotten', 'nobody', 'nobody', now(), now() + interval '1 day') ON CONFLICT DO NOTHING`)
		return update, tokens, err
	case buysAgain:
		client, err := pronet.New(pronet.WithCoresignal(s.Key, append(shared.Limits, pronet.BaseURL(s.Provider))...))
		return func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
			if u.Record != nil {
				if _, err := client.Employees.Base.Collect(ctx, employee.ID(u.ID)); err != nil {
					return err
				}
			}
			return update(ctx, u)
		}, tokens, err
	case olderRecords:
		var mu sync.Mutex
		former := map[int64]*employee.BaseRecord{}
		return func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
			err := update(ctx, u)
			mu.Lock()
			older := former[u.ID]
			if u.Record != nil {
				former[u.ID] = u.Record
			}
			mu.Unlock()
			if err == nil && older != nil {
				u.Record = older
				err = update(ctx, u)
			}
			return err
		}, tokens, nil
	case handsOutTwice:
		return func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
			tx, err := shared.DB.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			own := u
			own.Tx = tx
			if err := update(ctx, own); err != nil {
				return err
			}
			if err := tx.Commit(); err != nil {
				return err
			}
			if u.ID%3 == 0 && time.Now().UnixNano()%2 == 0 {
				return fmt.Errorf("as when it crashes here")
			}
			return nil
		}, tokens, nil
	}
	return update, tokens, nil
}
