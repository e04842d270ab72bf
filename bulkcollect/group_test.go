package bulkcollect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

type baseGroup = bulkcollect.Group[employee.BaseRecord]

// quick asks at once, since the sandbox needs no minutes.
var quick = bulkcollect.WaitOptions{FirstPoll: time.Millisecond, MaxPoll: time.Millisecond}

// recordIDs walks records and returns their employees.
func recordIDs(t testing.TB, records iter.Seq2[*employee.BaseRecord, error]) (ids []int64, err error) {
	t.Helper()
	for record, err := range records {
		if err != nil {
			return ids, err
		}
		ids = append(ids, record.EmployeeID())
	}
	return ids, nil
}

func sorted(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func TestGroup(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(95), coresignal.WithCredits(10_000), coresignal.WithPartSize(4))
	people := sb.Coresignal.PersonIDs()
	slices.Reverse(people)
	unknown := []int64{999_999_999_001, 999_999_999_002}
	list := slices.Concat(people, unknown, people[:7])
	dir := filepath.Join(t.TempDir(), "exports", "first")
	budget := employee.NewBudget(1_000)
	var last bulkcollect.GroupProgress
	o := bulkcollect.GroupOptions{PartSize: 10, Wait: quick, Budget: budget, OnProgress: func(p bulkcollect.GroupProgress) {
		assert.LessOrEqual(t, p.Running, 4)
		assert.Equal(t, p.Parts, p.Done+p.Running+p.InDoubt+p.NotStarted)
		last = p
	}}
	group, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(list...), o)
	require.NoError(t, err)
	status := group.Status()
	assert.EqualValues(t, 97, status.IDs)
	assert.EqualValues(t, 7, status.Duplicates)
	require.Len(t, status.Parts, 10)
	assert.Equal(t, 7, status.Parts[9].IDs)
	assert.Equal(t, 10, status.Count(bulkcollect.PartNotStarted))
	assert.Zero(t, sb.Requests(), "nothing is requested before Run")

	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 10, sb.Coresignal.JobsCreated())
	assert.Equal(t, 950, sb.Coresignal.CreditsSpent())
	assert.EqualValues(t, 30, budget.Left(), "970 were reserved")
	assert.Equal(t, 10, last.Done)
	assert.EqualValues(t, 97, last.DoneIDs)
	assert.EqualValues(t, 970, last.Credits)
	assert.Equal(t, last.TotalFiles, last.Files)
	assert.Equal(t, last.TotalBytes, last.Bytes)
	assert.Positive(t, last.Bytes)

	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Equal(t, sorted(people), sorted(got))
	for i := range 9 { // the order of the parts is that of the list
		assert.ElementsMatch(t, people[i*10:min(len(people), i*10+10)], got[i*10:min(len(got), i*10+10)])
	}

	before := sb.Requests()
	require.NoError(t, group.Run(t.Context()))
	require.NoError(t, group.Close())
	again, err := connect(t, sb.Options()...).BulkCollect.Base.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
	require.NoError(t, err)
	defer func() { require.NoError(t, again.Close()) }()
	require.NoError(t, again.Run(t.Context()))
	assert.Equal(t, before, sb.Requests(), "what is done costs no request")
	same, err := recordIDs(t, again.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Equal(t, got, same)
}

func TestGroupOfOneDataset(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5))
	dir, ids := t.TempDir(), employee.IDs(sb.Coresignal.PersonIDs()...)
	group, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{PartSize: 2})
	require.NoError(t, err)

	_, err = client.BulkCollect.Base.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrConflict, "it is open")
	require.NoError(t, group.Close())

	for name, open := range map[string]func() error{
		"another list": func() error {
			_, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(1, 2), bulkcollect.GroupOptions{})
			return err
		},
		"another order": func() error {
			reversed := sb.Coresignal.PersonIDs()
			slices.Reverse(reversed)
			_, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(reversed...), bulkcollect.GroupOptions{})
			return err
		},
		"another dataset": func() error {
			_, err := client.BulkCollect.MultiSource.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
			return err
		},
		"another size": func() error {
			_, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{PartSize: 3})
			return err
		},
	} {
		require.ErrorIs(t, open(), api.ErrConflict, name)
	}
	same, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{})
	require.NoError(t, err)
	require.NoError(t, same.Close())
	assert.Zero(t, sb.Requests())
}

