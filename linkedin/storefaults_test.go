package linkedin_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
)

// hanging is a store that does not respond while it hangs.
type hanging struct {
	tokenstore.Store
	hangs atomic.Bool
}

func (s *hanging) Load(ctx context.Context, key string) (string, api.Secret, error) {
	if s.hangs.Load() {
		<-ctx.Done()
		return "", api.Secret{}, ctx.Err()
	}
	return s.Store.Load(ctx, key)
}

// TestAStoreThatHangs while the token lives does not hold calls up for longer than a few seconds, now and then.
func TestAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		shared := &hanging{Store: tokenstore.NewMemory()}
		client := processes(t, sb, 1, appOf(sb).In(shared), quiet())[0]
		require.NoError(t, seats(t.Context(), client, recruiter))
		time.Sleep(28 * time.Minute)
		shared.hangs.Store(true)
		for range 10 {
			calm(t, client, recruiter)
		}
		shared.hangs.Store(false)
		time.Sleep(30 * time.Second)
		require.NoError(t, seats(t.Context(), client, recruiter))
		time.Sleep(4 * time.Minute)
		require.NoError(t, seats(t.Context(), client, recruiter))
		assert.Equal(t, 2, sb.LinkedIn.TokensIssued())
	})
}

// calm makes a call that has little time, and a token that lives.
func calm(t *testing.T, client *pronet.Client, recruiter string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, seats(ctx, client, recruiter), "the token lives")
}

// TestLinkedInThatHangs while the token lives holds nobody up either, and the token that comes late is used.
func TestLinkedInThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		require.NoError(t, seats(t.Context(), client, recruiter))
		time.Sleep(28 * time.Minute)
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Delay: 50 * time.Second, Times: 1})
		began := time.Now()
		for range 10 {
			calm(t, client, recruiter)
		}
		assert.LessOrEqual(t, time.Since(began), 10*time.Second, "one wait for all of them")
		time.Sleep(4 * time.Minute)
		before := sb.RequestsTo("GET", "/v2/seatsV2")
		require.NoError(t, seats(t.Context(), client, recruiter))
		assert.Equal(t, 2, sb.LinkedIn.TokensIssued())
		assert.Equal(t, 1, sb.RequestsTo("GET", "/v2/seatsV2")-before, "no call was made with the old one")
	})
}

// TestClonesInAnOutage: one of them has tried in vain to renew the token that they share, which is no failure of the
// other's call.
func TestClonesInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		client := processes(t, sb, 1, appOf(sb), quiet())[0]
		require.NoError(t, seats(t.Context(), client, recruiter))
		var clones []*pronet.Client
		for range 5 {
			clone, err := client.Clone(pronet.WithLinkedIn(appOf(sb)))
			require.NoError(t, err)
			clones = append(clones, clone)
		}
		time.Sleep(28 * time.Minute)
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Status: 500, Delay: time.Second})
		before := sb.RequestsTo("POST", "/oauth/v2/accessToken")
		together(t, clones, recruiter)
		assert.LessOrEqual(t, sb.RequestsTo("POST", "/oauth/v2/accessToken")-before, 4, "the attempts of one renewal")
		time.Sleep(time.Minute)
	})
}

// lossy is a store that does what it is asked and says that it failed.
type lossy struct {
	tokenstore.Store
	lost int // so many responses more
}

func (s *lossy) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	err := s.Store.Swap(ctx, key, was, revision, value)
	if s.lost > 0 {
		s.lost--
		return errDied
	}
	return err
}

// TestAStoreWhoseResponseIsLost has taken the lease all the same: nobody is locked out by it.
func TestAStoreWhoseResponseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		shared := &lossy{Store: tokenstore.NewMemory(), lost: 2}
		client := processes(t, sb, 1, appOf(sb).In(shared))[0]
		began := time.Now()
		require.NoError(t, seats(t.Context(), client, sb.LinkedIn.App().Contract))
		assert.Zero(t, time.Since(began))
		assert.Equal(t, 1, sb.LinkedIn.TokensIssued())
	})
}

