// Package sandboxtest connects tests to a sandbox, or to a provider of a few lines.
package sandboxtest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/sandbox"
)

// Start returns a sandbox on this machine and a client of it; both end with the test.
func Start(t testing.TB, options ...sandbox.Option) (*sandbox.Sandbox, *pronet.Client) {
	t.Helper()
	sb, err := sandbox.Start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	return sb, Connect(t, sb.Options()...)
}

// StartInMemory is [Start] inside a synctest bubble.
func StartInMemory(t testing.TB, options ...sandbox.Option) (*sandbox.Sandbox, *pronet.Client) {
	t.Helper()
	sb, err := sandbox.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	if err := sb.StartInMemory(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	return sb, Connect(t, sb.Options()...)
}

// Connect returns a client, whose connections end with the test.
func Connect(t testing.TB, options ...pronet.Option) *pronet.Client {
	t.Helper()
	client, err := pronet.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// ConnectTo returns a client of Coresignal, V1 too, whose provider is the handler.
func ConnectTo(t testing.TB, provider http.Handler, more ...pronet.Option) *pronet.Client {
	t.Helper()
	server := httptest.NewServer(provider)
	t.Cleanup(server.Close)
	address := pronet.BaseURL(server.URL)
	options := []pronet.Option{
		pronet.WithCoresignal("key", address, pronet.RateLimit("", 10_000, time.Second)),
		pronet.WithCoresignalV1("token", address, pronet.RateLimit("", 10_000, time.Second)),
	}
	return Connect(t, append(options, more...)...)
}

// Provider sends the same response to every request and keeps the requests.
type Provider struct {
	response string
	mu       sync.Mutex
	requests []Request
}

// Responding returns a provider with one response, and a client of it.
func Responding(t testing.TB, response string, more ...pronet.Option) (*Provider, *pronet.Client) {
	t.Helper()
	p := &Provider{response: response}
	return p, ConnectTo(t, p, more...)
}

// ServeHTTP implements http.Handler.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	p.requests = append(p.requests, Request{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body})
	_, _ = io.WriteString(w, p.response)
}

// Last returns the last request.
func (p *Provider) Last(t testing.TB) Request {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) == 0 {
		t.Fatal("no request arrived")
	}
	return p.requests[len(p.requests)-1]
}

// Count is the number of requests.
func (p *Provider) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.requests)
}

// Request is a request as it arrived.
type Request struct {
	Method, Target, ContentType string
	Body                        []byte
}

// Part is one part of a multipart form: its name, file name, content type and content.
type Part [4]string

// Form returns the parts of the multipart form that the request is.
func (r Request) Form(t testing.TB) []Part {
	t.Helper()
	kind, params, err := mime.ParseMediaType(r.ContentType)
	if err != nil || kind != "multipart/form-data" {
		t.Fatalf("%q is not multipart/form-data: %v", r.ContentType, err)
	}
	var parts []Part
	for form := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"]); ; {
		p, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, Part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)})
	}
}

// ConnectLinkedIn returns a client of LinkedIn whose API is the handler, with a token that does not change.
func ConnectLinkedIn(t testing.TB, provider http.Handler, more ...pronet.LinkedInOption) *pronet.Client {
	t.Helper()
	server := httptest.NewServer(provider)
	t.Cleanup(server.Close)
	options := append([]pronet.LinkedInOption{pronet.BaseURL(server.URL), pronet.LinkedInAccountsURL(server.URL)}, more...)
	return Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("static-token"), options...))
}
