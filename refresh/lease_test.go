package refresh_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// leased is a journal that belongs to another worker after some changes.
type leased struct {
	*journal
	changes int
}

func (l *leased) take() error {
	if l.changes == 0 {
		return fmt.Errorf("opened by another worker: %w", webhook.ErrLeaseLost)
	}
	l.changes--
	return nil
}

func (l *leased) Append(ctx context.Context, entry []byte) error {
	if err := l.take(); err != nil {
		return err
	}
	return l.journal.Append(ctx, entry)
}

func (l *leased) Replace(ctx context.Context, entries [][]byte) error {
	if err := l.take(); err != nil {
		return err
	}
	return l.journal.Replace(ctx, entries)
}

// TestAWorkerWithoutItsLeaseHandsOverNothing more, wherever it has lost it, and keeps nothing of the delivery in memory: its
// successor goes by the journal, nobody is bought twice, and the first one hands over nothing when the delivery comes back.
func TestAWorkerWithoutItsLeaseHandsOverNothing(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		for changes := 0; ; changes++ {
			sells, kept := new(shop), new(journal)
			client := provider(t, sells.ServeHTTP)
			slow, its := refresher(t, client, refresh.Options{OneByOne: oneByOne})
			next, others := refresher(t, client, refresh.Options{OneByOne: oneByOne})
			d := delivery("d", 1, 2, 3)
			l := &leased{kept, changes}
			d.Kept = l
			err := slow.Handle(t.Context(), d)
			if err != nil {
				require.ErrorIs(t, err, webhook.ErrRetryLater)
				require.ErrorIs(t, err, webhook.ErrLeaseLost)
			}
			handedOver := len(its.outcomes)
			assert.Less(t, handedOver, changes+1, "%d changes", changes)

			d.Kept = kept
			require.NoError(t, next.Handle(t.Context(), d))
			told := map[int64]bool{}
			for _, o := range append(its.outcomes, others.outcomes...) {
				told[o.ID] = true
			}
			assert.Len(t, told, 3, "%d changes", changes)
			assert.Equal(t, 3, sells.sold, "%d changes", changes)

			require.NoError(t, slow.Handle(t.Context(), d))
			assert.Len(t, its.outcomes, handedOver, "%d changes", changes)
			if l.changes > 0 {
				break // it has not lost it
			}
			require.Less(t, changes, 50)
		}
	}
}
