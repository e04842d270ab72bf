package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
)

// person is a client with a member's token, and for whom it publishes.
type person struct {
	client *pronet.Client
	name   string
	author urn.URN
}

func scopes(c config) []linkedin.Scope {
	asked := []linkedin.Scope{linkedin.ScopeOpenID, linkedin.ScopeProfile, linkedin.ScopeMemberSocial}
	if c.page != "" {
		asked = append(asked, linkedin.ScopeOrganizationSocial)
	}
	return asked
}

// logIn has the person log in with a browser, and waits for LinkedIn to send it back.
func logIn(ctx context.Context, client *pronet.Client, c config, w world) (*person, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.listen)
	if err != nil {
		return nil, err
	}
	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://" + listener.Addr().String() + "/callback", Scopes: scopes(c)})
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	back := make(chan url.Values, 1)
	server := &http.Server{Handler: callback(login, back), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(closing) != nil { // the browser's page is written first
			_ = server.Close()
		}
	}()
	fmt.Fprintf(w.out, "Open this address in your browser and log in; Ctrl-C ends:\n%s\n", login.URL)
	select {
	case query := <-back:
		return finish(ctx, client, login, query, c)
	case err := <-served:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// callback takes the browser that comes back from this login, and no other.
func callback(login linkedin.Login, back chan<- url.Values) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(login.State)) != 1 {
			http.Error(w, "This is not the login that the program waits for.", http.StatusBadRequest)
			return
		}
		select {
		case back <- query:
		default: // the browser asks a second time
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "Go on in the terminal. You can close this page.")
	})
	return mux
}

// logInThere is the person of the sandbox, who consents.
func logInThere(ctx context.Context, client *pronet.Client, sb *sandbox.Sandbox, c config) (*person, error) {
	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1:8080/callback", Scopes: scopes(c)})
	if err != nil {
		return nil, err
	}
	address, err := sb.LinkedIn.Consent(login.URL)
	if err != nil {
		return nil, err
	}
	back, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	return finish(ctx, client, login, back.Query(), c)
}

// finish exchanges the code for the person's token, and asks whose it is. A program that runs more often keeps it in a
// tokenstore, as examples/login does.
func finish(ctx context.Context, client *pronet.Client, login linkedin.Login, query url.Values, c config) (*person, error) {
	grant, err := client.LinkedIn.OAuth.Finish(ctx, login, query)
	if err != nil {
		return nil, err
	}
	member, err := client.Clone(pronet.WithLinkedIn(linkedin.StaticToken(grant.Access.Reveal())))
	if err != nil {
		return nil, err
	}
	info, err := member.LinkedIn.Members.UserInfo(ctx)
	if err != nil {
		return nil, err
	}
	who := &person{client: member, name: info.Name}
	who.author, err = author(c, info.URN())
	return who, err
}
