package bulkcollect_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

func openLedger(t testing.TB) *bulkcollect.FileLedger {
	t.Helper()
	ledger, err := bulkcollect.OpenLedger(filepath.Join(t.TempDir(), "ledger.jsonl"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = ledger.Close() })
	return ledger
}

// only returns the ledger's one entry.
func only(t testing.TB, ledger bulkcollect.Ledger) bulkcollect.Entry {
	t.Helper()
	entries, err := ledger.Entries(t.Context())
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return entries[0]
}

// TestAJobInTheLedgerIsNotRequestedAgain until it is done with, by this process or another.
func TestAJobInTheLedgerIsNotRequestedAgain(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	budget := employee.NewBudget(100)
	o := bulkcollect.Options{Ledger: ledger, Budget: budget}
	made, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
	require.NoError(t, err)
	assert.False(t, made.Attached)
	e := only(t, ledger)
	assert.Equal(t, bulkcollect.Requested, e.State)
	assert.Equal(t, made.ID, e.JobID)
	assert.Equal(t, made.Request, e.Request)
	assert.Equal(t, "bulkcollect.Base.RequestIDs", e.Operation)
	assert.Equal(t, 3, e.IDs)
	assert.EqualValues(t, 30, e.Credits)
	assert.EqualValues(t, 70, budget.Left())

	elsewhere := connect(t, sb.Options()...)
	again, err := elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
	require.NoError(t, err)
	assert.Equal(t, &bulkcollect.Job{ID: made.ID, IDs: 3, Attached: true, Request: made.Request}, again)
	assert.EqualValues(t, 70, budget.Left())
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())

	other, err := client.BulkCollect.MultiSource.RequestIDs(t.Context(), ids, o)
	require.NoError(t, err)
	assert.NotEqual(t, made.ID, other.ID, "another dataset is another request")
}

func TestARequestThatIsDoneWithIsMadeAnew(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	first, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, first.Request))
	require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, first.Request), "a second time does nothing")
	require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, "unknown"))
	second, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, second.ID)
	assert.False(t, second.Attached)
	assert.Equal(t, 2, only(t, ledger).Sent)
}

// TestANamedRequestIsSentOnce, also when its job is done with.
func TestANamedRequestIsSentOnce(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	jobs := make(map[string]bool)
	for _, name := range []string{"", "monday", "tuesday", "monday", "tuesday"} {
		job, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger, Request: name})
		require.NoError(t, err)
		assert.Equal(t, jobs[job.ID], job.Attached)
		jobs[job.ID] = true
		require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, job.Request))
	}
	assert.Equal(t, 3, sb.Coresignal.JobsCreated())
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{Ledger: ledger, Request: "monday"})
	require.ErrorIs(t, err, api.ErrConflict, "it asked for something else before")
	_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Request: "monday"})
	require.ErrorIs(t, err, api.ErrInvalid, "without a ledger nobody remembers the name")
	_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger, Request: "\xff"})
	require.ErrorIs(t, err, api.ErrInvalid)
}

// TestALostAnswerWaitsForTheCallersWord: nothing is sent until Resolve or PayAgain.
func TestALostAnswerWaitsForTheCallersWord(t *testing.T) {
	for _, drop := range []sandbox.Drop{sandbox.DropAfterAct, sandbox.DropMidBody} {
		sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
		ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
		o := bulkcollect.Options{Ledger: ledger}
		sb.Fail(sandbox.Fault{Method: "POST", Drop: drop, Times: 1})
		_, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		e := only(t, ledger)
		assert.Equal(t, bulkcollect.InDoubt, e.State)
		assert.Contains(t, e.Reason, "a job may be running")

		for range 3 {
			_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			doubt, ok := errors.AsType[*bulkcollect.DoubtError](err)
			require.True(t, ok)
			assert.Equal(t, e.Request, doubt.Entry.Request)
			assert.Contains(t, err.Error(), "until Resolve or PayAgain")
		}
		assert.Equal(t, 1, sb.Coresignal.JobsCreated())
		doubts, err := bulkcollect.Doubts(t.Context(), ledger)
		require.NoError(t, err)
		require.Len(t, doubts, 1)

		require.NoError(t, bulkcollect.PayAgain(t.Context(), ledger, e.Request))
		again, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, o)
		require.NoError(t, err)
		assert.False(t, again.Attached)
		assert.Equal(t, 2, sb.Coresignal.JobsCreated())
		doubts, err = bulkcollect.Doubts(t.Context(), ledger)
		require.NoError(t, err)
		assert.Empty(t, doubts)
	}
}

