package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// The probe is a made-up provider that differs from Coresignal in everything, by data and hooks alone: two origins, tokens
// that expire, keys with parentheses in the path, lists in the query, long queries in the body of a POST, a version header,
// errors inside a 200, limits of a quarter of an hour and of a day.

const probe api.Provider = "probe"

var (
	probeGet    = &wire.Op{Name: "Probe.Get", Provider: probe, Method: wire.Get, Route: "/v2/people/(id:{person})", Class: "read", Retry: api.RetryIdempotent}
	probeFind   = &wire.Op{Name: "Probe.Find", Provider: probe, Method: wire.Get, Route: "/v2/people", Class: "read", Retry: api.RetryIdempotent}
	probeWrite  = &wire.Op{Name: "Probe.Write", Provider: probe, Method: wire.Post, Route: "/v2/notes", Class: "write", Retry: api.RetryUnsent, InDoubt: "list the notes"}
	probeDaily  = &wire.Op{Name: "Probe.Daily", Provider: probe, Method: wire.Get, Route: "/v2/daily", Class: "daily", Retry: api.RetryIdempotent}
	probeToken  = &wire.Op{Name: "Probe.Token", Provider: probe, Method: wire.Post, Route: "/oauth/token", Origin: "www", Anonymous: true, Class: "read", Retry: api.RetryIdempotent}
	errExpired  = "65601"
	probeLimits = []limit.Policy{
		{Class: "read", N: 100, Window: time.Second},
		{Class: "write", N: 3, Window: 15 * time.Minute},
		{Class: "bulk", N: 2, Window: 15 * time.Minute},
		{Class: "daily", N: 5, Daily: true, PerApp: true},
	}
)

