package bulkcollect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestCompactionKeepsThePartsOfGroups: what is forgotten would be paid again.
func TestCompactionKeepsThePartsOfGroups(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	dir := t.TempDir()
	o := bulkcollect.GroupOptions{PartSize: 10, Wait: quick}
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), o)
	require.NoError(t, err)
	require.NoError(t, g.Run(t.Context()))
	require.NoError(t, g.Close())
	// Five weeks later the file has 10,000 lines that are superseded.
	path := filepath.Join(dir, "ledger.jsonl")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		var e bulkcollect.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		if e.Request == "" {
			out.WriteString(line)
			continue
		}
		e.At = e.At.Add(-31 * 24 * time.Hour)
		b, err := json.Marshal(e)
		require.NoError(t, err)
		out.Write(append(b, '\n'))
	}
	for n := range int64(10_001) {
		b, err := json.Marshal(entry("other", n+1, bulkcollect.Refused))
		require.NoError(t, err)
		out.Write(append(b, '\n'))
	}
	require.NoError(t, os.WriteFile(path, []byte(out.String()), 0o600))
	g, err = client.BulkCollect.Base.ResumeGroup(t.Context(), dir, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, g.Close()) }()
	s := g.Status()
	assert.True(t, s.Finished(), s.String())
	require.NoError(t, g.Run(t.Context()))
	assert.Equal(t, 2, sb.Coresignal.JobsCreated())
}

// TestGroupNeedsTheLedgerThatItWasMadeWith: with another one, everything would be paid again.
func TestGroupNeedsTheLedgerThatItWasMadeWith(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	dir := t.TempDir()
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{PartSize: 10, Wait: quick, Ledger: openLedger(t)})
	require.NoError(t, err)
	require.NoError(t, g.Run(t.Context()))
	require.NoError(t, g.Close())
	g, err = client.BulkCollect.Base.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{Wait: quick})
	require.ErrorIs(t, err, api.ErrConflict)
	assert.Nil(t, g)
	assert.Equal(t, 2, sb.Coresignal.JobsCreated())
}

// TestGroupWhoseLedgerIsGone is refused: nobody knows what was paid.
func TestGroupWhoseLedgerIsGone(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, dir string){
		"emptied":       func(t *testing.T, dir string) { require.NoError(t, os.Truncate(filepath.Join(dir, "ledger.jsonl"), 0)) },
		"removed":       func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "ledger.jsonl"))) },
		"no group.json": func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "group.json"))) },
		"only the ledger": func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "group.json")))
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "parts")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
			dir, ids := t.TempDir(), employee.IDs(sb.Coresignal.PersonIDs()...)
			g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{PartSize: 10, Wait: quick})
			require.NoError(t, err)
			require.NoError(t, g.Run(t.Context()))
			require.NoError(t, g.Close())
			lose(t, dir)
			_, err = client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{Wait: quick})
			require.ErrorIs(t, err, api.ErrConflict)
		})
	}
}

// TestGroupWithAnotherAccountsKey: its 404 must not look like a job that found nobody.
func TestGroupWithAnotherAccountsKey(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	dir := t.TempDir()
	o := bulkcollect.GroupOptions{PartSize: 10, Wait: quick}
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), o)
	require.NoError(t, err)
	sb.Fail(sandbox.Fault{Method: "GET", Status: 401})
	require.Error(t, g.Run(t.Context()))
	require.NoError(t, g.Close())
	sb.ClearFaults()
	_, other := start(t, coresignal.WithPeople(20))
	g, err = other.BulkCollect.Base.ResumeGroup(t.Context(), dir, o)
	require.NoError(t, err)
	err = g.Run(t.Context())
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.Contains(t, err.Error(), "another account's key")
	require.NoError(t, g.AcceptNobody(t.Context(), 1))
	require.ErrorIs(t, g.AcceptNobody(t.Context(), 1), api.ErrConflict)
	require.NoError(t, g.Close())
	g, err = client.BulkCollect.Base.ResumeGroup(t.Context(), dir, o)
	require.NoError(t, err)
	require.NoError(t, g.Run(t.Context()), "with the right key the other part is there")
	got, err := recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Len(t, got, 10)
	require.NoError(t, g.Close())
}

