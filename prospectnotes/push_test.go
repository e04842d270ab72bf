package prospectnotes_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
	"github.com/pronet-go/pronet/webhook"
)

const contract1 = "urn:li:contract:1"

type handle func(prospectnotes.SyncOptions, *webhook.Delivery) error

// connectBoth is connect with a second client, as another process has it.
func (s *witness) connectBoth(t *testing.T) (o prospectnotes.SyncOptions, have copyOf, poll poll, handle, other handle) {
	t.Helper()
	have = copyOf{}
	o = prospectnotes.SyncOptions{Contract: parse(t, contract1), Checkpoint: &memory{}, From: zero, Apply: have.apply, Count: 2, Now: s.clock}
	clients := [2]*pronet.Client{sandboxtest.ConnectLinkedIn(t, s), sandboxtest.ConnectLinkedIn(t, s)}
	by := func(i int) func(prospectnotes.SyncOptions, *webhook.Delivery) error {
		return func(o prospectnotes.SyncOptions, d *webhook.Delivery) error {
			return clients[i].ProspectNotes.Handle(t.Context(), o, d)
		}
	}
	return o, have, func(o prospectnotes.SyncOptions) (*prospectnotes.Report, error) {
		return clients[0].ProspectNotes.Sync(t.Context(), o)
	}, by(0), by(1)
}

// TestR44APushBeforeItsNoteWasRead leaves a tombstone, also in an empty checkpoint: the deletion is told once, a poll that
// still lists the note does not bring it back, and one that lists it as deleted does not tell it again.
func TestR44APushBeforeItsNoteWasRead(t *testing.T) {
	for _, id := range []string{"7", `"7"`} {
		s := &witness{now: hour, total: stated, rows: []row{{id: "7", changed: 3000}, {id: "8", changed: 3000}}}
		o, _, poll, handle, other := s.connectBoth(t)
		checkpoint := &memory{}
		var got recorded
		o.Checkpoint, o.Apply = checkpoint, got.apply
		require.NoError(t, handle(o, delivery(contract1, id)))
		assert.Equal(t, []string{"delete 7"}, got.take())
		require.NoError(t, handle(o, delivery(contract1, id)))
		require.NoError(t, other(o, delivery(contract1, `"7"`)))
		assert.Empty(t, got.take(), "it is told once")
		assert.Equal(t, 1, checkpoint.saves)
		assert.Empty(t, s.queries, "no request is needed")

		report, err := poll(o)
		require.NoError(t, err)
		assert.Equal(t, []string{"upsert 8 at 3000"}, got.take(), "the first run reads everything since From all the same")
		assert.Equal(t, second(hour), report.Until)
		s.now += 60
		s.rows[0] = row{id: "7", changed: 3590, gone: true}
		_, err = poll(o)
		require.NoError(t, err)
		assert.Empty(t, got.take())
		require.NoError(t, handle(o, delivery(contract1, id)))

		s.rows[0] = row{id: "7", changed: hour + 900}
		s.now += 900
		_, err = poll(o)
		require.NoError(t, err)
		assert.Empty(t, got.take(), "the clocks may differ by the overlap")
		s.rows[0] = row{id: "7", changed: hour + 901}
		s.now += 60
		_, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, []string{"upsert 7 at 4501"}, got.take(), "restored, should that be possible")
	}
}

// TestR44APushAfterAPoll deletes what was read, and comes to nothing when the poll was first.
func TestR44APushAfterAPoll(t *testing.T) {
	s := &witness{now: hour, total: stated, rows: []row{{id: "7", changed: 3000}, {id: "8", changed: 3000}}}
	o, _, poll, handle, _ := s.connectBoth(t)
	checkpoint := &memory{}
	var got recorded
	o.Checkpoint, o.Apply = checkpoint, got.apply
	_, err := poll(o)
	require.NoError(t, err)
	got.take()
	require.NoError(t, handle(o, delivery(contract1, "7")))
	assert.Equal(t, []string{"delete 7"}, got.take())
	state, err := checkpoint.Load(t.Context())
	require.NoError(t, err)
	require.Len(t, state.Seen, 1)
	assert.Equal(t, "8", state.Seen[0].ID)
	assert.Equal(t, []prospectnotes.Tomb{{ID: "7", Changed: second(hour + 900).UnixMilli(), Kept: second(hour + 30*day)}}, state.Tombs)

	s.now += 60
	s.rows[1] = row{id: "8", changed: 3620, gone: true}
	_, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"delete 8 at 3620"}, got.take())
	saves := checkpoint.saves
	require.NoError(t, handle(o, delivery(contract1, "8")))
	assert.Empty(t, got.take())
	assert.Equal(t, saves, checkpoint.saves)

	s.now, s.rows = 31*day, nil
	_, err = poll(o)
	require.NoError(t, err)
	state, err = checkpoint.Load(t.Context())
	require.NoError(t, err)
	assert.Empty(t, state.Tombs, "their tombstones end")
	assert.EqualValues(t, 1, state.Pushes)
}

