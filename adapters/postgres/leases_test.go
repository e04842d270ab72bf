//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/webhook"
)

func saveNotes(ctx context.Context, c prospectnotes.Checkpoint, saved prospectnotes.State, text string) error {
	contract, err := urn.Parse("urn:li:contract:1")
	if err != nil {
		return err
	}
	next := prospectnotes.State{Generation: saved.Generation + 1, Contract: contract, Until: time.Now().UTC(), Tombs: []prospectnotes.Tomb{{ID: text, Kept: time.Now().UTC()}}}
	return c.Save(ctx, next, func(context.Context, *sql.Tx) error { return nil })
}

func swapToken(ctx context.Context, tokens tokenstore.Store, was, text string) error {
	value, err := api.NewSecret(text)
	if err != nil {
		return err
	}
	return tokens.Swap(ctx, "token", was, "revision-of-"+text, value)
}

// often is how often leases are asked for, so that no test waits for long.
const often = 20 * time.Millisecond

func leases(t testing.TB, s *server, o postgres.Options, holder string) postgres.Leases {
	t.Helper()
	o.Holder, o.Lease = holder, 10*time.Minute
	return s.store(t, o.Asking(often)).Leases()
}

// TestOneProcessAtATime has a lease, and all have it in the end.
func TestOneProcessAtATime(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	var inside, most, runs atomic.Int64
	var all sync.WaitGroup
	for p := range 4 {
		l := leases(t, s, o, fmt.Sprint("process ", p))
		all.Go(func() {
			for range 2 {
				assert.NoError(t, l.Run(t.Context(), "work\x00", func(ctx context.Context) error {
					if n := inside.Add(1); n > most.Load() {
						most.Store(n)
					}
					defer inside.Add(-1)
					held, err := l.Holders(ctx)
					assert.NoError(t, err)
					if assert.Len(t, held, 1) {
						assert.Equal(t, "work\x00", held[0].Name)
						assert.Equal(t, fmt.Sprint("process ", p), held[0].Holder)
						assert.True(t, held[0].Ends.After(held[0].Since))
					}
					runs.Add(1)
					return nil
				}))
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, most.Load())
	assert.EqualValues(t, 8, runs.Load())
	held, err := leases(t, s, o, "").Holders(t.Context())
	require.NoError(t, err)
	assert.Empty(t, held, "they were given back")
}

// TestLeaseIsRenewed while the function runs longer than the lease, and given back after an error and a panic.
func TestLeaseIsRenewed(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	o.Lease = 10 * time.Minute
	l := clock.store(o.Asking(often)).Leases()
	errWork := errors.New("the work fails")
	require.ErrorIs(t, l.Run(t.Context(), "work", func(ctx context.Context) error {
		ends := func() time.Time {
			held, err := l.Holders(ctx)
			require.NoError(t, err)
			require.Len(t, held, 1)
			return held[0].Ends
		}
		first := ends()
		require.Eventually(t, func() bool { return ends().After(first) }, time.Minute, 20*time.Millisecond)
		require.NoError(t, ctx.Err())
		return errWork
	}), errWork)
	require.Panics(t, func() { _ = l.Run(t.Context(), "work", func(context.Context) error { panic("the work") }) })
	require.NoError(t, l.Run(t.Context(), "work", func(context.Context) error { return nil }), "nobody holds it")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, l.Run(ended, "work", func(context.Context) error { return nil }), context.Canceled)
	require.Error(t, l.Run(t.Context(), "work", nil))
}

// TestLeaseIsLost when its time passes by the database's clock, or the database is away: then the context ends, with the
// cause.
func TestLeaseIsLost(t *testing.T) {
	s := sharedServer(t)
	for name, lose := range map[string]func(t *testing.T, c *clock, db *sql.DB){
		"its time has passed": func(_ *testing.T, c *clock, _ *sql.DB) { c.pass(time.Hour) },
		"there is no connection": func(t *testing.T, _ *clock, db *sql.DB) {
			require.NoError(t, db.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, clock := s.clocked(t)
			var said strings.Builder
			o.Lease, o.Logger = time.Second, slog.New(slog.NewTextHandler(&said, nil))
			db := clock.open()
			store, err := postgres.Open(db, o.Asking(often))
			require.NoError(t, err)
			err = store.Leases().Run(t.Context(), "work", func(ctx context.Context) error {
				lose(t, clock, db)
				<-ctx.Done()
				assert.Equal(t, webhook.ErrLeaseLost, context.Cause(ctx))
				return nil
			})
			require.ErrorIs(t, err, webhook.ErrLeaseLost)
			assert.Contains(t, said.String(), "a lease is lost")
		})
	}
}

// TestAStoppedProcessWritesNothing over its successor's states: a real process that has a lease is stopped, another one takes
// over and writes, and then the first goes on and tries to write all that it had in work.
func TestAStoppedProcessWritesNothing(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	o.Lease = time.Second
	slow := begin(t, world{Role: "holder", URL: s.url(), Options: o})
	require.Equal(t, "has it", slow.line())
	require.NoError(t, slow.cmd.Process.Signal(syscall.SIGSTOP))

	o.Lease = 10 * time.Minute
	next := s.store(t, o.Asking(often))
	require.NoError(t, next.Leases().Run(t.Context(), "work", func(ctx context.Context) error {
		writes, err := everything(ctx, next, time.Hour)
		require.NoError(t, err)
		for name, write := range writes {
			require.NoError(t, write(ctx, "of-the-successor"), name)
		}
		require.NoError(t, slow.cmd.Process.Signal(syscall.SIGCONT))
		_, err = slow.stdin.Write([]byte("write\n"))
		require.NoError(t, err)
		for range writes {
			line := slow.line()
			t.Log(line)
			assert.NotContains(t, line, "<nil>", "it was written over the successor")
		}
		assert.Equal(t, "ended: "+webhook.ErrLeaseLost.Error(), slow.line())
		held, err := next.Leases().Holders(ctx)
		require.NoError(t, err)
		assert.Len(t, held, 1)
		return nil
	}))
	_ = slow.stdin.Close()
	_ = slow.cmd.Wait() // it says that it has lost the lease

	entry, err := next.Ledger("account").Get(t.Context(), "request")
	require.NoError(t, err)
	assert.Equal(t, "of-the-successor", entry.Reason)
	state, err := next.KeeperState("keeper").Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "of-the-successor", state.Retired[0].Name)
	notes, err := next.Checkpoint("contract")
	require.NoError(t, err)
	saved, err := notes.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "of-the-successor", saved.Tombs[0].ID)
	tokens, err := next.Tokens()
	require.NoError(t, err)
	_, value, err := tokens.Load(t.Context(), "token")
	require.NoError(t, err)
	assert.Equal(t, "of-the-successor", value.Reveal())
	kept, err := next.Kept().Open(t.Context(), "delivery")
	require.NoError(t, err)
	entries, err := kept.Entries(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [][]byte{[]byte("of-the-successor")}, entries)
}
