package prospectnotes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/webhook"
)

var handleOp = wire.Op{Name: "ProspectNotes.Handle", Provider: api.LinkedIn} // what its refusals name; it calls nothing

// longestWait is the longest time between two tries to save, each twice that before: five seconds together.
const longestWait = 2560 * time.Millisecond

// Handle applies a delivery of LinkedIn's events to the copy that [Service.Sync] keeps in step. Give it the same options. A
// [webhook.ProspectNoteDeleted] is a Delete for Apply, and a tombstone in the checkpoint, saved together: nil says that
// both are done. Other events are left alone. It calls nothing of LinkedIn's, so that it fits into a webhook.Func and a
// spool's Run alike:
//
//	work := func(ctx context.Context, d *webhook.Delivery) error { return client.ProspectNotes.Handle(ctx, options, d) }
//
// Which comes first, the event or the poll that reads of it, does not matter, and neither does an event that comes twice,
// hours late, or before its note was ever read: the deletion is told once, and a read that is late does not bring the note
// back. No source knows of a deleted note that is restored. Should there be one, it is an Upsert again if it was changed
// after the event came, by more than the Overlap, or once the tombstone is forgotten.
//
// It may be called while a Sync runs, from the same process or another one: each takes in what the other has saved, and
// of one client they take turns. Where others save all the time the error wraps [webhook.ErrRetryLater], with the
// checkpoint's.
//
// An event of another contract changes nothing, and is [webhook.ErrNotUnderstood]; look the options up by the delivery's
// label, see [webhook.Tenants]. So are a body that is not LinkedIn's and a [webhook.Unknown] part of one, of which the rest
// is done. A checkpoint of another contract or other owners is [ErrConflict]. Other errors are those of Apply and of the
// Checkpoint.
//
// Source: document 003.
func (s *Service) Handle(ctx context.Context, options SyncOptions, d *webhook.Delivery) error {
	if s.pipeline == nil {
		return wire.ErrNoService
	}
	o, err := complete(&handleOp, options)
	if err != nil {
		return err
	}
	events, err := eventsOf(d)
	if err != nil {
		return err
	}
	var ids []string
	unknown := false
	for _, event := range events {
		switch e := event.(type) {
		case webhook.ProspectNoteDeleted:
			if e.Contract != o.Contract {
				return fmt.Errorf("prospectnotes: the event is of another contract than %s: %w", o.Contract, webhook.ErrNotUnderstood)
			}
			ids = append(ids, e.NoteID)
		case webhook.Unknown:
			unknown = true
		}
	}
	for _, id := range ids {
		if err := s.bury(ctx, o, id); err != nil {
			return err
		}
	}
	if unknown {
		return fmt.Errorf("prospectnotes: a part of the delivery: %w", webhook.ErrNotUnderstood)
	}
	return nil
}

// eventsOf decodes a delivery that comes from a queue.
func eventsOf(d *webhook.Delivery) ([]webhook.Event, error) {
	if d == nil {
		return nil, wire.Refuse(&handleOp, errNoDelivery)
	}
	if d.Events != nil {
		return d.Events, nil
	}
	decoded := *d
	if err := webhook.Decode(&decoded, webhook.Sender{Source: webhook.SourceLinkedIn, Decoder: webhook.DecodeLinkedIn}); err != nil {
		return nil, fmt.Errorf("prospectnotes: %w: %w", webhook.ErrNotUnderstood, err)
	}
	return decoded.Events, nil
}

var errNoDelivery = errors.New("the delivery is nil")

// bury delivers the deletion of a note, unless it is known.
func (s *Service) bury(ctx context.Context, o SyncOptions, id string) error {
	done, err := s.turn(ctx, o.Contract)
	if err != nil {
		return err
	}
	defer done()
	err = untilSaved(ctx, func() (conflict bool, err error) {
		next, err := o.Checkpoint.Load(ctx)
		if err == nil {
			err = o.owns(next)
		}
		if err != nil || slices.ContainsFunc(next.Tombs, func(t Tomb) bool { return t.ID == id }) {
			return false, err
		}
		now := o.Now().UTC()
		next.Generation++
		next.Pushes++
		next.Contract, next.Owners = o.Contract, o.Owners
		next.Seen = slices.DeleteFunc(next.Seen, func(n Seen) bool { return n.ID == id })
		next.Tombs = append(next.Tombs, Tomb{ID: id, Changed: now.Add(o.Overlap).UnixMilli(), Kept: now.Add(o.Tombstones)})
		slices.SortFunc(next.Tombs, func(a, b Tomb) int { return strings.Compare(a.ID, b.ID) })
		applied := false
		err = o.Checkpoint.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
			applied = true
			return o.Apply(ctx, Batch{Changes: []Change{{Delete, Note{ID: id, Contract: o.Contract}}}, Tx: tx})
		})
		if conflict = !applied && errors.Is(err, ErrConflict); conflict {
			err = fmt.Errorf("%w: %w", webhook.ErrRetryLater, err)
		}
		return conflict, err
	})
	return err
}

// turn waits until nobody else saves the checkpoint of a contract by this service, in the order of asking, so that a busy
// sync lets a push event in.
func (s *Service) turn(ctx context.Context, contract urn.URN) (done func(), err error) {
	mine, _ := s.turns.LoadOrStore(contract, make(chan struct{}, 1))
	saving := mine.(chan struct{})
	select {
	case saving <- struct{}{}:
		return func() { <-saving }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// untilSaved tries again after a conflict, with waits that grow.
func untilSaved(ctx context.Context, save func() (conflict bool, err error)) error {
	for wait := 5 * time.Millisecond; ; wait *= 2 {
		conflict, err := save()
		if !conflict || wait > longestWait {
			return err
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) // so that two do not meet again
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
