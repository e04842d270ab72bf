package saleswebhooks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/saleswebhooks"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(mirrorVariable); text != "" {
		os.Exit(runMirrorProcess(text))
	}
	goleak.VerifyTestMain(m)
}

// Short names for what several packages share.
var (
	start         = sandboxtest.Start
	startInMemory = sandboxtest.StartInMemory
	connect       = sandboxtest.Connect
)

// asked is a request as it arrived at a provider of a few lines.
type asked struct {
	Method, Target, ContentType string
	Length                      int64
	Body                        []byte
}

// respond is a provider that responds in turn; after the last it goes on with that one.
type respond struct {
	responses []response
	requests  []asked
}

type response struct {
	status int
	body   string
	html   bool
}

func (p *respond) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(0, r.ContentLength))
	_, _ = r.Body.Read(body)
	p.requests = append(p.requests, asked{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), r.ContentLength, body})
	next := p.responses[0]
	if len(p.responses) > 1 {
		p.responses = p.responses[1:]
	}
	if next.html {
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(next.status)
	_, _ = w.Write([]byte(next.body))
}

// responding returns a provider that responds in turn, and a client of it.
func responding(t testing.TB, responses ...response) (*respond, *saleswebhooks.Service) {
	t.Helper()
	p := &respond{responses: responses}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client := connect(t, pronet.WithSalesWebhooks("lwa.sk_test_abcdef", pronet.BaseURL(server.URL)), pronet.WithMaxAttempts(1))
	return p, client.SalesWebhooks
}

func contact(n int) saleswebhooks.Entity {
	return saleswebhooks.Contact(fmt.Sprintf("https://linkedin.com/in/person-%d", n))
}

func contacts(n int) []saleswebhooks.Entity {
	all := make([]saleswebhooks.Entity, n)
	for i := range all {
		all[i] = contact(i)
	}
	return all
}

func jsonOf(t testing.TB, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return string(encoded)
}

func errOf[T any](_ T, err error) error { return err }
