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
		"no longest wait":               pronet.WithMaxWait(0),
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
		"unknown form":                  pronet.WithCoresignal("key", pronet.CoresignalBulkIDsForm(3)),
		"negative form":                 pronet.WithCoresignal("key", pronet.CoresignalBulkIDsForm(-1)),
		"no field":                      pronet.WithCoresignal("key", pronet.CoresignalIDFileField("")),
		"field with a quote":            pronet.WithCoresignalV1("token", pronet.CoresignalIDFileField(`a"b`)),
		"nil credential":                pronet.WithCoresignalCredential(nil),
		"nil V1 credential":             pronet.WithCoresignalV1Credential(nil),
		"no plan":                       pronet.WithCoresignal("key", pronet.CoresignalPlan(0)),
		"huge plan":                     pronet.WithCoresignal("key", pronet.CoresignalPlan(math.MaxInt)),
		"no rate":                       pronet.WithCoresignal("key", pronet.RateLimit("", 0, time.Second)),
		"huge rate":                     pronet.WithCoresignal("key", pronet.RateLimit("", math.MaxInt, time.Second)),
		"rate without a window":         pronet.WithCoresignal("key", pronet.RateLimit("", 1, 0)),
		"no limiter":                    pronet.WithCoresignal("key", pronet.Limiter(nil)),
		"unknown class":                 pronet.WithCoresignal("key", pronet.RateLimit("searches", 1, time.Second)),
		"no state":                      pronet.WithCoresignal("key", pronet.RateLimitState(nil)),
		"limit and limiter":             pronet.WithCoresignal("key", pronet.Limiter(&countingLimiter{}), pronet.RateLimit("", 1, time.Second)),
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
		pronet.WithHTTPClient(&http.Client{}), pronet.WithMaxAttempts(20), pronet.WithMaxWait(time.Hour), pronet.WithHeaderTimeout(time.Second),
		pronet.WithIdleTimeout(time.Second), pronet.WithMaxResponse(1<<30), pronet.WithDownloadHosts("files.example.com", ".example.org"), pronet.WithUserAgent(" crm/2.1 "),
		pronet.WithObserver(api.Observer{}), pronet.WithLogger(nil), pronet.WithLoopbackWebhooks(),
		pronet.WithCoresignal("key", nil, pronet.CoresignalPlan(pronet.PlanScale), pronet.Smooth(),
			pronet.CoresignalBulkIDsForm(bulkcollect.IDsAsFile), pronet.CoresignalIDFileField("a-B_9")), pronet.WithCoresignalV1("token", pronet.RateLimit("", 100_000, time.Second)),
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

// TestKeysOfTheOtherAPI: a key that cannot be one of the option's says which option it goes with.
func TestKeysOfTheOtherAPI(t *testing.T) {
	jwt, key := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl", "canaryCANARY0123456789abcdefABCD"
	for text, option := range map[string]pronet.Option{
		"pass it to WithCoresignalV1":      pronet.WithCoresignal(jwt),
		"pass it to WithCoresignal:":       pronet.WithCoresignalV1(key),
		"begins or ends with a quote":      pronet.WithCoresignal(`"` + key + `"`),
		"V1: invalid request: the key beg": pronet.WithCoresignalV1("'" + jwt),
	} {
		_, err := pronet.New(option)
		require.ErrorIs(t, err, pronet.ErrInvalid)
		assert.ErrorContains(t, errors.New(err.Error()+":"), text)
		assert.NotContains(t, strings.ToLower(err.Error()), "canary")
	}
	for _, option := range []pronet.Option{
		pronet.WithCoresignal(key), pronet.WithCoresignalV1(jwt), pronet.WithCoresignal("key"), pronet.WithCoresignalV1("token"), pronet.WithCoresignal(key + "a"), pronet.WithCoresignalV1(key[:31] + "-"),
	} {
		_, err := pronet.New(option)
		require.NoError(t, err)
	}
}

