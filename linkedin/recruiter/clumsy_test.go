package recruiter_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/recruiter"
)

// TestClumsyCallersGetErrors calls each exported method of each type: without a context, of nothing, and of zero values.
func TestClumsyCallersGetErrors(t *testing.T) {
	_, client := sandboxtest.Start(t)
	s := client.LinkedIn.Recruiter
	keeper, err := recruiter.NewPurgeKeeper(s.Purges, recruiter.PurgeOptions{
		Delete: deleteNothing, File: filepath.Join(t.TempDir(), "p.json"), Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	services := map[string][]any{
		"InMailService":      {s.InMails, (*recruiter.InMailService)(nil), &recruiter.InMailService{}},
		"StubService":        {s.Stubs, (*recruiter.StubService)(nil), &recruiter.StubService{}},
		"ExportService":      {s.Exports, (*recruiter.ExportService)(nil), &recruiter.ExportService{}},
		"PurgeService":       {s.Purges, (*recruiter.PurgeService)(nil), &recruiter.PurgeService{}},
		"IntegrationService": {s.Integrations, (*recruiter.IntegrationService)(nil), &recruiter.IntegrationService{}},
		"AppService":         {s.Apps, (*recruiter.AppService)(nil), &recruiter.AppService{}},
		"PurgeKeeper":        {keeper, (*recruiter.PurgeKeeper)(nil), &recruiter.PurgeKeeper{}},
	}
	values := map[string][]any{
		"InMail": {&recruiter.InMail{}}, "Stub": {&recruiter.Stub{}}, "Export": {&recruiter.Export{}}, "Profile": {&recruiter.Profile{}},
		"Purged": {&recruiter.Purged{}}, "Integration": {&recruiter.Integration{}}, "App": {&recruiter.App{}},
	}
	names, err := pronettest.TypesWithMethods()
	require.NoError(t, err)
	for _, name := range names {
		assert.True(t, services[name] != nil || values[name] != nil || name == "IntegrationKey" || name == "StubQuery" || name == "PurgedQuery", "nobody calls the methods of a %s", name)
	}
	for name, list := range services {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, ended} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && (i > 0 || ctx == nil) {
						refused := api.ErrInvalid
						if i > 0 && name != "PurgeKeeper" {
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
}