// probeProvider is all that the provider needs.
func probeProvider(api, www *url.URL) wire.Provider {
	return wire.Provider{
		Name: probe, Origins: []wire.Origin{{URL: api}, {Name: "www", URL: www}},
		KeyHeader: "Authorization", KeyPrefix: "Bearer ", RequestIDs: []string{"X-Probe-Id"},
		Escape: func(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") },
		Shape: func(r *wire.Request) error {
			r.Header.Set("X-Version", "202604")
			if query := r.URL.RawQuery; len(query) > 4000 {
				r.Method, r.URL.RawQuery = wire.Post, ""
				r.Header.Set("X-HTTP-Method-Override", r.Op.Method)
				r.Body = transport.Bytes("application/x-www-form-urlencoded", []byte(query))
			}
			return nil
		},
		Inspect: func(r *wire.Response) {
			var body struct{ Status, Code int }
			if json.Unmarshal(r.Body, &body) != nil || body.Status < 400 {
				return
			}
			if r.Err == nil {
				r.Err = wire.NewStatusError(r.Op, body.Status)
			}
			r.Err.Code, r.Own = fmt.Sprint(body.Code), true
		},
		Expired: func(e *apiError) bool { return e.Status == 401 && e.Code == errExpired },
	}
}

type apiError = api.Error

// probeServers are the two origins. A token is good for the given number of requests.
func probeServers(t *testing.T, serve http.HandlerFunc, goodFor int64) (apiURL, wwwURL *url.URL, issued, refused *atomic.Int64) {
	t.Helper()
	issued, refused = new(atomic.Int64), new(atomic.Int64)
	var used atomic.Int64
	start := func(handler http.HandlerFunc) *url.URL {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		address, err := url.Parse(server.URL)
		require.NoError(t, err)
		return address
	}
	apiURL = start(func(w http.ResponseWriter, r *http.Request) {
		current := fmt.Sprintf("Bearer token-%d", issued.Load())
		if r.Header.Get("Authorization") != current || used.Add(1) == goodFor+1 {
			refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"status":401,"code":%s}`, errExpired)
			return
		}
		serve(w, r)
	})
	wwwURL = start(func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Authorization"), "no bearer for the token's origin")
		time.Sleep(20 * time.Millisecond)
		_, _ = fmt.Fprintf(w, `{"token":"token-%d"}`, issued.Add(1))
	})
	return apiURL, wwwURL, issued, refused
}

// TestProbeCredential: a token that expires in the middle of 64 goroutines is renewed once, by a call through the same
// pipeline and limiter, and so before any of them holds a place.
func TestProbeCredential(t *testing.T) {
	t.Parallel()
	apiURL, wwwURL, issued, refused := probeServers(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }, 20)
	limiter, err := limit.New(limit.Policy{N: 1, Window: time.Millisecond}) // one place: whoever held it would wait for itself
	require.NoError(t, err)
	var token atomic.Value
	token.Store("token-0")
	var p *transport.Pipeline
	var renewals atomic.Int64
	provider := probeProvider(apiURL, wwwURL)
	provider.Renew = func(ctx context.Context, _ api.Secret) error {
		renewals.Add(1)
		var got struct {
			Token string `json:"token"`
		}
		if _, err := p.Do(ctx, transport.Call{Op: probeToken, Body: transport.Bytes("application/x-www-form-urlencoded", []byte("grant_type=refresh_token")), Into: &got}); err != nil {
			return err
		}
		token.Store(got.Token)
		return nil
	}
	p = transport.New(transport.Config{Providers: []transport.Provider{{
		Provider: provider, Limiter: limiter, Credential: func(context.Context) (api.Secret, error) { return api.NewSecret(token.Load().(string)) },
	}}})
	defer p.CloseIdleConnections()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			assert.NoError(t, do(t.Context(), p, transport.Call{Op: probeGet, Path: []string{"a:b"}}))
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1, renewals.Load())
	assert.EqualValues(t, 1, issued.Load())
	assert.GreaterOrEqual(t, refused.Load(), int64(1))
}

// TestProbeStaleKey: a key that went stale while the call waited for a place is asked for again before the request leaves.
func TestProbeStaleKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(limit.Policy{N: 1, Window: time.Minute})
		require.NoError(t, err)
		provider := probeProvider(&url.URL{Scheme: "https", Host: "api.example.com"}, nil)
		expires := time.Now().Add(30 * time.Second)
		keys := 0
		provider.Stale = func(s api.Secret) bool { return s.Reveal() == "key-1" && time.Now().After(expires) }
		var sent []string
		p := transport.New(transport.Config{
			RoundTripper: roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = append(sent, r.Header.Get("Authorization"))
				return answer(200, "{}"), nil
			}),
			Providers: []transport.Provider{{Provider: provider, Limiter: limiter, Credential: func(context.Context) (api.Secret, error) {
				if time.Now().After(expires) {
					keys++
					return api.NewSecret("key-2")
				}
				return api.NewSecret("key-1")
			}}},
		})
		for range 2 {
			require.NoError(t, do(t.Context(), p, transport.Call{Op: probeGet, Path: []string{"1"}}))
		}
		assert.Equal(t, []string{"Bearer key-1", "Bearer key-2"}, sent)
		assert.Equal(t, 1, keys)
	})
}

// TestProbeOnTheWire looks at what arrives: parentheses, fully escaped keys, a list in the query, a long query in a POST that
// is retried as the GET that it is, and the version.
func TestProbeOnTheWire(t *testing.T) {
	type seen struct{ line, body, override, version, contentType string }
	var got []seen
	fail := false
	apiURL, wwwURL, issued, _ := probeServers(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, seen{r.Method + " " + r.RequestURI, string(body), r.Header.Get("X-HTTP-Method-Override"), r.Header.Get("X-Version"), r.Header.Get("Content-Type")})
		if fail {
			fail = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"elements":[]}`)
	}, 1<<40)
	issued.Store(1)
	credential, err := api.StaticCredential("token-1")
	require.NoError(t, err)
	p := transport.New(transport.Config{
		Providers: []transport.Provider{{Provider: probeProvider(apiURL, wwwURL), Credential: credential}}, Random: func() float64 { return 0 },
	})
	defer p.CloseIdleConnections()
	require.NoError(t, do(t.Context(), p, transport.Call{Op: probeGet, Path: []string{"a:b"}}))
	require.NoError(t, do(t.Context(), p, transport.Call{Op: probeFind, Query: "ids=List((id:1),(id:urn%3Ali%3Aperson%3Ax))"}))
	long := "ids=List(" + strings.Repeat("(id:1),", 713) + "(id:2))"
	require.Greater(t, len(long), 5000)
	fail = true
	require.NoError(t, do(t.Context(), p, transport.Call{Op: probeFind, Query: long}))
	tunnelled := seen{"POST /v2/people", long, "GET", "202604", "application/x-www-form-urlencoded"}
	assert.Equal(t, []seen{
		{line: "GET /v2/people/(id:a%3Ab)", version: "202604"},
		{line: "GET /v2/people?ids=List((id:1),(id:urn%3Ali%3Aperson%3Ax))", version: "202604"},
		tunnelled, tunnelled,
	}, got)
}

