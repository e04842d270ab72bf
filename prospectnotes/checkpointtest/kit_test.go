package checkpointtest_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/prospectnotes/checkpointtest"
)

// wrong is a checkpoint that saves in another way.
type wrong struct {
	*prospectnotes.MemoryCheckpoint
	save func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error
}

type apply = func(context.Context, *sql.Tx) error

func (w wrong) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	return w.save(w.MemoryCheckpoint, ctx, next, apply)
}

func right(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error {
	return m.Save(ctx, next, apply)
}

// unfenced is a checkpoint whose last writer wins.
type unfenced struct {
	mu    sync.Mutex
	state prospectnotes.State
}

func (u *unfenced) Load(ctx context.Context) (prospectnotes.State, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	state := u.state
	state.Seen = slices.Clone(state.Seen)
	return state, ctx.Err()
}

func (u *unfenced) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	if err := errors.Join(ctx.Err(), apply(ctx, nil)); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.state = next
	return nil
}

// early stores what it says to be saved with its next call only: if its process dies before, it is applied once more.
type early struct {
	*prospectnotes.MemoryCheckpoint
	mu      sync.Mutex
	pending *prospectnotes.State
}

func (e *early) flush(ctx context.Context) (err error) {
	if e.pending != nil {
		err = right(e.MemoryCheckpoint, ctx, *e.pending, nothing)
		e.pending = nil
	}
	return err
}

func nothing(context.Context, *sql.Tx) error { return nil }

func (e *early) Load(ctx context.Context) (prospectnotes.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flush(ctx); err != nil {
		return prospectnotes.State{}, err
	}
	return e.MemoryCheckpoint.Load(ctx)
}

var errLater = errors.New("later")

func (e *early) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flush(ctx); err != nil {
		return err
	}
	err := e.MemoryCheckpoint.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
		if err := apply(ctx, tx); err != nil {
			return err
		}
		return errLater
	})
	if errors.Is(err, errLater) {
		e.pending, err = &next, nil
	}
	return err
}

// TestWrongCheckpointsAreCaught, each by the names of the rules that it breaks.
func TestWrongCheckpointsAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		forgets bool
		save    func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error
		breaks  []string
	}{
		"none": {false, right, nil},
		"forgets on restart": {true, right, []string{
			"a restart finds what was saved, without loss", "whose checkpoint it is, is kept", "a state that does not follow the stored one is refused",
			"of many that save the same generation one wins", "an apply that fails leaves nothing", "an apply that panics leaves nothing",
			"a crash between apply and save leaves the old state",
		}},
		"it saves before it applies": {false, func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error {
			if err := m.Save(ctx, next, func(context.Context, *sql.Tx) error { return nil }); err != nil {
				return err
			}
			return apply(ctx, nil)
		}, []string{"an apply that fails leaves nothing", "an apply that panics leaves nothing", "a crash between apply and save leaves the old state"}},
		"it swallows the error of apply": {false, func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error {
			return m.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
				_ = apply(ctx, tx)
				return nil
			})
		}, []string{"an apply that fails leaves nothing"}},
		"it applies although it refuses": {false, func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error {
			if err := apply(ctx, nil); err != nil {
				return err
			}
			return m.Save(ctx, next, func(context.Context, *sql.Tx) error { return nil })
		}, []string{"a state that does not follow the stored one is refused", "of many that save the same generation one wins"}},
		"it loses the tombstones": {false, func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error {
			next.Tombs = nil
			return m.Save(ctx, next, apply)
		}, []string{
			"a restart finds what was saved, without loss", "whose checkpoint it is, is kept", "a state that does not follow the stored one is refused",
			"of many that save the same generation one wins", "an apply that fails leaves nothing", "an apply that panics leaves nothing",
			"a crash between apply and save leaves the old state", "nothing is saved once the context has ended",
		}},
		"it outlives its context": {false, func(m *prospectnotes.MemoryCheckpoint, ctx context.Context, next prospectnotes.State, apply apply) error {
			return m.Save(context.WithoutCancel(ctx), next, apply)
		}, []string{"nothing is saved once the context has ended"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range checkpointtest.Rules() {
				m := new(prospectnotes.MemoryCheckpoint)
				err := rule.Check(t.Context(), checkpointtest.Storage{Open: func() prospectnotes.Checkpoint {
					if c.forgets {
						m = new(prospectnotes.MemoryCheckpoint)
					}
					return wrong{m, c.save}
				}})
				if err != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}

	for name, c := range map[string]struct {
		storage func() (open func() prospectnotes.Checkpoint)
		breaks  []string
	}{
		"no fencing": {func() func() prospectnotes.Checkpoint {
			u := new(unfenced)
			return func() prospectnotes.Checkpoint { return u }
		}, []string{"a state that does not follow the stored one is refused", "of many that save the same generation one wins"}},
		"acknowledges early": {func() func() prospectnotes.Checkpoint {
			m := new(prospectnotes.MemoryCheckpoint)
			return func() prospectnotes.Checkpoint { return &early{MemoryCheckpoint: m} }
		}, []string{"a restart finds what was saved, without loss"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range checkpointtest.Rules() {
				if rule.Check(t.Context(), checkpointtest.Storage{Open: c.storage()}) != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.Subset(t, broken, c.breaks)
		})
	}
}
