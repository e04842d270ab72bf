package pronet_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/cookiejar"
	"strings"
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

func TestOptionsThatAreRefused(t *testing.T) {
	for name, option := range map[string]pronet.Option{
		"nil":                           nil,
		"no HTTP client":                pronet.WithHTTPClient(nil),
		"HTTP client with a timeout":    pronet.WithHTTPClient(&http.Client{Timeout: time.Second}),
		"HTTP client with cookies":      pronet.WithHTTPClient(&http.Client{Jar: &cookiejar.Jar{}}),
		"HTTP client that redirects":    pronet.WithHTTPClient(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}),
		"no transport":                  pronet.WithTransport(nil),
		"no attempt":                    pronet.WithMaxAttempts(0),
		"too many attempts":             pronet.WithMaxAttempts(21),
		"no longest Retry-After":        pronet.WithMaxRetryAfter(0),
		"negative header timeout":       pronet.WithHeaderTimeout(-1),
		"no idle timeout":               pronet.WithIdleTimeout(0),
		"no answer":                     pronet.WithMaxResponse(0),
		"too large an answer":           pronet.WithMaxResponse(1<<30 + 1),
		"download host without a dot":   pronet.WithDownloadHosts("files.example.com", "com"),
		"download host that is a URL":   pronet.WithDownloadHosts("https://files.example.com"),
		"download host with a wildcard": pronet.WithDownloadHosts("*.example.com"),
		"download host with a port":     pronet.WithDownloadHosts("files.example.com:443"),
		"empty download host":           pronet.WithDownloadHosts(""),
		"no decoder":                    pronet.WithJSONDecoder(nil),
		"user agent with a line break":  pronet.WithUserAgent("crm\r\nX: y"),
		"user agent beyond ASCII":       pronet.WithUserAgent("crm-ü"),
		"unknown form":                  pronet.WithBulkIDsForm(3),
		"negative form":                 pronet.WithBulkIDsForm(-1),
		"no field":                      pronet.WithIDFileField(""),
		"field with a quote":            pronet.WithIDFileField(`a"b`),
		"nil credential":                pronet.WithCoresignalCredential(nil),
		"nil V1 credential":             pronet.WithCoresignalV1Credential(nil),
		"plan on V1":                    pronet.WithCoresignalV1("token", pronet.Plan(pronet.PlanPro)),
		"no plan":                       pronet.WithCoresignal("key", pronet.Plan(0)),
		"huge plan":                     pronet.WithCoresignal("key", pronet.Plan(math.MaxInt)),
		"no rate":                       pronet.WithCoresignal("key", pronet.RateLimit(0, time.Second)),
		"huge rate":                     pronet.WithCoresignal("key", pronet.RateLimit(math.MaxInt, time.Second)),
		"rate without a window":         pronet.WithCoresignal("key", pronet.RateLimit(1, 0)),
		"no limiter":                    pronet.WithCoresignal("key", pronet.Limiter(nil)),
		"two limits":                    pronet.WithCoresignal("key", pronet.Plan(pronet.PlanPro), pronet.RateLimit(1, time.Second)),
		"limit and limiter":             pronet.WithCoresignal("key", pronet.Limiter(&countingLimiter{}), pronet.RateLimit(1, time.Second)),
	} {
		t.Run(name, func(t *testing.T) {
			client, err := pronet.New(option)
			require.ErrorIs(t, err, pronet.ErrInvalid)
			assert.Nil(t, client)
			assert.True(t, strings.HasPrefix(err.Error(), "pronet: "), err.Error())
			good, err := pronet.New()
			require.NoError(t, err)
			_, err = good.Clone(option)
			require.ErrorIs(t, err, pronet.ErrInvalid)
		})
	}
}

func TestOptionsThatAreTaken(t *testing.T) {
	client, err := pronet.New(
		pronet.WithHTTPClient(&http.Client{}), pronet.WithMaxAttempts(20), pronet.WithMaxRetryAfter(time.Hour), pronet.WithHeaderTimeout(time.Second),
		pronet.WithIdleTimeout(time.Second), pronet.WithMaxResponse(1<<30), pronet.WithDownloadHosts("files.example.com", ".example.org"), pronet.WithUserAgent(" crm/2.1 "),
		pronet.WithBulkIDsForm(bulkcollect.IDsAsFile), pronet.WithIDFileField("a-B_9"), pronet.WithObserver(api.Observer{}), pronet.WithLogger(nil), pronet.WithLoopbackWebhooks(),
		pronet.WithCoresignal("key", nil, pronet.Plan(pronet.PlanScale), pronet.Smooth()), pronet.WithCoresignalV1("token", pronet.RateLimit(100_000, time.Second)),
	)
	require.NoError(t, err)
	assert.NotNil(t, client.Employees.Base)
	assert.NotNil(t, client.Subscriptions.V1)
	assert.NotNil(t, client.BulkCollect.V1)
}

