//go:build unix

package traces

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// provider is the raw server: it sells records, counts, and takes no trace.
type provider struct {
	*httptest.Server

	mu       sync.Mutex
	requests int
	echoed   map[string]int // how often it has refused, by path
	sold     map[string]int
	instead  map[string][]http.HandlerFunc // what responds first, by path
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{sold: make(map[string]int), echoed: make(map[string]int), instead: make(map[string][]http.HandlerFunc)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cdapi/v2/employee_base/collect/{id}", func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if id == shorthand || id == strconv.Itoa(personWhoIsRefused) {
			echo(p.next(r.URL.Path))(w, r)
			return
		}
		p.mu.Lock()
		p.sold[id]++
		p.mu.Unlock()
		w.Header().Set("X-Credits-Remaining", "5000")
		respond(w, http.StatusOK, fmt.Sprintf(`{"id":%[1]s,"parent_id":%[1]s,"is_parent":1,"full_name":%q,"headline":%q,"deleted":0,"is_hidden":0,"experience":[]}`, id, name, email))
	})
	mux.HandleFunc("POST /oauth/v2/accessToken", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, fmt.Sprintf(`{"access_token":%q,"expires_in":1800,"token_type":"Bearer"}`, accessToken))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		echo(p.next(r.URL.Path))(w, r)
	})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, header := range []string{"Traceparent", "Tracestate", "Baggage", "B3", "X-B3-Traceid", "Uber-Trace-Id"} {
			assert.Empty(t, r.Header.Values(header), "%s gets a trace", r.URL.Path)
		}
		p.mu.Lock()
		p.requests++
		var handler http.Handler = mux
		if first := p.instead[r.URL.Path]; len(first) > 0 {
			handler, p.instead[r.URL.Path] = first[0], first[1:]
		}
		p.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// next is the status of the next error of a path.
func (p *provider) next(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.echoed[path]++
	return statuses[p.echoed[path]%len(statuses)]
}

func collecting(id int64) string { return fmt.Sprintf("/cdapi/v2/employee_base/collect/%d", id) }

func respond(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
}
