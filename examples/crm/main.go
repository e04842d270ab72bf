// Command crm is a small CRM with a web page. It keeps twelve people in SQLite, and a refresh.Pipeline keeps them fresh:
// the page shows the people, what changes of them as it happens, what was spent, and which deliveries failed and why. The
// provider is a sandbox in this very process, and buttons change people there.
//
//	go -C examples/crm run .
//
// What a notice leads to is written in the transaction that keeps the snapshot, so that each change is there once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "crm:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("crm", flag.ContinueOnError)
	flags.SetOutput(out)
	addr := flags.String("addr", "127.0.0.1:8088", "where to listen; only this machine is let in")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "pronet-crm-") // the sandbox's people are others at the next start
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a, err := open(ctx, dir, *addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	fmt.Fprintf(out, "The CRM is at http://%s/ until you press Ctrl-C.\n", a.listener.Addr())
	return a.serve(ctx)
}

// app is all that runs.
type app struct {
	sb       *sandbox.Sandbox
	client   *pronet.Client
	crm      *crm
	pipeline *refresh.Pipeline[employee.BaseRecord]
	listener net.Listener
	token    string
	feed     feed
	closers  []func() error
}

// people is how many the CRM has.
const people = 12

// open starts the sandbox, loads its first people, and subscribes to them.
func open(ctx context.Context, dir, addr string) (_ *app, err error) {
	a := &app{token: webhook.NewPathToken()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.sb, err = sandbox.Start(coresignal.WithPeople(100), coresignal.WithJobPolls(0), sandbox.WithSeed(7)); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { a.sb.Close(); return nil })
	if a.client, err = pronet.New(a.sb.Options()...); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { a.client.CloseIdleConnections(); return nil })
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { _ = a.listener.Close(); return nil }) // the server has closed it, as a rule
	if a.crm, err = openCRM(ctx, filepath.Join(dir, "crm.db")); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.crm.db.Close)
	if err := a.openPipeline(ctx, dir); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.pipeline.Close)
	return a, a.load(ctx)
}

func (a *app) openPipeline(ctx context.Context, dir string) error {
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "contacts", Token: a.token})
	if err != nil {
		return err
	}
	sender.TTL = time.Millisecond // a day passes at the provider between two notices of the same bytes; here, a click
	url, err := webhook.CallbackURL("http://"+a.listener.Addr().String()+"/coresignal", a.token)
	if err != nil {
		return err
	}
	snapshots, err := snapshot.NewSQL(a.crm.db, snapshot.SQLite, "")
	if err != nil {
		return err
	}
	if err := snapshots.Create(ctx); err != nil {
		return err
	}
	contacts := a.contacts()
	a.pipeline, err = refresh.Open(a.client.Employees.Base, a.client.BulkCollect.Base, dir, sender, a.crm.update, refresh.PipelineOptions{
		CreditsPerDay: 1_000,
		Window:        200 * time.Millisecond,
		Snapshots:     snapshots,
		Collect: refresh.Options{
			Observer: refresh.Observer{HandOver: func(context.Context, refresh.HandOver) { a.feed.wake() }},
		},
		Notices: spool.Options{
			Attempts: 3, Backoff: 200 * time.Millisecond, // so that one who waits sees a delivery die
			Observer: spool.Observer{Attempt: func(context.Context, spool.Attempt) { a.feed.wake() }},
		},
		Wanted: []subscriptions.Wanted{{Name: "contacts", Create: func(ctx context.Context) (*subscriptions.Subscription, error) {
			return a.client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(contacts...), subscriptions.Options{WebhookURL: url})
		}}},
		Subscriptions: a.client.Subscriptions,
		Logger:        slog.New(slog.DiscardHandler), // the page says what fails
	})
	return err
}

// contacts are the first people of the sandbox who can be seen.
func (a *app) contacts() (ids []int64) {
	for person := range a.sb.Coresignal.People() {
		if !person.Hidden && !person.Deleted && len(ids) < people {
			ids = append(ids, person.ID)
		}
	}
	return ids
}

// load collects the people with a bulk job, for the CRM and as what later records are compared with.
func (a *app) load(ctx context.Context) error {
	contacts := a.contacts()
	job, err := a.client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(contacts...), bulkcollect.Options{})
	if err != nil {
		return err
	}
	collected := time.Now()
	if _, err := a.client.BulkCollect.Base.Wait(ctx, job.ID, bulkcollect.WaitOptions{FirstPoll: 50 * time.Millisecond}); err != nil {
		return err
	}
	records := func(yield func(*employee.BaseRecord, error) bool) {
		for record, err := range a.client.BulkCollect.Base.Records(ctx, job.ID) {
			if err == nil {
				err = a.crm.save(ctx, a.crm.db, record)
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
	_, err = a.pipeline.Load(ctx, collected, records)
	return err
}

// serve serves the page and works on notices until the context ends: first the server stops, then the work.
func (a *app) serve(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	server := &http.Server{
		Handler: a.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }, // the feed ends with it
	}
	var running sync.WaitGroup
	running.Go(func() { stop(server.Serve(a.listener)) })
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() { stop(a.pipeline.Run(working)) })
	<-ctx.Done()
	shutdown, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	err := server.Shutdown(shutdown)
	stopWork()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	return err
}

// close closes what open has opened, the last one first.
func (a *app) close() (err error) {
	for len(a.closers) > 0 {
		last := len(a.closers) - 1
		err = errors.Join(err, a.closers[last]())
		a.closers = a.closers[:last]
	}
	return err
}
