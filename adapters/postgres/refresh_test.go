//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/webhook"
)

// worker is one of a queue's, as in a process of its own.
type worker struct {
	*refresh.Refresher[employee.BaseRecord]
	kept   webhook.KeptStore
	fails  bool
	stored []int64
}

var errStore = errors.New("the store fails")

func newWorker(t *testing.T, s *server, o postgres.Options, client *pronet.Client, known func(int64) bool) *worker {
	t.Helper()
	store := s.store(t, o)
	budget, err := employee.NewSharedBudget(store.Budget("account"), 1_000)
	require.NoError(t, err)
	w := &worker{kept: store.Kept()}
	w.Refresher, err = refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if w.fails {
			return errStore
		}
		w.stored = append(w.stored, o.ID)
		return o.Err
	}, refresh.Options{OneByOne: -1, Budget: budget, Known: known, Clock: store.Now, Ledger: store.Ledger("account"), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return w
}

func (w *worker) handle(ctx context.Context, d webhook.Delivery) error {
	kept, err := w.kept.Open(ctx, "message 1")
	if err != nil {
		return err
	}
	d.Kept = kept
	if err := w.Handle(ctx, &d); err != nil {
		return err
	}
	return w.kept.Remove(ctx, "message 1")
}

// TestWorkersShareWhatIsBought: what one worker has bought and could not hand over, another one hands over without buying it
// again, but for a person who was erased by a third.
func TestWorkersShareWhatIsBought(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	sb, client := sandbox.ForTest(t)
	people := sb.Coresignal.PersonIDs()[:3]
	erased := int64(0)
	known := func(id int64) bool { return id != erased }
	first, second, third := newWorker(t, s, o, client, known), newWorker(t, s, o, client, known), newWorker(t, s, o, client, known)
	d := webhook.Delivery{Source: webhook.SourceCoresignal, Key: "key", ReceivedAt: time.Now(), Events: []webhook.Event{}}
	for _, id := range people {
		d.Events = append(d.Events, webhook.EmployeeChanged{ID: id, Status: webhook.StatusChanged})
	}
	first.fails = true
	require.ErrorIs(t, first.handle(t.Context(), d), errStore)
	store := s.store(t, o)
	spent := func() int64 {
		day, err := store.Budget("account").Today(t.Context())
		require.NoError(t, err)
		return day.Spent
	}
	price := spent()
	require.NotZero(t, price)

	erased = people[1]
	require.NoError(t, third.Forget(t.Context(), erased, third.kept))
	kept, err := store.Kept().Open(t.Context(), "message 1")
	require.NoError(t, err)
	entries, err := kept.Entries(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, entries)
	person, err := client.Employees.Base.Collect(t.Context(), employee.ID(erased))
	require.NoError(t, err)
	for _, entry := range entries {
		assert.False(t, strings.Contains(string(entry), person.FullName), "%s", entry)
	}

	require.NoError(t, second.handle(t.Context(), d))
	slices.Sort(second.stored)
	want := []int64{people[0], people[2]}
	slices.Sort(want)
	assert.Equal(t, want, second.stored)
	assert.Empty(t, first.stored)
	assert.Equal(t, price, spent(), "nobody is bought twice")
}
