package pronet_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestR3LinkedInSecretsAreNeverPrinted makes every call of LinkedIn's fail in every way, on both origins, and looks for
// tokens, the app's secret and what LinkedIn wrote.
func TestR3LinkedInSecretsAreNeverPrinted(t *testing.T) {
	const prose, static = "canary prose of the provider about jane.doe@example.com", "AQcanary_of_a_static_token"
	out := &printed{}
	sb, err := sandbox.Start(fake.WithNotes(3), fake.WithRefreshTokens(365*24*time.Hour))
	require.NoError(t, err)
	defer sb.Close()
	app := sb.LinkedIn.App()
	recruiter, err := urn.Parse(app.Contract)
	require.NoError(t, err)
	logger := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	observer := api.Observer{
		Attempt: func(_ context.Context, a api.Attempt) { out.value(a) },
		End:     func(_ context.Context, e api.End) { out.value(e) },
	}
	options := append(sb.Options(), pronet.WithLogger(logger), pronet.WithObserver(observer), pronet.WithMaxAttempts(1)) // else a renewal outlives the test
	for _, origin := range []string{"linkedin/api", "linkedin/www"} {
		for _, fault := range []sandbox.Fault{
			{Status: 401, Body: `{"status":401,"code":"` + prose + `","message":"` + prose + `"}`},
			{Status: 401, Body: `{"error":"` + prose + `","error_description":"` + prose + `"}`},
			{Status: 426, Body: `{"status":426,"message":"` + prose + `"}`},
			{Status: 429, RetryAfter: "864000"},
			{Status: 500, Body: prose},
			{HTML: true},
			{Body: `{"access_token":"AQcanary_of_a_broken_response` + "\\n" + `","elements":7}`},
			{Body: `"` + prose},
			{Redirect: "http://127.0.0.1:9/" + prose},
			{Drop: sandbox.DropMidBody},
		} {
			client, err := pronet.New(options...)
			require.NoError(t, err)
			sb.ClearFaults()
			fault.Origin = origin
			sb.Fail(fault)
			var calls sync.WaitGroup
			for name, call := range allOfLinkedIn {
				calls.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					defer cancel()
					if err := call(ctx, &contract{sb: sb, client: client}, recruiter); err != nil {
						out.value(err)
						out.value(fmt.Errorf("wrapped: %w", errors.Join(err, errors.New(name))))
					}
				})
			}
			calls.Wait()
			// A renewal of the token may go on beyond the calls that asked for it, and must not while its client is printed. One
			// call more waits for it.
			sb.ClearFaults()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a pause of days is told at once
			if err := allOfLinkedIn["LinkedIn.Members.Me"](ctx, &contract{sb: sb, client: client}, recruiter); err != nil {
				out.value(err)
			}
			cancel()
			out.value(client)
			out.value(*client)
			client.CloseIdleConnections()
		}
	}
	out.value(linkedin.AppTokens(app.ClientID, app.ClientSecret))
	out.value(linkedin.StaticToken(static))
	text := out.all.String()
	require.Greater(t, len(text), 100_000)
	for _, canary := range []string{app.ClientSecret, static, "AQcanary", "canary prose", "jane.doe", "127.0.0.1:9"} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, canary) {
				t.Fatalf("%.20q... is printed: %.300s", canary, line)
			}
		}
	}
}
