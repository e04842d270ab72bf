package bulkcollect_test

import (
	"context"
	"errors"
	"io"
	"strings"
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

const accepted = `{"request_id":"433869ec-0a98-4dcd-9b13-db4df58260f5"}`

// TestWhatIsSent compares each form of a request with the exact bytes that the provider is to get.
func TestWhatIsSent(t *testing.T) {
	ids := employee.IDs(3, 1, 3, 22, 1)
	full := bulkcollect.Options{MaxRecords: 2, WebhookURL: "https://hooks.example.com/job"}
	for _, tt := range []struct {
		name  string
		form  bulkcollect.IDsForm
		o     bulkcollect.Options
		body  string
		parts []part
	}{
		{"JSON", bulkcollect.IDsAsJSON, bulkcollect.Options{}, `{"ids":[3,1,22]}`, nil},
		{"JSON, all options", bulkcollect.IDsAsJSON, full, `{"webhook_url":"https://hooks.example.com/job","limit":2,"ids":[3,1,22]}`, nil},
		{"form field", bulkcollect.IDsAsFormField, bulkcollect.Options{}, "", []part{{"ids", "", "", "[3,1,22]"}}},
		{"form field, all options", bulkcollect.IDsAsFormField, full, "", []part{{"webhook_url", "", "", "https://hooks.example.com/job"}, {"limit", "", "", "2"}, {"ids", "", "", "[3,1,22]"}}},
		{"file", bulkcollect.IDsAsFile, bulkcollect.Options{}, "", []part{{"ids_file", "ids.csv", "text/csv", "3\n1\n22\n"}}},
		{"file, all options", bulkcollect.IDsAsFile, full, "", []part{{"webhook_url", "", "", "https://hooks.example.com/job"}, {"limit", "", "", "2"}, {"ids_file", "ids.csv", "text/csv", "3\n1\n22\n"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, client := answering(t, accepted, pronet.WithBulkIDsForm(tt.form))
			job, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, tt.o)
			require.NoError(t, err)
			assert.Equal(t, &bulkcollect.Job{ID: "433869ec-0a98-4dcd-9b13-db4df58260f5", IDs: 3}, job)
			got := p.last(t)
			assert.Equal(t, "POST /cdapi/v2/data_requests/employee_base/ids", got.method+" "+got.target)
			if tt.parts != nil {
				assert.Equal(t, tt.parts, got.form(t))
				return
			}
			assert.Equal(t, "application/json", got.contentType)
			assert.Equal(t, tt.body, string(got.body))
		})
	}
	t.Run("V1", func(t *testing.T) {
		p, client := answering(t, accepted, pronet.WithIDFileField("file"))
		_, err := client.BulkCollect.V1.RequestIDs(t.Context(), ids, bulkcollect.Options{})
		require.NoError(t, err)
		got := p.last(t)
		assert.Equal(t, "POST /cdapi/v1/professional_network/employee/bulk_collect/id_file", got.method+" "+got.target)
		assert.Equal(t, []part{{"file", "ids.csv", "text/csv", "3\n1\n22\n"}}, got.form(t))
	})
}

func TestEveryFormIsTakenBySandbox(t *testing.T) {
	for _, form := range []bulkcollect.IDsForm{bulkcollect.IDsAsJSON, bulkcollect.IDsAsFormField, bulkcollect.IDsAsFile} {
		sb, _ := start(t, coresignal.WithPeople(4), coresignal.WithJobPolls(0))
		client := connect(t, append(sb.Options(), pronet.WithBulkIDsForm(form))...)
		ids := sb.Coresignal.PersonIDs()
		job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(append(ids, ids...)...), bulkcollect.Options{MaxRecords: 3})
		require.NoError(t, err)
		assert.Equal(t, 4, job.IDs, "duplicates are sent once")
		files, err := client.BulkCollect.Base.Files(t.Context(), job.ID)
		require.NoError(t, err)
		assert.Len(t, files, 1)
		assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
	}
}

func upTo(n int64) employee.IDSource {
	return employee.IDSeq(func(yield func(int64) bool) {
		for id := int64(1); id <= n && yield(id); id++ {
		}
	})
}

