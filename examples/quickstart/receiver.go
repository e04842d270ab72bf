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
	"github.com/pronet-go/pronet/webhook/spool"
)

// receiver is an HTTP server with a webhook handler, a spool that stores each delivery, and a worker behind the spool.
type receiver struct {
	url      string // with the secret token
	shownURL string
	failed   chan error

	server  *http.Server
	notices *spool.Spool
	dir     string
	stop    context.CancelFunc
	running sync.WaitGroup
}

func startReceiver(ctx context.Context, work func(context.Context, *webhook.Delivery) error) (*receiver, error) {
	dir, err := os.MkdirTemp("", "pronet-quickstart-")
	if err != nil {
		return nil, err
	}
	// Notices are not signed: a secret token in the path is what makes them believable.
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "my contacts", Token: token})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	notices, err := spool.Open(dir, spool.Options{}, sender)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	handler, err := webhook.NewHandler(sender, notices)
	if err != nil {
		return nil, errors.Join(err, notices.Close(), os.RemoveAll(dir))
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, notices.Close(), os.RemoveAll(dir))
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/coresignal/", handler)
	base := "http://" + listener.Addr().String() + "/hooks/coresignal/"

	ctx, stop := context.WithCancel(ctx)
	r := &receiver{
		url: base + token, shownURL: base + "(secret token)", failed: make(chan error, 2),
		server: &http.Server{
			Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		},
		notices: notices, dir: dir, stop: stop,
	}
	r.running.Go(func() { r.report(r.server.Serve(listener)) })
	r.running.Go(func() { r.report(notices.Run(ctx, work)) })
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
	_ = r.notices.Close()
	_ = os.RemoveAll(r.dir)
}