// TestR44APushDuringASync is taken in, of the same process or another one: what was read before it does not bring the note back,
// and the note is not told as absent.
func TestR44APushDuringASync(t *testing.T) {
	for name, otherProcess := range map[string]bool{"of the same process": false, "of another one": true} {
		t.Run(name, func(t *testing.T) {
			s := &witness{now: hour, total: stated, links: true, rows: []row{{id: "1", changed: 10}, {id: "2", changed: 20}, {id: "3", changed: 30}}}
			o, have, poll, handle, other := s.connectBoth(t)
			if otherProcess {
				handle = other
			}
			o.Now = func() time.Time { return second(hour) } // the witness is locked while it calls back
			o.Reconcile.Mode = prospectnotes.ReconcileAlways // what was seen is remembered from the first run on
			s.before = func(n int) {
				if n == 3 {
					assert.NoError(t, handle(o, delivery(contract1, "2")))
				}
			}
			_, err := poll(o)
			require.NoError(t, err)
			assert.Equal(t, copyOf{"1": "1 at 10", "3": "3 at 30"}, have)

			var got recorded
			o.Apply, o.Reconcile.DeleteAbsent = got.apply, true
			s.rows, s.now = nil, 3*day
			o.Now = func() time.Time { return second(3 * day) }
			sent := len(s.queries)
			s.before = func(n int) {
				if n == sent+2 {
					assert.NoError(t, handle(o, delivery(contract1, "3")))
				}
			}
			_, err = poll(o)
			require.NoError(t, err)
			assert.ElementsMatch(t, []string{"delete 3", "delete 1"}, got.take())
		})
	}
}

// TestR62AnEventOfAnotherContract changes nothing, and neither does one with a checkpoint that is another's.
func TestR62AnEventOfAnotherContract(t *testing.T) {
	s := &witness{now: hour, total: stated}
	o, _, _, handle, _ := s.connectBoth(t)
	checkpoint := &memory{}
	o.Checkpoint, o.Apply = checkpoint, func(context.Context, prospectnotes.Batch) error {
		t.Error("it must not be applied")
		return nil
	}
	other := delivery("urn:li:contract:2", "7")
	err := handle(o, other)
	require.ErrorIs(t, err, webhook.ErrNotUnderstood)
	assert.Contains(t, err.Error(), contract1)
	require.NoError(t, webhook.Decode(other, webhook.Sender{Source: webhook.SourceLinkedIn, Decoder: webhook.DecodeLinkedIn}))
	other.Events = append([]webhook.Event{webhook.ProspectNoteDeleted{NoteID: "1", Contract: o.Contract}}, other.Events...)
	require.ErrorIs(t, handle(o, other), webhook.ErrNotUnderstood, "none of it is done")
	assert.Zero(t, checkpoint.saves)

	o.Apply = copyOf{}.apply
	require.NoError(t, handle(o, delivery(contract1, "7")))
	saves := checkpoint.saves
	o.Contract = parse(t, "urn:li:contract:2")
	require.ErrorIs(t, handle(o, delivery("urn:li:contract:2", "7")), prospectnotes.ErrConflict)
	o.Contract, o.Owners = parse(t, contract1), []urn.URN{parse(t, "urn:li:seat:1")}
	require.ErrorIs(t, handle(o, delivery(contract1, "7")), prospectnotes.ErrConflict)
	assert.Equal(t, saves, checkpoint.saves)
}

// TestOtherDeliveries are left alone, or not understood.
func TestOtherDeliveries(t *testing.T) {
	s := &witness{now: hour, total: stated}
	o, _, _, handle, _ := s.connectBoth(t)
	var got recorded
	o.Apply = got.apply
	raw := func(body string) *webhook.Delivery {
		return &webhook.Delivery{Source: webhook.SourceLinkedIn, Body: []byte(body)}
	}
	require.NoError(t, handle(o, raw(`{"id":"1","type":"EXPORT_CANDIDATE_PROFILE"}`)))
	for name, d := range map[string]*webhook.Delivery{
		"no note":        raw(`{"type":"DELETE_PROSPECT_NOTE","integrationContext":"urn:li:contract:1"}`),
		"no contract":    raw(`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":1}`),
		"a new type":     raw(`{"type":"RESTORE_PROSPECT_NOTE","prospectNoteId":1}`),
		"no JSON":        raw(`{`),
		"another sender": {Source: "coresignal", Body: []byte(`[{"member_id":1}]`)},
		"a part of a body": {Source: webhook.SourceLinkedIn, Events: []webhook.Event{
			webhook.Unknown{}, webhook.ProspectNoteDeleted{NoteID: "9", Contract: o.Contract},
		}},
	} {
		require.ErrorIs(t, handle(o, d), webhook.ErrNotUnderstood, name)
	}
	assert.Equal(t, []string{"delete 9"}, got.take(), "the rest is done")
	require.ErrorIs(t, handle(o, nil), pronet.ErrInvalid)
	o.Apply = nil
	err := handle(o, delivery(contract1, "7"))
	require.ErrorIs(t, err, pronet.ErrInvalid)
	assert.ErrorContains(t, err, "ProspectNotes.Handle")
	require.Error(t, new(prospectnotes.Service).Handle(t.Context(), o, delivery(contract1, "7")))
}

