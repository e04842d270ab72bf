package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// TestReconcileTwiceBuysOnce: whom a call has asked for and who is not done when it is called again, while the first is
// retried, over a restart and as a job too.
func TestReconcileTwiceBuysOnce(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(oneByOne, restart), func(t *testing.T) {
				s := newMarket(1, 2, 3)
				r := newRig(t, s, refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: oneByOne}})
				_, err := r.pipeline.Load(t.Context(), time.Now().AddDate(0, -1, 0), records(t, s, 1, 2, 3))
				require.NoError(t, err)
				var ready atomic.Bool
				r.refuse = func(u Update) error {
					if ready.Load() || u.ID == 3 {
						return nil
					}
					return webhook.ErrRetryLater
				}
				for range 2 {
					people, err := r.pipeline.Reconcile(t.Context(), time.Now().AddDate(0, 0, -1), 1000)
					require.NoError(t, err)
					assert.Equal(t, 3, people)
				}
				r.start()
				require.Eventually(t, func() bool { // the third is done
					kept, err := r.store.Get(t.Context(), snapshot.Key{Dataset: "base", ID: 3})
					return err == nil && time.Since(kept.Taken) < 24*time.Hour
				}, time.Minute, time.Millisecond)
				people, err := r.pipeline.Reconcile(t.Context(), time.Now().AddDate(0, 0, -1), 1000)
				require.NoError(t, err)
				assert.GreaterOrEqual(t, people, 2, "and the third, if the snapshot is not kept yet")
				if restart {
					r.restart()
					r.start()
				}
				ready.Store(true)
				r.settle()
				bought, _ := r.bought()
				assert.Equal(t, 3, bought)
				told := make(map[int64]int)
				for _, u := range r.all() {
					if u.refused == nil {
						told[u.ID]++
					}
				}
				assert.Equal(t, map[int64]int{1: 1, 2: 1, 3: 1}, told)
			})
		}
	}
}

// TestReconcileAsksForNobodyWhoIsForgotten or was collected since.
func TestReconcileAsksForNobodyWhoIsForgotten(t *testing.T) {
	s := newMarket(1, 2, 3)
	r := newRig(t, s, refresh.PipelineOptions{Window: -1})
	_, err := r.pipeline.Load(t.Context(), time.Now().AddDate(0, -1, 0), records(t, s, 1, 2, 3))
	require.NoError(t, err)
	_, err = r.pipeline.Reconcile(t.Context(), time.Now(), 1000)
	require.NoError(t, err)
	require.NoError(t, r.pipeline.Forget(t.Context(), 1))
	_, err = r.pipeline.Load(t.Context(), time.Now(), records(t, s, 2))
	require.NoError(t, err)
	r.start()
	r.settle()
	assert.Equal(t, map[int64]int{3: 1}, s.sales())
}

// unreadable is a store in which people cannot be read.
type unreadable struct {
	*snapshot.Memory

	damaged func(id int64) bool
	err     error
	reads   atomic.Int64
}

func (u *unreadable) Get(ctx context.Context, key snapshot.Key) (snapshot.Snapshot, error) {
	if u.damaged != nil && u.damaged(key.ID) {
		u.reads.Add(1)
		return snapshot.Snapshot{}, u.err
	}
	return u.Memory.Get(ctx, key)
}

func (u *unreadable) Before(ctx context.Context, dataset string, before time.Time) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if !yield(0, fmt.Errorf("a folder: %w", snapshot.ErrDamaged)) {
			return
		}
		var ids []int64
		for id := range u.Memory.Before(ctx, dataset, before) {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			if !yield(id, nil) {
				return
			}
		}
	}
}

func upTo(n int64) (ids []int64) {
	for id := range n {
		ids = append(ids, id+1)
	}
	return ids
}

// TestReconcileBeyondWhoCannotBeRead: they hold up nobody, neither when people are asked for nor when they are collected,
// and are among the dead in the end.
func TestReconcileBeyondWhoCannotBeRead(t *testing.T) {
	s := newMarket(upTo(40)...)
	store := &unreadable{Memory: snapshot.NewMemory(), err: snapshot.ErrDamaged}
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Snapshots: store, Notices: spool.Options{Attempts: 3}})
	_, err := r.pipeline.Load(t.Context(), time.Now().AddDate(0, -1, 0), records(t, s, upTo(40)...))
	require.NoError(t, err)
	store.damaged = func(id int64) bool { return id <= 30 }
	asked, err := r.pipeline.Reconcile(t.Context(), time.Now(), 1000)
	require.ErrorIs(t, err, snapshot.ErrDamaged)
	assert.ErrorContains(t, err, "21 more")
	assert.Equal(t, 10, asked)

	store.damaged = func(id int64) bool { return id > 32 }
	r.start()
	r.settle()
	assert.Equal(t, map[int64]int{31: 1, 32: 1}, s.sales())
	dead := r.dead()
	require.Len(t, dead, 1)
	assert.Contains(t, dead[0].Reason, "snapshot: 33")
	store.damaged = nil
	require.NoError(t, r.pipeline.Notices().Requeue(dead[0].ID))
	r.settle()
	assert.Len(t, s.sales(), 10)
	assert.Len(t, r.all(), 10)
}

