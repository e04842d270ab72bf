package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
)

// site is the web site. Who is logged in is remembered in memory: a real one has sessions of its own.
type site struct {
	client *pronet.Client
	app    linkedin.Tokens
	store  tokenstore.Store

	mu       sync.Mutex
	sessions map[string]string // the key of a person's tokens by the value of the session cookie
}

// maxSessions bounds the sessions. Beyond it all have to log in again.
const maxSessions = 10_000

func newSite(client *pronet.Client, app linkedin.Tokens, store tokenstore.Store, address string) (http.Handler, error) {
	s := &site{client: client, app: app, store: store, sessions: map[string]string{}}
	login, callback, err := client.LinkedIn.OAuth.Handlers(linkedin.LoginPages{
		RedirectURL: address + "/callback",
		Scopes:      []linkedin.Scope{linkedin.ScopeOpenID, linkedin.ScopeProfile, linkedin.ScopeEmail},
		Person:      s.person, Store: store, LoggedIn: s.loggedIn, Failed: failed,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /login", login)
	mux.Handle("GET /callback", callback)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /logout", s.logout)
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// ask asks LinkedIn who the person of some tokens is.
func (s *site) ask(ctx context.Context, tokens linkedin.Tokens) (*members.UserInfo, error) {
	member, err := s.client.Clone(pronet.WithLinkedIn(tokens))
	if err != nil {
		return nil, err
	}
	return member.LinkedIn.Members.UserInfo(ctx)
}

// person names the person whose tokens are to be stored.
func (s *site) person(ctx context.Context, grant *linkedin.Grant) (key string, err error) {
	info, err := s.ask(ctx, linkedin.StaticToken(grant.Access.Reveal()))
	if err != nil {
		return "", err
	}
	return info.Sub, nil
}

func (s *site) loggedIn(w http.ResponseWriter, r *http.Request, key string, _ *linkedin.Grant) {
	id := rand.Text()
	s.mu.Lock()
	if len(s.sessions) >= maxSessions {
		clear(s.sessions)
	}
	s.sessions[id] = key
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the page is on this machine: one on the web sets Secure
		Name: "session", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// session is the person who is logged in, "" when nobody is.
func (s *site) session(r *http.Request) (id, key string) {
	cookie, err := r.Cookie("session")
	if err != nil {
		return "", ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return cookie.Value, s.sessions[cookie.Value]
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	var shown *members.UserInfo // nil while nobody is logged in
	if _, key := s.session(r); key != "" {
		info, err := s.ask(r.Context(), s.app.ForMember(s.store, key))
		switch {
		case errors.Is(err, linkedin.ErrLoginNeeded): // the page asks for it
		case err != nil:
			http.Error(w, api.Describe(err), http.StatusBadGateway)
			return
		default:
			shown = info
		}
	}
	show(w, http.StatusOK, "home", shown)
}

// failed tells a person why they are not logged in.
func failed(w http.ResponseWriter, _ *http.Request, err error) {
	status, text := http.StatusBadGateway, "The login with LinkedIn failed: "+api.Describe(err)
	if refused, ok := errors.AsType[*linkedin.LoginRefusedError](err); ok {
		status, text = http.StatusForbidden, "LinkedIn did not log you in."
		if refused.Cancelled() {
			text = "You did not log in, and LinkedIn has told us nothing about you."
		}
	} else if errors.Is(err, linkedin.ErrState) {
		status, text = http.StatusBadRequest, "This login was begun elsewhere, is too old or was used before. Please begin again."
	}
	show(w, status, "failed", text)
}

// show sends a page.
func show(w http.ResponseWriter, status int, name string, data any) {
	var text strings.Builder
	if err := pages.ExecuteTemplate(&text, name, data); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprint(w, text.String())
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if id, key := s.session(r); key != "" {
		s.mu.Lock()
		delete(s.sessions, id)
		s.mu.Unlock()
		if err := s.client.LinkedIn.OAuth.Forget(r.Context(), s.store, key); err != nil {
			http.Error(w, "the tokens could not be removed", http.StatusInternalServerError)
			return
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var pages = template.Must(template.New("").Parse(`{{define "top"}}<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Log in with LinkedIn</title>
<style>body { font: 16px/1.5 sans-serif; max-width: 30em; margin: 3em auto; padding: 0 1em }</style></head>
<body>
<h1>Example</h1>
{{end}}{{define "home"}}{{template "top"}}
{{if .}}<p id="who">You are <b>{{.Name}}</b>{{with .Email}} ({{.}}){{end}}.</p>
<form method="post" action="/logout"><button id="logout">Log out</button></form>
{{else}}<p>You are not logged in.</p>
<p><a id="login" href="/login">Log in with LinkedIn</a></p>{{end}}
</body></html>
{{end}}{{define "failed"}}{{template "top"}}
<p id="failed">{{.}}</p>
<p><a id="again" href="/login">Log in with LinkedIn</a> &middot; <a href="/">Back</a></p>
</body></html>
{{end}}`))
