package prospectnotes_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// row is a note of the witness, with times in seconds after its beginning.
type row struct {
	id               string
	created, changed int
	gone             bool
	owner            int
}

// witness is a list of notes over net/http that shares no code with the sandbox. It filters by the last change.
type witness struct {
	mu       sync.Mutex
	rows     []row
	now      int // in seconds, as its Date says
	queries  []url.Values
	before   func(n int)                       // called before the n-th response, from 1
	total    func(all int) any                 // nil leaves it out
	links    bool                              // next links
	limit    int                               // positions that are listed, all unless set
	most     int                               // notes of a page, whatever is asked for
	end      *int                              // positions that are listed, before empty pages
	response func(w http.ResponseWriter) bool  // instead of a list, if it returns true
	change   func(note map[string]any)         // of how a note is written
	matches  func(row, url.Values, int64) bool // instead of the filter by last change
}

var zero = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// clock is that of the machine, which is right unless a test says otherwise.
func (s *witness) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return second(s.now)
}

func second(n int) time.Time { return zero.Add(time.Duration(n) * time.Second) }

func number(q url.Values, name string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(q.Get(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func (s *witness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	if r.URL.Path == "/v2/seatsV2" {
		fmt.Fprint(w, `{"elements":[{"id":1},{"id":2}],"paging":{"start":0,"count":100,"total":2,"links":[]}}`)
		return
	}
	s.queries = append(s.queries, q)
	if s.before != nil {
		s.before(len(s.queries))
	}
	w.Header().Set("Date", second(s.now).Format(http.TimeFormat))
	if s.response != nil && s.response(w) {
		return
	}
	slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Compare(a.changed, b.changed) })
	from, count := int(number(q, "start", 0)), int(number(q, "count", 10))
	if s.most > 0 {
		count = min(count, s.most)
	}
	if s.limit > 0 && from >= s.limit {
		http.Error(w, `{"status":400,"message":"no further"}`, http.StatusBadRequest)
		return
	}
	elements, all := []any{}, 0
	for _, n := range s.rows {
		at := second(n.changed).UnixMilli()
		owner := fmt.Sprint("urn:li:seat:", n.owner)
		inside := at > number(q, "cutoffDate", 0) && at <= number(q, "beforeDate", 1<<60)
		if s.matches != nil {
			inside = s.matches(n, q, at)
		}
		if !inside || len(q["owners"]) > 0 && !slices.Contains(q["owners"], owner) {
			continue
		}
		if all++; all > from && all <= from+count && (s.end == nil || all <= *s.end) {
			note := map[string]any{
				"id": n.id, "active": !n.gone, "created": second(n.created).UnixMilli(), "lastModified": at, "owner": owner,
				"note": fmt.Sprint(n.id, " at ", n.changed),
			}
			if s.change != nil {
				s.change(note)
			}
			elements = append(elements, note)
		}
	}
	paging := map[string]any{"start": from, "count": count, "links": []any{}}
	if s.total != nil {
		paging["total"] = s.total(all)
	}
	if s.links && all > from+count {
		q.Set("start", fmt.Sprint(from+count))
		paging["links"] = []any{map[string]any{"rel": "next", "href": "/v2/prospectNotes?" + q.Encode()}}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"elements": elements, "paging": paging})
}

func stated(all int) any { return all }

// connect returns the options of a sync of the witness, whose copy is in the second result, and the sync itself.
func (s *witness) connect(t *testing.T, more ...pronet.LinkedInOption) (prospectnotes.SyncOptions, copyOf, poll) {
	t.Helper()
	client := sandboxtest.ConnectLinkedIn(t, s, more...)
	have := copyOf{}
	o := prospectnotes.SyncOptions{Contract: parse(t, "urn:li:contract:1"), Checkpoint: &memory{}, From: zero, Apply: have.apply, Count: 2, Now: s.clock}
	return o, have, func(o prospectnotes.SyncOptions) (*prospectnotes.Report, error) {
		return client.ProspectNotes.Sync(t.Context(), o)
	}
}

