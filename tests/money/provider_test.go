package money

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

const key = "0123456789abcdef0123456789abcdef"

// provider is Coresignal's Base collect and data_requests, and the proxies on the way to it.
type provider struct {
	*world
	seed   uint64
	calm   atomic.Bool
	server *httptest.Server
	jobs   map[string]*job // under the world's lock, and the last of them
	last   *job
	echo   chan *person // people who change once more right after their record was sold
	closed atomic.Int64 // how many requests more meet a proxy that knows nobody
}

func newProvider(w *world, seed uint64) *provider {
	p := &provider{world: w, seed: seed, jobs: map[string]*job{}, echo: make(chan *person, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cdapi/v2/employee_base/collect/{id}", p.collect)
	mux.HandleFunc("POST /cdapi/v2/data_requests/employee_base/ids", p.request)
	mux.HandleFunc("GET /cdapi/v2/data_requests/{job}/files", p.files)
	mux.HandleFunc("GET /cdapi/v2/data_requests/{job}/files/{name...}", p.file)
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		w.fault("a request that Coresignal does not know: %s %s", r.Method, r.URL.Path)
		respond(rw, http.StatusNotFound, `{"message":"no Route matched with those values"}`)
	})
	p.server = httptest.NewServer(mux)
	return p
}

// chance is a random number that depends on nothing but the seed, what it is for, and how often that came.
func (p *provider) chance(what string, number int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", what, number)
	return rand.New(rand.NewPCG(p.seed, h.Sum64()))
}

// pick returns one of the names by their weights of a thousand, or "" for the rest, which goes well.
func pick(r *rand.Rand, weights []weight) string {
	x := r.IntN(1000)
	for _, w := range weights {
		if x -= w.of1000; x < 0 {
			return w.name
		}
	}
	return ""
}

type weight struct {
	name   string
	of1000 int
}

const (
	html    = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	blocked = "<!DOCTYPE html><html><body>The request was blocked by the firewall.</body></html>"
)

// foreign are responses of something that is not the provider, to a request that did not reach it.
var foreign = []weight{{"404 html", 40}, {"404 empty", 30}, {"400 html", 30}}

// foreigner writes one of the responses above. It returns false for any other name.
func foreigner(rw http.ResponseWriter, name string) bool {
	switch name {
	case "404 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusNotFound, html)
	case "404 empty":
		rw.WriteHeader(http.StatusNotFound)
	case "400 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusBadRequest, blocked)
	case "503":
		respond(rw, http.StatusServiceUnavailable, `{"detail":"Service Unavailable"}`)
	default:
		return false
	}
	return true
}

func respond(rw http.ResponseWriter, status int, body string) {
	if rw.Header().Get("Content-Type") == "" {
		rw.Header().Set("Content-Type", "application/json")
	}
	rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, body)
}

// drop ends the connection. What was written of the response has left.
func drop(rw http.ResponseWriter) {
	_ = http.NewResponseController(rw).Flush()
	panic(http.ErrAbortHandler)
}

var agent = regexp.MustCompile(`money/(\d+)`)

// caller returns the number of the process that asks.
func (p *provider) caller(r *http.Request) (int, bool) {
	found := agent.FindStringSubmatch(r.UserAgent())
	if r.Header.Get("apikey") != key || found == nil {
		p.fault("a request without its key or name: %s %s", r.Method, r.URL.Path)
		return 0, false
	}
	number, err := strconv.Atoi(found[1])
	return number, err == nil
}

// fate is what happens to a request: the proxy that knows nobody, one of the weights, or nothing.
func (p *provider) fate(what string, number int, weights ...weight) string {
	if p.calm.Load() {
		return ""
	}
	r := p.chance(what, number)
	if p.closed.Add(-1) >= 0 {
		return foreign[r.IntN(len(foreign))].name
	}
	return pick(r, append(weights, foreign...))
}

func record(b *purchase, idAsText bool) string {
	id := strconv.FormatInt(b.person.id, 10)
	if idAsText {
		id = `"` + id + `"`
	}
	data, _ := json.Marshal(fmt.Sprintf("version %d, record %d", b.version, b.number))
	return fmt.Sprintf(`{"id":%s,"parent_id":%d,"is_parent":1,"full_name":"Person %d","headline":%s,"deleted":0,"is_hidden":0,"experience":[{"title":"Engineer","is_current":1,"deleted":0}]}`,
		id, b.person.id, b.person.id, data)
}

func (p *provider) collect(rw http.ResponseWriter, r *http.Request) {
	process, ok := p.caller(r)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	p.mu.Lock()
	who := p.people[id]
	p.mu.Unlock()
	if !ok || err != nil || who == nil {
		p.fault("a record of %q is asked for", r.PathValue("id"))
		respond(rw, http.StatusNotFound, `{"detail":"Not Found"}`)
		return
	}
	p.mu.Lock()
	who.asked++
	asked := who.asked
	p.mu.Unlock()
	fate := p.fate("collect "+r.PathValue("id"), asked, weight{"503", 10}, weight{"not reached, dropped", 10}, weight{"not reached, 200 html", 10},
		weight{"dropped", 20}, weight{"cut", 10}, weight{"200 html", 15}, weight{"200 {}", 15}, weight{"200 detail", 10})
	if foreigner(rw, fate) {
		return
	}
	if strings.HasPrefix(fate, "not reached") {
		p.mu.Lock()
		p.lose(who, fate)
		p.mu.Unlock()
		if fate == "not reached, dropped" {
			panic(http.ErrAbortHandler)
		}
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusOK, blocked)
		return
	}
	p.mu.Lock()
	if who.gone > 0 {
		p.mu.Unlock()
		respond(rw, http.StatusNotFound, `{"detail":"Not Found"}`)
		return
	}
	if fate == "" {
		fate = "whole"
	}
	sold := p.buy(who, process, "", fate)
	body := record(sold, p.chance("text", sold.number).IntN(10) == 0)
	p.mu.Unlock()
	if who.twin && !p.calm.Load() && p.chance("echo", sold.number).IntN(2) == 0 {
		p.echo <- who
	}
	p.at(recordSold)
	switch fate {
	case "dropped":
		panic(http.ErrAbortHandler)
	case "cut":
		rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(rw, body[:len(body)/2])
		drop(rw)
	case "200 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusOK, blocked)
	case "200 {}":
		respond(rw, http.StatusOK, `{}`)
	case "200 detail":
		respond(rw, http.StatusOK, `{"detail":"Internal error"}`)
	default:
		respond(rw, http.StatusOK, body)
		_ = http.NewResponseController(rw).Flush()
		p.at(recordSent)
	}
}
