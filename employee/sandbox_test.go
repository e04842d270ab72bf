package employee_test

import (
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/sandbox"
)

// start returns a sandbox and a client of it.
func start(t testing.TB, options ...sandbox.Option) (*sandbox.Sandbox, *pronet.Client) {
	t.Helper()
	sb, err := sandbox.Start(options...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	return sb, connect(t, sb.Options()...)
}

// startInMemory is start inside a synctest bubble.
func startInMemory(t testing.TB, options ...sandbox.Option) (*sandbox.Sandbox, *pronet.Client) {
	t.Helper()
	sb, err := sandbox.New(options...)
	require.NoError(t, err)
	require.NoError(t, sb.StartInMemory())
	t.Cleanup(sb.Close)
	return sb, connect(t, sb.Options()...)
}

// answering returns a client of a provider that is one function.
func answering(t testing.TB, answer http.HandlerFunc) *pronet.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	address := pronet.BaseURL(server.URL)
	return connect(t,
		pronet.WithCoresignal("key", address, pronet.RateLimit(10_000, time.Second)),
		pronet.WithCoresignalV1("token", address, pronet.RateLimit(10_000, time.Second)))
}

func connect(t testing.TB, options ...pronet.Option) *pronet.Client {
	t.Helper()
	client, err := pronet.New(options...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// roundTripper is a provider without a connection.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func connectTo(t testing.TB, transport http.RoundTripper) *pronet.Client {
	t.Helper()
	return connect(t, pronet.WithCoresignal("key"), pronet.WithCoresignalV1("token"), pronet.WithTransport(transport))
}

// withoutRateLimit is an option after those of a sandbox that lets its client go as fast as it can.
func withoutRateLimit(sb *sandbox.Sandbox) pronet.Option {
	return pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.RateLimit(10_000, time.Second))
}

func isOneOf(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// sent is a request as it arrived at a provider.
type sent struct{ method, path, query, body string }

// recording returns a client of a provider with one answer, and the requests that arrive there.
func recording(t *testing.T, answer string) (*[]sent, *pronet.Client) {
	t.Helper()
	requests := new([]sent)
	return requests, answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		*requests = append(*requests, sent{r.Method, r.URL.Path, r.URL.RawQuery, string(body)})
		_, _ = io.WriteString(w, answer)
	})
}

// walk takes rows and ends at the first error.
func walk[T any](rows iter.Seq2[T, error]) (taken []T, err error) {
	for row, err := range rows {
		if err != nil {
			return taken, err
		}
		taken = append(taken, row)
	}
	return taken, nil
}

// failures are the errors of a walk: at most one, at its end.
func failures[T any](rows iter.Seq2[T, error]) (errs []error) {
	for _, err := range rows {
		errs = append(errs, err)
	}
	return errs
}