func TestResolveNamesTheJob(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	request := only(t, ledger).Request
	for _, id := range []string{"", ".", "..", string(make([]byte, 300))} {
		require.ErrorIs(t, bulkcollect.Resolve(t.Context(), ledger, request, id), api.ErrInvalid, id)
	}
	require.ErrorIs(t, bulkcollect.Resolve(t.Context(), ledger, "unknown", "job"), api.ErrNotFound)
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, request, "job-of-support"))
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, request, "a-typo"))
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, request, "job-of-support"), "it may be corrected")
	other, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(7), bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	require.ErrorIs(t, bulkcollect.Resolve(t.Context(), ledger, request, other.ID), api.ErrConflict, "the job of another request")
	require.ErrorIs(t, bulkcollect.Resolve(t.Context(), ledger, other.Request, "another"), api.ErrConflict, "it is not in doubt")
	job, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	assert.Equal(t, "job-of-support", job.ID)
	e, err := ledger.Get(t.Context(), request)
	require.NoError(t, err)
	assert.True(t, e.Resolved)
}

// TestARefusedRequestMayBeSentAgain, since it has made no job.
func TestARefusedRequestMayBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it waits before it retries
		sb, client := startInMemory(t, coresignal.WithPeople(3))
		ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
		for _, status := range []int{400, 402, 429} {
			sb.Fail(sandbox.Fault{Method: "POST", Status: status, Times: 10})
			_, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
			require.Error(t, err)
			require.NotErrorIs(t, err, api.ErrMaybeApplied)
			assert.Equal(t, bulkcollect.Refused, only(t, ledger).State)
			sb.ClearFaults()
		}
		_, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
		require.NoError(t, err)
		assert.Equal(t, 4, only(t, ledger).Sent)
	})
}

// TestAConflictWithAKnownRequestAttaches: the provider says 409 for a body that the ledger has a job of.
func TestAConflictWithAKnownRequestAttaches(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(100))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	first, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	// The same body under another name, as two groups with a common part have it.
	e := only(t, ledger)
	e.Request, e.Revision = "another group/000001", 1
	require.NoError(t, ledger.Put(t.Context(), e))
	require.ErrorIs(t, bulkcollect.PayAgain(t.Context(), ledger, first.Request), api.ErrConflict, "its job is good")
	require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, first.Request))
	elsewhere := connect(t, sb.Options()...)
	job, err := elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	assert.Equal(t, first.ID, job.ID)
	assert.True(t, job.Attached)
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
}

// TestAConflictDoesNotAttachToAJobThatIsDoneWith: it is not the one in progress.
func TestAConflictDoesNotAttachToAJobThatIsDoneWith(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	first, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, first.Request))
	sb.Fail(sandbox.Fault{Method: "POST", Status: 409, Times: 1})
	_, err = connect(t, sb.Options()...).BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	require.ErrorIs(t, err, api.ErrConflict)
}

// TestAConflictWithAnUnknownRequestIsInDoubt: there is a job, and nobody knows which.
func TestAConflictWithAnUnknownRequestIsInDoubt(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(100))
	ids := employee.IDs(sb.Coresignal.PersonIDs()...)
	first, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
	require.NoError(t, err)
	elsewhere, ledger := connect(t, sb.Options()...), openLedger(t)
	_, err = elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.ErrorIs(t, err, api.ErrConflict)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	e := only(t, ledger)
	assert.Equal(t, bulkcollect.InDoubt, e.State)
	assert.Contains(t, e.Reason, "an identical request is in progress")
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, e.Request, first.ID))
	job, err := elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.NoError(t, err)
	assert.Equal(t, first.ID, job.ID)
}

func TestExpiring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3))
		ledger := openLedger(t)
		_, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{Ledger: ledger})
		require.NoError(t, err)
		soon := func() int {
			entries, err := bulkcollect.Expiring(t.Context(), ledger, 5*24*time.Hour)
			require.NoError(t, err)
			return len(entries)
		}
		assert.Zero(t, soon())
		time.Sleep(25*24*time.Hour + time.Second)
		assert.Equal(t, 1, soon())
		require.NoError(t, bulkcollect.EndRequest(t.Context(), ledger, only(t, ledger).Request))
		assert.Zero(t, soon())
	})
}