// rotating is a LinkedIn that takes each refresh token once and gives another one.
type rotating struct {
	mu      sync.Mutex
	refresh int // the one that is good
	refused int
}

func (r *rotating) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	status, body := 200, `{"name":"Rita"}`
	if request.Body != nil && strings.HasSuffix(request.URL.Path, "accessToken") {
		text, _ := io.ReadAll(request.Body)
		form, _ := url.ParseQuery(string(text))
		if form.Get("refresh_token") == "refresh-token-"+strconv.Itoa(r.refresh) {
			r.refresh++
			n := strconv.Itoa(r.refresh)
			body = `{"access_token":"access-token-` + n + `","expires_in":3600,"refresh_token":"refresh-token-` + n + `","refresh_token_expires_in":31536000}`
		} else {
			r.refused++
			status, body = 400, `{"error":"invalid_request","error_description":"The refresh token is revoked"}`
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

// TestARefreshTokenThatWasNotStored: LinkedIn has given another refresh token, and the store failed. The process that has
// it renews with that one, and stores it when it can; a login or a removal meanwhile wins.
func TestARefreshTokenThatWasNotStored(t *testing.T) {
	for _, meanwhile := range []string{"nothing", "a login", "a removal"} {
		t.Run(meanwhile, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				provider := &rotating{}
				memory := tokenstore.NewMemory()
				shared := &store{Store: memory}
				app := linkedin.AppTokens("id", "the-secret")
				client, err := pronet.New(pronet.WithLinkedIn(app), pronet.WithTransport(provider), quiet())
				require.NoError(t, err)
				save := func(n string) {
					t.Helper()
					access, err := api.NewSecret("access-token-" + n)
					require.NoError(t, err)
					refresh, err := api.NewSecret("refresh-token-" + n)
					require.NoError(t, err)
					require.NoError(t, client.LinkedIn.OAuth.Save(t.Context(), memory, "rita", &linkedin.Grant{
						Access: access, Expires: time.Now().Add(time.Hour), Refresh: refresh, RefreshEnds: time.Now().Add(year),
					}))
				}
				save("0")
				member, err := client.Clone(pronet.WithLinkedIn(app.ForMember(shared, "rita")))
				require.NoError(t, err)
				call := func() error {
					_, err := who(t.Context(), member)
					return err
				}
				require.NoError(t, call())
				time.Sleep(59 * time.Minute)
				shared.swap = func(n int) error {
					if n > 1 { // it has the lease, and the store fails
						return errDied
					}
					return nil
				}
				require.NoError(t, call())
				for range 10 { // and goes on failing
					time.Sleep(90 * time.Second)
					require.NoError(t, call())
				}
				assert.Equal(t, 1, provider.refresh)
				shared.swap = nil
				switch meanwhile {
				case "a login":
					provider.refresh = 7
					save("7")
				case "a removal":
					require.NoError(t, client.LinkedIn.OAuth.Forget(t.Context(), memory, "rita"))
				}
				time.Sleep(90 * time.Second)
				require.NoError(t, call(), "its token lives")
				_, value, err := memory.Load(t.Context(), "rita")
				require.NoError(t, err)
				assert.Equal(t, meanwhile == "nothing", strings.Contains(value.Reveal(), "refresh-token-1"), "another process would find it")
				assert.Equal(t, meanwhile == "a login", strings.Contains(value.Reveal(), "refresh-token-7"))
				time.Sleep(59 * time.Minute)
				err = call()
				if time.Sleep(2 * time.Minute); err == nil {
					err = call()
				}
				if meanwhile == "a removal" {
					require.ErrorIs(t, err, linkedin.ErrLoginNeeded)
					_, value, err := memory.Load(t.Context(), "rita")
					require.NoError(t, err)
					assert.True(t, value.IsZero())
					return
				}
				require.NoError(t, err)
				assert.Zero(t, provider.refused)
				_, value, err = memory.Load(t.Context(), "rita")
				require.NoError(t, err)
				assert.Contains(t, value.Reveal(), "refresh-token-"+strconv.Itoa(provider.refresh), "other processes find it")
			})
		})
	}
}
