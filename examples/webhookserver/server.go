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
	spool, err := webhook.OpenSpool(filepath.Join(c.dataDir, "notices"), webhook.WithSpoolLogger(log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.Close()) }()
	handler, err := newHandler(c, spool, log)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String(), "path", "/hooks/coresignal/(token)", "pending", spool.Pending())
	return runAll(ctx, listener, handler, spool, refresher, log)
}

func newClient(c config, log *slog.Logger) (*pronet.Client, error) {
	limits := []pronet.CoresignalOption{pronet.RateLimit("", c.callsPerSecond, time.Second)}
	if c.baseURL != "" {
		limits = append(limits, pronet.BaseURL(c.baseURL))
	}
	return pronet.New(pronet.WithCoresignal(c.apiKey, limits...), pronet.WithLogger(log), pronet.WithUserAgent("webhookserver-example"))
}

// finish waits until the spool is worked off or the time is up.
func finish(ctx context.Context, spool *webhook.Spool) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for spool.Pending() > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// newHandler routes the webhook and the health check.
func newHandler(c config, spool *webhook.Spool, log *slog.Logger) (http.Handler, error) {
	verifier, err := webhook.PathToken(webhook.Endpoint{Label: "employees", Token: c.token})
	if err != nil {
		return nil, err
	}
	hook, err := webhook.NewHandler(verifier, spool, webhook.WithLogger(log))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/coresignal/", hook)
	mux.Handle("GET /healthz", health{spool})
	return mux, nil
}

// runAll serves and works off the spool until the context ends or one of the two fails. Then it stops taking deliveries,
// and after that the work; what is not done stays in the spool.
func runAll(ctx context.Context, l net.Listener, handler http.Handler, spool *webhook.Spool, refresher *refresh.Refresher[employee.BaseRecord], log *slog.Logger) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	var running sync.WaitGroup
	running.Go(func() { cancel(server.Serve(l)) })
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() { cancel(spool.Run(working, refresher.Handle)) })

	<-ctx.Done()
	log.Info("stopping", "pending", spool.Pending())
	shutdown, done := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer done()
	err := server.Shutdown(shutdown)
	finish(shutdown, spool) // what is cut off may have been charged, and will be collected again
	stopWork()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, http.ErrServerClosed) {
		err = errors.Join(err, cause)
	}
	return err
}
