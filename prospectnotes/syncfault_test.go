package prospectnotes_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestOptionsThatAreRefused before anything is sent.
func TestOptionsThatAreRefused(t *testing.T) {
	s := &witness{now: hour, total: stated}
	o, _, poll := s.connect(t)
	seat := parse(t, "urn:li:seat:1")
	for name, change := range map[string]func(*prospectnotes.SyncOptions){
		"no contract":                func(o *prospectnotes.SyncOptions) { o.Contract = urn.URN{} },
		"a seat as the contract":     func(o *prospectnotes.SyncOptions) { o.Contract = seat },
		"a contract as an owner":     func(o *prospectnotes.SyncOptions) { o.Owners = []urn.URN{o.Contract} },
		"an owner twice":             func(o *prospectnotes.SyncOptions) { o.Owners = []urn.URN{seat, seat} },
		"no checkpoint":              func(o *prospectnotes.SyncOptions) { o.Checkpoint = nil },
		"no Apply":                   func(o *prospectnotes.SyncOptions) { o.Apply = nil },
		"no From":                    func(o *prospectnotes.SyncOptions) { o.From = time.Time{} },
		"a From before 1970":         func(o *prospectnotes.SyncOptions) { o.From = time.Unix(-1, 0) },
		"a window of thirteen hours": func(o *prospectnotes.SyncOptions) { o.Window = 13 * time.Hour },
		"a negative window":          func(o *prospectnotes.SyncOptions) { o.Window = -time.Hour },
		"a negative overlap":         func(o *prospectnotes.SyncOptions) { o.Overlap = -1 },
		"negative tombstones":        func(o *prospectnotes.SyncOptions) { o.Tombstones = -1 },
		"a negative depth":           func(o *prospectnotes.SyncOptions) { o.Reconcile.Depth = -1 },
		"a negative interval":        func(o *prospectnotes.SyncOptions) { o.Reconcile.Every = -1 },
		"another mode":               func(o *prospectnotes.SyncOptions) { o.Reconcile.Mode = 3 },
		"one walk":                   func(o *prospectnotes.SyncOptions) { o.Walks = 1 },
		"65 windows at once":         func(o *prospectnotes.SyncOptions) { o.Parallel = 65 },
		"a negative Parallel":        func(o *prospectnotes.SyncOptions) { o.Parallel = -1 },
		"a negative Count":           func(o *prospectnotes.SyncOptions) { o.Count = -1 },
		"a Count of 10,001":          func(o *prospectnotes.SyncOptions) { o.Count = 10_001 },
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			change(&o)
			report, err := poll(o)
			require.ErrorIs(t, err, pronet.ErrInvalid)
			assert.Zero(t, *report)
		})
	}
	assert.Empty(t, s.queries)
	o.From = second(hour)
	_, err := poll(o)
	require.ErrorIs(t, err, pronet.ErrInvalid, "a From that has not come yet by the server's clock")
}

// TestAnotherSyncsCheckpoint is refused before anything is sent.
func TestAnotherSyncsCheckpoint(t *testing.T) {
	s := &witness{now: hour, total: stated}
	o, _, poll := s.connect(t)
	o.Owners = []urn.URN{parse(t, "urn:li:seat:2"), parse(t, "urn:li:seat:1")}
	_, err := poll(o)
	require.NoError(t, err)
	sent := len(s.queries)
	for _, change := range []func(*prospectnotes.SyncOptions){
		func(o *prospectnotes.SyncOptions) { o.Contract = parse(t, "urn:li:contract:2") },
		func(o *prospectnotes.SyncOptions) { o.Owners = nil },
		func(o *prospectnotes.SyncOptions) { o.Owners = o.Owners[:1] },
	} {
		o := o
		change(&o)
		_, err := poll(o)
		require.ErrorIs(t, err, prospectnotes.ErrConflict)
		assert.ErrorContains(t, err, "urn:li:contract:1 with 2 owners")
	}
	assert.Len(t, s.queries, sent)
	o.Owners[0], o.Owners[1] = o.Owners[1], o.Owners[0]
	_, err = poll(o)
	require.NoError(t, err, "their order does not matter")
}

