package tokenstoretest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/tokenstoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wrong is a store that does one thing wrong.
type wrong struct {
	*tokenstore.Memory
	swap func(m *tokenstore.Memory, ctx context.Context, key, was, revision string, value api.Secret) error
}

func (w wrong) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	return w.swap(w.Memory, ctx, key, was, revision, value)
}

// TestWrongStoresAreCaught, each by the names of the rules that it breaks.
func TestWrongStoresAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		swap   func(m *tokenstore.Memory, ctx context.Context, key, was, revision string, value api.Secret) error
		breaks []string
	}{
		"no fencing": {func(m *tokenstore.Memory, ctx context.Context, key, _, revision string, value api.Secret) error {
			for {
				present, _, err := m.Load(ctx, key)
				if err == nil {
					err = m.Swap(ctx, key, present, revision, value)
				}
				if err == nil || ctx.Err() != nil || key == "" || value.IsZero() {
					return err
				}
			}
		}, []string{"an old value is not written over a newer one", "of many that begin with one revision one wins", "of many that store the first value one wins", "a removal of an older revision is refused", "what was removed is gone, and can be stored anew"}},
		"keys in small letters": {func(m *tokenstore.Memory, ctx context.Context, key, was, revision string, value api.Secret) error {
			return m.Swap(ctx, strings.ToLower(key), was, revision, value)
		}, []string{"keys that look alike are kept apart"}},
		"a value that is left when it is removed": {func(m *tokenstore.Memory, ctx context.Context, key, was, revision string, value api.Secret) error {
			if revision == "" && was != "" {
				present, _, err := m.Load(ctx, key)
				if err == nil && present == was {
					return nil
				}
			}
			return m.Swap(ctx, key, was, revision, value)
		}, []string{"what was stored outlives the process", "what was removed is gone, and can be stored anew"}},
		"a write that outlives its context": {func(m *tokenstore.Memory, ctx context.Context, key, was, revision string, value api.Secret) error {
			return m.Swap(context.WithoutCancel(ctx), key, was, revision, value)
		}, []string{"nothing changes once the context has ended"}},
		"a value that is cut": {func(m *tokenstore.Memory, ctx context.Context, key, was, revision string, value api.Secret) error {
			if text := value.Reveal(); len(text) > 4000 {
				value, _ = api.NewSecret(text[:4000])
			}
			return m.Swap(ctx, key, was, revision, value)
		}, []string{"what was stored is loaded"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range tokenstoretest.Rules() {
				m := wrong{tokenstore.NewMemory(), c.swap}
				if rule.Check(t.Context(), func() tokenstore.Store { return m }) != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}
}

// early stores with its next call only: if its process dies before, a token is lost that the provider has renewed.
type early struct {
	*tokenstore.Memory
	mu      sync.Mutex
	pending func(ctx context.Context) error
}

func (e *early) flush(ctx context.Context) (err error) {
	if e.pending != nil {
		err = e.pending(ctx)
		e.pending = nil
	}
	return err
}

func (e *early) Load(ctx context.Context, key string) (string, api.Secret, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flush(ctx); err != nil {
		return "", api.Secret{}, err
	}
	return e.Memory.Load(ctx, key)
}

func (e *early) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.flush(ctx)
	present, _, loading := e.Memory.Load(ctx, key)
	switch err = errors.Join(err, loading); {
	case err != nil:
		return err
	case present != was:
		return api.ErrConflict
	}
	e.pending = func(ctx context.Context) error { return e.Memory.Swap(ctx, key, was, revision, value) }
	return nil
}

// TestStoresOfOneProcessAreCaught: what they have is not there for another one, or not yet.
func TestStoresOfOneProcessAreCaught(t *testing.T) {
	const outlives = "what was stored outlives the process"
	for name, c := range map[string]struct {
		storage func() (open func() tokenstore.Store)
		breaks  []string
	}{
		"forgets on restart": {func() func() tokenstore.Store {
			return func() tokenstore.Store { return tokenstore.NewMemory() }
		}, []string{outlives, "of many that begin with one revision one wins", "of many that store the first value one wins"}},
		"acknowledges early": {func() func() tokenstore.Store {
			m := tokenstore.NewMemory()
			return func() tokenstore.Store { return &early{Memory: m} }
		}, []string{outlives}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range tokenstoretest.Rules() {
				if rule.Check(t.Context(), c.storage()) != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.Subset(t, broken, c.breaks)
		})
	}
}
