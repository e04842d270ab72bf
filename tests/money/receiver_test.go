package money

import (
	"bytes"
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
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// settings is what a process of the receiver is told, in the environment variable of this name.
type settings struct {
	Process                        int
	Provider, Database, Dir, Token string
	OneByOne                       int
	Budget                         int64
	Attempts                       int
	Left                           []int64 // whom the user does not know any more
	Mutant                         string  // what is wrong with this receiver, see mutant_test.go
	Pipeline                       string  // the one call instead, with snapshots in "files" or in "sql"
}

const asReceiver = "PRONET_MONEY_RECEIVER"

const label = "data engineers"

// receive is the receiver, wired as the README wires it.
func receive() error {
	var s settings
	if err := json.Unmarshal([]byte(os.Getenv(asReceiver)), &s); err != nil {
		return err
	}
	go func() { // the parent has gone: so does its child
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	client, err := pronet.New(
		pronet.WithCoresignal(key, pronet.BaseURL(s.Provider), pronet.RateLimit("", 100_000, time.Second)),
		pronet.WithUserAgent(fmt.Sprintf("money/%d", s.Process)),
		pronet.WithLogger(slog.Default()))
	if err != nil {
		return err
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: label, Token: s.Token})
	if err != nil {
		return err
	}
	sender.TTL = time.Nanosecond // equal bytes are a new change: a day passes between two of them
	if s.Pipeline != "" {
		return receiveByPipeline(s, client, sender)
	}
	notices, err := spool.Open(filepath.Join(s.Dir, "notices"), spool.Options{
		Logger: slog.Default(), Attempts: s.Attempts, Backoff: 5 * time.Millisecond, BackoffCap: 50 * time.Millisecond,
	}, sender)
	if err != nil {
		return err
	}
	handler, err := webhook.NewHandler(sender, notices, webhook.WithLogger(slog.Default()))
	if err != nil {
		return err
	}
	ledger, err := bulkcollect.OpenLedger(filepath.Join(s.Dir, "jobs.jsonl"))
	if err != nil {
		return err
	}
	options := refresh.Options{
		OneByOne:    s.OneByOne,
		Budget:      employee.NewBudget(s.Budget),
		Known:       func(id int64) bool { return !slices.Contains(s.Left, id) },
		Concurrency: 4,
		Ledger:      ledger,
		Wait:        bulkcollect.WaitOptions{FirstPoll: 5 * time.Millisecond, MaxPoll: 50 * time.Millisecond},
		Logger:      slog.Default(),
	}
	m := newMutant(s, client, &options)
	m.store = storeIn(s)
	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, m.Store, options)
	if err != nil {
		return err
	}
	m.handle = refresher.Handle
	mux := muxOf(handler, notices)
	return serveAndRun(mux, func() error { return notices.Run(context.Background(), m.Handle) })
}

// muxOf is what a receiver serves to the provider and to its parent.
func muxOf(handler http.Handler, notices *spool.Spool) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/coresignal/", handler)
	mux.HandleFunc("POST /requeue", func(rw http.ResponseWriter, _ *http.Request) { requeue(rw, notices) })
	mux.HandleFunc("GET /state", func(rw http.ResponseWriter, _ *http.Request) { writeState(rw, notices) })
	return mux
}

func serveAndRun(mux *http.ServeMux, work func() error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stopped := make(chan error, 2)
	go func() { stopped <- (&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(listener) }()
	go func() { stopped <- work() }()
	fmt.Printf("listening %s\n", listener.Addr())
	return <-stopped
}

// state is what the receiver says of itself at the end.
type state struct {
	Pending int
	Dead    map[string]string // the reason, by the delivery's key
	Error   string
}

func writeState(rw http.ResponseWriter, notices *spool.Spool) {
	s := state{Dead: map[string]string{}}
	for d, err := range notices.Dead() {
		if err != nil {
			s.Error = err.Error()
			break
		}
		s.Dead[d.Key] = d.Reason
	}
	s.Pending = notices.Pending() // after the dead: what went there meanwhile is not missed
	_ = json.NewEncoder(rw).Encode(s)
}

// requeue puts back what is dead because it was tried too often.
func requeue(rw http.ResponseWriter, notices *spool.Spool) {
	var all []spool.Dead
	for d, err := range notices.Dead() {
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		all = append(all, d)
	}
	for _, d := range all {
		if err := notices.Requeue(d.ID); err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	fmt.Fprintln(rw, len(all))
}

var sold = regexp.MustCompile(`^version (\d+), record (\d+)$`)

// storeIn returns the user's function: it stores an outcome in the database.
func storeIn(s settings) func(context.Context, refresh.Outcome[employee.BaseRecord]) error {
	write := writeIn(s)
	return func(ctx context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		return write(ctx, toLine(s.Process, o))
	}
}

// writeIn returns what writes a line to the database.
func writeIn(s settings) func(context.Context, *line) error {
	client := &http.Client{}
	return func(ctx context.Context, l *line) error {
		body, err := json.Marshal(l)
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Database, bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK:
			return nil
		case itIsDown:
			return fmt.Errorf("the database is down: %w", webhook.ErrRetryLater)
		case itPanics:
			panic("the user's function panics")
		default:
			return errors.New("database is locked")
		}
	}
}

func toLine(process int, o refresh.Outcome[employee.BaseRecord]) *line {
	l := &line{Process: process, ID: o.ID}
	for _, c := range o.Changes {
		var raw struct{ N int }
		_ = json.Unmarshal(c.Raw, &raw)
		l.Notices = append(l.Notices, raw.N)
	}
	var doubt *bulkcollect.DoubtError
	switch {
	case errors.Is(o.Err, pronet.ErrNotFound):
		l.Kind = "gone"
	case errors.Is(o.Err, pronet.ErrMaybeApplied):
		l.Kind, l.Named = "doubt", errors.As(o.Err, &doubt)
	case o.Err != nil || o.Record == nil:
		l.Kind = "error"
	default:
		l.Kind = "empty"
		if found := sold.FindStringSubmatch(o.Record.Headline); found != nil && o.Record.ID == o.ID {
			l.Kind = "record"
			l.Version, _ = strconv.Atoi(found[1])
			l.Purchase, _ = strconv.Atoi(found[2])
		}
	}
	if o.Err != nil {
		l.Text = o.Err.Error()
	}
	return l
}
