package linkedin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// seats makes a call that needs a token.
func seats(ctx context.Context, client *pronet.Client, recruiter string, options ...api.CallOption) error {
	u, err := urnOf(recruiter)
	if err != nil {
		return err
	}
	_, err = client.LinkedIn.Seats.List(ctx, linkedin.SeatQuery{Contract: u}, options...)
	return err
}

// many makes 64 calls at once, all of which must succeed.
func many(t *testing.T, client *pronet.Client, recruiter string) {
	t.Helper()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() { assert.NoError(t, seats(t.Context(), client, recruiter)) })
	}
	wg.Wait()
}

// TestR61AppTokensAreRenewedOnce for 64 goroutines: at first, before the end, and after a refusal in the middle. No call
// is lost.
func TestR61AppTokensAreRenewedOnce(t *testing.T) {
	for name, option := range map[string]fake.Option{"a life as a string": nil, "as a number": fake.WithNumericTokenLife()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := sandboxtest.StartInMemory(t, option)
				recruiter := sb.LinkedIn.App().Contract
				many(t, client, recruiter)
				assert.Equal(t, 1, sb.LinkedIn.TokensIssued())
				ends, err := client.LinkedIn.CheckToken(t.Context())
				require.NoError(t, err)
				assert.Equal(t, 30*time.Minute, time.Until(ends))

				time.Sleep(28*time.Minute - time.Second)
				many(t, client, recruiter)
				assert.Equal(t, 1, sb.LinkedIn.TokensIssued())
				time.Sleep(time.Second)
				many(t, client, recruiter)
				assert.Equal(t, 2, sb.LinkedIn.TokensIssued(), "two minutes before the end")

				time.Sleep(time.Minute)
				sb.LinkedIn.RevokeTokens()
				many(t, client, recruiter)
				assert.Equal(t, 3, sb.LinkedIn.TokensIssued(), "after it was refused")
			})
		})
	}
}

// TestR61ClonesShareATokenAndQuota of one app; another app has its own.
func TestR61ClonesShareATokenAndQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		first, second := sb.LinkedIn.App(), sb.LinkedIn.AddApp()
		clone := func(app fake.App, options ...pronet.LinkedInOption) *pronet.Client {
			t.Helper()
			c, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), options...))
			require.NoError(t, err)
			return c
		}
		same, other := clone(first), clone(second)
		var wg sync.WaitGroup
		for range 10 {
			for c, recruiter := range map[*pronet.Client]string{client: first.Contract, same: first.Contract, other: second.Contract} {
				wg.Go(func() { assert.NoError(t, seats(t.Context(), c, recruiter)) })
			}
		}
		wg.Wait()
		assert.Equal(t, 2, sb.LinkedIn.TokensIssued())
		used := func(c *pronet.Client) int {
			t.Helper()
			q, ok := c.LinkedIn.Quota(linkedin.ClassProspects)
			require.True(t, ok)
			assert.Equal(t, 100_000-q.Used, q.Left())
			return q.Used
		}
		assert.Equal(t, []int{20, 20, 10}, []int{used(client), used(same), used(other)})
		require.ErrorIs(t, seats(t.Context(), other, first.Contract), api.ErrForbidden, "each app reads its own contract")

		// Should child apps count for their parent, it is an option.
		parent, err := pronet.New(append(sb.Options(), pronet.WithLinkedIn(linkedin.AppTokens(first.ClientID, first.ClientSecret),
			pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL()), pronet.LinkedInSharedQuota()))...)
		require.NoError(t, err)
		t.Cleanup(parent.CloseIdleConnections)
		child, err := parent.Clone(pronet.WithLinkedIn(linkedin.AppTokens(second.ClientID, second.ClientSecret)))
		require.NoError(t, err)
		require.NoError(t, seats(t.Context(), parent, first.Contract))
		require.NoError(t, seats(t.Context(), child, second.Contract))
		assert.Equal(t, []int{2, 2}, []int{used(parent), used(child)})
	})
}