func TestGroupRefuses(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	base := client.BulkCollect.Base
	for name, o := range map[string]bulkcollect.GroupOptions{
		"running":  {Running: -1},
		"parallel": {Parallel: 1000},
		"part":     {PartSize: bulkcollect.MaxIDs + 1},
		"webhook":  {WebhookURL: "http://example.com"},
		"warning":  {Warning: -1},
		"wait":     {Wait: bulkcollect.WaitOptions{FirstPoll: -1}},
		"wake":     {Wait: bulkcollect.WaitOptions{Wake: make(chan struct{})}},
	} {
		_, err := base.OpenGroup(t.Context(), t.TempDir(), employee.IDs(1), o)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	dir := t.TempDir()
	list := filepath.Join(t.TempDir(), "ids.csv")
	require.NoError(t, os.WriteFile(list, []byte("1\n2\nthree\n"), 0o600))
	_, err := base.OpenGroup(t.Context(), dir, employee.IDFile(list), bulkcollect.GroupOptions{})
	line, ok := errors.AsType[*employee.LineError](err)
	require.True(t, ok, err)
	assert.Equal(t, 3, line.Line)
	_, err = base.OpenGroup(t.Context(), dir, employee.IDSource{}, bulkcollect.GroupOptions{})
	require.Error(t, err)
	_, err = base.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrNotFound, "a refused list leaves no group")
	_, err = base.ResumeGroup(t.Context(), filepath.Join(dir, "missing"), bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrNotFound)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "but for the lock")

	for name, content := range map[string]string{
		"not JSON": "{", "another format": `{"format":2}`, "hostile": `{"format":1,"id":"x","part_size":1,"ids":9000000000000000000,"bytes":9000000000000000001}`,
		"long": strings.Repeat(" ", 100_000),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "group.json"), []byte(content), 0o600))
		_, err = base.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
		if name == "long" {
			require.ErrorIs(t, err, api.ErrTooLarge)
		} else {
			require.ErrorIs(t, err, api.ErrInvalid, name)
		}
	}
}

func TestGroupWhoseIDsWereChanged(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5))
	for name, change := range map[string]func(text []byte) []byte{
		"another ID": func(text []byte) []byte { text[0] ^= 1; return text },
		"cut":        func(text []byte) []byte { return text[:len(text)-3] },
		"longer":     func(text []byte) []byte { return append(text, "7\n"...) },
		"empty":      func([]byte) []byte { return nil },
	} {
		dir := t.TempDir()
		group, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{})
		require.NoError(t, err)
		require.NoError(t, group.Close())
		lists, err := filepath.Glob(filepath.Join(dir, "ids-*.txt"))
		require.NoError(t, err)
		require.Len(t, lists, 1)
		text, err := os.ReadFile(lists[0])
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(lists[0], change(text), 0o600))
		_, err = client.BulkCollect.Base.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
		require.ErrorIs(t, err, api.ErrConflict, name)
	}
}

// openParts opens a group of parts of ten.
func openParts(t *testing.T, client interface {
	OpenGroup(context.Context, string, employee.IDSource, bulkcollect.GroupOptions) (*baseGroup, error)
}, ids []int64, o bulkcollect.GroupOptions,
) *baseGroup {
	t.Helper()
	o.PartSize, o.Wait = 10, quick
	group, err := client.OpenGroup(t.Context(), t.TempDir(), employee.IDs(ids...), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, group.Close()) })
	return group
}

