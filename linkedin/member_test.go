package linkedin_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

const year = 365 * 24 * time.Hour

var loginScopes = []linkedin.Scope{linkedin.ScopeOpenID, linkedin.ScopeProfile, linkedin.ScopeEmail}

// logIn has the sandbox's person consent.
func logIn(t *testing.T, sb *sandbox.Sandbox, client *pronet.Client, scopes ...linkedin.Scope) *linkedin.Grant {
	t.Helper()
	if scopes == nil {
		scopes = loginScopes
	}
	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1:8080/callback", Scopes: scopes})
	require.NoError(t, err)
	grant, err := client.LinkedIn.OAuth.Finish(t.Context(), login, consent(t, sb, login.URL))
	require.NoError(t, err)
	return grant
}

func consent(t *testing.T, sb *sandbox.Sandbox, address string) url.Values {
	t.Helper()
	callback, err := sb.LinkedIn.Consent(address)
	require.NoError(t, err)
	back, err := url.Parse(callback)
	require.NoError(t, err)
	return back.Query()
}

// who asks who the person is.
func who(ctx context.Context, client *pronet.Client) (name string, err error) {
	var info struct {
		Name string `json:"name"`
	}
	err = client.Do(ctx, api.Request{Provider: api.LinkedIn, Method: "GET", Route: "/v2/userinfo", Retry: api.RetryIdempotent}, &info)
	return info.Name, err
}

// TestAYearOfAMembersTokens: six renewals, a warning a day in the last 30, and then the end, after which a login is found
// without a restart.
func TestAYearOfAMembersTokens(t *testing.T) {
	for name, hooked := range map[string]bool{"told by the log": false, "told by a function": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := sandboxtest.StartInMemory(t, fake.WithRefreshTokens(year))
				memory := tokenstore.NewMemory()
				grant := logIn(t, sb, client)
				began := time.Now()
				assert.Equal(t, 60*24*time.Hour, time.Until(grant.Expires))
				assert.Equal(t, year, time.Until(grant.RefreshEnds))
				require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", grant))

				var log bytes.Buffer
				var told []time.Duration
				tokens := appOf(sb).ForMember(memory, "rita")
				if hooked {
					tokens.RefreshEnding = func(ends time.Time) {
						assert.Equal(t, began.Add(year).Unix(), ends.Unix())
						told = append(told, time.Since(began))
					}
				}
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
				member := processes(t, sb, 1, tokens, pronet.WithLogger(logger))[0]
				var err error
				for day := 0; err == nil && day < 500; day++ {
					var rita string
					if rita, err = who(t.Context(), member); err == nil {
						assert.Equal(t, "Rita Smith", rita)
					}
					time.Sleep(24 * time.Hour)
				}
				// The last token was got shortly before the refresh token's end, and outlives it.
				require.ErrorIs(t, err, linkedin.ErrLoginNeeded)
				require.ErrorIs(t, err, api.ErrUnauthorized)
				assert.InDelta(t, (420 * 24 * time.Hour).Hours(), time.Since(began).Hours(), 48)
				assert.Equal(t, 7, sb.LinkedIn.TokensIssued(), "the login's, and six that were renewed")
				warnings := strings.Count(log.String(), "a refresh token of LinkedIn's ends soon")
				if hooked {
					warnings = len(told)
					assert.Equal(t, 335, int(told[0].Hours()/24), "days until the first")
				}
				assert.Greater(t, warnings, 80, "one a day, until calls fail")
				assert.Less(t, warnings, 90)

				require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", logIn(t, sb, client)))
				_, err = who(t.Context(), member)
				require.NoError(t, err)
			})
		})
	}
}