// TestFreshTokenThatIsCalledRevoked is tried once more after a second, and then a new one is fetched, once.
func TestFreshTokenThatIsCalledRevoked(t *testing.T) {
	for lag, want := range map[int]struct {
		tokens int
		works  bool
	}{1: {1, true}, 2: {2, false}} {
		synctest.Test(t, func(t *testing.T) {
			sb, client := sandboxtest.StartInMemory(t, fake.WithTokenLag(lag))
			recruiter := sb.LinkedIn.App().Contract
			began := time.Now()
			err := seats(t.Context(), client, recruiter)
			assert.Equal(t, want.works, err == nil, "%v", err)
			if !want.works {
				require.ErrorIs(t, err, api.ErrUnauthorized)
			}
			assert.Equal(t, time.Second, time.Since(began))
			assert.Equal(t, want.tokens, sb.LinkedIn.TokensIssued())
		})
	}
	synctest.Test(t, func(t *testing.T) { // of 64 calls none is lost, and one second is waited for
		sb, client := sandboxtest.StartInMemory(t, fake.WithTokenLag(64))
		began := time.Now()
		many(t, client, sb.LinkedIn.App().Contract)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, 1, sb.LinkedIn.TokensIssued())
	})
}

// TestTokenEndpointThatFails: a wrong secret is said at once, an outage while the old token lives is no failure of a call,
// and one after its end is.
func TestTokenEndpointThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		sb, client := sandboxtest.StartInMemory(t)
		app := sb.LinkedIn.App()
		wrong, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, "canary-secret")))
		require.NoError(t, err)
		err = seats(t.Context(), wrong, app.Contract)
		require.ErrorIs(t, err, api.ErrUnauthorized)
		assert.Contains(t, err.Error(), "no credential could be got: LinkedIn.CheckToken: linkedin responded with 401")
		_, err = wrong.LinkedIn.CheckToken(t.Context())
		require.ErrorIs(t, err, api.ErrUnauthorized)
		unknown, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens("nobody", "canary-secret")))
		require.NoError(t, err)
		require.ErrorIs(t, seats(t.Context(), unknown, app.Contract), api.ErrUnauthorized)

		logged, err := pronet.New(append(sb.Options(), pronet.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))))...)
		require.NoError(t, err)
		defer logged.CloseIdleConnections()
		require.NoError(t, seats(t.Context(), logged, app.Contract))
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", HTML: true})
		time.Sleep(28 * time.Minute)
		before := sb.RequestsTo("POST", "/oauth/v2/accessToken")
		for range 20 {
			require.NoError(t, seats(t.Context(), logged, app.Contract))
		}
		assert.Equal(t, 4, sb.RequestsTo("POST", "/oauth/v2/accessToken")-before, "it is tried again after a while, not by each call")
		assert.Contains(t, log.String(), "could not be renewed and ends soon")
		time.Sleep(2 * time.Minute)
		err = seats(t.Context(), logged, app.Contract)
		require.ErrorIs(t, err, api.ErrUnavailable)
		sb.ClearFaults()
		require.NoError(t, seats(t.Context(), logged, app.Contract))

		for _, body := range []string{"{}", "[]", "null", `{"access_token":""}`, `{"access_token":"a b","expires_in":"1800"}`, `{"access_token":7}`, `"AQ"`} {
			sb.Fail(sandbox.Fault{Origin: "linkedin/www", Body: body, Times: 1})
			fresh, err := pronet.New(sb.Options()...)
			require.NoError(t, err)
			require.Error(t, seats(t.Context(), fresh, app.Contract), body)
			require.NoError(t, seats(t.Context(), fresh, app.Contract))
			fresh.CloseIdleConnections()
		}
	})
}

// TestR63TokensThatAreRefused: a rate limit of the origin of tokens holds back no call that has one, and nobody for longer
// than a minute.
func TestR63TokensThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		first, second := sb.LinkedIn.App(), sb.LinkedIn.AddApp()
		require.NoError(t, seats(t.Context(), client, first.Contract))
		other, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(second.ClientID, second.ClientSecret)))
		require.NoError(t, err)
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Status: 429, RetryAfter: "864000"})
		began := time.Now()
		for range 3 {
			require.ErrorIs(t, seats(t.Context(), other, second.Contract), api.ErrRateLimited)
		}
		assert.LessOrEqual(t, time.Since(began), 3*time.Minute)
		require.NoError(t, seats(t.Context(), client, first.Contract))
		time.Sleep(28 * time.Minute) // the token is due and cannot be renewed, but lives
		require.NoError(t, seats(t.Context(), client, first.Contract))
		sb.ClearFaults()
		hanging, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(second.ClientID, second.ClientSecret)))
		require.NoError(t, err)
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Delay: 24 * time.Hour})
		began = time.Now()
		require.ErrorIs(t, seats(t.Context(), hanging, second.Contract), context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(began))
	})
}