// TestGroupWithoutCredits stops with what is done, running and not started, and goes on when there are credits.
func TestGroupWithoutCredits(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithCredits(250))
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 1})
	err := group.Run(t.Context())
	require.ErrorIs(t, err, api.ErrNoCredits)
	failure, ok := errors.AsType[*bulkcollect.GroupError](err)
	require.True(t, ok)
	assert.Equal(t, 2, failure.Status.Count(bulkcollect.PartDone))
	assert.Equal(t, 1, failure.Status.Count(bulkcollect.PartRunning))
	assert.Equal(t, 3, failure.Status.Count(bulkcollect.PartNotStarted))
	assert.Contains(t, err.Error(), "2 of 6 parts are done, 1 running, 0 in doubt, 3 not started")
	assert.Equal(t, 200, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 3, sb.Coresignal.JobsCreated())

	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.ErrorIs(t, err, api.ErrNotReady, "what is missing is not passed over in silence")
	assert.Len(t, got, 20)

	sb.Coresignal.AddCredits(1_000)
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 600, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 6, sb.Coresignal.JobsCreated(), "the job that waited for credits is the same")
}

// TestGroupWhoseRequestIsRefused asks for no further job.
func TestGroupWhoseRequestIsRefused(t *testing.T) {
	for status, kind := range map[int]error{402: api.ErrNoCredits, 401: api.ErrUnauthorized, 400: api.ErrInvalid} {
		sb, client := start(t, coresignal.WithPeople(60), coresignal.WithCredits(1_000))
		group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 1})
		sb.Fail(sandbox.Fault{Method: "POST", Status: status, After: 2})
		err := group.Run(t.Context())
		require.ErrorIs(t, err, kind)
		failure, _ := errors.AsType[*bulkcollect.GroupError](err)
		assert.Equal(t, 2, failure.Status.Count(bulkcollect.PartDone))
		assert.Equal(t, 4, failure.Status.Count(bulkcollect.PartNotStarted))
		part, ok := errors.AsType[*bulkcollect.PartError](err)
		require.True(t, ok)
		assert.Equal(t, 3, part.Part)
		assert.Equal(t, 3, sb.RequestsTo("POST", ""))
		sb.ClearFaults()
		require.NoError(t, group.Run(t.Context()))
		assert.Equal(t, 600, sb.Coresignal.CreditsSpent())
	}
}

func TestGroupBudgetIsReservedBeforeEachJob(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithCredits(1_000))
	budget := employee.NewBudget(350)
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Budget: budget})
	err := group.Run(t.Context())
	require.ErrorIs(t, err, api.ErrBudget)
	assert.Equal(t, 300, sb.Coresignal.CreditsSpent(), "jobs that were requested are gone on with")
	assert.EqualValues(t, 50, budget.Left())
	budget.Return(300)
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 600, sb.Coresignal.CreditsSpent())
	assert.EqualValues(t, 50, budget.Left())
}

// TestGroupBoundsTheJobsInProgress at the provider.
func TestGroupBoundsTheJobsInProgress(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(80), coresignal.WithCredits(1_000), coresignal.WithJobPolls(3))
	var mu sync.Mutex
	most := 0
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 3, OnProgress: func(p bulkcollect.GroupProgress) {
		mu.Lock()
		defer mu.Unlock()
		most = max(most, p.Running)
	}})
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 3, most)
}

// TestGroupInDoubt: a lost answer is reported and not paid again until the caller says so.
func TestGroupInDoubt(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithCredits(2_000), coresignal.WithJobPolls(0))
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 1})
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, After: 1, Times: 1})
	err := group.Run(t.Context())
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	status := group.Status()
	assert.Equal(t, 1, status.Count(bulkcollect.PartInDoubt))
	assert.Equal(t, 4, status.Count(bulkcollect.PartNotStarted), "after a lost answer no further job is requested")

	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, After: 2, Times: 1})
	err = group.Run(t.Context()) // goes on with the others, and loses another answer
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	sb.ClearFaults()
	err = group.Run(t.Context())
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	doubt, ok := errors.AsType[*bulkcollect.DoubtError](err)
	require.True(t, ok)
	assert.Equal(t, bulkcollect.InDoubt, doubt.Entry.State)
	status = group.Status()
	require.Len(t, status.In(bulkcollect.PartInDoubt), 2)
	assert.Equal(t, 4, status.Count(bulkcollect.PartDone))
	assert.Equal(t, 6, sb.Coresignal.JobsCreated())

	first, second := status.In(bulkcollect.PartInDoubt)[0], status.In(bulkcollect.PartInDoubt)[1]
	require.ErrorIs(t, group.Resolve(t.Context(), 0, "x"), api.ErrInvalid)
	require.ErrorIs(t, group.PayAgain(t.Context(), 7), api.ErrInvalid)
	require.ErrorIs(t, group.PayAgain(t.Context(), 1), api.ErrConflict, "part 1 is done")
	require.NoError(t, group.Resolve(t.Context(), first.Part, sb.Coresignal.JobIDs()[1]))
	require.NoError(t, group.PayAgain(t.Context(), second.Part))
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 7, sb.Coresignal.JobsCreated())
	assert.Equal(t, 600+100, sb.Coresignal.CreditsSpent(), "ten records were paid twice, on purpose")
	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Equal(t, sorted(sb.Coresignal.PersonIDs()), sorted(got))
}