// edit changes a note.
func (s *witness) edit(id string, at int) {
	for i, n := range s.rows {
		if n.id == id {
			s.rows[i].changed = at
		}
	}
}

// TestR44ANoteThatLeavesHidesNone: while a window is walked its first note is changed, so that the third one comes to the
// page that was read, and a late one comes in, so that the total stays.
func TestR44ANoteThatLeavesHidesNone(t *testing.T) {
	for _, links := range []bool{true, false} {
		s := &witness{now: 3600, links: links, total: stated, rows: []row{{id: "1", changed: 10}, {id: "2", changed: 20}, {id: "3", changed: 30}, {id: "4", changed: 40}}}
		s.before = func(n int) {
			if n == 3 { // the first response said no more than when it is now
				s.edit("1", 3700)
				s.rows = append(s.rows, row{id: "late", created: 50, changed: 50})
			}
		}
		o, have, poll := s.connect(t)
		report, err := poll(o)
		require.NoError(t, err)
		assert.Equal(t, copyOf{"2": "2 at 20", "3": "3 at 30", "4": "4 at 40", "late": "late at 50"}, have, "links %t", links)
		assert.Equal(t, 3, report.Walks, "one that missed the third note, and two that are equal")
		s.now = 3800 // it is found where it went
		_, err = poll(o)
		require.NoError(t, err)
		assert.Equal(t, "1 at 3700", have["1"])
	}
}

// TestCallsOfAWindow: one response is enough when it holds all, and else two walks are.
func TestCallsOfAWindow(t *testing.T) {
	zeroTotal := func(int) any { return 0 }
	for name, tt := range map[string]struct {
		rows  int
		total func(int) any
		links bool
		calls int
	}{
		"none":                         {0, stated, false, 1},
		"none, total absent":           {0, nil, false, 1},
		"one page":                     {2, stated, true, 1},
		"one page, total absent":       {2, nil, true, 4},
		"one page, total zero":         {1, zeroTotal, true, 4},
		"two pages":                    {4, stated, true, 1 + 4},
		"two pages, no links":          {4, stated, false, 1 + 6}, // the total proves nothing, so that the walk ends at an empty page
		"two pages, total absent":      {3, nil, true, 1 + 4},
		"two pages, total and no link": {3, zeroTotal, false, 1 + 6},
		"a total that is too low":      {4, func(int) any { return 2 }, true, 1 + 4},
		"a total that is too high":     {4, func(all int) any { return all + 1 }, true, 1 + 6},
	} {
		t.Run(name, func(t *testing.T) {
			s := &witness{now: 3600, total: tt.total, links: tt.links}
			for i := range tt.rows {
				s.rows = append(s.rows, row{id: fmt.Sprint(i), changed: 10 + i})
			}
			o, have, poll := s.connect(t)
			report, err := poll(o)
			require.NoError(t, err)
			assert.Len(t, have, tt.rows)
			if tt.rows > 0 && tt.calls == 4 { // the first page was asked for until later than now
				tt.calls++
			}
			assert.Equal(t, tt.calls, report.Calls)
			assert.Len(t, s.queries, report.Calls)
		})
	}
}

