package prospectnotes_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/prospectnotes"
)

// TestFromOfALaterRun is where it begins if that spares what was read, and never behind what was not.
func TestFromOfALaterRun(t *testing.T) {
	for name, tt := range map[string]struct{ from, cutoff time.Time }{
		"the same":           {zero, second(hour - 900).Add(-time.Millisecond)},
		"none":               {time.Time{}, second(hour - 900).Add(-time.Millisecond)},
		"within the overlap": {second(hour - 60), second(hour - 60)},
		"the checkpoint":     {second(hour), second(hour)},
		"after it":           {second(hour).Add(time.Millisecond), second(hour - 900).Add(-time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			s := &witness{now: hour, total: stated}
			o, _, poll := s.connect(t)
			_, err := poll(o)
			require.NoError(t, err)
			s.now += 1800
			o.From = tt.from
			_, err = poll(o)
			require.NoError(t, err)
			assert.Equal(t, tt.cutoff.UnixMilli(), number(s.queries[1], "cutoffDate", 0))
		})
	}
}

// TestR44ANoteThatIsLateByTheWholeOverlap is found: a cutoff is exclusive.
func TestR44ANoteThatIsLateByTheWholeOverlap(t *testing.T) {
	s := &witness{now: hour, total: stated}
	o, have, poll := s.connect(t)
	_, err := poll(o)
	require.NoError(t, err)
	s.now += 60
	s.rows = []row{{id: "late", changed: hour - 900}}
	_, err = poll(o)
	require.NoError(t, err)
	assert.Len(t, have, 1)
}

// TestANoteThatIsListedTwice, with one date, is deleted if one of the two says so.
func TestANoteThatIsListedTwice(t *testing.T) {
	for _, first := range []bool{true, false} {
		s := &witness{now: hour, total: stated, rows: []row{{id: "1", changed: 3000, gone: first}, {id: "1", changed: 3000, gone: !first}}}
		o, _, poll := s.connect(t)
		var got recorded
		o.Apply = got.apply
		_, err := poll(o)
		require.NoError(t, err)
		assert.Equal(t, []string{"delete 1 at 3000"}, got.take())
	}
}

// TestADeletionBetweenWalks that leaves the date as it was is a change like any other: the two walks are not equal.
func TestADeletionBetweenWalks(t *testing.T) {
	s := &witness{now: hour, total: stated, links: true}
	for i := range 4 {
		s.rows = append(s.rows, row{id: fmt.Sprint(i), changed: 10 + i})
	}
	s.before = func(n int) { s.rows[0].gone = n > 3 } // one look ahead, and two pages a walk
	o, have, poll := s.connect(t)
	report, err := poll(o)
	require.NoError(t, err)
	assert.Equal(t, 3, report.Walks)
	assert.Len(t, have, 3)
}

// TestTombstonesEnd so long after the deletion, whenever it was read, but not while its time is read again, and what was
// delivered is remembered as long as that.
func TestTombstonesEnd(t *testing.T) {
	type step struct{ after, left int } // tombstones that are left so many seconds after the deletion
	for name, tt := range map[string]struct {
		tombstones time.Duration
		polls      []step
	}{
		"thirty days":       {0, []step{{60, 1}, {29 * day, 1}, {30*day - 1, 1}, {30 * day, 0}}},
		"read a day later":  {0, []step{{day, 1}, {30*day - 1, 1}, {30 * day, 0}}},
		"read much later":   {0, []step{{60 * day, 0}}},
		"while it is read":  {time.Millisecond, []step{{60, 1}, {899, 1}, {900, 0}}},
		"a day":             {24 * time.Hour, []step{{900, 1}, {day - 1, 1}, {day, 0}}},
		"a day, read later": {24 * time.Hour, []step{{2 * day, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &witness{total: stated, rows: []row{{id: "1", changed: 2 * hour, gone: true}, {id: "2", changed: 2 * hour}}}
			o, _, poll := s.connect(t)
			o.Tombstones, o.Reconcile.Mode = tt.tombstones, prospectnotes.ReconcileNever
			o.Overlap = 15*time.Minute - time.Millisecond // and one more is read
			for _, step := range tt.polls {
				s.now = 2*hour + step.after
				_, err := poll(o)
				require.NoError(t, err)
				state, err := o.Checkpoint.Load(t.Context())
				require.NoError(t, err)
				assert.Len(t, state.Tombs, step.left, "%d seconds after it", step.after)
				assert.Equal(t, step.after < 900, len(state.Seen) == 1, "%d seconds after it", step.after)
			}
		})
	}
}
