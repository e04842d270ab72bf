// Command login is a web page that logs people in with LinkedIn and shows who they are.
//
//	go run ./examples/login        in a sandbox: open the address that it prints, and consent
//
// With the credentials of an app it is the real LinkedIn. The app needs the product "Sign In with LinkedIn using OpenID
// Connect", and http://127.0.0.1:8080/callback among its redirect URLs:
//
//	LINKEDIN_CLIENT_ID=... LINKEDIN_CLIENT_SECRET=... go run ./examples/login -tokens tokens
//
// The directory of -tokens keeps the tokens, for several processes too; unless it is given they are lost at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "login:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer) error {
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	flags.SetOutput(log)
	listen := flags.String("listen", "127.0.0.1:8080", "the `address` of the page")
	tokens := flags.String("tokens", "", "the `directory` that keeps the tokens")
	if err := flags.Parse(args); err != nil {
		return err
	}
	app, options, stop, err := connect(getenv, out)
	if err != nil {
		return err
	}
	defer stop()
	client, err := pronet.New(options...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	var store tokenstore.Store = tokenstore.NewMemory()
	if *tokens != "" {
		dir, err := tokenstore.OpenDir(*tokens)
		if err != nil {
			return err
		}
		defer func() { _ = dir.Close() }() // nothing is written at the end
		store = dir
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String()
	site, err := newSite(client, app, store, address)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintf(out, "Open %s and log in. Ctrl-C ends.\n", address)
	return serve(ctx, listener, site)
}

// connect returns the app and the options of its client: those of the environment, or of a sandbox.
func connect(getenv func(string) string, out io.Writer) (app linkedin.Tokens, options []pronet.Option, stop func(), err error) {
	if id := getenv("LINKEDIN_CLIENT_ID"); id != "" {
		app = linkedin.AppTokens(id, getenv("LINKEDIN_CLIENT_SECRET"))
		return app, []pronet.Option{pronet.WithLinkedIn(app)}, func() {}, nil
	}
	sb, err := sandbox.Start()
	if err != nil {
		return app, nil, nil, err
	}
	fmt.Fprintln(out, "This is a sandbox of LinkedIn, with one person.")
	own := sb.LinkedIn.App()
	return linkedin.AppTokens(own.ClientID, own.ClientSecret), sb.Options(), sb.Close, nil
}

// serve serves the site until the context ends.
func serve(ctx context.Context, listener net.Listener, site http.Handler) error {
	server := &http.Server{Handler: site, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(closing)
	}
}
