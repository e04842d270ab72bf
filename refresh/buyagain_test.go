package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// TestErrBuyAgainOfAJob: a job in doubt is bought again for those who are to be, once all its employees are decided, over
// a restart too, and never for anybody else.
func TestErrBuyAgainOfAJob(t *testing.T) {
	again := refresh.ErrBuyAgain
	for name, c := range map[string]struct {
		says  []map[int64]error // what the store returns for a doubt, by the try
		tries int               // until nothing is open
		jobs  [][]int64         // that are bought
		later bool              // the first try does not count
	}{
		"all of them":        {[]map[int64]error{{1: again, 2: again, 3: again}}, 2, [][]int64{{1, 2, 3}, {1, 2, 3}}, true},
		"none":               {[]map[int64]error{{}}, 1, [][]int64{{1, 2, 3}}, false},
		"some":               {[]map[int64]error{{2: again, 3: fmt.Errorf("wrapped: %w", again)}}, 2, [][]int64{{1, 2, 3}, {2, 3}}, true},
		"one is not decided": {[]map[int64]error{{1: again, 2: errStore, 3: again}, {1: again, 2: errStore, 3: again}, {1: again, 3: again}}, 4, [][]int64{{1, 2, 3}, {1, 3}}, false},
		"nobody is decided":  {[]map[int64]error{{1: errStore, 2: errStore, 3: errStore}, {}}, 2, [][]int64{{1, 2, 3}}, false},
		"twice in doubt":     {[]map[int64]error{{1: again, 2: again, 3: again}, {1: again, 2: again, 3: again}}, 3, [][]int64{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}}, true},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprint(name, restarts), func(t *testing.T) {
				s, lost := newMarket(1, 2, 3), new(atomic.Int64)
				lost.Store(1)
				if name == "twice in doubt" {
					lost.Store(2)
				}
				client := provider(t, func(w http.ResponseWriter, q *http.Request) {
					s.ServeHTTP(w, q)
					if q.Method == http.MethodPost && lost.Add(-1) >= 0 {
						panic(http.ErrAbortHandler)
					}
				})
				path := filepath.Join(t.TempDir(), "jobs.jsonl")
				ledger, try := openLedger(t, path), 0
				stored := make(map[int64]bool)
				open := func() *refresh.Refresher[employee.BaseRecord] {
					r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
						if o.Err == nil {
							stored[o.ID] = true
							return nil
						}
						assert.ErrorIs(t, o.Err, api.ErrMaybeApplied)
						assert.False(t, o.Asked.IsZero())
						if try < len(c.says) {
							return c.says[try][o.ID]
						}
						return nil
					}, refresh.Options{Ledger: ledger})
					require.NoError(t, err)
					return r
				}
				r, d := open(), delivery("d", 1, 2, 3)
				d.Kept = new(journal)
				for ; try < c.tries; try++ {
					err := r.Handle(t.Context(), d)
					if try == 0 {
						assert.Equal(t, c.later, errors.Is(err, webhook.ErrRetryLater), "%v", err)
					}
					if try < c.tries-1 {
						require.Error(t, err)
					} else {
						require.NoError(t, err)
					}
					if restarts {
						require.NoError(t, ledger.Close())
						ledger = openLedger(t, path)
						r = open()
					}
				}
				s.mu.Lock()
				assert.Equal(t, c.jobs, s.jobs)
				s.mu.Unlock()
				if jobs := len(c.jobs); jobs > 1 {
					assert.Len(t, stored, len(c.jobs[jobs-1]))
				}
				doubts, err := bulkcollect.Doubts(t.Context(), ledger)
				require.NoError(t, err)
				assert.Equal(t, len(c.jobs) == 1, len(doubts) == 1, "what nobody wants again stays as it is")
			})
		}
	}
}

// TestErrBuyAgainWithAJobThatIsKnown, which the ledger could not store: it is not given up on the store's word, for the
// error names it.
func TestErrBuyAgainWithAJobThatIsKnown(t *testing.T) {
	s := newMarket(1, 2)
	client := provider(t, s.ServeHTTP)
	ledger := &forgetful{Ledger: openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))}
	var told []string
	r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if o.Err != nil {
			told = append(told, o.Err.Error())
			return refresh.ErrBuyAgain
		}
		return nil
	}, refresh.Options{Ledger: ledger})
	require.NoError(t, err)
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", 1, 2)), refresh.ErrBuyAgain)
	require.Len(t, told, 2)
	assert.Contains(t, told[0], "the ledger could not store it")
	doubts, err := bulkcollect.Doubts(t.Context(), ledger)
	require.NoError(t, err)
	assert.Len(t, doubts, 1)
}

// forgetful is a ledger that cannot store what came of a request.
type forgetful struct{ bulkcollect.Ledger }

func (f *forgetful) Put(ctx context.Context, e bulkcollect.Entry) error {
	if e.State == bulkcollect.Requested {
		return errStore
	}
	return f.Ledger.Put(ctx, e)
}
