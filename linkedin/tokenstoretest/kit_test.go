package tokenstoretest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/tokenstoretest"
)

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
		"the last writer wins": {func(m *tokenstore.Memory, ctx context.Context, key, _, revision string, value api.Secret) error {
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
		}, []string{"what was removed is gone, and can be stored anew"}},
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
		var broken []string
		for _, rule := range tokenstoretest.Rules() {
			m := wrong{tokenstore.NewMemory(), c.swap}
			if rule.Check(t.Context(), func() tokenstore.Store { return m }) != nil {
				broken = append(broken, rule.Name)
			}
		}
		assert.ElementsMatch(t, c.breaks, broken, name)
	}
}

// TestStoreWithoutALock: two processes that do not know of each other are caught by the races.
func TestStoreWithoutALock(t *testing.T) {
	for _, rule := range tokenstoretest.Rules() {
		if !strings.HasPrefix(rule.Name, "of many") {
			continue
		}
		apart := func() tokenstore.Store { return tokenstore.NewMemory() }
		assert.Error(t, rule.Check(t.Context(), apart), rule.Name)
	}
}
