package pronet_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
)

// TestR5BaseURLs: the key travels over https, or stays on this machine.
func TestR5BaseURLs(t *testing.T) {
	for address, good := range map[string]bool{
		"https://api.example.com":           true,
		"https://api.example.com:8443/a/b/": true,
		"https://api.example.com/a%20b":     true,
		"HTTPS://api.example.com":           true,
		"http://localhost:8080":             true,
		"http://LOCALHOST":                  true,
		"http://127.0.0.1:1/x":              true,
		"http://[::1]:8080":                 true,
		"http://[::ffff:127.0.0.1]":         true,
		"http://localhost.:1":               true,
		"http://localhost..":                false,
		"http://localho\u017ft":             false,
		"http://api.localhost":              false,
		"http://127.1":                      false,
		"http://[::1%25lo]":                 false,
		"https://.":                         false,
		"":                                  false,
		"http://api.example.com":            false,
		"http://127.0.0.1.example.com":      false,
		"http://localhost.example.com":      false,
		"http://10.0.0.1":                   false,
		"http://0.0.0.0":                    false,
		"ftp://api.example.com":             false,
		"api.example.com":                   false,
		"//api.example.com":                 false,
		"/cdapi":                            false,
		"https:api.example.com":             false,
		"https://":                          false,
		"https://:443":                      false,
		"https://user:canary@a.example.com": false,
		"https://canary@a.example.com":      false,
		"https://a.example.com/?key=canary": false,
		"https://a.example.com/?":           false,
		"https://a.example.com/#canary":     false,
		"https://a.example.com/x/../canary": false,
		"https://a.example.com/./canary":    false,
		"https://a.example.com/%2e%2e/x":    false,
		"https://a.example.com/\ncanary":    false,
		"https://a.example.com:canary":      false,
		"https://%zzcanary":                 false,
		" https://a.example.com/canary":     false,
	} {
		for _, option := range []pronet.Option{
			pronet.WithCoresignal("key", pronet.BaseURL(address)), pronet.WithCoresignalV1("token", pronet.BaseURL(address)),
		} {
			_, err := pronet.New(option)
			if good {
				require.NoError(t, err, address)
				continue
			}
			require.ErrorIs(t, err, pronet.ErrInvalid, address)
			assert.Contains(t, err.Error(), "the base URL ")
			assert.NotContains(t, err.Error(), "canary", "an address may hold a secret")
		}
	}
	_, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL("ftp://api.example.com")), pronet.WithInsecureHTTP())
	require.ErrorIs(t, err, pronet.ErrInvalid)
}

// TestR69ThisMachineHasNoProxy: what passes as this machine by http, in any form, is not asked through the proxy of the
// environment, which would see the key. Net/http reads the environment once, so each try is a process.
func TestR69ThisMachineHasNoProxy(t *testing.T) {
	const variable = "PRONET_TEST_R69_BASE"
	if base := os.Getenv(variable); base != "" {
		for _, options := range [][]pronet.Option{nil, {pronet.WithHTTPClient(&http.Client{})}} {
			if strings.Contains(base, "elsewhere") {
				options = append(options, pronet.WithInsecureHTTP())
			}
			client, err := pronet.New(append(options, pronet.WithCoresignal("canary-key", pronet.BaseURL(base)), pronet.WithMaxAttempts(1))...)
			if err != nil {
				continue
			}
			_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1))
			require.Error(t, err)
			client.CloseIdleConnections()
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		return
	}
	var seen atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	asked := func(host string) int64 {
		seen.Store(0)
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestR69ThisMachineHasNoProxy$")
		child.Env = append(os.Environ(), variable+"=http://"+host+":1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
		output, err := child.CombinedOutput()
		require.NoError(t, err, "%s", output)
		return seen.Load()
	}
	for _, host := range []string{
		"localhost", "LOCALHOST", "LocalHost.", "127.0.0.1", "127.9.9.9", "[::1]", "[0:0::1]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "localho\u017ft", "[::1%25lo]",
	} {
		assert.Zero(t, asked(host), host)
	}
	assert.EqualValues(t, 2, asked("elsewhere.invalid"), "the proxy is asked for other hosts")
}

