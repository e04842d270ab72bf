package prospectnotes_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// memory is a checkpoint whose state is JSON, as a store has it.
type memory struct {
	mu    sync.Mutex
	saved []byte
	saves int
}

func (m *memory) Load(context.Context) (state prospectnotes.State, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.saved != nil {
		err = json.Unmarshal(m.saved, &state)
	}
	return state, err
}

func (m *memory) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	before, err := m.Load(ctx)
	if err != nil {
		return err
	}
	if next.Generation != before.Generation+1 {
		return prospectnotes.ErrConflict
	}
	if next.Until.Before(before.Until) {
		return fmt.Errorf("the checkpoint goes back from %s to %s", before.Until, next.Until)
	}
	if err := apply(ctx, nil); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	m.saved, err = json.Marshal(next)
	return err
}

// copyOf is a copy of notes that a sync keeps in step: the texts by id.
type copyOf map[string]string

func (c copyOf) apply(_ context.Context, b prospectnotes.Batch) error {
	for _, change := range b.Changes {
		switch change.Kind {
		case prospectnotes.Upsert:
			c[change.Note.ID] = change.Note.Text
		case prospectnotes.Delete:
			delete(c, change.Note.ID)
		case prospectnotes.Absent:
		}
	}
	return nil
}

// source is the notes that are not deleted.
func source(sb *linkedin.Sandbox) copyOf {
	notes := make(copyOf)
	for _, n := range sb.Notes() {
		if !n.Deleted {
			notes[fmt.Sprint(n.ID)] = n.Text
		}
	}
	return notes
}

type poll func(prospectnotes.SyncOptions) (*prospectnotes.Report, error)

// bubble runs a test with a sandbox in memory, whose clock begins at start.
func bubble(t *testing.T, options []sandbox.Option, do func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, append([]sandbox.Option{sandbox.WithStartTime(start)}, options...)...)
		o := prospectnotes.SyncOptions{
			Contract: parse(t, sb.LinkedIn.App().Contract), Checkpoint: &memory{}, From: start.Add(-24 * time.Hour), Now: sb.Now,
		}
		do(t, sb, o, func(o prospectnotes.SyncOptions) (*prospectnotes.Report, error) {
			return client.ProspectNotes.Sync(t.Context(), o)
		})
	})
}

var start = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestSync(t *testing.T) {
	bubble(t, []sandbox.Option{linkedin.WithNotes(30), linkedin.WithTokenLife(24 * time.Hour)}, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
		have := copyOf{}
		o.Apply = have.apply
		report, err := poll(o)
		require.NoError(t, err)
		assert.Equal(t, source(sb.LinkedIn), have)
		assert.Equal(t, prospectnotes.Report{Windows: 2, Notes: 30, Calls: 2, Walks: 2, Until: start}, *report)

		sb.Advance(30 * time.Minute)
		ids := slices.Sorted(func(yield func(int64) bool) {
			for _, n := range sb.LinkedIn.Notes() {
				if !yield(n.ID) {
					return
				}
			}
		})
		sb.LinkedIn.EditNote(ids[1], "edited")
		sb.LinkedIn.DeleteNote(ids[2])
		sb.LinkedIn.WriteNote(linkedin.Note{Text: "new"})
		sb.Advance(time.Second)
		report, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, source(sb.LinkedIn), have)
		assert.Equal(t, prospectnotes.Report{
			Windows: 1, Notes: 3, Deletes: 1, Calls: 1, Walks: 1, Until: start.Add(30*time.Minute + time.Second), Bounds: prospectnotes.BoundsByLastChange,
		}, *report)
		sb.Advance(time.Minute)
		report, err = poll(o)
		require.NoError(t, err)
		assert.Zero(t, report.Notes, "what lies in the overlap is not delivered again")
	})
}

// TestAFailingProvider ends a run with its error, and the next one goes on.
func TestAFailingProvider(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"500 while a token is checked": {Status: 500, Body: `{"status":500,"message":"Internal error while checking the access token"}`},
		"HTML":                         {HTML: true},
		"no response":                  {Drop: sandbox.DropAfterAct},
		"half a response":              {Drop: sandbox.DropMidBody},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, []sandbox.Option{linkedin.WithNotes(30)}, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
				have := copyOf{}
				o.Apply = have.apply
				fault.Origin, fault.After = "linkedin/api", 1
				sb.Fail(fault)
				report, err := poll(o)
				require.ErrorIs(t, err, pronet.ErrUnavailable)
				assert.Equal(t, start.Add(-12*time.Hour), report.Until)
				assert.Greater(t, report.Calls, 2, "retries count")
				sb.ClearFaults()
				_, err = poll(o)
				require.NoError(t, err)
				assert.Equal(t, source(sb.LinkedIn), have)
			})
		})
	}
}

// TestApplyThatFails keeps the checkpoint, and the same changes come again.
func TestApplyThatFails(t *testing.T) {
	bubble(t, []sandbox.Option{linkedin.WithNotes(1_440)}, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
		broken, have, fails := errors.New("the disk is full"), copyOf{}, true
		o.Parallel, o.Window = 4, 6*time.Hour
		var cutoffs []time.Time
		o.Apply = func(ctx context.Context, b prospectnotes.Batch) error {
			cutoffs = append(cutoffs, b.Cutoff)
			if fails && len(cutoffs) == 3 {
				return broken
			}
			return have.apply(ctx, b)
		}
		report, err := poll(o)
		require.ErrorIs(t, err, broken)
		assert.Equal(t, []int{2, 12 * 60}, []int{report.Windows, len(have)})
		fails, o.Overlap = false, time.Millisecond
		_, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, source(sb.LinkedIn), have)
		assert.Len(t, cutoffs, 6, "the last one has what lies in the overlap of two milliseconds")
		assert.True(t, slices.IsSortedFunc(cutoffs[:3], time.Time.Compare), "in order, though four were read at once")
	})
}
