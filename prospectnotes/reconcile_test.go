package prospectnotes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/prospectnotes"
)

const (
	hour = 3600
	day  = 24 * hour
)

// byCreation is the other filter.
func byCreation(n row, q url.Values, _ int64) bool {
	at := second(n.created).UnixMilli()
	return at > number(q, "cutoffDate", 0) && at <= number(q, "beforeDate", 1<<60)
}

// recorded are the changes as they come, such as "upsert 1 at 20".
type recorded []string

func (r *recorded) apply(_ context.Context, b prospectnotes.Batch) error {
	for _, c := range b.Changes {
		*r = append(*r, strings.TrimSpace(c.Kind.String()+" "+c.Note.ID+" "+strings.TrimPrefix(c.Note.Text, c.Note.ID+" ")))
	}
	return nil
}

// take returns what was recorded since it was called last.
func (r *recorded) take() []string {
	all := *r
	*r = nil
	return all
}

// TestBoundsByCreation: an edit, a deletion and a note that is gone are found once a day, for seven days.
func TestBoundsByCreation(t *testing.T) {
	s := &witness{now: day, total: stated, matches: byCreation, rows: []row{
		{id: "1", created: hour, changed: hour}, {id: "2", created: 2 * hour, changed: 2 * hour}, {id: "3", created: 3 * hour, changed: 3 * hour},
	}}
	o, _, poll := s.connect(t)
	var got recorded
	o.Apply, o.Count = got.apply, 100
	report, err := poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"upsert 1 at 3600", "upsert 2 at 7200", "upsert 3 at 10800"}, got.take())
	assert.Equal(t, prospectnotes.Report{Windows: 2, Notes: 3, Calls: 2, Walks: 2, Until: second(day)}, *report, "both dates are in the window: nothing is told")

	s.edit("1", 26*hour)
	s.rows[1] = row{id: "2", created: 2 * hour, changed: 27 * hour, gone: true}
	s.rows = s.rows[:2]
	s.now = 30 * hour
	report, err = poll(o)
	require.NoError(t, err)
	assert.Empty(t, got.take(), "the day is not over")
	assert.False(t, report.Reconciled)

	s.now = 49 * hour
	report, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"upsert 1 at 93600", "delete 2 at 97200", "absent 3"}, got.take())
	assert.Equal(t, prospectnotes.BoundsByCreation, report.Bounds)
	assert.Equal(t, []int{1, 1, 3, 5, 3}, []int{report.Deletes, report.Absent, report.Notes, report.Calls, report.ReconcileCalls})
	assert.True(t, report.Reconciled)
	assert.Contains(t, report.Unseen, "older than 168h0m0s")

	s.now = 49*hour + 1800
	report, err = poll(o)
	require.NoError(t, err)
	assert.Empty(t, got.take())
	assert.Equal(t, 1, report.Calls, "once a day")

	s.rows = append(s.rows, row{id: "3", created: 3 * hour, changed: 3 * hour}) // found again
	s.edit("1", 74*hour)
	s.now = 74 * hour
	_, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"upsert 3 at 10800", "upsert 1 at 266400"}, got.take())

	s.edit("1", 9*day)
	s.now = 9*day + hour
	report, err = poll(o)
	require.NoError(t, err)
	assert.Empty(t, got.take(), "older than the depth: the report says that it is not seen")
	assert.NotEmpty(t, report.Unseen)
}