// TestBaseURLInItsUsualForm: the same host by another spelling is the same origin.
func TestBaseURLInItsUsualForm(t *testing.T) {
	for address, want := range map[string]string{
		"HTTPS://API.Example.COM.:8443/A": "https://api.example.com:8443/A/cdapi/v2/employee_base/collect/7",
		"http://LOCALHOST.":               "http://localhost/cdapi/v2/employee_base/collect/7",
		"http://[::FFFF:127.0.0.1]":       "http://[::ffff:127.0.0.1]/cdapi/v2/employee_base/collect/7",
		"http://[::1]:80":                 "http://[::1]:80/cdapi/v2/employee_base/collect/7",
		"https://[fe80::1%25EN0]:1":       "https://[fe80::1%25EN0]:1/cdapi/v2/employee_base/collect/7",
	} {
		a := &answer{status: 200, body: `{"id":7}`}
		client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(address)), pronet.WithTransport(a))
		require.NoError(t, err)
		_, err = client.Employees.Base.Collect(t.Context(), employee.ID(7))
		require.NoError(t, err)
		assert.Equal(t, want, a.got.URL.String())
	}
}

func TestBaseURLWithAPath(t *testing.T) {
	for address, want := range map[string]string{
		"https://gateway.example.com/a/b/":  "https://gateway.example.com/a/b/cdapi/v2/employee_base/collect/",
		"https://gateway.example.com//":     "https://gateway.example.com/cdapi/v2/employee_base/collect/",
		"https://gateway.example.com/a%2Fb": "https://gateway.example.com/a%2Fb/cdapi/v2/employee_base/collect/",
	} {
		a := &answer{status: 200, body: `{"id":7}`}
		client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(address)), pronet.WithTransport(a))
		require.NoError(t, err)
		for ref, segment := range map[employee.Ref]string{employee.ID(7): "7", employee.Shorthand("a;b"): "a%3Bb"} {
			_, err = client.Employees.Base.Collect(t.Context(), ref)
			require.NoError(t, err)
			assert.Equal(t, want+segment, a.got.URL.String())
		}
	}
}

// TestPlansAndLimits measures how long 11 calls take, in a bubble's time.
func TestPlansAndLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		options []pronet.CoresignalOption
		least   time.Duration
	}{
		"the smallest plan":  {nil, 2 * time.Second},
		"free":               {[]pronet.CoresignalOption{pronet.CoresignalPlan(pronet.PlanFree)}, 2 * time.Second},
		"pro":                {[]pronet.CoresignalOption{pronet.CoresignalPlan(pronet.PlanPro)}, time.Second},
		"growth":             {[]pronet.CoresignalOption{pronet.CoresignalPlan(pronet.PlanGrowth)}, 0},
		"an own limit":       {[]pronet.CoresignalOption{pronet.RateLimit("", 2, time.Minute)}, 5 * time.Minute},
		"smooth":             {[]pronet.CoresignalOption{pronet.CoresignalPlan(pronet.PlanGrowth), pronet.Smooth()}, 500 * time.Millisecond},
		"smooth, said first": {[]pronet.CoresignalOption{pronet.Smooth(), pronet.CoresignalPlan(pronet.PlanGrowth)}, 500 * time.Millisecond},
		"an own limiter":     {[]pronet.CoresignalOption{pronet.Limiter(&countingLimiter{})}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := pronet.New(pronet.WithCoresignal("key", tt.options...), pronet.WithTransport(&answer{status: 200, body: `{"id":7}`}))
				require.NoError(t, err)
				began := time.Now()
				for range 11 {
					_, err := client.Employees.Base.Collect(t.Context(), employee.ID(7))
					require.NoError(t, err)
				}
				assert.GreaterOrEqual(t, time.Since(began), tt.least)
				assert.LessOrEqual(t, time.Since(began), tt.least+tt.least/10)
			})
		})
	}
}

// TestV1LimitsGoByKindOfCall: 54 records and 18 searches a second do not hold each other back.
func TestV1LimitsGoByKindOfCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answer{status: 200}
		client, err := pronet.New(pronet.WithCoresignalV1("token"), pronet.WithTransport(a))
		require.NoError(t, err)
		began := time.Now()
		a.body = `{"id":7}`
		for range 54 {
			_, err := client.Employees.V1.Collect(t.Context(), employee.ID(7))
			require.NoError(t, err)
		}
		a.body = `[7]`
		for range 18 {
			_, err := client.Employees.V1.ListByFilter(t.Context(), employee.V1Filter{}, employee.SearchOptions{})
			require.NoError(t, err)
		}
		assert.Zero(t, time.Since(began))
		_, err = client.Employees.V1.ListByFilter(t.Context(), employee.V1Filter{}, employee.SearchOptions{})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), time.Second)
	})
}