// TestLivesOfTokens in each form that expires_in can have. A token without one is used until it is refused.
func TestLivesOfTokens(t *testing.T) {
	for life, want := range map[string]time.Duration{
		`"1800"`: 30 * time.Minute, `1800`: 30 * time.Minute, `"x"`: 0, `null`: 0, `-5`: 0, `0`: 0, `1e400`: 0, `99999999999999`: 366 * 24 * time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens("id", "secret")), pronet.WithTransport(responding(`{"access_token":"AQ","expires_in":`+life+`}`)))
			require.NoError(t, err)
			ends, err := client.LinkedIn.CheckToken(t.Context())
			require.NoError(t, err)
			if want == 0 {
				assert.True(t, ends.IsZero(), life)
				return
			}
			assert.Equal(t, want, time.Until(ends), life)
		})
	}
}

// source counts how often it is asked, and returns each token as often as it is told to.
type source struct {
	asked atomic.Int32
	token func(n int32) (*oauth2.Token, error)
}

func (s *source) Token() (*oauth2.Token, error) { return s.token(s.asked.Add(1)) }

// TestTokensOfASource are used until they end or are refused; the source is asked by one goroutine at a time.
func TestTokensOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		good := func() string { // a token that the sandbox knows
			return tokenOf(t, sb)
		}
		from := func(s oauth2.TokenSource) *pronet.Client {
			t.Helper()
			c, err := client.Clone(pronet.WithLinkedIn(linkedin.TokensFrom(s)))
			require.NoError(t, err)
			return c
		}
		tokens := []string{good(), good(), good()}
		s := &source{token: func(n int32) (*oauth2.Token, error) {
			time.Sleep(time.Second)
			return &oauth2.Token{AccessToken: tokens[n-1], Expiry: time.Now().Add(10 * time.Minute)}, nil
		}}
		c := from(s)
		many(t, c, recruiter)
		assert.EqualValues(t, 1, s.asked.Load())
		time.Sleep(8 * time.Minute)
		many(t, c, recruiter)
		assert.EqualValues(t, 2, s.asked.Load())

		// One that returns what was refused ends the call, without a further request.
		sb.LinkedIn.RevokeTokens()
		same := &source{token: func(int32) (*oauth2.Token, error) { return &oauth2.Token{AccessToken: tokens[0]}, nil }}
		c = from(same)
		require.ErrorIs(t, seats(t.Context(), c, recruiter), api.ErrUnauthorized)
		time.Sleep(time.Minute)
		before := sb.RequestsTo("GET", "/v2/seatsV2")
		err := seats(t.Context(), c, recruiter)
		require.ErrorIs(t, err, api.ErrUnauthorized)
		assert.Contains(t, err.Error(), "the credential could not be renewed")
		assert.Equal(t, 1, sb.RequestsTo("GET", "/v2/seatsV2")-before)

		// One that keeps its token until ten seconds before the end, as oauth2's own does, is asked now and then.
		kept := good()
		late := &source{token: func(int32) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: kept, Expiry: time.Now().Add(time.Minute)}, nil
		}}
		c = from(late)
		require.NoError(t, seats(t.Context(), c, recruiter))
		time.Sleep(50 * time.Second)
		for range 100 {
			require.NoError(t, seats(t.Context(), c, recruiter))
		}
		assert.LessOrEqual(t, late.asked.Load(), int32(3))

		for name, bad := range map[string]func(int32) (*oauth2.Token, error){
			"an error":    func(int32) (*oauth2.Token, error) { return nil, errors.New("CANARY") },
			"no token":    func(int32) (*oauth2.Token, error) { return &oauth2.Token{}, nil },
			"a bad token": func(int32) (*oauth2.Token, error) { return &oauth2.Token{AccessToken: "CANARY\n"}, nil },
			"a panic":     func(int32) (*oauth2.Token, error) { panic("CANARY") },
		} {
			err := seats(t.Context(), from(&source{token: bad}), recruiter)
			require.Error(t, err, name)
			assert.NotContains(t, err.Error(), "CANARY", name)
		}
	})
}

