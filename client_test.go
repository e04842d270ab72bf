package pronet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// keys is a provider that keeps the keys it was sent.
type keys struct {
	mu  sync.Mutex
	got []string
}

func (k *keys) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	k.got = append(k.got, r.Header.Get("Apikey")+r.Header.Get("Authorization"))
	k.mu.Unlock()
	return (&answer{status: 200, body: `{"id":7}`}).RoundTrip(r)
}

func collectBoth(t *testing.T, client *pronet.Client) {
	t.Helper()
	_, err := client.Employees.Base.Collect(t.Context(), employee.ID(7))
	require.NoError(t, err)
	_, err = client.Employees.V1.Collect(t.Context(), employee.ID(7))
	require.NoError(t, err)
}

func TestCloneUsesItsOwnCredential(t *testing.T) {
	var sent keys
	first, err := pronet.New(pronet.WithCoresignal("key-1"), pronet.WithCoresignalV1("jwt-1"), pronet.WithTransport(&sent))
	require.NoError(t, err)
	second, err := first.Clone(pronet.WithCoresignal("key-2"))
	require.NoError(t, err)
	third, err := second.Clone(pronet.WithCoresignalV1("jwt-3"))
	require.NoError(t, err)
	for _, client := range []*pronet.Client{first, second, third, first} {
		collectBoth(t, client)
	}
	assert.Equal(t, []string{"key-1", "Bearer jwt-1", "key-2", "Bearer jwt-1", "key-2", "Bearer jwt-3", "key-1", "Bearer jwt-1"}, sent.got)

	empty, err := pronet.New(pronet.WithTransport(&sent))
	require.NoError(t, err)
	added, err := empty.Clone(pronet.WithCoresignal("key-4"), pronet.WithCoresignalV1("jwt-4"))
	require.NoError(t, err)
	collectBoth(t, added)
	_, err = empty.Employees.Base.Collect(t.Context(), employee.ID(7))
	require.ErrorIs(t, err, pronet.ErrNotConfigured, "the clone's credential is not the client's")
}

func TestCloneRefusesAnotherTransport(t *testing.T) {
	client, err := pronet.New(pronet.WithTransport(&answer{}))
	require.NoError(t, err)
	_, err = client.Clone(pronet.WithTransport(&answer{}))
	require.ErrorIs(t, err, pronet.ErrInvalid)
	_, err = client.Clone(pronet.WithHTTPClient(&http.Client{}))
	require.ErrorIs(t, err, pronet.ErrInvalid)
	_, err = client.Clone()
	require.NoError(t, err)
}

// TestCloneSharesTheLimiter of a key that stays, unless its option sets one.
func TestCloneSharesTheLimiter(t *testing.T) {
	for name, tt := range map[string]struct {
		options []pronet.Option
		want    time.Duration
	}{
		"nothing changed":  {nil, 3 * time.Second},
		"the same key":     {[]pronet.Option{pronet.WithCoresignal("key-1")}, 3 * time.Second},
		"another key":      {[]pronet.Option{pronet.WithCoresignal("key-2")}, time.Second},
		"the same plan":    {[]pronet.Option{pronet.WithCoresignal("key-2", pronet.CoresignalPlan(pronet.PlanFree))}, time.Second},
		"a larger plan":    {[]pronet.Option{pronet.WithCoresignal("key-2", pronet.CoresignalPlan(pronet.PlanPro))}, time.Second},
		"an own limiter":   {[]pronet.Option{pronet.WithCoresignal("key-2", pronet.Limiter(&countingLimiter{}))}, time.Second},
		"another setting":  {[]pronet.Option{pronet.WithMaxAttempts(1), pronet.WithUserAgent("x")}, 3 * time.Second},
		"another provider": {[]pronet.Option{pronet.WithCoresignalV1("token")}, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, err := pronet.New(pronet.WithCoresignal("key-1", pronet.CoresignalPlan(pronet.PlanFree)), pronet.WithTransport(&keys{}))
				require.NoError(t, err)
				clone, err := first.Clone(tt.options...)
				require.NoError(t, err)
				began := time.Now()
				for range 9 {
					for _, client := range []*pronet.Client{first, clone} {
						_, err := client.Employees.Base.Collect(t.Context(), employee.ID(7))
						require.NoError(t, err)
					}
				}
				assert.GreaterOrEqual(t, time.Since(began), tt.want)
				assert.Less(t, time.Since(began), tt.want+tt.want/5)
			})
		})
	}
}

// perKey is a limiter that keeps credentials apart.
type perKey struct {
	countingLimiter
	others []*perKey
	refuse bool
}

func (p *perKey) ForCredential() api.Limiter {
	if p.refuse {
		return nil
	}
	p.others = append(p.others, &perKey{})
	return p.others[len(p.others)-1]
}