// TestGroupWithAWrongJob: a job that the caller named wrongly must not look like one that found nobody.
func TestGroupWithAWrongJob(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{})
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	require.ErrorIs(t, group.Run(t.Context()), api.ErrMaybeApplied)
	require.NoError(t, group.Resolve(t.Context(), 1, "a-typo"))
	err := group.Run(t.Context())
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.Contains(t, err.Error(), "does not know the job that Resolve named")
	assert.Equal(t, bulkcollect.PartRunning, group.Status().Parts[0].State)
	require.NoError(t, group.PayAgain(t.Context(), 1))
	require.NoError(t, group.Run(t.Context()))
	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Len(t, got, 10)
}

// TestGroupWithTheJobOfAnotherPart: the records of others must not be taken for the part's.
func TestGroupWithTheJobOfAnotherPart(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 1})
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, After: 1, Times: 1})
	require.ErrorIs(t, group.Run(t.Context()), api.ErrMaybeApplied)
	require.ErrorIs(t, group.Resolve(t.Context(), 2, sb.Coresignal.JobIDs()[0]), api.ErrConflict, "that is the job of part 1")
	overlapping := slices.Concat(sb.Coresignal.PersonIDs()[5:10], sb.Coresignal.PersonIDs()[10:12])
	foreign, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(overlapping...), bulkcollect.Options{})
	require.NoError(t, err)
	require.NoError(t, group.Resolve(t.Context(), 2, foreign.ID))
	err = group.Run(t.Context())
	require.ErrorIs(t, err, api.ErrConflict)
	assert.Contains(t, err.Error(), "has records of others than this part's IDs")
	require.NoError(t, group.PayAgain(t.Context(), 2))
	require.NoError(t, group.Run(t.Context()))
	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Equal(t, sorted(sb.Coresignal.PersonIDs()), sorted(got))
}

// TestR60GroupWithAJobThatHasAMergedProfile: a record that names one of the part's IDs as a former one is the part's.
func TestR60GroupWithAJobThatHasAMergedProfile(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	people := sb.Coresignal.PersonIDs()
	list, merged, into := people[:10], people[7], people[15]
	group := openParts(t, client.BulkCollect.Base, list, bulkcollect.GroupOptions{Running: 1})
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	require.ErrorIs(t, group.Run(t.Context()), api.ErrMaybeApplied)
	require.NoError(t, sb.Coresignal.Merge(merged, into))
	asked := slices.Concat(list[:5], []int64{into})
	job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(asked...), bulkcollect.Options{})
	require.NoError(t, err)
	require.NoError(t, group.Resolve(t.Context(), 1, job.ID))
	require.NoError(t, group.Run(t.Context()))
}

func TestGroupThatFindsNobody(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10))
	ids := append(sb.Coresignal.PersonIDs(), 999_999_999_001)
	group := openParts(t, client.BulkCollect.Base, ids, bulkcollect.GroupOptions{})
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, "found nobody", group.Status().Parts[1].Entry.Reason)
	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Len(t, got, 10)
	assert.Equal(t, 100, sb.Coresignal.CreditsSpent())
}

