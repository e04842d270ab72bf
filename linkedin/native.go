package linkedin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/pronet-go/pronet/api"
)

// NativeLogin says how a program on the person's own machine logs them in.
type NativeLogin struct {
	// Scopes are what the person is asked for.
	Scopes []Scope
	// Nonce is that of [LoginRequest].
	Nonce bool
	// Open shows the address of LinkedIn's page to the person: it opens a browser, or prints it. An error ends the login.
	Open func(address string) error
	// Listen is where the redirect arrives, "127.0.0.1:0" unless set: a free port of this machine. "[::1]:0" is possible too.
	Listen string
}

// LoginNative logs a person in with PKCE: it waits on this machine for LinkedIn's redirect, and exchanges the code without a
// secret. LinkedIn must have enabled native PKCE for the app. It ends when the person is back, when the context ends, or
// after [LoginLasts].
//
// Callbacks of other logins are responded to with 400 and do not end it. Errors: those of [OAuth.Finish].
//
// Source: learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow-native.
func (o *OAuth) LoginNative(ctx context.Context, native NativeLogin, options ...api.CallOption) (*Grant, error) {
	if native.Open == nil {
		return nil, fmt.Errorf("LinkedIn.OAuth.LoginNative: Open is nil: %w", api.ErrInvalid)
	}
	address := native.Listen
	if address == "" {
		address = "127.0.0.1:0"
	}
	ctx, cancel := context.WithTimeout(ctx, LoginLasts)
	defer cancel()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("LinkedIn.OAuth.LoginNative: %w", err)
	}
	login, err := o.Begin(LoginRequest{RedirectURL: "http://" + listener.Addr().String(), Scopes: native.Scopes, Nonce: native.Nonce, Native: true})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	back := make(chan url.Values, 1)
	server := &http.Server{Handler: nativeHandler(login, back), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 250*time.Millisecond)
		defer cancel()
		if server.Shutdown(closing) != nil { // the last page is written first; browsers keep further connections open
			_ = server.Close()
		}
	}()
	if err := native.Open(login.URL); err != nil {
		return nil, fmt.Errorf("LinkedIn.OAuth.LoginNative: the page could not be opened: %w", err)
	}
	select {
	case callback := <-back:
		return o.Finish(ctx, login, callback, options...)
	case err := <-served:
		return nil, fmt.Errorf("LinkedIn.OAuth.LoginNative: %w", err)
	case <-ctx.Done():
		return nil, fmt.Errorf("LinkedIn.OAuth.LoginNative: the person did not come back: %w", ctx.Err())
	}
}

// nativeHandler takes the first callback of the login.
func nativeHandler(login Login, back chan<- url.Values) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !onlyGet(w, r) {
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if r.URL.Path != "/" || err != nil {
			http.NotFound(w, r)
			return
		}
		_, refused := login.code(query)
		if errors.Is(refused, ErrState) {
			http.Error(w, "This is not the login that the program waits for.", http.StatusBadRequest)
			return
		}
		select {
		case back <- query:
		default: // the browser asks a second time
		}
		text := "You are logged in. You can close this page."
		if refused != nil {
			text = "You are not logged in. You can close this page."
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(text + "\n"))
	})
}
