package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
)

// kindErased is what is kept of a hidden person in the datasets of other pipelines until they are told by themselves.
const kindErased employee.ChangeKind = "erased"

// datasets are the names under which snapshots are kept.
var datasets = []string{"base", "clean", "multi_source", "v1"}

// eraseElsewhere leaves of a person in the other datasets what says that there is no record, and nothing else. The
// person's own snapshot is replaced after that, so that a crash leads here again. A transaction in which somebody is
// forgotten leaves nothing in the log of the database either.
func (p *comparison[R]) eraseElsewhere(ctx context.Context, transaction bool, store snapshot.Store, id int64) error {
	left := make(map[snapshot.Key]snapshot.Snapshot)
	for _, dataset := range datasets {
		key := snapshot.Key{Dataset: dataset, ID: id}
		if dataset == p.dataset {
			continue
		}
		kept, err := store.Get(ctx, key)
		switch {
		case errors.Is(err, snapshot.ErrDamaged): // nobody can tell what is in it
			transaction = true
			continue
		case err != nil:
			return err
		case kept.IsZero():
			continue
		case formerKind(kept) == "":
			if kept.Record, err = json.Marshal(kindErased); err != nil {
				return err
			}
		}
		left[key] = kept
	}
	if transaction {
		if err := store.Forget(ctx, id); err != nil {
			return err
		}
	}
	for key, s := range left {
		if err := store.Put(ctx, key, s); err != nil {
			return err
		}
	}
	return nil
}

// eraseAgain is how long the eraser waits after a failure. It doubles up to a day.
const eraseAgain = time.Minute

// eraser erases what was bought of people who are hidden by now, and lies beside notices that are pending or dead. It
// has to wait for the notice in work, so it has a goroutine of its own.
type eraser struct {
	wanted chan struct{}
	again  time.Duration
}

func newEraser() eraser { return eraser{wanted: make(chan struct{}, 1), again: eraseAgain} }

// ask has all looked through.
func (e eraser) ask() {
	select {
	case e.wanted <- struct{}{}:
	default:
	}
}

// eraseHidden looks through what is kept whenever somebody has turned out to be hidden, until the context ends. It begins
// with what a former process has left, and tries again what it could not do.
func (p *Pipeline[R]) eraseHidden(ctx context.Context) {
	p.eraser.ask()
	wait, again := p.eraser.again, time.NewTimer(0)
	again.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.eraser.wanted:
		case <-again.C:
		}
		var unread failures
		err := p.notices.EditKept(ctx, func(entries [][]byte) ([][]byte, error) { return p.withoutHidden(ctx, entries, &unread) })
		switch err = errors.Join(err, unread.join()); {
		case ctx.Err() != nil:
			return
		case err == nil:
			wait = p.eraser.again
			again.Stop()
		default:
			again.Reset(wait)
			wait = min(2*wait, 24*time.Hour)
			logTo(ctx, p.logger, slog.LevelWarn, "refresh: what was bought of people who are hidden by now could not all be erased, and is tried again: Discard what is damaged", "error", err.Error())
		}
	}
}

// withoutHidden returns the entries of a journal without the records of people who were hidden after these were bought. Of
// whom it cannot know, it takes note.
func (p *comparison[R]) withoutHidden(ctx context.Context, entries [][]byte, unread *failures) ([][]byte, error) {
	bought := make(map[int64]time.Time)
	for _, text := range entries {
		var e keptEntry
		if json.Unmarshal(text, &e) == nil && len(e.Record) > 0 { // what is not JSON is an error when it is worked on
			bought[e.ID] = e.Asked
		}
	}
	for id, asked := range bought {
		kept, err := p.snapshots.Get(ctx, snapshot.Key{Dataset: p.dataset, ID: id})
		if err != nil {
			unread.add(err)
			continue
		}
		if formerKind(kept) != employee.KindProfileHidden || asked.After(kept.Taken) {
			continue
		}
		if entries, err = withoutPerson(entries, id); err != nil {
			return nil, err
		}
	}
	return entries, nil
}