// TestR6MalformedKeys are refused by New, and the error does not hold them.
func TestR6MalformedKeys(t *testing.T) {
	for _, key := range []string{"", " ", "canary\n", "canary\r\n", " canary", "canary ", "can ary", "canary\x00", "canary\t", "canaryü", "canary\x7f", strings.Repeat("canary", 2000)} {
		for _, option := range []pronet.Option{pronet.WithCoresignal(key), pronet.WithCoresignalV1(key)} {
			_, err := pronet.New(option)
			require.ErrorIs(t, err, pronet.ErrInvalid, "%q", key)
			assert.NotContains(t, err.Error(), "canary")
		}
	}
}

// TestOptionsInAnyOrder give the same client.
func TestOptionsInAnyOrder(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	options := []pronet.Option{
		pronet.WithInsecureHTTP(), pronet.WithMaxAttempts(1), pronet.WithUserAgent("crm/2.1"), pronet.WithLoopbackWebhooks(),
		pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.BaseURL(strings.Replace(sb.Coresignal.URL(), "127.0.0.1", "localhost", 1)), pronet.Plan(pronet.PlanScale), pronet.Smooth()),
		pronet.WithCoresignalV1(sb.Coresignal.JWT(), pronet.Smooth(), pronet.BaseURL(sb.Coresignal.URL())),
	}
	for range options {
		options = append(options[1:], options[0])
		client, err := pronet.New(options...)
		require.NoError(t, err)
		_, err = client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
		_, err = client.Employees.V1.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
		client.CloseIdleConnections()
	}
	remote := pronet.WithCoresignal("key", pronet.BaseURL("http://proxy.example.com"))
	for _, options := range [][]pronet.Option{{remote, pronet.WithInsecureHTTP()}, {pronet.WithInsecureHTTP(), remote}} {
		_, err := pronet.New(options...)
		require.NoError(t, err)
	}
}

// TestNewReadsNoKeysFromTheEnvironment: a key is given, or there is none.
func TestNewReadsNoKeysFromTheEnvironment(t *testing.T) {
	for _, name := range []string{"CORESIGNAL_API_KEY", "CORESIGNAL_JWT", "CORESIGNAL_KEY", "PRONET_API_KEY", "API_KEY"} {
		t.Setenv(name, "from-the-environment")
	}
	client, err := pronet.New()
	require.NoError(t, err)
	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, pronet.ErrNotConfigured)
	_, err = client.Employees.V1.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, pronet.ErrNotConfigured)
}

// answer is a transport that answers every request alike and keeps the last one.
type answer struct {
	status int
	body   string
	got    *http.Request
	n      int
}

func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.got, a.n = r, a.n+1
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: -1, Request: r}, nil
}

func TestOptionsTakeEffect(t *testing.T) {
	collect := func(t *testing.T, a *answer, options ...pronet.Option) error {
		client, err := pronet.New(append(options, pronet.WithCoresignal("key"), pronet.WithTransport(a))...)
		require.NoError(t, err)
		_, err = client.Employees.Base.Collect(t.Context(), employee.ID(7))
		return err
	}
	a := &answer{status: 200, body: `{"id":7}`}
	require.NoError(t, collect(t, a))
	assert.Equal(t, "https://api.coresignal.com/cdapi/v2/employee_base/collect/7", a.got.URL.String())
	assert.Equal(t, "pronet-go/"+pronet.Version, a.got.Header.Get("User-Agent"))
	require.NoError(t, collect(t, a, pronet.WithUserAgent(" crm/2.1 ")))
	assert.Equal(t, "crm/2.1 pronet-go/"+pronet.Version, a.got.Header.Get("User-Agent"))
	require.ErrorIs(t, collect(t, a, pronet.WithMaxResponse(7)), pronet.ErrTooLarge)
	require.NoError(t, collect(t, a, pronet.WithMaxResponse(8)))
	odd := errors.New("odd decoder")
	require.NoError(t, collect(t, a, pronet.WithJSONDecoder(func([]byte, any) error { return odd })), "a record is then read value by value")

	synctest.Test(t, func(t *testing.T) {
		a := &answer{status: 500}
		require.ErrorIs(t, collect(t, a, pronet.WithMaxAttempts(2)), pronet.ErrUnavailable)
		assert.Equal(t, 2, a.n)
		var seen []string
		observer := api.Observer{End: func(_ context.Context, e api.End) { seen = append(seen, e.Op.Name) }}
		var log strings.Builder
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		require.Error(t, collect(t, a, pronet.WithObserver(observer), pronet.WithLogger(logger)))
		assert.Equal(t, []string{"employee.Base.Collect"}, seen)
		assert.Contains(t, log.String(), "pronet: call ended")
	})
	var custom countingLimiter
	client, err := pronet.New(pronet.WithCoresignal("key", pronet.Limiter(&custom)), pronet.WithTransport(a))
	require.NoError(t, err)
	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(7))
	require.NoError(t, err)
	assert.Equal(t, 1, custom.waits)
}

type countingLimiter struct{ waits int }

func (l *countingLimiter) Wait(context.Context, int) error { l.waits++; return nil }
func (l *countingLimiter) Pause(time.Time)                 {}