// TestStaticTokenIsNotRenewed.
func TestStaticTokenIsNotRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		c, err := client.Clone(pronet.WithLinkedIn(linkedin.StaticToken(tokenOf(t, sb))))
		require.NoError(t, err)
		require.NoError(t, seats(t.Context(), c, sb.LinkedIn.App().Contract))
		ends, err := c.LinkedIn.CheckToken(t.Context())
		require.NoError(t, err)
		assert.True(t, ends.IsZero())
		time.Sleep(time.Hour)
		require.ErrorIs(t, seats(t.Context(), c, sb.LinkedIn.App().Contract), api.ErrUnauthorized)
		assert.Equal(t, 2, sb.RequestsTo("GET", "/v2/seatsV2"))
	})
}

// TestR1TheTokenStaysAtTheAPI: the origin of tokens never gets it, and no other host, by whatever way; the secret goes to
// the origin of tokens alone.
func TestR1TheTokenStaysAtTheAPI(t *testing.T) {
	var mu sync.Mutex
	seen := map[string][]string{}
	record := func(name string, status int, body string) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			form, _ := io.ReadAll(r.Body)
			mu.Lock()
			seen[name] = append(seen[name], r.Header.Get("Authorization")+" "+string(form))
			mu.Unlock()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return server
	}
	elsewhere := record("elsewhere", 200, `{"elements":[]}`)
	www := record("www", 200, `{"access_token":"AQtoken","expires_in":"1800"}`)
	for name, first := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/v2/seatsV2", http.StatusTemporaryRedirect)
		},
		"a next link": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"elements":[{"id":1}],"paging":{"links":[{"rel":"next","href":"%s/v2/seatsV2?start=100"}]}}`, elsewhere.URL)
		},
		"a next link without a scheme": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"elements":[{"id":1}],"paging":{"links":[{"rel":"next","href":"//%s/v2/seatsV2?start=100"}]}}`, elsewhere.Listener.Addr())
		},
	} {
		server := httptest.NewServer(first)
		client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens("id", "app-secret"), pronet.BaseURL(server.URL), pronet.LinkedInAccountsURL(www.URL)))
		require.NoError(t, err)
		for _, err = range client.LinkedIn.Seats.All(t.Context(), linkedin.SeatQuery{Contract: contract(t, "urn:li:contract:7")}) {
			if err != nil {
				break
			}
		}
		require.Error(t, err, name)
		client.CloseIdleConnections()
		server.Close()
	}
	assert.Empty(t, seen["elsewhere"])
	require.NotEmpty(t, seen["www"])
	for _, request := range seen["www"] {
		assert.Equal(t, " client_id=id&client_secret=app-secret&grant_type=client_credentials", request)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	for _, tokens := range []linkedin.Tokens{
		{},
		linkedin.AppTokens("", "secret"), linkedin.AppTokens("id", ""), linkedin.AppTokens("id", "CANARY\n"), linkedin.AppTokens("CANARY id", "s"),
		linkedin.StaticToken(""), linkedin.StaticToken("CANARY\n"), linkedin.TokensFrom(nil),
		{ClientID: "id"},
		{Source: &source{}, Static: linkedin.StaticToken("x").Static},
	} {
		require.ErrorIs(t, tokens.Check(), api.ErrInvalid)
		_, err := pronet.New(pronet.WithLinkedIn(tokens))
		require.ErrorIs(t, err, pronet.ErrInvalid)
		assert.NotContains(t, err.Error(), "CANARY")
	}
	client, err := pronet.New()
	require.NoError(t, err)
	_, err = client.LinkedIn.CheckToken(t.Context())
	require.ErrorIs(t, err, api.ErrNotConfigured)
	require.ErrorIs(t, seats(t.Context(), client, "urn:li:contract:7"), api.ErrNotConfigured)
	_, ok := client.LinkedIn.Quota(linkedin.ClassProspects)
	assert.False(t, ok)
	for _, bad := range []pronet.LinkedInOption{
		pronet.LinkedInAccountsURL("http://example.com"), pronet.LinkedInAccountsURL(""), pronet.LinkedInDailyQuota(0), pronet.LinkedInQuotaProbe(0),
		pronet.LinkedInQuotaProbe(48 * time.Hour), pronet.BaseURL("https://api.linkedin.com/v2"),
	} {
		_, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token"), bad))
		require.ErrorIs(t, err, pronet.ErrInvalid)
	}
}
