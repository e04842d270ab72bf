package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
)

// notesCopy is the SQLite file: the notes, and the checkpoint.
type notesCopy struct{ *sql.DB }

const schema = `
	CREATE TABLE IF NOT EXISTS notes (
		id TEXT PRIMARY KEY, contract TEXT NOT NULL, owner TEXT NOT NULL, member TEXT NOT NULL, text TEXT NOT NULL,
		created TEXT NOT NULL, last_modified TEXT NOT NULL
	);
	CREATE TABLE IF NOT EXISTS sandbox (began INTEGER NOT NULL);`

func openCopy(ctx context.Context, path string) (*notesCopy, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // for its owner only, before SQLite makes it
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: "_pragma=busy_timeout(10000)"} // escaped: it may hold ? and %
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	return &notesCopy{db}, nil
}

// checkpoint is that of a contract.
func (c *notesCopy) checkpoint(ctx context.Context, contract urn.URN) (*prospectnotes.SQLCheckpoint, error) {
	checkpoint, err := prospectnotes.NewSQLCheckpoint(c.DB, prospectnotes.SQLite, "", contract.String())
	if err == nil {
		err = checkpoint.Create(ctx)
	}
	return checkpoint, err
}

// apply is what Sync calls for each window with changes. Since all is done in the transaction of the checkpoint, it is
// done once, whatever crashes.
func (c *notesCopy) apply(ctx context.Context, batch prospectnotes.Batch) error {
	for _, change := range batch.Changes {
		var err error
		switch n := change.Note; change.Kind {
		case prospectnotes.Upsert:
			_, err = batch.Tx.ExecContext(ctx, `INSERT INTO notes (id, contract, owner, member, text, created, last_modified) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET contract = excluded.contract, owner = excluded.owner, member = excluded.member,
					text = excluded.text, created = excluded.created, last_modified = excluded.last_modified`,
				n.ID, n.Contract.String(), n.Owner.String(), n.Member.String(), n.Text, n.Created.Format(time.RFC3339Nano), n.LastModified.Format(time.RFC3339Nano))
		case prospectnotes.Delete:
			_, err = batch.Tx.ExecContext(ctx, "DELETE FROM notes WHERE id = ?", n.ID)
		case prospectnotes.Absent: // it is no longer listed, which does not say that it was deleted
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// syncOptions are those of a backfill, a poll and a push event alike.
func (c *notesCopy) syncOptions(ctx context.Context, contract urn.URN, from time.Time, now func() time.Time) (prospectnotes.SyncOptions, error) {
	checkpoint, err := c.checkpoint(ctx, contract)
	return prospectnotes.SyncOptions{
		Contract: contract, Checkpoint: checkpoint, From: from, Apply: c.apply, Now: now,
		Parallel: 4, Count: 1000, // most windows fit a response then, and cost one call
	}, err
}

// keepInStep is a backfill or a poll: the same call.
func keepInStep(ctx context.Context, client *pronet.Client, notes *notesCopy, options prospectnotes.SyncOptions, w world) error {
	state, err := options.Checkpoint.Load(ctx)
	if err != nil {
		return err
	}
	if state.Until.IsZero() {
		fmt.Fprintf(w.out, "The first run reads what was written since %s.\n", minute(options.From))
	} else {
		fmt.Fprintf(w.out, "The file has everything until %s; what came since is read.\n", minute(state.Until))
	}
	bar := newProgress(w.out)
	options.Progress = bar.show
	report, err := client.ProspectNotes.Sync(ctx, options)
	bar.end()
	var kept int
	counted := notes.QueryRowContext(context.WithoutCancel(ctx), "SELECT count(*) FROM notes WHERE contract = ?", options.Contract.String()).Scan(&kept)
	fmt.Fprintf(w.out, "%s, %s deleted, with %s. %s in the file, which has everything until %s.\n",
		several(report.Notes, "change"), several(report.Deletes, "note"), several(report.Calls, "call"), several(kept, "note"), minute(report.Until))
	if report.Absent > 0 {
		fmt.Fprintf(w.out, "%s no longer listed: whether they were deleted is not known, and they are kept.\n", several(report.Absent, "note"))
	}
	if report.Unseen != "" {
		fmt.Fprintf(w.out, "Not seen: %s.\n", report.Unseen)
	}
	if limited, ok := errors.AsType[*pronet.RateLimitError](err); ok {
		return fmt.Errorf("the day's calls are used up until %s: run it again then, it goes on where it is: %w", minute(limited.Reset), err)
	}
	return errors.Join(err, counted)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "(nothing yet)"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