// TestCloneAsksTheUsersLimiter for that of another credential, if it has them.
func TestCloneAsksTheUsersLimiter(t *testing.T) {
	collect := func(client *pronet.Client, options ...pronet.Option) {
		clone, err := client.Clone(options...)
		require.NoError(t, err)
		_, err = clone.Employees.Base.Collect(t.Context(), employee.ID(7))
		require.NoError(t, err)
	}
	first, shared := &perKey{}, &countingLimiter{}
	client, err := pronet.New(pronet.WithCoresignal("key-1", pronet.Limiter(first)), pronet.WithTransport(&keys{}))
	require.NoError(t, err)
	collect(client)
	collect(client, pronet.WithCoresignal("key-1"))
	assert.Equal(t, 2, first.waits)
	assert.Empty(t, first.others, "the key stays")
	collect(client, pronet.WithCoresignal("key-2"))
	require.Len(t, first.others, 1)
	assert.Equal(t, []int{2, 1}, []int{first.waits, first.others[0].waits})
	collect(client, pronet.WithCoresignal("key-3", pronet.Limiter(shared)))
	assert.Equal(t, 1, shared.waits)

	client, err = pronet.New(pronet.WithCoresignal("key-1", pronet.Limiter(shared)), pronet.WithTransport(&keys{}))
	require.NoError(t, err)
	collect(client, pronet.WithCoresignal("key-2"))
	assert.Equal(t, 2, shared.waits, "one limiter for all keys, if it knows no others")

	first.refuse = true
	client, err = pronet.New(pronet.WithCoresignal("key-1", pronet.Limiter(first)), pronet.WithTransport(&keys{}))
	require.NoError(t, err)
	_, err = client.Clone(pronet.WithCoresignal("key-2"))
	require.ErrorIs(t, err, pronet.ErrInvalid)
}

func TestCloneSharesConnections(t *testing.T) {
	var mu sync.Mutex
	connections := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":7}`)) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			connections++
			mu.Unlock()
		}
	}
	server.Start()
	defer server.Close()
	client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(server.URL)))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	for _, key := range []string{"key-1", "key-2", "key-3"} {
		clone, err := client.Clone(pronet.WithCoresignal(key))
		require.NoError(t, err)
		_, err = clone.Employees.Base.Collect(t.Context(), employee.ID(7))
		require.NoError(t, err)
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, 1, connections)
}

func TestClonesOfOneClientAtOnce(t *testing.T) {
	first, err := pronet.New(pronet.WithCoresignal("key", pronet.RateLimit("", 1000, time.Second)), pronet.WithTransport(&keys{}))
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			clone, err := first.Clone(pronet.WithCoresignal("key-2"), pronet.WithDownloadHosts("files.example.com"))
			if assert.NoError(t, err) {
				_, err = clone.Employees.Base.Collect(t.Context(), employee.ID(7))
				assert.NoError(t, err)
				_, err = first.Employees.Base.Collect(t.Context(), employee.ID(7))
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
}

func TestAFailedCloneChangesNothing(t *testing.T) {
	var sent keys
	client, err := pronet.New(pronet.WithCoresignal("key-1"), pronet.WithTransport(&sent))
	require.NoError(t, err)
	_, err = client.Clone(pronet.WithCoresignal("key-2"), pronet.WithMaxResponse(-1))
	require.Error(t, err)
	_, err = client.Clone(pronet.WithCoresignal("key-2", pronet.BaseURL("http://remote.example.com")))
	require.Error(t, err)
	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(7))
	require.NoError(t, err)
	assert.Equal(t, []string{"key-1"}, sent.got)
}

// TestCallOptions are those of package api.
func TestCallOptions(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	sb.Fail(sandbox.Fault{Status: 500})
	var meta pronet.Meta
	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1), pronet.WithMeta(&meta), pronet.WithMaxAttemptsPerCall(1), pronet.WithHeader("X-Trace", "1"))
	answered, ok := errors.AsType[*pronet.Error](err)
	require.True(t, ok)
	assert.Equal(t, api.Coresignal, answered.Provider)
	assert.Equal(t, 500, meta.Status)
	assert.Equal(t, 1, sb.Requests())
	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1), pronet.WithHeader("Apikey", "another"))
	require.ErrorIs(t, err, pronet.ErrInvalid)
	assert.Equal(t, 1, sb.Requests())
}

// TestAJobThatIsNotReadyIsNoFailure for observers and the log, however often it is polled: it is as it should be.
func TestAJobThatIsNotReadyIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var failed, polls int
		responses := 0
		client, err := pronet.New(pronet.WithCoresignal("key"), pronet.WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			if responses++; responses <= 8 {
				return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"status":"in progress"}`))}, nil
			}
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"data_request_files":["json/part-00000.gz"]}`))}, nil
		})), pronet.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))), pronet.WithObserver(api.Observer{
			Attempt: func(_ context.Context, a api.Attempt) { assert.NoError(t, a.Err) },
			End: func(_ context.Context, e api.End) {
				if polls++; e.Err != nil {
					failed++
				}
			},
		}))
		require.NoError(t, err)
		_, err = client.BulkCollect.Base.Wait(t.Context(), "job-1", bulkcollect.WaitOptions{})
		require.NoError(t, err)
		assert.Equal(t, 9, polls)
		assert.Zero(t, failed)
		for _, word := range []string{"failure", "level=INFO", "level=WARN", "level=ERROR"} {
			assert.NotContains(t, log.String(), word)
		}
	})
}

// roundTrip is a transport in memory.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