// TestGroupWithAGatewaysAnswer: what the provider did not say itself is not believed.
func TestGroupWithAGatewaysAnswer(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"HTML":          {404, "<html>404 page not found</html>"},
		"the gateway's": {404, `{"message":"no Route matched with those values","request_id":"x"}`},
		"nothing":       {404, ""},
		"no files":      {200, `{"data_request_files":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, accepted) })
			mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
			})
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			client := connect(t, pronet.WithCoresignal("key", pronet.BaseURL(server.URL), pronet.RateLimit("", 10_000, time.Second)))
			g := openParts(t, client.BulkCollect.Base, []int64{1, 2, 3}, bulkcollect.GroupOptions{})
			require.Error(t, g.Run(t.Context()))
			status := g.Status()
			assert.Equal(t, 1, status.Count(bulkcollect.PartRunning), status.String())
		})
	}
}

// down is a ledger that fails entirely from the n-th Put on.
type down struct {
	bulkcollect.Ledger
	puts, from atomic.Int32
}

func (d *down) Put(ctx context.Context, e bulkcollect.Entry) error {
	if d.puts.Add(1) >= d.from.Load() {
		return errDisk
	}
	return d.Ledger.Put(ctx, e)
}

func (d *down) Get(ctx context.Context, r string) (bulkcollect.Entry, error) {
	if d.puts.Load() >= d.from.Load() {
		return bulkcollect.Entry{}, errDisk
	}
	return d.Ledger.Get(ctx, r)
}

// TestTheIDOfAPaidJobIsAlwaysTold: also when the ledger can be neither written nor read.
func TestTheIDOfAPaidJobIsAlwaysTold(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	l := &down{Ledger: openLedger(t)}
	l.from.Store(3) // after the group and the intent
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Ledger: l})
	err := g.Run(t.Context())
	require.Error(t, err)
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
	u, ok := errors.AsType[*bulkcollect.UnrecordedJobError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, sb.Coresignal.JobIDs()[0], u.JobID)
}

// stale is a ledger whose reads lag.
type stale struct {
	bulkcollect.Ledger
	late atomic.Bool
}

func (s *stale) Get(ctx context.Context, request string) (bulkcollect.Entry, error) {
	if s.late.Load() {
		return bulkcollect.Entry{}, nil
	}
	return s.Ledger.Get(ctx, request)
}

func TestGroupWithALedgerThatLags(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	ledger := &stale{Ledger: openLedger(t)}
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Ledger: ledger})
	ledger.late.Store(true)
	require.Error(t, g.Run(t.Context()))
	ledger.late.Store(false)
	_ = g.Run(t.Context())
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
}

func TestGroupIsClosed(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), t.TempDir(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{Wait: quick, Ledger: openLedger(t)})
	require.NoError(t, err)
	require.NoError(t, g.Close())
	require.NoError(t, g.Close())
	require.ErrorIs(t, g.Run(t.Context()), os.ErrClosed)
	require.ErrorIs(t, g.PayAgain(t.Context(), 1), os.ErrClosed)
}

// TestAClockThatJumpsPaysNothing: a job that seems too old is still the one that was paid.
func TestAClockThatJumpsPaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
		ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
		_, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
		require.NoError(t, err)
		time.Sleep(31 * 24 * time.Hour)
		_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
		require.NoError(t, err)
		assert.Equal(t, 1, sb.Coresignal.JobsCreated())
	})
}

// TestAConflictDoesNotAttachToAnOldJob: that job is not the one in progress.
func TestAConflictDoesNotAttachToAnOldJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(100))
		ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
		monday, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger, Request: "monday"})
		require.NoError(t, err)
		sb.Advance(7 * 24 * time.Hour)
		time.Sleep(7 * 24 * time.Hour)
		theirs, err := connect(t, sb.Options()...).BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
		require.NoError(t, err)
		require.NotEqual(t, monday.ID, theirs.ID)
		budget := employee.NewBudget(30)
		o := bulkcollect.Options{Ledger: ledger, Request: "next monday", Budget: budget}
		_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.EqualValues(t, 30, budget.Left(), "a conflict makes no job")
		require.NoError(t, bulkcollect.PayAgain(t.Context(), ledger, "next monday"))
		o.JobID = theirs.ID
		job, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
		require.NoError(t, err)
		assert.Equal(t, theirs.ID, job.ID)
		e, err := ledger.Get(t.Context(), "next monday")
		require.NoError(t, err)
		assert.True(t, e.Resolved, "the caller named it")
	})
}

// TestRecordsDuringARunAreNotTakenForAll: the walk has the parts of its beginning.
func TestRecordsDuringARunAreNotTakenForAll(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(40), coresignal.WithCredits(1_000), coresignal.WithJobPolls(0))
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 1})
	sb.Fail(sandbox.Fault{Method: "POST", Status: 402, After: 2})
	require.Error(t, g.Run(t.Context()))
	sb.ClearFaults()
	n, ran := 0, false
	var last error
	for _, err := range g.Records(t.Context(), bulkcollect.RecordsOptions{}) {
		if !ran {
			ran = true
			done := make(chan error)
			go func() { done <- g.Run(t.Context()) }()
			require.NoError(t, <-done)
		}
		if err != nil {
			last = err
			break
		}
		n++
	}
	assert.Equal(t, 20, n)
	require.ErrorIs(t, last, api.ErrNotReady)
}

// TestGroupFollowsNoLinks out of its directory, and waits for no pipe.
func TestGroupFollowsNoLinks(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	ids := employee.IDs(sb.Coresignal.PersonIDs()...)
	open := func(dir string) (*baseGroup, error) {
		return client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{Wait: quick})
	}
	dir, outside := t.TempDir(), t.TempDir()
	g, err := open(dir)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "parts")))
	require.ErrorIs(t, g.Run(t.Context()), api.ErrInvalid)
	require.NoError(t, g.Close())
	_, err = open(dir)
	require.ErrorIs(t, err, api.ErrInvalid)
	entries, err := os.ReadDir(outside)
	require.NoError(t, err)
	assert.Empty(t, entries)

	for _, name := range []string{"group.json", "ids-*.txt", "ledger.jsonl"} {
		dir := t.TempDir()
		g, err := open(dir)
		require.NoError(t, err)
		require.NoError(t, g.Close())
		found, err := filepath.Glob(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Len(t, found, 1)
		target := filepath.Join(t.TempDir(), "target")
		require.NoError(t, os.Rename(found[0], target))
		require.NoError(t, os.Symlink(target, found[0]))
		_, err = open(dir)
		require.Error(t, err, name)
	}
}

// TestAFileThatIsNoLedgerIsLeftAlone: it may be a user's notes.
func TestAFileThatIsNoLedgerIsLeftAlone(t *testing.T) {
	for _, text := range []string{"my only notes", "my only notes\n", `{"a":1}`} {
		path := filepath.Join(t.TempDir(), "notes.txt")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := bulkcollect.OpenLedger(path)
		require.ErrorIs(t, err, api.ErrInvalid)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(kept))
	}
}

// TestGroupLeavesOtherFilesAlone: the caller's list may be in the same folder, which is said.
func TestGroupLeavesOtherFilesAlone(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(2))
	dir := t.TempDir()
	path := filepath.Join(dir, "ids.txt")
	require.NoError(t, os.WriteFile(path, []byte("7\r\n5\r\n7\r\n"), 0o600))
	var log bytes.Buffer
	o := bulkcollect.GroupOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(1, 2), o)
	require.NoError(t, err)
	require.NoError(t, g.Close())
	assert.Contains(t, log.String(), "level=WARN msg=\"bulkcollect: the group's directory has other files; one of its own is easier to remove\" others=1")
	log.Reset()
	g, err = client.BulkCollect.Base.OpenGroup(t.Context(), filepath.Join(dir, "own"), employee.IDs(1, 2), o)
	require.NoError(t, err)
	require.NoError(t, g.Close())
	assert.Empty(t, log.String())
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "7\r\n5\r\n7\r\n", string(kept))
}

// TestGroupThatIsFinishedIsNoError: although the context has ended.
func TestGroupThatIsFinishedIsNoError(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	ctx, cancel := context.WithCancelCause(t.Context())
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{OnProgress: func(p bulkcollect.GroupProgress) {
		if p.Done == p.Parts {
			cancel(errors.New("why"))
		}
	}})
	require.NoError(t, g.Run(ctx))
}

// TestGroupRequestsNothingAfterAnInterrupt: what waits for its turn is not under way.
func TestGroupRequestsNothingAfterAnInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, err := sandbox.New(coresignal.WithPeople(60), coresignal.WithCredits(1_000), coresignal.WithJobPolls(0), coresignal.WithRateLimit(0))
		require.NoError(t, err)
		require.NoError(t, sb.StartInMemory())
		t.Cleanup(sb.Close)
		client := connect(t, append(sb.Options(), pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.BaseURL(sb.Coresignal.URL()), pronet.RateLimit("", 1, time.Minute)))...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 4})
		require.ErrorIs(t, g.Run(ctx), context.DeadlineExceeded)
		assert.Equal(t, 1, sb.RequestsTo("POST", ""))
	})
}

// TestGroupGoesOnWithWhatIsPaid although no further job can be requested.
func TestGroupGoesOnWithWhatIsPaid(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 1})
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropBeforeAct, Times: 1})
	require.ErrorIs(t, g.Run(t.Context()), api.ErrMaybeApplied)
	sb.Fail(sandbox.Fault{Method: "GET", Status: 401})
	require.ErrorIs(t, g.Run(t.Context()), api.ErrUnauthorized)
	require.NoError(t, g.PayAgain(t.Context(), 1))
	sb.ClearFaults()
	sb.Fail(sandbox.Fault{Method: "POST", Status: 402})
	require.ErrorIs(t, g.Run(t.Context()), api.ErrNoCredits)
	status := g.Status()
	assert.Equal(t, bulkcollect.PartNotStarted, status.Parts[0].State)
	assert.Equal(t, bulkcollect.PartDone, status.Parts[1].State)
}

// TestGroupPanicsOnItsCallersGoroutine, where it can be recovered, and can be run again.
func TestGroupPanicsOnItsCallersGoroutine(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(40), coresignal.WithCredits(1_000), coresignal.WithJobPolls(0))
	panics := true
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{OnProgress: func(p bulkcollect.GroupProgress) {
		if panics && p.Done == 1 {
			panic("a bug in a progress bar")
		}
	}})
	func() {
		defer func() { assert.ErrorContains(t, recover().(error), "a bug in a progress bar") }()
		_ = g.Run(t.Context())
	}()
	panics = false
	require.NoError(t, g.Run(t.Context()))
	assert.Equal(t, 400, sb.Coresignal.CreditsSpent())
}

// TestGroupWaitsForARequestUnderWay when its context ends: cut off, it would be in doubt.
func TestGroupWaitsForARequestUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
		sb.Fail(sandbox.Fault{Method: "POST", Delay: 5 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{})
		require.ErrorIs(t, g.Run(ctx), context.DeadlineExceeded)
		status := g.Status()
		assert.Equal(t, 1, status.Count(bulkcollect.PartRunning), status.String())
		require.NoError(t, g.Run(t.Context()))
		assert.Equal(t, 1, sb.Coresignal.JobsCreated())
	})
}

// TestGroupErrorNamesEveryUnrecordedJob: their ids are nowhere else.
func TestGroupErrorNamesEveryUnrecordedJob(t *testing.T) {
	e := &bulkcollect.GroupError{}
	for n := range 4 {
		e.Errs = append(e.Errs, &bulkcollect.PartError{Part: n + 1, Err: &bulkcollect.UnrecordedJobError{JobID: fmt.Sprint("job-", n), Request: "r", Err: errDisk}})
	}
	assert.Contains(t, e.Error(), "job-3")
}

// TestPayAgainSaidTwicePaysOnce: a good job is not given up.
func TestPayAgainSaidTwicePaysOnce(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{})
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropBeforeAct, Times: 1})
	require.ErrorIs(t, g.Run(t.Context()), api.ErrMaybeApplied)
	sb.ClearFaults()
	sb.Fail(sandbox.Fault{Method: "GET", Status: 401})
	require.NoError(t, g.PayAgain(t.Context(), 1))
	require.ErrorIs(t, g.Run(t.Context()), api.ErrUnauthorized)
	sb.ClearFaults()
	sb.Advance(time.Hour)
	require.ErrorIs(t, g.PayAgain(t.Context(), 1), api.ErrConflict, "the same decision once more")
	require.NoError(t, g.Run(t.Context()))
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
}

func TestLedgerEntriesAreBounded(t *testing.T) {
	for name, change := range map[string]func(e *bulkcollect.Entry){
		"operation":   func(e *bulkcollect.Entry) { e.Operation = strings.Repeat("x", 7<<20) },
		"fingerprint": func(e *bulkcollect.Entry) { e.Fingerprint = strings.Repeat("00", 100_000) },
		"credits":     func(e *bulkcollect.Entry) { e.Credits = -5 },
		"not UTF-8":   func(e *bulkcollect.Entry) { e.Request = "\xff" },
		"reason":      func(e *bulkcollect.Entry) { e.Reason = strings.Repeat("x", 501) },
	} {
		e := entry("a", 1, bulkcollect.Sending)
		change(&e)
		require.ErrorIs(t, openLedger(t).Put(t.Context(), e), api.ErrInvalid, name)
	}
}

// TestGroupFetchesWhatHasDisappeared from the disk again, without paying.
func TestGroupFetchesWhatHasDisappeared(t *testing.T) {
	for name, lose := range map[string]func(folder string) error{
		"a folder":   os.RemoveAll,
		"a manifest": func(folder string) error { return os.Remove(filepath.Join(folder, "manifest.jsonl")) },
		"files":      func(folder string) error { return os.RemoveAll(filepath.Join(folder, "files")) },
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
			dir := t.TempDir()
			g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{PartSize: 10, Wait: quick})
			require.NoError(t, err)
			defer func() { require.NoError(t, g.Close()) }()
			require.NoError(t, g.Run(t.Context()))
			folders, err := filepath.Glob(filepath.Join(dir, "parts", "*"))
			require.NoError(t, err)
			require.Len(t, folders, 2)
			require.NoError(t, lose(folders[1]))
			_, err = recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
			require.Error(t, err)
			require.NoError(t, g.Run(t.Context()))
			got, err := recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
			require.NoError(t, err)
			assert.Equal(t, sorted(sb.Coresignal.PersonIDs()), sorted(got))
			assert.Equal(t, 2, sb.Coresignal.JobsCreated())
		})
	}
}

// TestGroupBelievesNoLate404: the clocks of the two sides differ.
func TestGroupBelievesNoLate404(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
		g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{})
		sb.Fail(sandbox.Fault{Method: "GET", Status: 401})
		require.Error(t, g.Run(t.Context()))
		sb.ClearFaults()
		time.Sleep(30*24*time.Hour - time.Hour)
		sb.Advance(30*24*time.Hour + time.Hour) // the provider's clock is two hours ahead
		require.ErrorIs(t, g.Run(t.Context()), api.ErrNotFound)
	})
}

// hanging is a ledger whose writes hang from the n-th on, until their context ends.
type hanging struct {
	bulkcollect.Ledger
	free chan struct{}
}

func (h hanging) Put(ctx context.Context, e bulkcollect.Entry) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-h.free:
		return errDisk
	}
}

// TestALedgerThatHangsIsLeft: nothing was sent yet.
func TestALedgerThatHangsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3))
		free := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() {
			_, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{Ledger: hanging{openLedger(t), free}})
			done <- err
		}()
		time.Sleep(24 * time.Hour)
		select {
		case err := <-done:
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Zero(t, sb.Requests())
		default:
			t.Error("a day after its context ended the call still hangs, before anything was sent")
			close(free)
			<-done
		}
	})
}

// TestGroupDoesNotReadTheFilesOfAnotherPart: whoever has put them there.
func TestGroupDoesNotReadTheFilesOfAnotherPart(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	dir := t.TempDir()
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{Wait: quick, PartSize: 10})
	require.NoError(t, err)
	defer func() { require.NoError(t, g.Close()) }()
	require.NoError(t, g.Run(t.Context()))
	folders, err := filepath.Glob(filepath.Join(dir, "parts", "*"))
	require.NoError(t, err)
	require.Len(t, folders, 2)
	require.NoError(t, os.RemoveAll(folders[1]))
	require.NoError(t, os.CopyFS(folders[1], os.DirFS(folders[0])))
	_, err = recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.ErrorIs(t, err, bulkcollect.ErrDirOfOtherJob)
}

// TestTextsOfGroupsAndLedgers tell what happened, and no paths.
func TestTextsOfGroupsAndLedgers(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Budget: employee.NewBudget(10), Running: 1})
	assert.ErrorContains(t, g.Run(t.Context()), "part 1: employee: 100 credits are needed and 10 are left")
	ledger := openLedger(t)
	g = openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Ledger: ledger, Running: 1})
	require.NoError(t, ledger.Close())
	assert.ErrorContains(t, g.Run(t.Context()), "the ledger could not be read")
	for _, err := range []error{
		func() error { _, err := bulkcollect.OpenLedger("/nowhere/secret/ledger.jsonl"); return err }(),
		func() error {
			_, err := client.BulkCollect.Base.ResumeGroup(t.Context(), "/nowhere/secret", bulkcollect.GroupOptions{})
			return err
		}(),
	} {
		require.ErrorIs(t, err, os.ErrNotExist)
		assert.NotContains(t, err.Error(), "secret")
		assert.Contains(t, err.Error(), "no such file")
	}
}

// TestR57NoJobIsRequestedAfterTheEnd: a group whose context ends while the provider asks to wait requests nothing more. The
// provider is a raw server that counts what it accepted, and when.
func TestR57NoJobIsRequestedAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var requests, accepted atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPost:
			w.WriteHeader(http.StatusAccepted)
		case requests.Add(1) == 1:
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			time.AfterFunc(100*time.Millisecond, cancel)
		default:
			accepted.Add(1)
			_, _ = io.WriteString(w, `{"request_id":"j1"}`)
		}
	}))
	defer server.Close()
	client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(server.URL)))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), filepath.Join(t.TempDir(), "group"), employee.IDs(1, 2, 3), bulkcollect.GroupOptions{})
	require.NoError(t, err)
	began := time.Now()
	require.ErrorIs(t, g.Run(ctx), context.Canceled)
	assert.Less(t, time.Since(began), 20*time.Second, "nor is it waited for")
	require.NoError(t, g.Close())
	assert.EqualValues(t, 1, requests.Load())
	assert.Zero(t, accepted.Load())
}