// TestAPushThatCannotBeApplied is no success, and leaves nothing: the next try does all of it.
func TestAPushThatCannotBeApplied(t *testing.T) {
	s := &witness{now: hour, total: stated}
	o, _, _, handle, _ := s.connectBoth(t)
	var got recorded
	broken := prospectnotes.ErrConflict // which is Apply's own, and no reason to wait
	o.Apply = func(context.Context, prospectnotes.Batch) error { return broken }
	require.ErrorIs(t, handle(o, delivery(contract1, "7")), broken)
	broken = errors.New("the disk is full")
	require.ErrorIs(t, handle(o, delivery(contract1, "7")), broken)
	state, err := o.Checkpoint.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, state.Generation)
	o.Apply = got.apply
	require.NoError(t, handle(o, delivery(contract1, "7")))
	assert.Equal(t, []string{"delete 7"}, got.take())
}

// busy is a checkpoint that somebody else saves so many times.
type busy struct {
	memory
	times int
}

func (c *busy) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	if c.times--; c.times >= 0 {
		return prospectnotes.ErrConflict
	}
	return c.memory.Save(ctx, next, apply)
}

// TestABusyCheckpoint is waited for, and not for ever: a spool tries again later.
func TestABusyCheckpoint(t *testing.T) {
	bubble(t, nil, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
		client := sandboxtest.Connect(t, sb.Options()...)
		event := delivery(o.Contract.String(), "7")
		for times, want := range map[int]error{5: nil, 1 << 30: webhook.ErrRetryLater} {
			have := copyOf{}
			o.Apply, o.Checkpoint = have.apply, &busy{times: times}
			began := time.Now()
			err := client.ProspectNotes.Handle(t.Context(), o, event)
			assert.Less(t, time.Since(began), 10*time.Second)
			if want == nil {
				require.NoError(t, err)
				o.Checkpoint.(*busy).times = times
				_, err = poll(o)
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, want)
			require.ErrorIs(t, err, prospectnotes.ErrConflict)
			_, err = poll(o)
			require.ErrorIs(t, err, prospectnotes.ErrConflict)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			require.ErrorIs(t, client.ProspectNotes.Handle(ctx, o, event), context.DeadlineExceeded)
			cancel()
		}
	})
}

// TestASlowSyncLetsAPushIn after the window that it is at.
func TestASlowSyncLetsAPushIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		contract := parse(t, sb.LinkedIn.App().Contract)
		for i := range 20 {
			sb.LinkedIn.WriteNote(linkedin.Note{Created: sb.Now().Add(time.Duration(-i) * time.Hour)})
		}
		o := prospectnotes.SyncOptions{
			Contract: contract, Checkpoint: &prospectnotes.MemoryCheckpoint{}, From: sb.Now().Add(-24 * time.Hour), Window: time.Hour,
			Apply: func(context.Context, prospectnotes.Batch) error {
				time.Sleep(time.Minute)
				return nil
			},
		}
		ended := make(chan error)
		go func() {
			_, err := client.ProspectNotes.Sync(t.Context(), o)
			ended <- err
		}()
		time.Sleep(150 * time.Second)
		began := time.Now()
		require.NoError(t, client.ProspectNotes.Handle(t.Context(), o, delivery(contract.String(), "7")))
		assert.Less(t, time.Since(began), 2*time.Minute+time.Second)
		require.NoError(t, <-ended)
		assert.Greater(t, time.Since(began), 10*time.Minute)
	})
}

// TestR44APushOfTheSandbox comes signed through a handler, and a poll that read the note before and after it leaves one row less.
func TestR44APushOfTheSandbox(t *testing.T) {
	sb, client := sandboxtest.Start(t)
	app := sb.LinkedIn.App()
	have := copyOf{}
	o := prospectnotes.SyncOptions{
		Contract: parse(t, app.Contract), Checkpoint: &prospectnotes.MemoryCheckpoint{}, From: sb.Now().Add(-time.Hour), Apply: have.apply, Now: sb.Now,
	}
	var tenants webhook.Tenants[prospectnotes.SyncOptions]
	require.NoError(t, tenants.Set("acme", o, app.ClientSecret))
	handler, err := webhook.NewHandler(tenants.Sender(), tenants.Handle(client.ProspectNotes.Handle))
	require.NoError(t, err)
	receiver := httptest.NewServer(handler)
	defer receiver.Close()
	require.NoError(t, sb.LinkedIn.RegisterCallback(t.Context(), app.ClientID, receiver.URL+"/linkedin/acme"))
	id := sb.LinkedIn.WriteNote(linkedin.Note{})
	sb.LinkedIn.WriteNote(linkedin.Note{})
	sb.Advance(time.Minute)
	_, err = client.ProspectNotes.Sync(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, have, 2)
	require.True(t, sb.LinkedIn.DeleteNote(id))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, source(sb.LinkedIn), have)
	sb.Advance(time.Minute)
	report, err := client.ProspectNotes.Sync(t.Context(), o)
	require.NoError(t, err)
	assert.Zero(t, report.Notes)
	assert.Equal(t, source(sb.LinkedIn), have)
}