// TestProbeErrorInsideA200 is an error of the kind that the provider says; what is not retried for its status is not.
func TestProbeErrorInsideA200(t *testing.T) {
	sends := 0
	for body, want := range map[string]struct {
		kind  error
		sends int
	}{
		`{"status":404,"code":7}`: {api.ErrNotFound, 1},
		`{"status":429,"code":7}`: {api.ErrRateLimited, 4},
		`{"status":200}`:          {nil, 1},
	} {
		sends = 0
		credential, err := api.StaticCredential("token-1")
		require.NoError(t, err)
		p := transport.New(transport.Config{
			RoundTripper: roundTrip(func(*http.Request) (*http.Response, error) {
				sends++
				return answer(200, body, "X-Probe-Id", "p-1"), nil
			}),
			Providers: []transport.Provider{{Provider: probeProvider(&url.URL{Scheme: "https", Host: "api.example.com"}, nil), Credential: credential}},
			Random:    func() float64 { return 0 },
		})
		err = do(t.Context(), p, transport.Call{Op: probeWrite, Body: transport.Bytes("application/json", []byte("{}"))})
		assert.Equal(t, want.sends, sends)
		if want.kind == nil {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, want.kind)
		assert.NotErrorIs(t, err, api.ErrMaybeApplied)
		e := failure(t, err)
		assert.Equal(t, "7", e.Code)
		assert.Equal(t, "p-1", e.RequestID)
		assert.JSONEq(t, body, string(e.Body))
	}
}

// kept is a limiter's state in memory, as a file would hold it.
type keptState struct{ data []byte }

func (k *keptState) Load() ([]byte, error)  { return k.data, nil }
func (k *keptState) Save(data []byte) error { k.data = data; return nil }

// TestProbeLimits: two classes with windows of 15 minutes, of which the provider pauses one. After a restart both are as
// they were; none is waited for in silence; and a quota of a day says when it begins again.
func TestProbeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state, status := &keptState{}, 200
		bulk := *probeWrite
		bulk.Class = "bulk"
		start := func() *transport.Pipeline {
			limiter, err := limit.New(probeLimits...)
			require.NoError(t, err)
			limiter.Keep(state)
			credential, err := api.StaticCredential("token-1")
			require.NoError(t, err)
			return transport.New(transport.Config{
				RoundTripper: roundTrip(func(*http.Request) (*http.Response, error) { return answer(status, "{}"), nil }),
				Providers:    []transport.Provider{{Provider: probeProvider(&url.URL{Scheme: "https", Host: "api.example.com"}, nil), Credential: credential, Limiter: limiter}},
			})
		}
		limited := func(err error) time.Duration {
			t.Helper()
			require.ErrorIs(t, err, api.ErrRateLimited)
			e, ok := errors.AsType[*api.RateLimitError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, time.Until(e.Reset), failure(t, err).RetryAfter)
			assert.Zero(t, failure(t, err).Attempts)
			return time.Until(e.Reset)
		}
		began := time.Now()
		p := start()
		for range 2 {
			require.NoError(t, do(t.Context(), p, transport.Call{Op: probeWrite}))
		}
		status = 429 // without Retry-After: the whole window is held back, and not only for seconds
		require.ErrorIs(t, do(t.Context(), p, transport.Call{Op: &bulk}), api.ErrRateLimited)
		status = 200
		time.Sleep(time.Minute)

		p = start() // a restart: two of three writes are spent, and bulk is paused
		require.NoError(t, do(t.Context(), p, transport.Call{Op: probeWrite}))
		window := 15*time.Minute + 900*time.Millisecond
		assert.Equal(t, window-time.Minute, limited(do(t.Context(), p, transport.Call{Op: probeWrite})))
		assert.Equal(t, window-time.Minute, limited(do(t.Context(), p, transport.Call{Op: &bulk})))
		require.NoError(t, do(t.Context(), p, transport.Call{Op: probeGet, Path: []string{"1"}}), "other classes go on")
		assert.Equal(t, time.Minute, time.Since(began), "nothing was waited for in silence")
		time.Sleep(window - time.Minute - 4*time.Minute) // within the longest wait it is waited for
		require.NoError(t, do(t.Context(), p, transport.Call{Op: probeWrite}))
		assert.Equal(t, window, time.Since(began))

		for range 5 {
			require.NoError(t, do(t.Context(), p, transport.Call{Op: probeDaily}))
		}
		p = start()
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		assert.Equal(t, time.Until(midnight), limited(do(t.Context(), p, transport.Call{Op: probeDaily})))
		time.Sleep(time.Until(midnight))
		require.NoError(t, do(t.Context(), p, transport.Call{Op: probeDaily}))
	})
}
