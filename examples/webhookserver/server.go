package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// serve runs the server until the context ends, and then lets it finish what it has begun.
func serve(ctx context.Context, c config, log *slog.Logger) (err error) {
	client, err := newClient(c, log)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	records, err := openRecords(filepath.Join(c.dataDir, "records.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.close()) }()
	jobs, err := bulkcollect.OpenLedger(filepath.Join(c.dataDir, "jobs.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, jobs.Close()) }()
	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, records.store, refresh.Options{
		OneByOne: 20, // a bulk job takes minutes; up to so many are collected at once
		Budget:   employee.NewBudget(c.budget),
		Ledger:   jobs, // a job that was paid is not paid again after a crash
		Logger:   log,
	})
	if err != nil {
		return err
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "employees", Token: c.token})
	if err != nil {
		return err
	}
	notices, err := spool.Open(filepath.Join(c.dataDir, "notices"), spool.Options{Logger: log}, sender)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notices.Close()) }()
	handler, err := newHandler(sender, notices, log)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String(), "path", "/hooks/coresignal/(token)", "pending", notices.Pending())
	return runAll(ctx, listener, handler, notices, refresher, log)
}

func newClient(c config, log *slog.Logger) (*pronet.Client, error) {
	limits := []pronet.CoresignalOption{pronet.RateLimit("", c.callsPerSecond, time.Second)}
	if c.baseURL != "" {
		limits = append(limits, pronet.BaseURL(c.baseURL))
	}
	return pronet.New(pronet.WithCoresignal(c.apiKey, limits...), pronet.WithLogger(log), pronet.WithUserAgent("webhookserver-example"))
}

// finish waits until the spool is worked off or the time is up.
func finish(ctx context.Context, notices *spool.Spool) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for notices.Pending() > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// newHandler routes the webhook and the health check.
func newHandler(sender webhook.Sender, notices *spool.Spool, log *slog.Logger) (http.Handler, error) {
	hook, err := webhook.NewHandler(sender, notices, webhook.WithLogger(log))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/coresignal/", hook)
	mux.Handle("GET /healthz", health{notices})
	return mux, nil
}

// runAll serves and works off the spool until the context ends or one of the two fails. Then it stops taking deliveries,
// and after that the work; what is not done stays in the spool.
func runAll(ctx context.Context, l net.Listener, handler http.Handler, notices *spool.Spool, refresher *refresh.Refresher[employee.BaseRecord], log *slog.Logger) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The hook has a read deadline of its own; ReadTimeout is for the other paths, the unknown ones included.
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	var running sync.WaitGroup
	running.Go(func() { cancel(server.Serve(l)) })
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() { cancel(notices.Run(working, refresher.Handle)) })

	<-ctx.Done()
	log.Info("stopping", "pending", notices.Pending())
	shutdown, done := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer done()
	err := server.Shutdown(shutdown)
	finish(shutdown, notices) // what is cut off may have been charged, and will be collected again
	stopWork()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, http.ErrServerClosed) {
		err = errors.Join(err, cause)
	}
	return err
}