func TestRequestIDsRefusesBeforeSending(t *testing.T) {
	p, client := answering(t, accepted)
	base, v1 := client.BulkCollect.Base, client.BulkCollect.V1
	for name, tt := range map[string]struct {
		ids  employee.IDSource
		o    bulkcollect.Options
		kind error
	}{
		"none":              {employee.IDs(), bulkcollect.Options{}, employee.ErrNoIDs},
		"zero":              {employee.IDs(1, 0), bulkcollect.Options{}, api.ErrInvalid},
		"too many":          {upTo(bulkcollect.MaxIDs + 1), bulkcollect.Options{}, api.ErrInvalid},
		"negative cap":      {employee.IDs(1), bulkcollect.Options{MaxRecords: -1}, api.ErrInvalid},
		"webhook not https": {employee.IDs(1), bulkcollect.Options{WebhookURL: "http://hooks.example.com/x"}, api.ErrInvalid},
		"webhook private":   {employee.IDs(1), bulkcollect.Options{WebhookURL: "https://10.0.0.1/x"}, api.ErrInvalid},
		"budget":            {employee.IDs(1, 2), bulkcollect.Options{Budget: employee.NewBudget(1)}, api.ErrBudget},
	} {
		_, err := base.RequestIDs(t.Context(), tt.ids, tt.o)
		require.ErrorIs(t, err, tt.kind, name)
		_, err = v1.RequestIDs(t.Context(), tt.ids, tt.o)
		require.ErrorIs(t, err, tt.kind, name)
	}
	_, err := v1.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{MaxRecords: 5})
	require.ErrorIs(t, err, api.ErrInvalid, "V1 has no cap, and sending without it would cost more than asked")
	text := employee.IDReader("ids.csv", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("1\n2\nx\n")), nil })
	_, err = base.RequestIDs(t.Context(), text, bulkcollect.Options{})
	bad, ok := errors.AsType[*employee.LineError](err)
	require.True(t, ok)
	assert.Equal(t, 3, bad.Line)
	assert.EqualValues(t, 4, bad.Offset)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = base.RequestIDs(ctx, employee.IDs(1), bulkcollect.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, api.ErrInvalid)
	assert.Zero(t, p.count())

	_, err = connect(t).BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{})
	require.ErrorIs(t, err, api.ErrNotConfigured)

	_, err = base.RequestIDs(t.Context(), upTo(bulkcollect.MaxIDs), bulkcollect.Options{})
	require.NoError(t, err)
}

func TestBudgetOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(5))
		base, ids := client.BulkCollect.Base, employee.IDs(sb.Coresignal.PersonIDs()...)
		budget := employee.NewBudget(100)
		_, err := base.RequestIDs(t.Context(), ids, bulkcollect.Options{Budget: budget})
		require.NoError(t, err)
		assert.EqualValues(t, 50, budget.Left())
		_, err = base.RequestIDs(t.Context(), ids, bulkcollect.Options{Budget: budget, MaxRecords: 2})
		require.NoError(t, err)
		assert.EqualValues(t, 30, budget.Left())
		_, err = base.RequestIDs(t.Context(), ids, bulkcollect.Options{Budget: budget, MaxRecords: 3_000})
		require.ErrorIs(t, err, api.ErrBudget, "a cap above the number of IDs does not matter")
		assert.EqualValues(t, 30, budget.Left())

		job, err := base.RequestIDs(t.Context(), ids, bulkcollect.Options{Budget: budget, MaxRecords: 2})
		require.NoError(t, err)
		assert.True(t, job.Attached)
		assert.EqualValues(t, 30, budget.Left(), "a job that was there already is paid once")

		for _, fault := range []sandbox.Fault{{Status: 402}, {Status: 400}, {Status: 429}} {
			sb.ClearFaults()
			sb.Fail(fault)
			_, err = base.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{Budget: budget})
			require.Error(t, err)
			assert.EqualValues(t, 30, budget.Left(), "what was refused is given back")
		}
		sb.ClearFaults()
		sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct})
		_, err = base.RequestIDs(t.Context(), employee.IDs(2), bulkcollect.Options{Budget: budget})
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.EqualValues(t, 20, budget.Left(), "what may have been charged is not")
	})
}