// TestReconcileWhileNothingCanBeRead buys nothing, and asks a store that is away for a few only.
func TestReconcileWhileNothingCanBeRead(t *testing.T) {
	s := newMarket(upTo(40)...)
	store := &unreadable{Memory: snapshot.NewMemory(), err: errors.New("away")}
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Snapshots: store, Notices: spool.Options{Attempts: 1}})
	_, err := r.pipeline.Load(t.Context(), time.Now().AddDate(0, -1, 0), records(t, s, upTo(40)...))
	require.NoError(t, err)
	_, err = r.pipeline.Reconcile(t.Context(), time.Now(), 1000)
	require.ErrorIs(t, err, snapshot.ErrDamaged)
	store.damaged = func(int64) bool { return true }
	r.start()
	r.settle()
	assert.Empty(t, s.sales())
	assert.EqualValues(t, 10, store.reads.Load())
	require.Len(t, r.dead(), 1)
}

// TestReconcileLeavesUndoneWhoIsUndone: later notices about others go on, whether a person cannot be read or fails.
func TestReconcileLeavesUndoneWhoIsUndone(t *testing.T) {
	s := newMarket(1, 2, 3)
	store := &unreadable{Memory: snapshot.NewMemory(), err: snapshot.ErrDamaged}
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Snapshots: store, Notices: spool.Options{Attempts: 9999}})
	_, err := r.pipeline.Load(t.Context(), time.Now().AddDate(0, -1, 0), records(t, s, 1, 2, 3))
	require.NoError(t, err)
	_, err = r.pipeline.Reconcile(t.Context(), time.Now(), 1000)
	require.ErrorIs(t, err, snapshot.ErrDamaged)
	var mended atomic.Bool
	store.damaged = func(id int64) bool { return id == 1 && !mended.Load() }
	r.refuse = func(u Update) error {
		if u.ID == 2 && !mended.Load() {
			return fmt.Errorf("%w: %w", webhook.ErrRetryLater, errStore)
		}
		return nil
	}
	r.start()
	r.await(2)
	r.notify(`"headline"`, 3)
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(r.all(), func(u update) bool { return u.ID == 3 && u.Notices[0].Status == "changed" })
	}, time.Minute, time.Millisecond)
	mended.Store(true)
	r.settle()
	assert.Equal(t, map[int64]int{1: 1, 2: 1, 3: 2}, s.sales())
}

// TestReconcileStarvesNobody: those who are refused, in doubt or among the dead each time do not keep the others waiting.
func TestReconcileStarvesNobody(t *testing.T) {
	const fails = 6 // the first people
	s := newMarket(upTo(9)...)
	store := &unreadable{Memory: snapshot.NewMemory()}
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Snapshots: store, Collect: refresh.Options{OneByOne: -1}, Notices: spool.Options{Attempts: 1}})
	require.NoError(t, r.pipeline.Close())
	r.server.Close()
	r.client = provider(t, func(w http.ResponseWriter, q *http.Request) {
		switch id, _ := strconv.Atoi(path.Base(q.URL.Path)); id {
		case 1, 2:
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"detail":"refused"}`))
		case 3, 4:
			panic(http.ErrAbortHandler)
		default:
			s.ServeHTTP(w, q)
		}
	})
	r.open()
	month := time.Now().AddDate(0, -1, 0)
	_, err := r.pipeline.Load(t.Context(), month, records(t, s, upTo(9)...))
	require.NoError(t, err)
	r.refuse = func(u Update) error {
		if u.ID > 4 && u.ID <= fails {
			return webhook.ErrGiveUp
		}
		return nil
	}
	r.start()
	for range 300 {
		asked, err := r.pipeline.Reconcile(t.Context(), time.Now().AddDate(0, 0, -1), 29)
		require.ErrorIs(t, err, snapshot.ErrDamaged)
		assert.Equal(t, 2, asked)
		r.settle()
		if sales := s.sales(); sales[7]+sales[8]+sales[9] == 3 {
			break
		}
	}
	assert.Subset(t, slices.Collect(maps.Keys(s.sales())), []int64{7, 8, 9})
}

// sales is how often each person was sold.
func (s *market) sales() map[int64]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.sold)
}
