package main

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook/spool"
)

//go:embed page
var files embed.FS

var pages = template.Must(template.ParseFS(files, "page/*.html"))

// handler routes the notices and the page.
func (a *app) handler() http.Handler {
	page := http.NewServeMux()
	page.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { a.render(w, r, "page.html") })
	page.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) { a.render(w, r, "state.html") })
	page.HandleFunc("GET /feed", a.serveFeed)
	for _, name := range []string{"/page.css", "/page.js"} {
		page.HandleFunc("GET "+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "page"+name) })
	}
	page.HandleFunc("POST /people/{id}/{what}", a.change)
	page.HandleFunc("POST /fail", func(w http.ResponseWriter, r *http.Request) {
		a.crm.failing.Store(3)
		back(w, r)
	})
	page.HandleFunc("POST /dead/{id}/requeue", func(w http.ResponseWriter, r *http.Request) {
		a.respond(w, r, a.pipeline.Notices().Requeue(r.PathValue("id")))
	})
	mux := http.NewServeMux()
	mux.Handle("/coresignal/", a.pipeline)
	mux.Handle("/", onlyHere(http.NewCrossOriginProtection().Handler(page)))
	return mux
}

// onlyHere lets in who asks for this machine by a name or address of its own, so that a page of another site cannot give
// itself this one's address. The buttons are guarded against other pages besides.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil || !slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, host) {
			http.Error(w, "this page is for this machine", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// view is what the page shows.
type view struct {
	People  []person
	Changes []change
	Last    int64
	Status  refresh.PipelineStatus
	Dead    []spool.Dead
	Failing bool
}

func (a *app) render(w http.ResponseWriter, r *http.Request, name string) {
	v, err := a.view(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = pages.ExecuteTemplate(w, name, v) // the browser has gone
}

func (a *app) view(ctx context.Context) (v view, err error) {
	err = a.crm.look(ctx, func(tx *sql.Tx) (err error) {
		if v.People, err = listPeople(ctx, tx); err == nil {
			v.Changes, err = changesAfter(ctx, tx, 0)
		}
		return err
	})
	if err != nil {
		return v, err
	}
	if n := len(v.Changes); n > 0 {
		v.Last = v.Changes[n-1].Number
	}
	slices.Reverse(v.Changes)
	v.Status, v.Failing = a.pipeline.Status(), a.crm.failing.Load() > 0
	for dead, err := range a.pipeline.Notices().Dead() {
		if err != nil {
			return v, err
		}
		v.Dead = append(v.Dead, dead)
	}
	return v, nil
}

// change changes a person at the provider, which sends its notice at once instead of the next day.
func (a *app) change(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "no such person", http.StatusNotFound)
		return
	}
	provider := a.sb.Coresignal
	switch r.PathValue("what") {
	case "promote":
		err = provider.Promote(id, "")
	case "move":
		err = provider.ChangeCompany(id, "")
	case "leave":
		err = provider.Leave(id)
	case "hide":
		err = provider.HideForPrivacy(id)
	default:
		http.Error(w, "no such button", http.StatusNotFound)
		return
	}
	if err == nil {
		err = a.sb.Deliver(r.Context())
	}
	a.respond(w, r, err)
}

func (a *app) respond(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	back(w, r)
}

func back(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) }

// feed tells pages that there is something new.
type feed struct {
	mu      sync.Mutex
	waiting chan struct{} // closed when there is
}

func (f *feed) news() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting == nil {
		f.waiting = make(chan struct{})
	}
	return f.waiting
}

func (f *feed) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting != nil {
		close(f.waiting)
		f.waiting = nil
	}
}

// serveFeed sends the changes as they happen, from the one after the last that the page has, as server-sent events.
func (a *app) serveFeed(w http.ResponseWriter, r *http.Request) {
	last, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if id := r.Header.Get("Last-Event-ID"); id != "" { // the browser connects anew
		last, _ = strconv.ParseInt(id, 10, 64)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the server's is for requests that end
	for {
		news := a.feed.news()
		changes, err := changesAfter(r.Context(), a.crm.db, last)
		if err != nil {
			return
		}
		for _, one := range changes {
			last = one.Number
			data, err := json.Marshal(one)
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", one.Number, data)
		}
		_, _ = fmt.Fprint(w, "event: state\ndata: {}\n\n")
		deadline := time.Now().Add(10 * time.Second)
		if err := errors.Join(control.SetWriteDeadline(deadline), control.Flush()); err != nil {
			return
		}
		select {
		case <-news:
		case <-time.After(20 * time.Second): // a connection that has gone is noticed
		case <-r.Context().Done():
			return
		}
	}
}