// TestOptionsInAnyOrder give the same client.
func TestOptionsInAnyOrder(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	options := []pronet.Option{
		pronet.WithInsecureHTTP(), pronet.WithMaxAttempts(1), pronet.WithUserAgent("crm/2.1"), pronet.WithLoopbackWebhooks(),
		pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.BaseURL(strings.Replace(sb.Coresignal.URL(), "127.0.0.1", "localhost", 1)), pronet.CoresignalPlan(pronet.PlanScale), pronet.Smooth()),
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

// TestLimitOptionsOfAClone replace those of the client, in any order; a state belongs to one limiter.
func TestLimitOptionsOfAClone(t *testing.T) {
	slow := pronet.WithCoresignal("key", pronet.RateLimit("", 1, time.Minute))
	for name, options := range map[string][]pronet.CoresignalOption{
		"smooth first":             {pronet.Smooth(), pronet.RateLimit("", 100, time.Second)},
		"smooth last":              {pronet.RateLimit("", 100, time.Second), pronet.Smooth()},
		"a plan":                   {pronet.CoresignalPlan(pronet.PlanScale)},
		"smooth and a limiter":     {pronet.Smooth(), pronet.Limiter(&countingLimiter{})},
		"a state, and then limits": {pronet.RateLimitState(pronet.RateLimitFile(t.TempDir() + "/limits.json")), pronet.RateLimit("", 100, time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := pronet.New(slow, pronet.WithTransport(&answer{status: 200, body: `{"id":7}`}))
			require.NoError(t, err)
			clone, err := client.Clone(pronet.WithCoresignal("key", options...))
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for range 5 {
				_, err := clone.Employees.Base.Collect(ctx, employee.ID(7))
				require.NoError(t, err)
			}
		})
	}
	state := pronet.RateLimitFile(t.TempDir() + "/limits.json")
	_, err := pronet.New(pronet.WithCoresignal("key", pronet.RateLimitState(state)), pronet.WithCoresignalV1("token", pronet.RateLimitState(state)))
	require.ErrorIs(t, err, pronet.ErrInvalid, "they would overwrite each other's calls")
	_, err = pronet.New(pronet.WithCoresignal("key", pronet.RateLimit("", 1, 32*24*time.Hour)))
	require.ErrorIs(t, err, pronet.ErrInvalid)
}

// TestZeroClient: an error, never a panic.
func TestZeroClient(t *testing.T) {
	var none *pronet.Client
	for _, client := range []*pronet.Client{none, {}} {
		require.ErrorIs(t, client.Do(t.Context(), api.Request{}, nil), pronet.ErrNotConfigured)
		_, err := client.Clone()
		require.ErrorIs(t, err, pronet.ErrNotConfigured)
		client.CloseIdleConnections()
	}
}

// TestDoSendsEncodedParts as they are, and refuses what would lead elsewhere.
func TestDoSendsEncodedParts(t *testing.T) {
	a := &answer{status: 204}
	client, err := pronet.New(pronet.WithCoresignal("key"), pronet.WithTransport(a))
	require.NoError(t, err)
	get := func(change func(*api.Request)) error {
		r := api.Request{Provider: api.Coresignal, Method: "GET", Route: "/people/(id:{id})"}
		change(&r)
		return client.Do(t.Context(), r, nil)
	}
	require.NoError(t, get(func(r *api.Request) {
		r.EncodedPath, r.RawQuery, r.Header = "/people/(id:a%3Ab)", "ids=List(1,2)", http.Header{"X-Version": {"202604"}}
	}))
	assert.Equal(t, "https://api.coresignal.com/people/(id:a%3Ab)?ids=List(1,2)", a.got.URL.String())
	assert.Equal(t, "202604", a.got.Header.Get("X-Version"))
	for name, change := range map[string]func(*api.Request){
		"a path that is not escaped": func(r *api.Request) { r.EncodedPath = "/people/a b" },
		"the folder above":           func(r *api.Request) { r.EncodedPath = "/people/%2e%2e/x" },
		"a query in the path":        func(r *api.Request) { r.EncodedPath = "/people?x=1" },
		"two paths":                  func(r *api.Request) { r.EncodedPath, r.PathValues = "/people/1", []string{"1"} },
		"two queries": func(r *api.Request) {
			r.EncodedPath, r.RawQuery, r.Query = "/people/1", "a=1", map[string][]string{"a": {"1"}}
		},
		"a line feed in the query":  func(r *api.Request) { r.EncodedPath, r.RawQuery = "/people/1", "a=1\n" },
		"the provider's key":        func(r *api.Request) { r.EncodedPath, r.Header = "/people/1", http.Header{"Apikey": {"mine"}} },
		"an unknown origin":         func(r *api.Request) { r.EncodedPath, r.Origin = "/people/1", "www" },
		"no route to show":          func(r *api.Request) { r.EncodedPath, r.Route = "/people/1", "" },
		"a header with a line feed": func(r *api.Request) { r.EncodedPath, r.Header = "/people/1", http.Header{"X-A": {"b\n"}} },
	} {
		require.ErrorIs(t, get(change), pronet.ErrInvalid, name)
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
		assert.Equal(t, []string{"Employees.Base.Collect"}, seen)
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

func (l *countingLimiter) Wait(context.Context, string) error { l.waits++; return nil }
func (l *countingLimiter) Pause(string, time.Time)            {}
