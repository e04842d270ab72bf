//go:build unix

package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

// refusing is a server that refuses connections until a time, and then changes one row by each statement.
type refusing struct {
	mu    sync.Mutex
	until time.Time
}

func (r *refusing) away(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = time.Now().Add(d)
}

func (r *refusing) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.until) {
		return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return nil
}

func (r *refusing) Connect(context.Context) (driver.Conn, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return connection{r}, nil
}

func (r *refusing) Driver() driver.Driver { return nil }

type connection struct{ *refusing }

func (c connection) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	if c.check() != nil {
		return nil, driver.ErrBadConn
	}
	return driver.RowsAffected(1), nil
}

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (connection) Close() error                        { return nil }
func (connection) Begin() (driver.Tx, error)           { return nil, errors.New("not here") }

// TestServerIsAwayForTenMinutes: who waits for a lease waits, saying so once; who has one ends in time; nothing is spent or
// bought; everything else may be retried.
func TestServerIsAwayForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refusing{}
		db := sql.OpenDB(r)
		defer func() { require.NoError(t, db.Close()) }()
		var said bytes.Buffer
		store, err := postgres.Open(db, postgres.Options{Logger: slog.New(slog.NewTextHandler(&said, nil))})
		require.NoError(t, err)
		budget, err := employee.NewSharedBudget(store.Budget("account"), 100)
		require.NoError(t, err)
		begun := time.Now()

		require.ErrorIs(t, store.Leases().Run(t.Context(), "held", func(ctx context.Context) error {
			r.away(10 * time.Minute)
			<-ctx.Done()
			assert.Equal(t, webhook.ErrLeaseLost, context.Cause(ctx))
			assert.Equal(t, 25*time.Second, time.Since(begun), "five sixths of the lease: nobody else has it yet")
			return nil
		}), webhook.ErrLeaseLost)
		assert.Equal(t, 1, strings.Count(said.String(), "could not be renewed in time"))

		for time.Since(begun) < 9*time.Minute {
			for name, op := range operations {
				require.ErrorIs(t, op.do(t.Context(), parts{store, db}, webhook.Claim{}), webhook.ErrRetryLater, name)
			}
			require.ErrorIs(t, budget.Reserve(1), webhook.ErrRetryLater)
			assert.Zero(t, budget.Left())
			time.Sleep(time.Minute)
		}
		require.NoError(t, store.Leases().Run(t.Context(), "waited for", func(context.Context) error {
			assert.GreaterOrEqual(t, time.Since(begun), 10*time.Minute)
			assert.Less(t, time.Since(begun), 10*time.Minute+4*time.Second)
			return nil
		}))
		assert.Equal(t, 1, strings.Count(said.String(), "waited for while the database is away"))
	})
}