// failing is a ledger whose n-th Put, and those after it, fail.
type failing struct {
	bulkcollect.Ledger
	puts, from int
}

var errDisk = errors.New("the disk is full")

func (f *failing) Put(ctx context.Context, e bulkcollect.Entry) error {
	if f.puts++; f.puts >= f.from {
		return errDisk
	}
	return f.Ledger.Put(ctx, e)
}

func TestNothingIsSentThatTheLedgerCannotStore(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	budget := employee.NewBudget(100)
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{Ledger: &failing{Ledger: openLedger(t), from: 1}, Budget: budget})
	require.ErrorIs(t, err, errDisk)
	assert.Zero(t, sb.Coresignal.JobsCreated())
	assert.EqualValues(t, 100, budget.Left())
}

func TestAJobThatTheLedgerCannotStoreIsNamed(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ledger, ids := openLedger(t), employee.IDs(sb.Coresignal.PersonIDs()...)
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: &failing{Ledger: ledger, from: 2}})
	require.ErrorIs(t, err, errDisk)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	unrecorded, ok := errors.AsType[*bulkcollect.UnrecordedJobError](err)
	require.True(t, ok)
	assert.Contains(t, err.Error(), unrecorded.JobID)
	assert.NotContains(t, err.Error(), "disk is full", "the text of a ledger of the user's is not printed")
	assert.Equal(t, bulkcollect.Sending, only(t, ledger).State)

	_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{Ledger: ledger})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, unrecorded.Request, unrecorded.JobID))
	files, err := client.BulkCollect.Base.Files(t.Context(), unrecorded.JobID)
	require.NoError(t, err)
	assert.Len(t, files, 1)
}

// obedient is a ledger that stores nothing when the context has ended, as a database does.
type obedient struct{ bulkcollect.Ledger }

func (o obedient) Put(ctx context.Context, e bulkcollect.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return o.Ledger.Put(ctx, e)
}

// TestTheOutcomeIsStoredThoughTheCallerHasGone: the context ends while the answer is on its way.
func TestTheOutcomeIsStoredThoughTheCallerHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3))
		ledger := openLedger(t)
		sb.Fail(sandbox.Fault{Method: "POST", Delay: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{Ledger: obedient{ledger}})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.Equal(t, bulkcollect.InDoubt, only(t, ledger).State)
	})
}

// TestLedgerOfTheFirstVersion: a job that the first version requested and paid for, by the same call, is recognised whether
// the request had a name or not. The operation and fingerprint are as that version wrote them.
func TestLedgerOfTheFirstVersion(t *testing.T) {
	const fingerprint = "8bf2ee09e978489827dd1ae45da579ac086bd32b3c08cbb7006e6f494fcb7c7b" // of Base.RequestIDs of 11 and 12
	for entry, name := range map[string]string{fingerprint: "", "delivery/1": "delivery/1"} {
		p, client := responding(t, `{"request_id":"another"}`)
		path := filepath.Join(t.TempDir(), "ledger.jsonl")
		line := fmt.Sprintf(`{"request":%q,"revision":1,"state":"requested","at":%[3]q,"operation":"bulkcollect.Base.RequestIDs","fingerprint":%[2]q,"ids":2,"credits":20,"sent":1,"job_id":"paid","requested_at":%[3]q}`,
			entry, fingerprint, time.Now().UTC().Format(time.RFC3339Nano))
		require.NoError(t, os.WriteFile(path, []byte("{\"ledger\":1}\n"+line+"\n"), 0o600))
		l, err := bulkcollect.OpenLedger(path)
		require.NoError(t, err)
		job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(11, 12), bulkcollect.Options{Ledger: l, Request: name})
		require.NoError(t, err)
		assert.True(t, job.Attached)
		assert.Equal(t, "paid", job.ID)
		assert.Zero(t, p.Count(), "nothing is requested")
		require.NoError(t, l.Close())
	}
}

// TestGroupOfTheFirstVersion says in group.json what its operation was called then.
func TestGroupOfTheFirstVersion(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5))
	dir := t.TempDir()
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{Wait: quick})
	require.NoError(t, err)
	require.NoError(t, g.Close())
	text, err := os.ReadFile(filepath.Join(dir, "group.json"))
	require.NoError(t, err)
	assert.Contains(t, string(text), `"operation": "bulkcollect.Base.RequestIDs"`)
}
