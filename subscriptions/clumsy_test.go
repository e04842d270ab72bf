package subscriptions_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

func quiet() subscriptions.KeeperOptions {
	return subscriptions.KeeperOptions{Logger: slog.New(slog.DiscardHandler)}
}

// TestClumsyCallersGetErrors calls each exported method of each type: without a context, of nothing, and of zero values.
func TestClumsyCallersGetErrors(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	s, x := client.Subscriptions, client.Subscriptions.ExperienceChanges
	keeper, err := subscriptions.NewKeeper(s, subscriptions.FileState(filepath.Join(t.TempDir(), "keeper.json")), nil, quiet())
	require.NoError(t, err)
	services := map[string][]any{ // one of a client, none, and a zero one
		"Service":                      {s, (*subscriptions.Service)(nil), &subscriptions.Service{}},
		"V1Dataset":                    {s.V1, (*subscriptions.V1Dataset)(nil), &subscriptions.V1Dataset{}},
		"BaseDataset":                  {s.Base, (*subscriptions.BaseDataset)(nil), &subscriptions.BaseDataset{}},
		"CleanDataset":                 {s.Clean, (*subscriptions.CleanDataset)(nil), &subscriptions.CleanDataset{}},
		"MultiSourceDataset":           {s.MultiSource, (*subscriptions.MultiSourceDataset)(nil), &subscriptions.MultiSourceDataset{}},
		"BaseExperienceChanges":        {x.Base, (*subscriptions.BaseExperienceChanges)(nil), &subscriptions.BaseExperienceChanges{}},
		"CleanExperienceChanges":       {x.Clean, (*subscriptions.CleanExperienceChanges)(nil), &subscriptions.CleanExperienceChanges{}},
		"MultiSourceExperienceChanges": {x.MultiSource, (*subscriptions.MultiSourceExperienceChanges)(nil), &subscriptions.MultiSourceExperienceChanges{}},
		"Keeper":                       {keeper, (*subscriptions.Keeper)(nil), &subscriptions.Keeper{}},
	}
	values := map[string][]any{
		"EnsureError": {&subscriptions.EnsureError{}}, "ForbiddenFieldsError": {&subscriptions.ForbiddenFieldsError{}},
		"Options": {subscriptions.Options{}, &subscriptions.Options{}}, "Subscription": {subscriptions.Subscription{}, &subscriptions.Subscription{}},
	}
	names, err := pronettest.TypesWithMethods()
	require.NoError(t, err)
	for _, name := range names {
		assert.True(t, services[name] != nil || values[name] != nil || name == "State", "nobody calls the methods of a %s", name)
	}
	for name, list := range services {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && (i > 0 || ctx == nil) {
						refused := api.ErrInvalid
						if i > 0 && name != "Keeper" {
							refused = api.ErrNotConfigured
						}
						assert.ErrorIs(t, called.Err, refused, "%s.%s, value %d", name, called.Method, i)
					}
				}
			}
		}
	}
	for name, list := range values {
		for _, value := range list {
			for _, called := range pronettest.CallAll(value, nil) {
				assert.Nil(t, called.Panic, "%s.%s", name, called.Method)
			}
		}
	}
	var nothing *subscriptions.Service
	_, err = subscriptions.NewKeeper(nil, nil, nil, subscriptions.KeeperOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	keeper, err = subscriptions.NewKeeper(nothing, &memory{}, nil, quiet())
	require.NoError(t, err)
	_, err = keeper.Sweep(t.Context())
	require.ErrorIs(t, err, api.ErrNotConfigured)
	state := subscriptions.FileState("")
	_, err = state.Load(t.Context())
	require.ErrorIs(t, err, api.ErrInvalid)
	require.ErrorIs(t, state.Save(t.Context(), subscriptions.State{}), api.ErrInvalid)
	assert.NoFileExists(t, ".lock")
}
