package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// population is what the recruiters of the sandbox have done until a time, since it began: a note each minute, of which
// some are edited three minutes later, and some deleted after seven. It follows from the time alone, so that the notes are
// the same ones when the program, and the sandbox with it, starts again.
func population(began, until time.Time) []linkedin.Note {
	var notes []linkedin.Note
	for i := 1; ; i++ {
		at := began.Add(time.Duration(i) * time.Minute)
		if at.After(until) {
			return notes
		}
		n := linkedin.Note{Text: fmt.Sprintf("note %d: call back next week", i), Created: at, LastModified: at}
		if edited := at.Add(3 * time.Minute); i%10 == 0 && !edited.After(until) {
			n.Text, n.LastModified = fmt.Sprintf("note %d: has accepted the offer", i), edited
		}
		if deleted := at.Add(7 * time.Minute); i%17 == 0 && !deleted.After(until) {
			n.Deleted, n.LastModified = true, deleted
		}
		notes = append(notes, n)
	}
}

// fromSandbox keeps the file in step with the sandbox.
func fromSandbox(ctx context.Context, c config, w world) (err error) {
	notes, err := openCopy(ctx, c.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notes.Close()) }()
	now, err := notes.later(ctx, w.now()) // a sandbox that was served is ahead of the clock
	if err != nil {
		return err
	}
	began, err := notes.sandboxBegan(ctx, now.Add(-time.Duration(c.days)*24*time.Hour).Truncate(time.Minute))
	if err != nil {
		return err
	}
	sb, err := sandbox.Start(sandbox.WithStartTime(now), sandbox.WithSeed(1), linkedin.WithSeats(1))
	if err != nil {
		return err
	}
	defer sb.Close()
	written := population(began, now)
	var ids []int64
	for _, n := range written {
		ids = append(ids, sb.LinkedIn.WriteNote(n))
	}
	if c.delay > 0 {
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Delay: c.delay})
	}
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	contract, err := urn.Parse(sb.LinkedIn.App().Contract)
	if err != nil {
		return err
	}
	options, err := notes.syncOptions(ctx, contract, began, sb.Now)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "Keeping %s in step with the sandbox, whose recruiters write a note each minute.\n", c.file)
	if err := keepInStep(ctx, client, notes, options, w); err != nil {
		return err
	}
	if !c.serve {
		fmt.Fprintln(w.out, "Run it again in a minute: it reads what came since.")
		return nil
	}
	fmt.Fprintln(w.out, "A minute of the sandbox passes each second: notes are written, edited and deleted, and deletions are pushed.")
	s := &server{client, options, notes, &lines{out: w.out}}
	var recruiters sync.WaitGroup
	defer recruiters.Wait()
	return s.run(ctx, c, sb.LinkedIn.App().ClientSecret, func(ctx context.Context, callback string) error {
		if err := sb.LinkedIn.RegisterCallback(ctx, sb.LinkedIn.App().ClientID, callback); err != nil {
			return err
		}
		recruiters.Go(func() { live(ctx, sb, began, written, ids) })
		return nil
	})
}

// later is the time, or that of the newest note if it is later.
func (c *notesCopy) later(ctx context.Context, now time.Time) (time.Time, error) {
	var newest string
	if err := c.QueryRowContext(ctx, "SELECT coalesce(max(last_modified), '') FROM notes").Scan(&newest); err != nil {
		return now, err
	}
	if at, err := time.Parse(time.RFC3339Nano, newest); err == nil && at.After(now) {
		return at, nil
	}
	return now, nil
}

// sandboxBegan is when the sandbox of the file began: at the time that the first run said.
func (c *notesCopy) sandboxBegan(ctx context.Context, otherwise time.Time) (time.Time, error) {
	var began int64
	err := c.QueryRowContext(ctx, "SELECT began FROM sandbox").Scan(&began)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = c.ExecContext(ctx, "INSERT INTO sandbox (began) VALUES (?)", otherwise.Unix())
		return otherwise.UTC(), err
	}
	return time.Unix(began, 0).UTC(), err
}
