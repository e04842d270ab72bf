//go:build unix

package traces

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// asProcess is the environment variable that makes the test's program one of the two, with its settings.
const asProcess = "PRONET_TRACES_PROCESS"

// Their names.
const (
	receiving = "receiving"
	working   = "working"
)

// settings are what a process is told.
type settings struct {
	Name           string // receiving or working
	Queue          string // inNATS or inRiver
	NATS, Postgres string // URLs
	Provider       string // URL
	Dir            string // where it exports to
	Token          string // at the end of the callback URL
	Label          string // of the callback URL
	Spoilt         bool   // the user's function calls other providers, fails, and panics with what is nobody's business
}

func beProcess(told string) int {
	var s settings
	err := json.Unmarshal([]byte(told), &s)
	if err == nil {
		err = s.be()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the process ended:", err)
		return 1
	}
	return 0
}

// be is a process until its input ends.
func (s settings) be() (err error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	out, err := s.exports()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	shared, err := connect(ctx, s, out.log)
	if err != nil {
		return err
	}
	defer shared.close()
	if s.Name == receiving {
		return s.receive(ctx, out, shared.queue)
	}
	return s.work(ctx, out, shared)
}

// receive stores in the queue what is posted.
func (s settings) receive(ctx context.Context, out *exports, q queue) error {
	sender, err := s.sender()
	if err != nil {
		return err
	}
	handler, err := webhook.NewHandler(sender, q, out.Handler(), webhook.WithLogger(out.log))
	if err != nil {
		return err
	}
	if _, err := out.Watch("customers", pronetotel.Parts{Handler: handler.Status, Spool: q.Status}); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Println("http://" + listener.Addr().String())
	<-ctx.Done()
	if err := server.Shutdown(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return out.measure()
}

func (s settings) sender() (webhook.Sender, error) {
	return webhook.Coresignal(webhook.Endpoint{Label: s.Label, Token: s.Token})
}

// work collects what the deliveries in the queue are about, and hands it to the user's function.
func (s settings) work(ctx context.Context, out *exports, shared *shared) error {
	client, err := pronet.New(
		pronet.WithCoresignal(coresignalKey, pronet.BaseURL(s.Provider)),
		pronet.WithSalesWebhooks(salesWebhooksKey, pronet.BaseURL(s.Provider)),
		pronet.WithLinkedIn(linkedin.AppTokens(clientID, clientSecret), pronet.BaseURL(s.Provider), pronet.LinkedInAccountsURL(s.Provider)),
		pronet.WithObserver(out.Client()), pronet.WithLogger(out.log), pronet.WithMaxAttempts(2),
	)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	snapshots, err := shared.store.Snapshots()
	if err != nil {
		return err
	}
	budget := employee.NewBudget(1000)
	refresher, err := refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, snapshots, s.function(out, client), refresh.UpdaterOptions{
		Collect: refresh.Options{Budget: budget, Clock: shared.store.Now, Observer: out.Refresh(), Logger: out.log},
	})
	if err != nil {
		return err
	}
	if _, err := out.Watch("customers", pronetotel.Parts{Spool: shared.queue.Status, Refresh: refresher.Status}); err != nil {
		return err
	}
	stopping, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- shared.queue.Run(stopping, out.Process(refresher.Handle)) }()
	fmt.Println("it works")
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	err = out.measure() // while it is running
	stop()
	if ended := <-ended; !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, ended)
	}
	return err
}

// function is the user's. It fails at the first attempt.
func (s settings) function(out *exports, client *pronet.Client) func(context.Context, refresh.Update[employee.BaseRecord]) error {
	var calls atomic.Int64
	return func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
		if s.Spoilt {
			return spoilt(ctx, client, u)
		}
		_, span := out.tracer.Start(ctx, "the user's function")
		defer span.End()
		if calls.Add(1) == 1 {
			return os.ErrDeadlineExceeded
		}
		return u.Err
	}
}

// exports are what a process exports: spans and metrics as lines of JSON, as OpenTelemetry's own exporters write them, and its
// log.
type exports struct {
	*pronetotel.Telemetry

	tracer  trace.Tracer
	log     *slog.Logger
	measure func() error
	close   func() error
}

func (s settings) exports() (_ *exports, err error) {
	files := make(map[string]*os.File)
	for _, what := range []string{"spans", "metrics", "log"} {
		if files[what], err = os.Create(s.file(what)); err != nil {
			return nil, err
		}
	}
	spans, err := stdouttrace.New(stdouttrace.WithWriter(files["spans"]))
	if err != nil {
		return nil, err
	}
	metrics, err := stdoutmetric.New(stdoutmetric.WithWriter(files["metrics"]))
	if err != nil {
		return nil, err
	}
	is := resource.NewSchemaless(attribute.String("service.name", s.Name))
	tracing := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans), sdktrace.WithResource(is))
	measuring := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics, sdkmetric.WithInterval(time.Hour))), sdkmetric.WithResource(is))
	log := slog.New(slog.NewJSONHandler(files["log"], &slog.HandlerOptions{Level: slog.LevelDebug}))
	slog.SetDefault(log)
	telemetry, err := pronetotel.New(pronetotel.Options{TracerProvider: tracing, MeterProvider: measuring})
	ctx := context.Background()
	return &exports{
		Telemetry: telemetry, tracer: tracing.Tracer("program"), log: log,
		measure: func() error { return measuring.ForceFlush(ctx) },
		close: func() error {
			return errors.Join(tracing.Shutdown(ctx), files["spans"].Close(), files["metrics"].Close(), files["log"].Close())
		},
	}, err
}

// file is where a process writes something.
func (s settings) file(what string) string { return filepath.Join(s.Dir, s.Name+"."+what) }
