package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// key is the credential of every test; it must not turn up anywhere but in its header.
const key = "CANARYKEY0123456789"

// newPipeline returns a pipeline for a provider at base whose repeats do not wait unless the provider asks to.
func newPipeline(t testing.TB, base string, change ...func(*transport.Config)) *transport.Pipeline {
	t.Helper()
	address, err := url.Parse(base)
	require.NoError(t, err)
	credential, err := api.StaticCredential(key)
	require.NoError(t, err)
	config := transport.Config{
		Providers: []transport.Provider{{
			Provider: testProvider(address), Credential: credential,
		}},
		Random: func() float64 { return 0 },
	}
	for _, c := range change {
		c(&config)
	}
	p := transport.New(config)
	t.Cleanup(p.CloseIdleConnections)
	return p
}

// testProvider is what is particular to the provider of the tests, which is at one origin.
func testProvider(base *url.URL) wire.Provider {
	return wire.Provider{
		Name: api.Coresignal, Origins: []wire.Origin{{URL: base}}, KeyHeader: "Apikey",
		RequestIDs: []string{"X-Request-Id", "X-Correlation-Id", "X-Kong-Request-Id"},
		Inspect:    func(r *wire.Response) { r.Own = true },
	}
}

// operation returns an endpoint of the given method and repeat class.
func operation(method string, repeat api.Retry) *wire.Op {
	return &wire.Op{
		Name: "test.Things", Provider: api.Coresignal, Method: method, Route: "/v1/things/{thing}",
		Retry: repeat, InDoubt: "look at the list of things",
	}
}

// call returns a call of an endpoint, with a body if its method takes one.
func call(op *wire.Op, options ...api.CallOption) transport.Call {
	c := transport.Call{Op: op, Path: []string{"1"}, Options: options}
	if op.Method != http.MethodGet {
		c.Body = transport.Bytes("application/json", []byte(`{"name":"x"}`))
	}
	return c
}

// failure returns the *api.Error of a call that must fail.
func failure(t testing.TB, err error) *api.Error {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	require.True(t, ok, "not an *api.Error: %v", err)
	return e
}

// roundTrip is a transport in memory.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		_, err := io.Copy(io.Discard, request.Body)
		if err = errors.Join(err, request.Body.Close()); err != nil {
			return nil, err
		}
	}
	return f(request)
}

// over makes a pipeline send through a transport of the test's.
func over(f roundTrip) func(*transport.Config) {
	return func(c *transport.Config) { c.RoundTripper = f }
}

// answer builds a response; header is name, value, name, value.
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: h, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// do sends a call without a result.
func do(ctx context.Context, p *transport.Pipeline, c transport.Call) error {
	_, err := p.Do(ctx, c)
	return err
}
