package benchmarks

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-github/v90/github"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stripe/stripe-go/v86"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/benchmarks/internal/turns"
)

// BenchmarkCall makes one GET of a JSON body and decodes it into the same struct in every case. The baseline is net/http,
// io.ReadAll and encoding/json. The SDK's limiter and retry loop are on, its observer is off, as are the peers' loggers.
//
//	go -C benchmarks test -run '^$' -bench 'Call$' -benchtime 20x
//
// Targets: with encoding/json no slower than the baseline and no more allocations; the default codec at 20 KB in memory <= 0.60.
// Allocations over loopback are those of client and server.
func BenchmarkCall(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
		codec float64 // the default codec's target
	}{{"1KB", 1 << 10, 0}, {"20KB", 20 << 10, 0.60}} {
		body := careerJSON(size.bytes)
		b.Run("memory/"+size.name, func(b *testing.B) {
			benchCall(b, "https://api.example.com", fromMemory{body}, 20_000_000/len(body)/10, size.codec)
		})
		b.Run("loopback/"+size.name, func(b *testing.B) {
			server := serve(b, body, nil)
			benchCall(b, server.URL, server.Client().Transport, 500, 0)
		})
	}
}

// benchCall compares the ways to make a call, so many calls at a time.
func benchCall(b *testing.B, baseURL string, transport http.RoundTripper, calls int, codec float64) {
	b.Helper()
	ways := []way{
		{name: "raw", get: rawGet(baseURL, transport)},
		{name: "encoding/json", get: ourGet(b, baseURL, transport, pronet.WithJSONDecoder(stdjson.Unmarshal)), target: 1.00},
		{name: "default", get: ourGet(b, baseURL, transport), target: codec},
		{name: "go-github", get: githubGet(b, baseURL, transport)},
		{name: "openai-go", get: openaiGet(baseURL, transport)},
		{name: "stripe-go", get: stripeGet(baseURL, transport)},
	}
	var cases []turns.Case
	allocations := make([]float64, len(ways))
	for i, w := range ways {
		if err := w.check(); err != nil {
			b.Fatalf("%s: %v", w.name, err)
		}
		allocations[i] = testing.AllocsPerRun(100, func() { _ = w.get(new(career)) })
		cases = append(cases, turns.Case{Name: w.name, Target: w.target, Run: func() error {
			for range calls {
				if err := w.get(new(career)); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	results := turns.Compare(b, cases...)
	for i := range ways {
		b.ReportMetric(allocations[i], "allocs:"+ways[i].name)
	}
	if b.N == 1 {
		return
	}
	b.Logf("%-16s 1.000, %.0f allocations", ways[0].name, allocations[0])
	for i, r := range results {
		line := fmt.Sprintf("%s, %.0f allocations", r, allocations[i+1])
		if i < 2 { // the SDK's
			line += ", target " + strconv.Itoa(int(allocations[0])) + ": " + turns.Judge(allocations[i+1], allocations[0])
		}
		b.Log(line)
	}
}

// BenchmarkCallConcurrent lets 64 goroutines use one client over loopback. The baseline is net/http with the same transport
// settings and encoding/json. Target: a throughput of >= 0.97 of the baseline's, which is <= 1.031 of its time, and no more
// than 64 connections, also with the SDK's own transport.
func BenchmarkCallConcurrent(b *testing.B) {
	const goroutines, each = 64, 25
	var opened atomic.Int64
	server := serve(b, careerJSON(1<<10), &opened)
	transport := func() http.RoundTripper {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = goroutines
		b.Cleanup(t.CloseIdleConnections)
		return t
	}
	ways := []way{
		{name: "raw", get: rawGet(server.URL, transport())},
		{name: "same-transport", get: ourGet(b, server.URL, transport(), pronet.WithJSONDecoder(stdjson.Unmarshal)), target: 1 / 0.97},
		{name: "own-transport", get: ourGet(b, server.URL, nil, pronet.WithJSONDecoder(stdjson.Unmarshal)), target: 1 / 0.97},
	}
	var cases []turns.Case
	connections := make([]int64, len(ways))
	for i, w := range ways {
		if err := w.check(); err != nil {
			b.Fatalf("%s: %v", w.name, err)
		}
		connections[i] = 1 // check's
		cases = append(cases, turns.Case{Name: w.name, Target: w.target, Run: func() error {
			before := opened.Load()
			err := together(goroutines, each, w.get)
			connections[i] += opened.Load() - before
			return err
		}})
	}
	results := turns.Compare(b, cases...)
	for i := range ways {
		b.ReportMetric(float64(connections[i]), "conns:"+ways[i].name)
	}
	if b.N == 1 {
		return
	}
	b.Logf("%-16s 1.000, %d connections", ways[0].name, connections[0])
	for i, r := range results {
		b.Logf("%s (throughput %.3f), %d connections, target 64: %s", r, 1/r.Median, connections[i+1], turns.Judge(float64(connections[i+1]), goroutines))
	}
}

// together makes calls from many goroutines.
func together(goroutines, each int, get func(*career) error) error {
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	for range goroutines {
		group.Go(func() {
			for range each {
				if err := get(new(career)); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// way is one way to get a career.
type way struct {
	name   string
	get    func(*career) error
	target float64
}

func (w way) check() error {
	var got career
	if err := w.get(&got); err != nil {
		return err
	}
	if got.ID != 1234 || len(got.Experience) == 0 || got.Experience[0].Title == "" {
		return fmt.Errorf("decoded %+v", got)
	}
	return nil
}

// career is what every case decodes.
type career struct {
	ID         int64  `json:"id"`
	FullName   string `json:"full_name"`
	Headline   string `json:"headline"`
	Experience []struct {
		Title    string `json:"title"`
		Company  string `json:"company_name"`
		DateFrom string `json:"date_from"`
		Order    int    `json:"order_in_profile"`
	} `json:"experience"`
}

// careerJSON returns a career of about so many bytes. No text comes twice, so that a decoder that keeps texts gains nothing.
func careerJSON(size int) []byte {
	body := []byte(`{"id":1234,"full_name":"Jane Example","headline":"Head of Examples","experience":[`)
	for i := 1; i == 1 || len(body) < size-100; i++ {
		if i > 1 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"title":"Engineer of %d things","company_name":"Example Works %d","date_from":"%d November 2017","order_in_profile":%[1]d}`, i, i+1000, i+2000)
	}
	return append(body, "]}"...)
}

const (
	callPath = "/v1/employees/1234"
	callKey  = "0123456789abcdef0123456789abcdef"
)

// fromMemory sends the same body to every request.
type fromMemory struct{ body []byte }

func (m fromMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(m.body)), Body: io.NopCloser(bytes.NewReader(m.body)),
	}, nil
}

// serve sends the same body to every request, and counts the connections.
func serve(b *testing.B, body []byte, opened *atomic.Int64) *httptest.Server {
	b.Helper()
	length := strconv.Itoa(len(body))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	}))
	if opened != nil {
		server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
			opened.Add(1)
			return ctx
		}
	}
	server.Start()
	b.Cleanup(server.Close)
	return server
}

// rawGet is what one writes without a library.
func rawGet(baseURL string, transport http.RoundTripper) func(*career) error {
	client := &http.Client{Transport: transport}
	return func(into *career) error {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, baseURL+callPath, nil)
		if err != nil {
			return err
		}
		request.Header.Set("Accept", "application/json")
		request.Header.Set("User-Agent", "raw")
		request.Header.Set("apikey", callKey)
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		data, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		return stdjson.Unmarshal(data, into)
	}
}

// ourGet is the SDK with the whole pipeline; a nil transport leaves the SDK its own.
func ourGet(b *testing.B, baseURL string, transport http.RoundTripper, options ...pronet.Option) func(*career) error {
	b.Helper()
	if transport != nil {
		options = append(options, pronet.WithTransport(transport))
	}
	// so many calls that none ever waits
	coresignal := pronet.WithCoresignal(callKey, pronet.BaseURL(baseURL), pronet.RateLimit("", 100_000, time.Millisecond))
	client, err := pronet.New(append(options, coresignal)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.CloseIdleConnections)
	request := api.Request{
		Provider: api.Coresignal, Method: http.MethodGet, Route: "/v1/employees/{employee}", PathValues: []string{"1234"}, Retry: api.RetryIdempotent,
	}
	return func(into *career) error { return client.Do(context.Background(), request, into) }
}

func githubGet(b *testing.B, baseURL string, transport http.RoundTripper) func(*career) error {
	b.Helper()
	address, err := url.JoinPath(baseURL, "/")
	if err != nil {
		b.Fatal(err)
	}
	client, err := github.NewClient(github.WithTransport(transport), github.WithAuthToken(callKey), github.WithURLs(&address, nil))
	if err != nil {
		b.Fatal(err)
	}
	return func(into *career) error {
		request, err := client.NewRequest(context.Background(), http.MethodGet, callPath[1:], nil)
		if err != nil {
			return err
		}
		_, err = client.Do(request, into)
		return err
	}
}

func openaiGet(baseURL string, transport http.RoundTripper) func(*career) error {
	client := openai.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(callKey), option.WithHTTPClient(&http.Client{Transport: transport}))
	return func(into *career) error { return client.Get(context.Background(), callPath[1:], nil, into) }
}

func stripeGet(baseURL string, transport http.RoundTripper) func(*career) error {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: &baseURL, HTTPClient: &http.Client{Transport: transport}, LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return func(into *career) error {
		resource := struct {
			stripe.APIResource
			*career
		}{career: into}
		return backend.Call(http.MethodGet, callPath, callKey, &stripe.Params{Context: context.Background()}, &resource)
	}
}
