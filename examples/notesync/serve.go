package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
	"github.com/pronet-go/pronet/webhook"
)

// callbackPath is where LinkedIn's events come. With several customers each has a path of its own, see webhook.Tenants.
const callbackPath = "/linkedin/notes"

// server receives deletions as they happen, and polls for the rest, into the same file.
type server struct {
	client  *pronet.Client
	options prospectnotes.SyncOptions
	notes   *notesCopy
	out     *lines
}

// lines lets whole lines of several goroutines come one after another.
type lines struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(line)
}

// receive applies an event. It has returned nil when the deletion is in the file, and LinkedIn then gets its 200.
func (s *server) receive(ctx context.Context, d *webhook.Delivery) error {
	err := s.client.ProspectNotes.Handle(ctx, s.options, d)
	if errors.Is(err, webhook.ErrNotUnderstood) { // of another contract, or of a kind that is new: no retry helps
		fmt.Fprintf(s.out, "Push: an event was left alone: %s\n", printable(err.Error()))
		return nil
	}
	if err != nil {
		return err // the response is 503; the poll will tell of the deletion too
	}
	for _, event := range d.Events {
		if deleted, ok := event.(webhook.ProspectNoteDeleted); ok {
			fmt.Fprintf(s.out, "Push: note %s was deleted, and is not in the file any more.\n", printable(deleted.NoteID))
		}
	}
	return nil
}

// handler is what is mounted: the receiver, which tells of challenges too.
func (s *server) handler(secret string) (http.Handler, error) {
	sender, err := webhook.LinkedIn(webhook.LinkedInEndpoint{Label: "notes", Secrets: []string{secret}})
	if err != nil {
		return nil, err
	}
	challenge := sender.Challenge
	sender.Challenge = func(w http.ResponseWriter, r *http.Request) bool {
		passed := challenge(w, r)
		if passed {
			fmt.Fprintln(s.out, "Challenge: LinkedIn has asked whether this URL is ours, and got its response.")
		}
		return passed
	}
	receiver, err := webhook.NewHandler(sender, webhook.Func(s.receive))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(callbackPath, receiver)
	return mux, nil
}

// poll reads what came since, and says so if there is something.
func (s *server) poll(ctx context.Context) error {
	report, err := s.client.ProspectNotes.Sync(ctx, s.options)
	if err != nil || report.Notes == 0 {
		return err
	}
	var kept int
	err = s.notes.QueryRowContext(ctx, "SELECT count(*) FROM notes WHERE contract = ?", s.options.Contract.String()).Scan(&kept)
	fmt.Fprintf(s.out, "Poll: %s, %s deleted, with %s. %s in the file, which has everything until %s.\n",
		several(report.Notes, "change"), several(report.Deletes, "note"), several(report.Calls, "call"), several(kept, "note"), minute(report.Until))
	return err
}

// run serves and polls until the context ends. Begin, which may be nil, is called once the server listens.
func (s *server) run(ctx context.Context, c config, secret string, begin func(ctx context.Context, callback string) error) error {
	handler, err := s.handler(secret)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = web.Shutdown(stopping) // what is being received is dealt with
	}()
	callback := "http://" + listener.Addr().String() + callbackPath
	fmt.Fprintf(s.out, "Receiving at %s, and polling every %s. Ctrl-C ends.\n", callback, c.every)
	if begin != nil {
		if err := begin(ctx, callback); err != nil && ctx.Err() == nil {
			return err
		}
	}
	ticker := time.NewTicker(c.every)
	defer ticker.Stop()
	for {
		if err := s.poll(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(s.out, "Poll: it has failed, and comes again: %s\n", printable(err.Error()))
		}
		select {
		case <-ticker.C:
		case err := <-failed:
			return err
		case <-ctx.Done():
			fmt.Fprintln(s.out, "Stopped. Run the same command again to go on.")
			return nil
		}
	}
}

// live lets a minute of the sandbox pass each second: its recruiters write, edit and delete, and LinkedIn's events come.
func live(ctx context.Context, sb *sandbox.Sandbox, began time.Time, known []linkedin.Note, ids []int64) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		sb.Advance(time.Minute)
		now := population(began, sb.Now())
		for i, n := range now {
			switch {
			case i >= len(known):
				ids = append(ids, sb.LinkedIn.WriteNote(n))
			case n.Deleted && !known[i].Deleted:
				sb.LinkedIn.DeleteNote(ids[i])
			case n.Text != known[i].Text:
				sb.LinkedIn.EditNote(ids[i], n.Text)
			}
		}
		known = now
		if err := sb.Deliver(ctx); err != nil && ctx.Err() == nil {
			return
		}
	}
}