// TestAPersonWhoRevoked is told apart from an outage, costs no request a call, and can log in again.
func TestAPersonWhoRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, fake.WithRefreshTokens(year))
		memory := tokenstore.NewMemory()
		require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", logIn(t, sb, client)))
		member, err := client.Clone(pronet.WithLinkedIn(appOf(sb).ForMember(memory, "rita")))
		require.NoError(t, err)
		_, err = who(t.Context(), member)
		require.NoError(t, err)

		time.Sleep(time.Hour)
		sb.LinkedIn.RevokeConsents()
		before := sb.RequestsTo("POST", "/oauth/v2/accessToken")
		for range 10 {
			_, err = who(t.Context(), member)
			require.ErrorIs(t, err, linkedin.ErrLoginNeeded)
		}
		assert.Equal(t, 1, sb.RequestsTo("POST", "/oauth/v2/accessToken")-before)
		assert.ErrorContains(t, err, "the person has to log in again")
		time.Sleep(time.Hour)
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", HTML: true})
		_, err = who(t.Context(), member)
		require.NotErrorIs(t, err, linkedin.ErrLoginNeeded, "an outage says nothing of the person")
		sb.ClearFaults()
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Status: 400, Body: `{"error":"proxy"}`})
		_, err = who(t.Context(), member)
		require.NotErrorIs(t, err, linkedin.ErrLoginNeeded, "nor does a proxy")
		sb.ClearFaults()

		require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", logIn(t, sb, client)))
		_, err = who(t.Context(), member)
		require.NoError(t, err)

		require.NoError(t, client.LinkedIn.OAuth.Forget(t.Context(), memory, "rita"))
		gone, err := client.Clone(pronet.WithLinkedIn(appOf(sb).ForMember(memory, "rita")))
		require.NoError(t, err)
		_, err = who(t.Context(), gone)
		require.ErrorIs(t, err, linkedin.ErrLoginNeeded)
	})
}

// TestMembersWithoutRefreshTokens are those of ordinary apps: their token is used to its end.
func TestMembersWithoutRefreshTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		memory := tokenstore.NewMemory()
		grant := logIn(t, sb, client)
		assert.True(t, grant.Refresh.IsZero())
		require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", grant))
		member := processes(t, sb, 1, appOf(sb).ForMember(memory, "rita"), quiet())[0]
		for _, wait := range []time.Duration{0, 59 * 24 * time.Hour, 24*time.Hour - time.Second} {
			time.Sleep(wait)
			_, err := who(t.Context(), member)
			require.NoError(t, err)
		}
		time.Sleep(2 * time.Second)
		_, err := who(t.Context(), member)
		require.ErrorIs(t, err, linkedin.ErrLoginNeeded)
		assert.Equal(t, 1, sb.RequestsTo("POST", "/oauth/v2/accessToken"))
	})
}

// TestR61MembersAreRenewedOnce by processes that share the store, and a login wins against a renewal under way.
func TestR61MembersAreRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, fake.WithRefreshTokens(year))
		memory := tokenstore.NewMemory()
		require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", logIn(t, sb, client)))
		clients := processes(t, sb, 3, appOf(sb).ForMember(memory, "rita"))
		all := func() {
			done := make(chan struct{})
			for _, c := range clients {
				go func() {
					_, err := who(t.Context(), c)
					assert.NoError(t, err)
					done <- struct{}{}
				}()
			}
			for range clients {
				<-done
			}
		}
		all()
		time.Sleep(60 * 24 * time.Hour)
		all()
		assert.Equal(t, 2, sb.LinkedIn.TokensIssued())

		time.Sleep(60 * 24 * time.Hour)
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Delay: 10 * time.Second, Times: 1})
		renewing := make(chan struct{})
		go func() {
			defer close(renewing)
			_, err := who(t.Context(), clients[0])
			assert.NoError(t, err)
		}()
		time.Sleep(time.Second)
		fresh := logIn(t, sb, client)
		require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", fresh))
		<-renewing
		_, value, err := memory.Load(t.Context(), "rita")
		require.NoError(t, err)
		assert.Contains(t, value.Reveal(), fresh.Access.Reveal())
	})
}
