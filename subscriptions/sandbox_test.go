package subscriptions_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/subscriptions"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	hook      = subscriptions.Options{WebhookURL: "https://hooks.example.com/coresignal/secret"}
	engineers = employee.Query{Clause: employee.Match("headline", "engineer")}
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

func connect(t testing.TB, options ...pronet.Option) *pronet.Client {
	t.Helper()
	client, err := pronet.New(options...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// provider answers every request with the same body and keeps the requests.
type provider struct {
	mu       sync.Mutex
	answer   string
	requests []request
}

type request struct {
	method, target, contentType string
	body                        []byte
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	p.requests = append(p.requests, request{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body})
	_, _ = io.WriteString(w, p.answer)
}

func (p *provider) last(t testing.TB) request {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.NotEmpty(t, p.requests)
	return p.requests[len(p.requests)-1]
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.requests)
}

// answering returns a provider with one answer, and a client of it.
func answering(t testing.TB, answer string, more ...pronet.Option) (*provider, *pronet.Client) {
	t.Helper()
	p := &provider{answer: answer}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	address := pronet.BaseURL(server.URL)
	options := []pronet.Option{
		pronet.WithCoresignal("key", address, pronet.RateLimit("", 10_000, time.Second)),
		pronet.WithCoresignalV1("token", address, pronet.RateLimit("", 10_000, time.Second)),
	}
	return p, connect(t, append(options, more...)...)
}

// part is one part of a multipart form.
type part struct{ name, file, contentType, content string }

func (r request) form(t testing.TB) []part {
	t.Helper()
	kind, params, err := mime.ParseMediaType(r.contentType)
	require.NoError(t, err)
	assert.Equal(t, "multipart/form-data", kind)
	var parts []part
	for form := multipart.NewReader(bytes.NewReader(r.body), params["boundary"]); ; {
		p, err := form.NextPart()
		if err == io.EOF {
			return parts
		}
		require.NoError(t, err)
		content, err := io.ReadAll(p)
		require.NoError(t, err)
		parts = append(parts, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)})
	}
}
