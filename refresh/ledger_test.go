package refresh_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

func openLedger(t testing.TB, path string) *bulkcollect.FileLedger {
	t.Helper()
	ledger, err := bulkcollect.OpenLedger(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ledger.Close() })
	return ledger
}

// TestACrashDuringAJobIsNotPaidTwice: the process dies after the job was made, and before or in the middle of its records.
func TestACrashDuringAJobIsNotPaidTwice(t *testing.T) {
	for name, before := range map[string]int{"before its records": 0, "in the middle of its records": 2} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithJobPolls(0))
			path := filepath.Join(t.TempDir(), "jobs.jsonl")
			ledger := openLedger(t, path)
			ids := sb.Coresignal.PersonIDs()[:5]
			d := delivery("d", ids...)
			first, crm := refresher(t, client, refresh.Options{Ledger: ledger})
			for _, id := range ids[before:] {
				crm.refuse[id] = 1
			}
			require.Error(t, first.Handle(t.Context(), d))
			assert.Len(t, crm.stored(), before)
			require.NoError(t, ledger.Close()) // the crash: nothing of first is left

			ledger = openLedger(t, path)
			budget := employee.NewBudget(1000)
			second, crm := refresher(t, connect(t, sb.Options()...), refresh.Options{Ledger: ledger, Budget: budget})
			require.NoError(t, second.Handle(t.Context(), d))
			assert.ElementsMatch(t, ids, crm.stored())
			assert.Equal(t, 1, sb.Coresignal.JobsCreated())
			assert.Equal(t, 50, sb.Coresignal.CreditsSpent())
			assert.EqualValues(t, 1000, budget.Left(), "it was paid before, out of another budget")

			found, err := ledger.Entries(t.Context())
			require.NoError(t, err)
			require.Len(t, found, 1)
			assert.Equal(t, bulkcollect.Ended, found[0].State)
			later := delivery("d", ids...) // the same bytes a week later report other changes
			later.ReceivedAt = later.ReceivedAt.Add(7 * 24 * time.Hour)
			require.NoError(t, second.Handle(t.Context(), later))
			assert.Equal(t, 2, sb.Coresignal.JobsCreated())
		})
	}
}

// TestALostAnswerStaysInDoubt until the caller has decided, whatever is tried meanwhile.
func TestALostAnswerStaysInDoubt(t *testing.T) {
	sb, client := start(t, coresignal.WithJobPolls(0))
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	var doubts, stored int
	r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if errors.Is(o.Err, api.ErrMaybeApplied) {
			doubts++
			return o.Err
		}
		stored++
		return nil
	}, refresh.Options{Ledger: ledger})
	require.NoError(t, err)
	d := delivery("d", sb.Coresignal.PersonIDs()[:5]...)
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	for n := range 3 {
		require.ErrorIs(t, r.Handle(t.Context(), d), api.ErrMaybeApplied)
		assert.Equal(t, 5*(n+1), doubts)
	}
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
	open, err := bulkcollect.Doubts(t.Context(), ledger)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, open[0].Request, sb.Coresignal.JobIDs()[0]))
	require.NoError(t, r.Handle(t.Context(), d))
	assert.Equal(t, 5, stored)
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
}

// TestAJobThatWasNamedWrongly says nothing about the employees.
func TestAJobThatWasNamedWrongly(t *testing.T) {
	sb, client := start(t, coresignal.WithJobPolls(0))
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	r, crm := refresher(t, client, refresh.Options{Ledger: ledger})
	d := delivery("d", sb.Coresignal.PersonIDs()[:3]...)
	for _, id := range sb.Coresignal.PersonIDs()[:3] {
		crm.refuse[id] = 1
	}
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	require.Error(t, r.Handle(t.Context(), d))
	open, err := bulkcollect.Doubts(t.Context(), ledger)
	require.NoError(t, err)
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, open[0].Request, "a-typo"))
	err = r.Handle(t.Context(), d)
	require.ErrorIs(t, err, webhook.ErrRetryLater)
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.Empty(t, crm.stored())
}

// TestADoubtThatWasPartlyStoredIsNotPaidAgain: for the others it is still the same request.
func TestADoubtThatWasPartlyStoredIsNotPaidAgain(t *testing.T) {
	sb, client := start(t, coresignal.WithJobPolls(0))
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	n := 0
	r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if n++; n > 2 && errors.Is(o.Err, api.ErrMaybeApplied) {
			return o.Err
		}
		return nil
	}, refresh.Options{Ledger: ledger})
	require.NoError(t, err)
	d := delivery("d", sb.Coresignal.PersonIDs()[:5]...)
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	require.ErrorIs(t, r.Handle(t.Context(), d), api.ErrMaybeApplied)
	require.ErrorIs(t, r.Handle(t.Context(), d), api.ErrMaybeApplied)
	assert.Equal(t, 1, sb.Coresignal.JobsCreated(), "spent %d", sb.Coresignal.CreditsSpent())
}

// TestACrashAfterAJobIsNotPaidTwice: the process dies before the spool has noted that the delivery is done.
func TestACrashAfterAJobIsNotPaidTwice(t *testing.T) {
	sb, client := start(t, coresignal.WithJobPolls(0))
	path := filepath.Join(t.TempDir(), "jobs.jsonl")
	ledger := openLedger(t, path)
	d := delivery("d", sb.Coresignal.PersonIDs()[:5]...)
	first, _ := refresher(t, client, refresh.Options{Ledger: ledger})
	require.NoError(t, first.Handle(t.Context(), d))
	require.NoError(t, ledger.Close())
	ledger = openLedger(t, path)
	second, _ := refresher(t, connect(t, sb.Options()...), refresh.Options{Ledger: ledger})
	require.NoError(t, second.Handle(t.Context(), d))
	assert.Equal(t, 1, sb.Coresignal.JobsCreated(), "spent %d", sb.Coresignal.CreditsSpent())
}

// TestTheJobOfOthersSaysNothing about the employees, whoever named it.
func TestTheJobOfOthersSaysNothing(t *testing.T) {
	sb, client := start(t, coresignal.WithJobPolls(0))
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	other, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()[5:8]...), bulkcollect.Options{})
	require.NoError(t, err)
	var gone int
	r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if errors.Is(o.Err, api.ErrMaybeApplied) {
			return o.Err
		}
		if errors.Is(o.Err, api.ErrNotFound) {
			gone++
		}
		return nil
	}, refresh.Options{Ledger: ledger})
	require.NoError(t, err)
	d := delivery("d", sb.Coresignal.PersonIDs()[:3]...)
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	require.Error(t, r.Handle(t.Context(), d))
	open, err := bulkcollect.Doubts(t.Context(), ledger)
	require.NoError(t, err)
	require.NoError(t, bulkcollect.Resolve(t.Context(), ledger, open[0].Request, other.ID))
	require.ErrorIs(t, r.Handle(t.Context(), d), webhook.ErrRetryLater)
	assert.Zero(t, gone, "employees that exist are reported as gone")
}