// TestR44FaultsKeepTheCheckpoint: each is typed, what was delivered before it stays delivered, and the next run goes on there.
func TestR44FaultsKeepTheCheckpoint(t *testing.T) {
	body := func(text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { _, _ = io.WriteString(w, text) }
	}
	status := func(status int, text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { http.Error(w, text, status) }
	}
	next := func(href string) func(http.ResponseWriter) {
		return body(`{"elements":[{"id":7,"lastModified":1}],"paging":{"links":[{"rel":"next","href":"` + href + `"}]}}`)
	}
	for name, tt := range map[string]struct {
		respond func(http.ResponseWriter)
		want    error // nil is a BadNoteError
	}{
		"HTML of status 200":     {body("<html></html>"), pronet.ErrUnexpectedResponse},
		"HTML of status 404":     {status(404, "<html></html>"), pronet.ErrUnexpectedResponse},
		"no list":                {body("{}"), pronet.ErrUnexpectedResponse},
		"a link to another host": {next("https://evil.example/v2/prospectNotes?start=2"), pronet.ErrUnexpectedResponse},
		"a link that stays":      {next("/v2/prospectNotes?start=0"), pronet.ErrSameCursor},
		"no right":               {status(403, `{"status":403,"serviceErrorCode":100}`), pronet.ErrForbidden},
		"a bad token":            {status(401, `{"status":401,"serviceErrorCode":65600}`), pronet.ErrUnauthorized},
		"a first page refused":   {status(400, `{"status":400,"message":"no"}`), pronet.ErrInvalid},
		"a note without an id":   {body(`{"elements":[{"note":"secret"}],"paging":{"total":1}}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := &witness{now: 30 * hour, total: stated, rows: []row{{id: "1", changed: hour}, {id: "2", changed: 20 * hour}, {id: "3", changed: 29 * hour}}}
			o, have, poll := s.connect(t)
			s.response = func(w http.ResponseWriter) bool {
				if len(s.queries) == 2 {
					tt.respond(w)
				}
				return len(s.queries) == 2
			}
			report, err := poll(o)
			if tt.want == nil {
				var bad *prospectnotes.BadNoteError
				require.ErrorAs(t, err, &bad)
				assert.Equal(t, "secret", bad.Note.Text)
				assert.NotContains(t, pronettest.Printed(err)+fmt.Sprintf("%v %+v %#v", *bad, *bad, *bad), "secret")
			} else {
				require.ErrorIs(t, err, tt.want)
			}
			assert.Equal(t, copyOf{"1": "1 at 3600"}, have)
			assert.Equal(t, second(12*hour), report.Until)
			state, err := o.Checkpoint.Load(t.Context())
			require.NoError(t, err)
			assert.Equal(t, second(12*hour), state.Until)
			_, err = poll(o)
			require.NoError(t, err)
			assert.Len(t, have, 3)
		})
	}
}

// TestR45TheServersDate decides what the present is.
func TestR45TheServersDate(t *testing.T) {
	date := ""
	s := &witness{now: hour, total: stated}
	s.response = func(w http.ResponseWriter) bool {
		if date != "" {
			w.Header()["Date"] = []string{date}
		}
		return false
	}
	o, _, poll := s.connect(t)
	_, err := poll(o)
	require.NoError(t, err)
	for _, date = range []string{"yesterday", second(0).Format(http.TimeFormat), second(hour + 901).Format(http.TimeFormat), "Fri, 31 Dec 9999 23:59:59 GMT"} {
		report, err := poll(o)
		require.ErrorIs(t, err, pronet.ErrUnexpectedResponse, date)
		assert.Equal(t, second(hour), report.Until)
	}
	date = second(hour - 60).Format(http.TimeFormat) // another server, whose clock is a minute behind
	report, err := poll(o)
	require.NoError(t, err)
	assert.Equal(t, second(hour), report.Until, "the checkpoint does not go back")
}

// TestR45AClockThatIsAhead by no more than the overlap hides no note that is written until it is reached; a first run is refused
// as well when it is further ahead.
func TestR45AClockThatIsAhead(t *testing.T) {
	ahead := 15*60 + 1
	s := &witness{now: hour, total: stated}
	s.response = func(w http.ResponseWriter) bool {
		w.Header().Set("Date", second(s.now+ahead).Format(http.TimeFormat))
		return false
	}
	o, have, poll := s.connect(t)
	report, err := poll(o)
	require.ErrorIs(t, err, pronet.ErrUnexpectedResponse)
	assert.Zero(t, report.Until)
	state, err := o.Checkpoint.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, state.Generation)

	ahead--
	_, err = poll(o)
	require.NoError(t, err)
	ahead = 0
	s.now += 600
	s.rows = []row{{id: "1", changed: hour}, {id: "2", changed: hour + 1}, {id: "3", changed: hour + 600}}
	_, err = poll(o)
	require.NoError(t, err)
	assert.Len(t, have, 3)
}

// taken is a checkpoint that another sync moves.
type taken struct{ memory }

func (c *taken) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	other := next
	if err := c.memory.Save(ctx, other, func(context.Context, *sql.Tx) error { return nil }); err != nil {
		return err
	}
	return c.memory.Save(ctx, next, apply)
}

// TestTwoSyncs: the one whose checkpoint was moved by the other delivers nothing.
func TestTwoSyncs(t *testing.T) {
	s := &witness{now: hour, total: stated, rows: []row{{id: "1", changed: 1}}}
	o, have, poll := s.connect(t)
	o.Checkpoint = &taken{}
	_, err := poll(o)
	require.ErrorIs(t, err, prospectnotes.ErrConflict)
	assert.Empty(t, have)
}

// TestR63TheQuotaEndsARun with what was delivered kept, and is told on the way.
func TestR63TheQuotaEndsARun(t *testing.T) {
	bubble(t, []sandbox.Option{linkedin.WithNotes(3_000), linkedin.WithDailyQuota(15), linkedin.WithTokenLife(72 * time.Hour)}, func(t *testing.T, sb *sandbox.Sandbox, o prospectnotes.SyncOptions, poll poll) {
		have := copyOf{}
		o.Apply, o.From, o.Window, o.Count, o.Parallel = have.apply, start.Add(-50*time.Hour), time.Hour, 60, 3
		report, err := poll(o)
		var limited *pronet.RateLimitError
		require.ErrorAs(t, err, &limited)
		assert.Equal(t, limited.Reset.Truncate(24*time.Hour), limited.Reset)
		assert.GreaterOrEqual(t, report.Windows, 15-2*o.Parallel, "all but those that were read ahead, behind the one that was refused")
		assert.Equal(t, o.From.Add(time.Duration(report.Windows)*time.Hour), report.Until)
		assert.True(t, len(have) == report.Notes)
		before := report.Until
		<-time.After(time.Until(limited.Reset) + time.Hour)
		report, err = poll(o)
		require.ErrorAs(t, err, &limited)
		assert.True(t, report.Until.After(before))
	})
}
