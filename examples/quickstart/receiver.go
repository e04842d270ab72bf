package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// receiver is an HTTP server with a webhook handler, a spool that stores each delivery, and a worker behind the spool.
type receiver struct {
	url      string // with the secret token
	shownURL string
	failed   chan error

	server  *http.Server
	spool   *webhook.Spool
	dir     string
	stop    context.CancelFunc
	running sync.WaitGroup
}

func startReceiver(ctx context.Context, work func(context.Context, *webhook.Delivery) error) (*receiver, error) {
	dir, err := os.MkdirTemp("", "pronet-quickstart-")
	if err != nil {
		return nil, err
	}
	spool, err := webhook.OpenSpool(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	// Notices are not signed: a secret token in the path is what makes them believable.
	token := webhook.NewPathToken()
	verifier, err := webhook.PathToken(webhook.Endpoint{Label: "my contacts", Token: token})
	if err != nil {
		return nil, err
	}
	handler, err := webhook.NewHandler(verifier, spool)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/coresignal/", handler)
	base := "http://" + listener.Addr().String() + "/hooks/coresignal/"

	ctx, stop := context.WithCancel(ctx)
	r := &receiver{
		url: base + token, shownURL: base + "(secret token)", failed: make(chan error, 2),
		server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, spool: spool, dir: dir, stop: stop,
	}
	r.running.Go(func() { r.report(r.server.Serve(listener)) })
	r.running.Go(func() { r.report(spool.Run(ctx, work)) })
	return r, nil
}

// report passes on why something ended that should not have.
func (r *receiver) report(err error) {
	if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, context.Canceled) {
		r.failed <- err
	}
}

func (r *receiver) close() {
	_ = r.server.Close()
	r.stop()
	r.running.Wait()
	_ = r.spool.Close()
	_ = os.RemoveAll(r.dir)
}