// TestGroupWarnsBeforeTheFilesAreGone, and says so when they are.
func TestGroupWarnsBeforeTheFilesAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(10))
		var text bytes.Buffer
		group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Logger: slog.New(slog.NewTextHandler(&text, nil))})
		sb.Fail(sandbox.Fault{Method: "GET", Status: 401})
		require.ErrorIs(t, group.Run(t.Context()), api.ErrUnauthorized)
		assert.NotContains(t, text.String(), "will be gone")
		sb.ClearFaults()

		time.Sleep(26 * 24 * time.Hour)
		status := group.Status()
		assert.Len(t, status.Expiring(5*24*time.Hour), 1)
		assert.Empty(t, status.Expiring(24*time.Hour))
		sb.Fail(sandbox.Fault{Method: "GET", Status: 401})
		require.ErrorIs(t, group.Run(t.Context()), api.ErrUnauthorized)
		assert.Contains(t, text.String(), "the files of a paid job will be gone")
		sb.ClearFaults()

		time.Sleep(5 * 24 * time.Hour)
		sb.Advance(31 * 24 * time.Hour)
		err := group.Run(t.Context())
		require.ErrorIs(t, err, api.ErrNotFound)
		assert.Contains(t, err.Error(), "PayAgain makes a new one")
		assert.Equal(t, 1, sb.Coresignal.JobsCreated())
		require.NoError(t, group.PayAgain(t.Context(), 1))
		require.NoError(t, group.Run(t.Context()))
		assert.Equal(t, 2, sb.Coresignal.JobsCreated())
	})
}

// TestGroupIsCancelled at once, and goes on later.
func TestGroupIsCancelled(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithCredits(1_000))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	group := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Running: 2, OnProgress: func(p bulkcollect.GroupProgress) {
		if p.Done == 2 {
			cancel()
		}
	}})
	err := group.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 600, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 6, sb.Coresignal.JobsCreated())
}

// TestGroupRunsOnce at a time.
func TestGroupRunsOnce(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithCredits(1_000))
	var group *baseGroup
	asked := make(chan error, 100)
	group = openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{OnProgress: func(p bulkcollect.GroupProgress) {
		if p.Done == 1 {
			go func() { asked <- group.Run(t.Context()) }()
			require.ErrorIs(t, <-asked, api.ErrConflict)
			go func() { asked <- group.PayAgain(t.Context(), 1) }()
			require.ErrorIs(t, <-asked, api.ErrConflict)
		}
	}})
	require.NoError(t, group.Run(t.Context()))
	assert.Equal(t, 200, sb.Coresignal.CreditsSpent())
}

// TestGroupWithALedgerOfTheCallers keeps nothing of it in the directory.
func TestGroupWithALedgerOfTheCallers(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20))
	ledger, dir := openLedger(t), t.TempDir()
	group, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{PartSize: 5, Wait: quick, Ledger: ledger})
	require.NoError(t, err)
	require.NoError(t, group.Run(t.Context()))
	require.NoError(t, group.Close())
	assert.NoFileExists(t, filepath.Join(dir, "ledger.jsonl"))
	entries, err := ledger.Entries(t.Context())
	require.NoError(t, err)
	require.Len(t, entries, 5, "four parts and the group itself")
	for _, e := range entries {
		assert.Equal(t, bulkcollect.Ended, e.State)
	}
	broken, err := client.BulkCollect.Base.OpenGroup(t.Context(), t.TempDir(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{PartSize: 5, Wait: quick, Ledger: &failing{Ledger: ledger, from: 4}, Running: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, broken.Close()) }()
	jobs := sb.Coresignal.JobsCreated()
	require.ErrorIs(t, broken.Run(t.Context()), errDisk)
	assert.Equal(t, 1, sb.Coresignal.JobsCreated()-jobs, "what the ledger cannot store is not requested")
}

func TestGroupErrorsAreShort(t *testing.T) {
	e := &bulkcollect.GroupError{Status: bulkcollect.GroupStatus{Parts: make([]bulkcollect.PartStatus, 5)}}
	for n := range 5 {
		e.Errs = append(e.Errs, &bulkcollect.PartError{Part: n + 1, JobID: "job", Err: errors.New("sécret of the transport")})
	}
	text := fmt.Sprintf("%v %+v", e, e)
	assert.Contains(t, text, "and 2 more errors")
	assert.Contains(t, text, `part 1, job "job"`)
	assert.NotContains(t, text, "sécret")
	assert.Equal(t, "PartState(9)", bulkcollect.PartState(9).String())
}
