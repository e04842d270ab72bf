// Package receiver is one of several equal processes behind a balancer: it receives notices, stores them before it responds
// (in its own directory, or in NATS for all processes), collects what changed, and hands it to a function. What all
// processes must agree on is in [Shared].
package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// Config is what a process is told. All but Number and Dir is the same in all of them.
type Config struct {
	Number, Processes int    // this is process Number of so many
	Dir               string // of this process; it must outlive it
	Account           string // a name for the key, under which the processes meet
	Key, Provider     string // Coresignal's key, and its address: "" is the real one
	CallsPerSecond    int    // the limit of the key
	CreditsPerDay     int64
	Token             string        // the secret at the end of the callback URL
	Remember          time.Duration // for how long a notice of the same bytes is a repetition; 0 is an hour
	Callback          string        // the callback URL
	People            []int64       // who is subscribed to; nobody if it is empty
	Postgres, Redis   string        // URLs
	NATS              string        // URL of a NATS with JetStream; without it, notices lie in Dir
	Lease             time.Duration // for how long one that died holds up the others in what one process does at a time; 0 is 30 seconds
}

// Receiver is a process's own part.
type Receiver struct {
	config    Config
	shared    *Shared
	log       *slog.Logger
	client    *pronet.Client
	notices   queue
	close     func() error
	handler   *webhook.Handler
	refresher *refresh.Refresher[employee.BaseRecord]
	received  atomic.Int64
}

// queue has the notices that are not worked off: a [spool.Spool] of this process, or a [nats.Queue] of all.
type queue interface {
	webhook.Sink
	Run(ctx context.Context, process func(ctx context.Context, d *webhook.Delivery) error) error
	Status() spool.Status
}

// Update is called with what changed of one person. With PostgreSQL, what it writes with u.Tx happens exactly once.
type Update func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error

// Open opens a receiver. Its errors are those of its parts.
func Open(c Config, shared *Shared, update Update, log *slog.Logger) (_ *Receiver, err error) {
	r := &Receiver{config: c, shared: shared, log: log}
	provider, options := shared.Limits, []pronet.Option{pronet.WithLogger(log)}
	if c.Provider != "" { // a sandbox, which delivers to this machine
		provider, options = append(provider, pronet.BaseURL(c.Provider)), append(options, pronet.WithLoopbackWebhooks())
	}
	if r.client, err = pronet.New(append(options, pronet.WithCoresignal(c.Key, provider...))...); err != nil {
		return nil, err
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "people", Token: c.Token})
	if err != nil {
		return nil, err
	}
	sender.TTL = c.Remember
	if err := r.openQueue(sender); err != nil {
		return nil, err
	}
	handling := []webhook.Option{webhook.WithLogger(log), webhook.WithObserver(webhook.Observer{Received: r.count})}
	if shared.Marks != nil {
		handling = append(handling, webhook.WithStore(shared.Marks))
	}
	r.handler, err = webhook.NewHandler(sender, r.notices, handling...)
	if err == nil {
		r.refresher, err = refresh.NewUpdater(r.client.Employees.Base, r.client.BulkCollect.Base, shared.Snapshots, update, refresh.UpdaterOptions{
			Collect: refresh.Options{OneByOne: 20, Budget: shared.Budget, Ledger: shared.Ledger, Clock: shared.Clock, Logger: log},
		})
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// openQueue opens what the notices lie in.
func (r *Receiver) openQueue(sender webhook.Sender) error {
	if r.shared.NATS == nil {
		notices, err := spool.Open(filepath.Join(r.config.Dir, "notices"), spool.Options{Logger: r.log}, sender)
		if err == nil {
			r.notices, r.close = notices, notices.Close
		}
		return err
	}
	// What was bought and not handed over is in PostgreSQL, for whichever process goes on with it.
	o := nats.Options{Name: r.config.Account, Lease: r.config.Lease, SyncAlways: true, Logger: r.log}
	if r.shared.Store != nil {
		o.Kept = r.shared.Store.Kept()
	}
	asking, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	notices, err := nats.Open(asking, r.shared.NATS, o, sender)
	if err == nil {
		r.notices = notices
	}
	return err
}

func (r *Receiver) count(_ context.Context, received webhook.Received) {
	if received.Result == webhook.ResultAccepted {
		r.received.Add(1)
	}
}

// Run serves and works until ctx ends or a part fails: then it stops receiving first, and lets the calls that are on their
// way finish. What is not done stays where it lies, for the next process that has it.
func (r *Receiver) Run(ctx context.Context, l net.Listener) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	mux := http.NewServeMux()
	mux.Handle("/coresignal/", r.handler)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(r.Status()) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second}
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var running sync.WaitGroup
	running.Go(func() { fail(server.Serve(l)) })
	running.Go(func() { fail(r.notices.Run(working, r.refresher.Handle)) })
	if r.shared.Store != nil {
		running.Go(func() { r.alone(ctx, "cleaning", r.clean) })
	}
	if len(r.config.People) > 0 {
		running.Go(func() { r.alone(ctx, "subscription", r.subscribe) })
	}
	<-ctx.Done()
	shutdown, done := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer done()
	err := server.Shutdown(shutdown)
	stopWork()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	return err
}

// alone does what one process at a time does, and takes its turn again when it has lost it.
func (r *Receiver) alone(ctx context.Context, what string, f func(context.Context) error) {
	for ctx.Err() == nil {
		if err := r.shared.Alone(ctx, what, f); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "begins again", "what", what, "error", err.Error())
			wait(ctx, time.Second)
		}
	}
}

// clean removes what has ended from the tables.
func (r *Receiver) clean(ctx context.Context) error {
	for {
		if _, err := r.shared.Store.Clean(ctx); err != nil {
			return err
		}
		if !wait(ctx, 5*time.Minute) {
			return ctx.Err()
		}
	}
}

// subscribe keeps the subscription alive.
func (r *Receiver) subscribe(ctx context.Context) error {
	keeper, err := subscriptions.NewKeeper(r.client.Subscriptions, r.shared.Keeper, []subscriptions.Wanted{{
		Name: "people", Definition: r.config.Account,
		Create: func(ctx context.Context) (*subscriptions.Subscription, error) {
			return r.client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(r.config.People...), subscriptions.Options{WebhookURL: r.config.Callback})
		},
	}}, subscriptions.KeeperOptions{Logger: r.log})
	if err != nil {
		return err
	}
	return keeper.Run(ctx, time.Hour, func(subscriptions.Report, error) {}) // what fails is in the log
}

func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Status is what a process has done since it began, and what waits: in its directory, or in NATS for all, as that said up to
// five seconds ago.
type Status struct {
	Received, HandedOver, Doubts int64
	Credits, CreditsLeft         int64 // spent by this process, and left of the budget
	Waiting, Dead                int
	Oldest                       time.Duration
	LastError                    string
}

// Status returns what the process is doing.
func (r *Receiver) Status() Status {
	work, notices := r.refresher.Status(), r.notices.Status()
	return Status{
		Received: r.received.Load(), HandedOver: work.HandedOver, Doubts: work.Doubts, Credits: work.Spent, CreditsLeft: work.CreditsLeft,
		Waiting: notices.Pending, Dead: notices.Dead, Oldest: notices.Oldest, LastError: notices.LastError,
	}
}

// Close gives the directory free. What Connect has opened stays open.
func (r *Receiver) Close() error {
	r.client.CloseIdleConnections()
	if r.close == nil {
		return nil
	}
	if err := r.close(); err != nil {
		return fmt.Errorf("closing the directory: %w", err)
	}
	return nil
}