// TestALostAnswerIsNotAskedForAgain: the provider makes the job and the connection breaks.
func TestALostAnswerIsNotAskedForAgain(t *testing.T) {
	for _, drop := range []sandbox.Drop{sandbox.DropAfterAct, sandbox.DropMidBody} {
		synctest.Test(t, func(t *testing.T) {
			sb, client := startInMemory(t, coresignal.WithPeople(1))
			_, err := client.BulkCollect.Base.Files(t.Context(), "none") // so that a connection is open, which net/http could use again
			require.ErrorIs(t, err, api.ErrNotFound)
			sb.Fail(sandbox.Fault{Method: "POST", Drop: drop})
			_, err = client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{})
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			assert.Contains(t, err.Error(), "a job may be running and will be charged")
			_, err = client.BulkCollect.V1.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{})
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			assert.Equal(t, 2, sb.Coresignal.JobsCreated())
			assert.Equal(t, 2, sb.RequestsTo("POST", ""))
		})
	}
}

func TestAnswersToARequest(t *testing.T) {
	for answer, want := range map[string]string{
		accepted:              "433869ec-0a98-4dcd-9b13-db4df58260f5",
		`{"request_id":17}`:   "17",
		`{"request_id":""}`:   "",
		`{"request_id":null}`: "",
		`{"id":"x"}`:          "",
		`[]`:                  "",
		``:                    "",
		`<html>`:              "",
	} {
		_, client := answering(t, answer)
		job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{})
		if want != "" {
			require.NoError(t, err)
			assert.Equal(t, want, job.ID)
			continue
		}
		assert.Nil(t, job)
		require.ErrorIs(t, err, api.ErrMaybeApplied, answer)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse)
		unknown, ok := errors.AsType[*bulkcollect.UnknownResponseError](err)
		require.True(t, ok)
		assert.Equal(t, answer, string(unknown.Raw))
		e, _ := errors.AsType[*api.Error](err)
		assert.Contains(t, e.InDoubt, "a job may be running")
		assert.Contains(t, err.Error(), "its id was not found in the answer")
	}
}

// TestAnIdenticalRequestInProgress is answered with 409, which does not name the job.
func TestAnIdenticalRequestInProgress(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(1))
	ids := employee.IDs(sb.Coresignal.PersonIDs()...)
	base := client.BulkCollect.Base
	first, err := base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
	require.NoError(t, err)
	assert.False(t, first.Attached)

	again, err := base.RequestIDs(t.Context(), ids, bulkcollect.Options{JobID: "from somewhere else"})
	require.NoError(t, err)
	assert.Equal(t, &bulkcollect.Job{ID: first.ID, Attached: true}, again, "this client made it and knows better")

	elsewhere := connect(t, sb.Options()...)
	_, err = elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	require.ErrorIs(t, err, api.ErrConflict)
	assert.Contains(t, err.Error(), "set Options.JobID")
	attached, err := elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{JobID: first.ID})
	require.NoError(t, err)
	assert.Equal(t, &bulkcollect.Job{ID: first.ID, Attached: true}, attached)
	other, err := elsewhere.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{JobID: first.ID, MaxRecords: 1})
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, other.ID, "another request is another job, whatever JobID says")
	assert.Equal(t, 2, sb.Coresignal.JobsCreated())
	assert.Zero(t, sb.Coresignal.CreditsSpent())
}

// TestAnEndedJobIsNotTakenForTheOneInProgress: its records are old.
func TestAnEndedJobIsNotTakenForTheOneInProgress(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ids := employee.IDs(sb.Coresignal.PersonIDs()...)
	old, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
	require.NoError(t, err)
	_, err = client.BulkCollect.Base.Files(t.Context(), old.ID)
	require.NoError(t, err)
	sb.Fail(sandbox.Fault{Status: 409, Times: 1}) // another process has made the same request meanwhile
	_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	require.ErrorIs(t, err, api.ErrConflict)

	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1))
		ids := employee.IDs(sb.Coresignal.PersonIDs()...)
		made, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		again, err := client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
		require.NoError(t, err)
		assert.Equal(t, made.ID, again.ID)
		time.Sleep(time.Second)
		_, err = client.BulkCollect.Base.RequestIDs(t.Context(), ids, bulkcollect.Options{})
		require.ErrorIs(t, err, api.ErrMaybeApplied, "jobs take minutes: after an hour it may be another one")
	})
}
