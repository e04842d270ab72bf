package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// receiver is an HTTP server with a pipeline, which stores each notice, collects what changed, compares it with the
// former record and tells the CRM.
type receiver struct {
	url      string // with the secret token
	shownURL string
	failed   chan error

	server   *http.Server
	pipeline *refresh.Pipeline[employee.BaseRecord]
	dir      string
	stop     context.CancelFunc
	running  sync.WaitGroup
}

func startReceiver(ctx context.Context, client *pronet.Client, crm *crm) (*receiver, error) {
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
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender, crm.update, refresh.PipelineOptions{
		CreditsPerDay: 100,
		Window:        100 * time.Millisecond,
		Collect:       refresh.Options{Known: crm.knows, Wait: bulkcollect.WaitOptions{FirstPoll: 100 * time.Millisecond}},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, pipeline.Close(), os.RemoveAll(dir))
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/coresignal/", pipeline)
	base := "http://" + listener.Addr().String() + "/hooks/coresignal/"

	ctx, stop := context.WithCancel(ctx)
	r := &receiver{
		url: base + token, shownURL: base + "(secret token)", failed: make(chan error, 2),
		server: &http.Server{
			Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		},
		pipeline: pipeline, dir: dir, stop: stop,
	}
	r.running.Go(func() { r.report(r.server.Serve(listener)) })
	r.running.Go(func() { r.report(pipeline.Run(ctx)) })
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
	_ = r.pipeline.Close()
	_ = os.RemoveAll(r.dir)
}