// TestR44WindowsTile and the last one ends at the server's present, whatever our clock says.
func TestR44WindowsTile(t *testing.T) {
	s := &witness{now: 50*3600 + 7, total: stated}
	o, _, poll := s.connect(t)
	o.From = zero.Add(1500 * time.Microsecond)
	var progress []prospectnotes.Progress
	o.Progress = func(p prospectnotes.Progress) { progress = append(progress, p) }
	report, err := poll(o)
	require.NoError(t, err)
	at := zero.Add(time.Millisecond).UnixMilli()
	for _, q := range s.queries {
		assert.Equal(t, at, number(q, "cutoffDate", 0))
		at = min(at+(12*time.Hour).Milliseconds(), second(s.now).UnixMilli())
		assert.Equal(t, at, number(q, "beforeDate", 0))
	}
	assert.Equal(t, second(s.now), report.Until)
	require.Len(t, progress, 5)
	for i, p := range progress {
		assert.Equal(t, []int{i + 1, 5, 0}, []int{p.Done, p.Windows, p.Notes})
		assert.InDelta(t, float64(second(s.now).Sub(p.Until)), float64(p.Lag), float64(time.Minute))
		assert.InDelta(t, 100_000-p.Calls, p.QuotaLeft, 2, "but for those under way")
	}
	assert.Equal(t, 5, progress[4].Calls)
}

// TestAWindowThatIsNeverAtRest is an error, and nothing of it is delivered.
func TestAWindowThatIsNeverAtRest(t *testing.T) {
	for walks, want := range map[int]int{0: 10, 3: 3} {
		s := &witness{now: 3600, total: stated, links: true, rows: []row{{id: "1", changed: 10}, {id: "2", changed: 20}, {id: "3", changed: 30}}}
		s.before = func(n int) { s.edit("2", 20+n) }
		o, have, poll := s.connect(t)
		o.Walks = walks
		report, err := poll(o)
		var unstable *prospectnotes.UnstableError
		require.ErrorAs(t, err, &unstable)
		assert.Equal(t, prospectnotes.UnstableError{Window: prospectnotes.Window{Cutoff: zero, Before: second(3600)}, Walks: want}, *unstable)
		assert.Equal(t, want, report.Walks)
		assert.Empty(t, have)
		assert.Zero(t, report.Until)
		s.before = nil
		_, err = poll(o)
		require.NoError(t, err)
		assert.Len(t, have, 3)
	}
}

// TestR46ACrowdIsReadInParts of time, and what is of one millisecond by owner.
func TestR46ACrowdIsReadInParts(t *testing.T) {
	// The seat of the first one's owner is not listed any more.
	s := &witness{now: 80_000, limit: 6, links: true, rows: []row{{id: "e", changed: 1000, owner: 3}}}
	for i := range 5 { // eleven of one millisecond, of three owners, and others around
		s.rows = append(s.rows, row{id: fmt.Sprint("a", i), changed: 500 + 100*i, owner: 1},
			row{id: fmt.Sprint("b", i), changed: 1000, owner: 1}, row{id: fmt.Sprint("c", i), changed: 1000, owner: 2},
			row{id: fmt.Sprint("d", i), changed: 60_000 + i, owner: 2})
	}
	o, have, poll := s.connect(t)
	report, err := poll(o)
	require.NoError(t, err)
	assert.Len(t, have, 21)
	assert.Equal(t, 2, report.Windows)
	assert.Positive(t, report.Splits)
	assert.Less(t, report.Calls, 100)

	for i := range 7 {
		s.rows = append(s.rows, row{id: fmt.Sprint("f", i), changed: 90_000, owner: 2})
	}
	s.now = 100_000
	_, err = poll(o)
	var flood *prospectnotes.FloodError
	require.ErrorAs(t, err, &flood)
	assert.Equal(t, prospectnotes.Flood{At: second(90_000), Owner: parse(t, "urn:li:seat:2"), Listed: 6}, flood.Flood)
	require.ErrorIs(t, err, pronet.ErrInvalid, "the cause is LinkedIn's refusal")
	assert.Len(t, have, 21)
	_, err = poll(o)
	require.ErrorAs(t, err, &flood, "it waits")

	o.OnFlood = func(f prospectnotes.Flood) bool { return f.At.Equal(second(90_000)) }
	report, err = poll(o)
	require.NoError(t, err)
	assert.Equal(t, []prospectnotes.Flood{flood.Flood}, report.Floods)
	assert.Len(t, have, 27)
	assert.Equal(t, second(100_000), report.Until)
}