// TestBoundsByLastChange: the walk ends once a note has told, unless it is set. A note that is changed during the walk is
// not told as absent.
func TestBoundsByLastChange(t *testing.T) {
	for mode, goesOn := range map[prospectnotes.ReconcileMode]bool{
		prospectnotes.ReconcileAuto: false, prospectnotes.ReconcileAlways: true, prospectnotes.ReconcileNever: false,
	} {
		s := &witness{now: day, total: stated, rows: []row{{id: "1", created: hour, changed: hour}, {id: "2", created: hour, changed: 2 * hour}}}
		o, _, poll := s.connect(t)
		var got recorded
		o.Apply, o.Reconcile.Mode, o.Reconcile.DeleteAbsent = got.apply, mode, true
		_, err := poll(o)
		require.NoError(t, err)
		got.take()

		s.now = 2*day + hour // a reconciling walk is due, and nothing has told
		s.before = func(n int) {
			if n == 3 { // before the time behind the checkpoint is read
				s.edit("1", s.now+1)
			}
		}
		report, err := poll(o)
		require.NoError(t, err)
		assert.Empty(t, got.take())
		assert.Equal(t, mode != prospectnotes.ReconcileNever, report.Reconciled)
		s.before = nil

		s.now += hour
		report, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, []string{"upsert 1 at 176401"}, got.take())
		assert.Equal(t, prospectnotes.BoundsByLastChange, report.Bounds)
		assert.Empty(t, report.Unseen)

		s.rows = s.rows[1:]
		s.now += day
		report, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, goesOn, report.Reconciled)
		assert.Equal(t, goesOn, len(got.take()) == 1, "the note that is gone")
	}
}

// TestAReconcilingWalkThatWasCut begins again.
func TestAReconcilingWalkThatWasCut(t *testing.T) {
	s := &witness{now: day, total: stated, matches: byCreation, rows: []row{{id: "1", created: hour, changed: hour}, {id: "2", created: 20 * hour, changed: 20 * hour}}}
	o, _, poll := s.connect(t)
	var got recorded
	o.Apply = got.apply
	_, err := poll(o)
	require.NoError(t, err)
	got.take()
	s.edit("1", day+1)
	s.edit("2", day+2)
	s.now = 2 * day
	s.response = func(w http.ResponseWriter) bool {
		if len(s.queries) == 7 {
			http.Error(w, `{"status":403,"message":"no"}`, http.StatusForbidden)
		}
		return len(s.queries) == 7
	}
	report, err := poll(o)
	require.ErrorIs(t, err, pronet.ErrForbidden)
	assert.Equal(t, []string{"upsert 1 at 86401"}, got.take())
	assert.False(t, report.Reconciled)
	s.response = nil
	report, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"upsert 2 at 86402"}, got.take())
	assert.True(t, report.Reconciled)
}

// TestR44ALateReadBringsNothingBack: a server that is behind the others lists a deleted note, and an older form of another.
func TestR44ALateReadBringsNothingBack(t *testing.T) {
	s := &witness{now: hour, total: stated, rows: []row{{id: "1", changed: 3000}, {id: "2", changed: 3000}}}
	o, have, poll := s.connect(t)
	o.Overlap = time.Hour
	_, err := poll(o)
	require.NoError(t, err)
	fresh := []row{{id: "1", changed: 3700, gone: true}, {id: "2", changed: 3700}}
	s.now, s.rows = 4000, fresh
	_, err = poll(o)
	require.NoError(t, err)
	require.Equal(t, copyOf{"2": "2 at 3700"}, have)

	s.now, s.rows = 4100, []row{{id: "1", changed: 3000}, {id: "2", changed: 3000}}
	report, err := poll(o)
	require.NoError(t, err)
	assert.Zero(t, report.Notes)
	s.now, s.rows = 4200, []row{{id: "1", changed: 4150}, {id: "2", changed: 3700, gone: true}} // restored, and deleted with its date as it was
	_, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, copyOf{"1": "1 at 4150"}, have)
	s.now, s.rows = 40*day, nil
	_, err = poll(o)
	require.NoError(t, err)
	state, err := o.Checkpoint.Load(t.Context())
	require.NoError(t, err)
	assert.Empty(t, state.Tombs, "tombstones end")
}

// TestNotesWithoutDates are kept: at the end of their window, each time that they are read.
func TestNotesWithoutDates(t *testing.T) {
	s := &witness{now: hour, total: stated, rows: []row{{id: "1", changed: 3000}, {id: "2", changed: 3100}}}
	s.change = func(note map[string]any) {
		if note["id"] == "1" {
			delete(note, "lastModified")
			delete(note, "created")
		}
	}
	o, _, poll := s.connect(t)
	var got recorded
	o.Apply = got.apply
	_, err := poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"upsert 2 at 3100", "upsert 1 at 3000"}, got.take())
	s.now += 60
	_, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, []string{"upsert 1 at 3000"}, got.take())
	s.rows[0].gone = true
	for _, want := range [][]string{{"delete 1 at 3000"}, nil} {
		s.now += 60
		_, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, want, got.take())
	}
}

