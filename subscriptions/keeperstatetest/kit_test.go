package keeperstatetest_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/subscriptions/keeperstatetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func storage(t *testing.T) (open func() subscriptions.KeeperState) {
	path := filepath.Join(t.TempDir(), "keeper.json")
	return func() subscriptions.KeeperState { return subscriptions.FileState(path) }
}

func TestFileState(t *testing.T) { keeperstatetest.Run(t, storage) }

// wrong is a state that does one thing wrong.
type wrong struct {
	subscriptions.KeeperState
	save func(s subscriptions.KeeperState, ctx context.Context, state subscriptions.State) error
}

func (w wrong) Save(ctx context.Context, state subscriptions.State) error {
	return w.save(w.KeeperState, ctx, state)
}

// early saves with its next call only: if its process dies before, a subscription is created once more.
type early struct {
	subscriptions.KeeperState
	mu      sync.Mutex
	pending *subscriptions.State
}

func (e *early) flush(ctx context.Context) (err error) {
	if e.pending != nil {
		err = e.KeeperState.Save(ctx, *e.pending)
		e.pending = nil
	}
	return err
}

func (e *early) Load(ctx context.Context) (subscriptions.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flush(ctx); err != nil {
		return subscriptions.State{}, err
	}
	return e.KeeperState.Load(ctx)
}

func (e *early) Save(ctx context.Context, state subscriptions.State) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := errors.Join(e.flush(ctx), ctx.Err())
	present, loading := e.KeeperState.Load(ctx)
	switch err = errors.Join(err, loading); {
	case err != nil:
		return err
	case state.Generation != present.Generation+1:
		return api.ErrConflict
	}
	e.pending = &state
	return nil
}

// TestWrongStatesAreCaught, each by the names of the rules that it breaks.
func TestWrongStatesAreCaught(t *testing.T) {
	type keeperState = subscriptions.KeeperState
	for name, c := range map[string]struct {
		save    func(s keeperState, ctx context.Context, state subscriptions.State) error // nil is right
		early   bool
		forgets bool // each open is another, empty state
		breaks  []string
	}{
		"forgets on restart": {forgets: true, breaks: []string{
			"what was saved is loaded, with every field, by another process too", "a large state is saved whole",
			"an old state is not saved over a newer one", "of many that save one generation one wins",
		}},
		"no fencing": {save: func(s keeperState, ctx context.Context, state subscriptions.State) error {
			for range 20 {
				present, err := s.Load(ctx)
				if err != nil {
					return err
				}
				state.Generation = present.Generation + 1
				if err = s.Save(ctx, state); err == nil {
					return nil
				}
			}
			return context.DeadlineExceeded
		}, breaks: []string{"an old state is not saved over a newer one", "of many that save one generation one wins"}},
		"acknowledges early": {early: true, breaks: []string{
			"what was saved is loaded, with every field, by another process too", "a large state is saved whole",
			"an old state is not saved over a newer one", "of many that save one generation one wins", "what is loaded is the caller's",
		}},
		"one that saves what is too large in part": {save: func(s keeperState, ctx context.Context, state subscriptions.State) error {
			if len(state.Kept) > 1000 {
				state.Kept = map[string]subscriptions.Kept{}
			}
			return s.Save(ctx, state)
		}, breaks: []string{"a large state is saved whole"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range keeperstatetest.Rules() {
				open := storage(t)
				err := rule.Check(t.Context(), func() keeperState {
					if c.forgets {
						open = storage(t)
					}
					switch {
					case c.early:
						return &early{KeeperState: open()}
					case c.save == nil:
						return open()
					}
					return wrong{open(), c.save}
				})
				if err != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}
}