// TestPagesAreSmallerThanAsked: the response says how many notes a page has.
func TestPagesAreSmallerThanAsked(t *testing.T) {
	for _, links := range []bool{true, false} {
		s := &witness{now: 3600, total: stated, links: links, most: 3}
		for i := range 20 {
			s.rows = append(s.rows, row{id: fmt.Sprint(i), changed: 10 + i})
		}
		o, have, poll := s.connect(t)
		o.Count = 10
		_, err := poll(o)
		require.NoError(t, err)
		assert.Len(t, have, 20, "links %t", links)
	}
}

// TestR46MoreNotesThanAreListed of one second are found all, at the cost of some walks.
func TestR46MoreNotesThanAreListed(t *testing.T) {
	listed := pronettest.Times(1_000, 10_000)
	bubble(t, []sandbox.Option{linkedin.WithPageLimit(listed), linkedin.WithTokenLife(24 * time.Hour)}, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
		for i := range listed + 1 {
			sb.LinkedIn.WriteNote(linkedin.Note{Created: start.Add(-time.Hour + time.Duration(i%1000)*time.Millisecond)})
		}
		have := copyOf{}
		o.Apply, o.Count = have.apply, listed/10
		report, err := poll(o)
		require.NoError(t, err)
		assert.Len(t, have, listed+1)
		assert.Equal(t, 1, report.Splits)
		assert.Less(t, report.Calls, 40)
	})
}

// TestCrowdsInSeveralWindows ask for the seats once, and none waits for another's request in a way that keeps time from
// passing in a synctest bubble.
func TestCrowdsInSeveralWindows(t *testing.T) {
	options := []sandbox.Option{linkedin.WithPageLimit(20), linkedin.WithTokenLife(24 * time.Hour)}
	bubble(t, options, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
		for _, hours := range []int{1, 13, 14, 20} {
			for _, seat := range sb.LinkedIn.App().Seats {
				sb.LinkedIn.WriteNotes(12, linkedin.Note{Owner: seat, Created: start.Add(time.Duration(-hours) * time.Hour)})
			}
		}
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Path: "/v2/seatsV2", Delay: time.Second, Times: 1})
		have := copyOf{}
		o.Apply, o.Parallel, o.Count, o.Window = have.apply, 4, 6, time.Hour
		report, err := poll(o)
		require.NoError(t, err)
		assert.Len(t, have, 4*3*12)
		assert.Equal(t, 24, report.Windows)
	})
}

// TestAListThatIsShort of its total is told, and nothing else is made of it: a total may count what is not shown.
func TestAListThatIsShort(t *testing.T) {
	for name, tt := range map[string]struct {
		total func(int) any
		most  int // positions that are listed, then empty pages of status 200
		short int
	}{
		"as the total says":         {stated, 0, 0},
		"one more":                  {func(all int) any { return all + 1 }, 0, 1},
		"an end without a word":     {stated, 4, 1},
		"an end and no total":       {nil, 4, 0},
		"nothing though total is 9": {func(int) any { return 9 }, -1, 1},
		"a total that is too low":   {func(int) any { return 3 }, 0, 0},
		"a total that says zero":    {func(int) any { return 0 }, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &witness{now: hour, total: tt.total}
			for i := range 9 {
				s.rows = append(s.rows, row{id: fmt.Sprint(i), changed: 10 + i})
			}
			listed := len(s.rows)
			if tt.most != 0 {
				listed = max(0, tt.most)
				s.end = &listed
			}
			o, have, poll := s.connect(t)
			report, err := poll(o)
			require.NoError(t, err)
			assert.Len(t, have, listed)
			assert.Equal(t, []int{tt.short, 1}, []int{report.Short, report.Windows})
			assert.Equal(t, second(hour), report.Until)
		})
	}
}