// TestWhatAListMayHideIsNotAbsent: a note that is in a millisecond of which LinkedIn lists only a part, or may have been
// changed in it, or whose window's list ended before its total, is not told, nor deleted. One that is gone elsewhere is.
func TestWhatAListMayHideIsNotAbsent(t *testing.T) {
	crowd := func(prefix string, at int) (rows []row) {
		for i := range 6 {
			rows = append(rows, row{id: fmt.Sprint(prefix, i), created: at, changed: at})
		}
		return rows
	}
	for name, tt := range map[string]struct {
		rows   []row
		change func(s *witness) // before the reconciling walk
		told   []string
	}{
		"a flood that lists others": {
			append(crowd("n", 2*hour), row{id: "gone", created: 3 * hour, changed: 3 * hour}),
			func(s *witness) {
				s.rows = s.rows[:6]
				slices.Reverse(s.rows)
			},
			[]string{"upsert n4 at 7200", "upsert n5 at 7200", "delete gone"},
		},
		"a change into a flood": {
			[]row{{id: "1", created: hour, changed: hour}},
			func(s *witness) {
				s.edit("1", 6*hour)
				s.rows = append(crowd("n", 6*hour), s.rows...)
			},
			[]string{"upsert n0 at 21600", "upsert n1 at 21600", "upsert n2 at 21600", "upsert n3 at 21600"},
		},
		"a list that ends early": {
			append(crowd("n", 2*hour)[:3], row{id: "gone", created: 13 * hour, changed: 13 * hour}),
			func(s *witness) { s.rows, s.end = s.rows[:3], new(int) },
			[]string{"delete gone"},
		},
		"while it was changed": {
			[]row{{id: "1", created: hour, changed: hour}},
			func(s *witness) {
				s.edit("1", 3*day)
				s.rows = append(crowd("n", 3*day), s.rows...)
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &witness{now: 14 * hour, total: stated, limit: 4, rows: tt.rows}
			if strings.Contains(name, "change") {
				s.now = 5 * hour
			}
			o, _, poll := s.connect(t)
			var got recorded
			o.Apply, o.OnFlood = got.apply, func(prospectnotes.Flood) bool { return true }
			o.Reconcile.Mode, o.Reconcile.DeleteAbsent = prospectnotes.ReconcileAlways, true
			_, err := poll(o)
			require.NoError(t, err)
			got.take()
			tt.change(s)
			s.now = 3*day - 1
			report, err := poll(o)
			require.NoError(t, err)
			assert.True(t, report.Reconciled)
			assert.ElementsMatch(t, tt.told, got.take())
		})
	}
}

// TestAnEditWithoutItsDate is an Upsert when the note has only the date of its creation, once for each form, and a deletion a
// Delete.
func TestAnEditWithoutItsDate(t *testing.T) {
	s := &witness{now: hour, total: stated, matches: byCreation, rows: []row{{id: "1", created: 3000, changed: 3000}, {id: "2", created: 3100, changed: 3100}}}
	s.change = func(note map[string]any) { delete(note, "lastModified") }
	o, _, poll := s.connect(t)
	var got recorded
	o.Apply = got.apply
	for _, step := range []struct {
		change func()
		want   []string
	}{
		{func() {}, []string{"upsert 1 at 3000", "upsert 2 at 3100"}},
		{func() {}, nil},
		{func() { s.edit("1", 3650) }, []string{"upsert 1 at 3650"}},
		{func() {}, nil},
		{func() { s.rows[0].gone = true }, []string{"delete 2 at 3100"}},
		{func() {}, nil},
	} {
		s.now += 60
		step.change()
		_, err := poll(o)
		require.NoError(t, err)
		assert.Equal(t, step.want, got.take())
	}
}
