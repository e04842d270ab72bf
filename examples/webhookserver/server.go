package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// window is how long notices wait for others that are worked on together with them.
const window = 250 * time.Millisecond

// server is what works while the program runs.
type server struct {
	client   *pronet.Client
	pipeline *refresh.Pipeline[employee.BaseRecord]
	log      *slog.Logger
}

// serve runs the server until the context ends, and then lets it finish what it has begun.
func serve(ctx context.Context, c config, out io.Writer, log *slog.Logger) (err error) {
	s := &server{log: log}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "employees", Token: c.token})
	if err != nil {
		return fmt.Errorf("WEBHOOK_TOKEN cannot be used: %w (so does -new-token)", err)
	}
	if s.client, err = newClient(c, log); err != nil {
		return fmt.Errorf("CORESIGNAL_API_KEY or CORESIGNAL_BASE_URL cannot be used: %w", err)
	}
	defer s.client.CloseIdleConnections()

	noDirectory := "DATA_DIR %s cannot be used: %w: name a directory that this user may write to and no other server uses"
	records, err := openRecords(filepath.Join(c.dataDir, "records"), log)
	if err != nil {
		return fmt.Errorf(noDirectory, c.dataDir, err)
	}
	s.pipeline, err = refresh.Open(s.client.Employees.Base, s.client.BulkCollect.Base, c.dataDir, sender, records.store, refresh.PipelineOptions{
		CreditsPerDay: c.budget,
		Window:        window,
		Collect:       refresh.Options{OneByOne: 20}, // a bulk job takes minutes; up to so many are collected at once
		Logger:        log,
	})
	if err != nil {
		return fmt.Errorf(noDirectory, c.dataDir, err)
	}
	defer func() { err = errors.Join(err, s.pipeline.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.addr)
	if err != nil {
		return fmt.Errorf("ADDR %s cannot be listened on: %w: if another program has the port, choose another one, such as ADDR=127.0.0.1:8081", c.addr, err)
	}
	if url, err := webhook.CallbackURL("http://"+listener.Addr().String()+"/hooks/coresignal", c.token); err == nil && strings.HasPrefix(c.baseURL, "http://") {
		fmt.Fprintf(out, "Listening. To see a notice arrive, type in the sandbox's terminal:\n  subscribe %s\n  promote 1 Head of Sales\n  deliver\n", url)
	}
	log.Info("listening", "address", listener.Addr().String(), "path", "/hooks/coresignal/(token)", "pending", s.pipeline.Status().Notices.Pending)
	ctx, stop := context.WithCancel(ctx)
	var checking sync.WaitGroup
	checking.Go(func() { s.checkProvider(ctx) })
	err = s.run(ctx, listener)
	stop()
	checking.Wait()
	return err
}

func newClient(c config, log *slog.Logger) (*pronet.Client, error) {
	limits := []pronet.CoresignalOption{pronet.RateLimit("", c.callsPerSecond, time.Second)}
	if c.baseURL != "" {
		limits = append(limits, pronet.BaseURL(c.baseURL))
	}
	return pronet.New(pronet.WithCoresignal(c.apiKey, limits...), pronet.WithLogger(log), pronet.WithUserAgent("webhookserver-example"))
}

// handler routes the webhook and the health check, which tells a stranger nothing: the numbers are in the log.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/hooks/coresignal/", s.pipeline)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusOK
		if !s.pipeline.Status().Notices.Running {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, http.StatusText(status), status)
	})
	return mux
}

// run serves and works off what was received until the context ends or one of the two fails. Then it stops taking deliveries,
// and after that the work; what is not done stays in DATA_DIR.
func (s *server) run(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The hook has a read deadline of its own; ReadTimeout is for the other paths, the unknown ones included.
	web := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	var running sync.WaitGroup
	running.Go(func() { cancel(web.Serve(l)) })
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() { cancel(s.pipeline.Run(working)) })
	running.Go(func() { s.watch(ctx) })

	<-ctx.Done()
	s.log.Info("stopping", "pending", s.pipeline.Status().Notices.Pending)
	shutdown, done := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer done()
	err := web.Shutdown(shutdown)
	s.finish(shutdown) // what is cut off may have been charged, and is told as a doubt
	stopWork()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, http.ErrServerClosed) {
		err = errors.Join(err, cause)
	}
	return err
}

// checkProvider makes one call that is free, so that a wrong key is seen before a notice comes. Notices are stored in any
// case, and worked on when it is right.
func (s *server) checkProvider(ctx context.Context) {
	_, err := s.client.Subscriptions.List(ctx, subscriptions.ListOptions{})
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, pronet.ErrUnauthorized):
		s.log.Error("nothing can be collected: the provider refuses CORESIGNAL_API_KEY; copy the key once more and start again", "error", err)
	default:
		s.log.Error("perhaps nothing can be collected: there is no good response from the provider; look at CORESIGNAL_BASE_URL, if it is set, and at the network", "error", err)
	}
}

// watch logs each minute what waits and what needs a person. Send it to your metrics instead.
func (s *server) watch(ctx context.Context) {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-minute.C:
		}
		all := s.pipeline.Status()
		state, level := all.Notices, slog.LevelInfo
		if state.Dead > 0 || state.Oldest > time.Hour {
			level = slog.LevelWarn
		}
		s.log.Log(ctx, level, "notices", "pending", state.Pending, "oldest", state.Oldest.Round(time.Second).String(), "dead", state.Dead,
			"credits_left", all.Work.CreditsLeft, "last_error", cmp.Or(state.LastError, "none"))
	}
}

// finish waits until nothing is pending but what waits for its next attempt, or the time is up.
func (s *server) finish(ctx context.Context) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		if state := s.pipeline.Status().Notices; state.Pending <= state.Waiting+state.Behind {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}
