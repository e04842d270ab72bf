//go:build unix

package fleet

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

const (
	key          = "one-key-of-all-four-processes"
	clientID     = "app-of-all-processes"
	clientSecret = "secret-of-all-processes"
)

// provider is the raw server: it sells records, and counts.
type provider struct {
	*world
	server *httptest.Server
}

func newProvider(w *world) *provider {
	p := &provider{world: w}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cdapi/v2/employee_base/collect/{id}", p.collect)
	mux.HandleFunc("POST /oauth/v2/accessToken", p.renew)
	mux.HandleFunc("GET /v2/anything", p.linkedIn)
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		p.fault("a request that nobody should make: %s %s", r.Method, r.URL.Path)
		respond(rw, http.StatusNotFound, `{}`)
	})
	p.server = httptest.NewServer(mux)
	return p
}

func respond(rw http.ResponseWriter, status int, body string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_, _ = fmt.Fprint(rw, body)
}

func (p *provider) collect(rw http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1001 || id > int64(1000+len(p.people)) || r.Header.Get("apikey") != key {
		p.fault("a record of %q is asked for, or without the key", r.PathValue("id"))
		respond(rw, http.StatusNotFound, `{}`)
		return
	}
	who := p.people[id-1001]
	p.mu.Lock()
	p.arrivals = append(p.arrivals, arrived)
	b := &purchase{number: len(p.purchases) + 1, version: who.version, person: who, at: arrived, process: r.UserAgent()}
	p.purchases, who.bought = append(p.purchases, b), append(who.bought, b)
	p.mu.Unlock()
	time.Sleep(time.Duration(10+b.number*37%90) * time.Millisecond) // so that some are killed meanwhile
	respond(rw, http.StatusOK, fmt.Sprintf(`{"id":%d,"parent_id":%d,"is_parent":1,"full_name":"Person %d","headline":"version %d, record %d","deleted":0,"is_hidden":0,"experience":[]}`,
		id, id, id, b.version, b.number))
}

// renew gives a token that is good until the epoch ends.
func (p *provider) renew(rw http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.Form.Get("client_secret") != clientSecret {
		p.fault("a token is asked for without the secret")
		respond(rw, http.StatusUnauthorized, `{"error":"invalid_client"}`)
		return
	}
	p.mu.Lock()
	number := len(p.epochs)
	e := p.epochs[number-1]
	e.renewals = append(e.renewals, time.Now())
	token := fmt.Sprintf("token-%d-%d", number, len(e.renewals))
	p.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	respond(rw, http.StatusOK, fmt.Sprintf(`{"access_token":%q,"expires_in":1800,"token_type":"Bearer"}`, token))
}

func (p *provider) linkedIn(rw http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	number := len(p.epochs)
	p.mu.Unlock()
	if !strings.HasPrefix(r.Header.Get("Authorization"), fmt.Sprintf("Bearer token-%d-", number)) {
		respond(rw, http.StatusUnauthorized, `{"status":401,"serviceErrorCode":65602,"code":"EXPIRED_ACCESS_TOKEN","message":"The token used in the request has expired"}`)
		return
	}
	respond(rw, http.StatusOK, `{}`)
}
