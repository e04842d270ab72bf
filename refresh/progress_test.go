package refresh_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
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

func TestWhatTheStoreRefusedIsNotCollectedAgain(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	ids := sb.Coresignal.PersonIDs()
	r, c := refresher(t, client, refresh.Options{OneByOne: -1})
	c.refuse[ids[1]] = 1
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", ids...)), errStore)
	assert.Equal(t, []int64{ids[0], ids[2]}, c.stored())
	require.NoError(t, r.Handle(t.Context(), delivery("d", ids...)))
	assert.Equal(t, []int64{ids[0], ids[2], ids[1]}, c.stored())
	assert.Equal(t, 3, sb.Requests(), "nobody again")
}

func TestWhatTheStoreRefusedIsReadAgainFromTheJob(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	ids := sb.Coresignal.PersonIDs()
	budget := employee.NewBudget(100)
	r, c := refresher(t, client, refresh.Options{Budget: budget})
	c.refuse[ids[1]], c.refuse[7] = 2, 1
	d := delivery("d", append(ids, 7)...)
	require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
	require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
	require.NoError(t, r.Handle(t.Context(), d))
	assert.ElementsMatch(t, append(ids, 7), c.stored(), "each once")
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
	assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
	assert.EqualValues(t, 70, budget.Left(), "the one that is unknown is given back once")
	require.NoError(t, r.Handle(t.Context(), d), "done, so the same again is a new one")
	assert.Equal(t, 2, sb.Coresignal.JobsCreated())
}

// TestTheSameKeyOfAnotherSenderIsAnotherDelivery: what was done for one is not done for the other.
func TestTheSameKeyOfAnotherSenderIsAnotherDelivery(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2))
	ids := sb.Coresignal.PersonIDs()
	r, c := refresher(t, client, refresh.Options{OneByOne: -1})
	c.refuse[ids[1]] = 1
	d, other := delivery("d", ids...), delivery("d", ids...)
	other.Source = "other"
	require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
	require.NoError(t, r.Handle(t.Context(), other))
	assert.ElementsMatch(t, []int64{ids[0], ids[0], ids[1]}, c.stored())
}

// TestTheSameBytesLaterAreAnotherDelivery: they report a later change, even if the first one was never finished.
func TestTheSameBytesLaterAreAnotherDelivery(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2))
	ids := sb.Coresignal.PersonIDs()
	r, c := refresher(t, client, refresh.Options{OneByOne: -1})
	c.refuse[ids[1]] = 1
	d := delivery("d", ids...)
	require.Error(t, r.Handle(t.Context(), d))
	later := *d
	later.ReceivedAt = d.ReceivedAt.Add(7 * 24 * time.Hour)
	require.NoError(t, r.Handle(t.Context(), &later))
	assert.Equal(t, []int64{ids[0], ids[0], ids[1]}, c.stored())
}

// TestAJobIsGoneOnWith after the deadline of the first try.
func TestAJobIsGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(4), coresignal.WithJobPolls(5))
		ids := sb.Coresignal.PersonIDs()
		r, c := refresher(t, client, refresh.Options{})
		d := delivery("d", ids...)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := r.Handle(ctx, d)
		require.ErrorIs(t, err, api.ErrNotReady)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Empty(t, c.stored())
		for err = r.Handle(t.Context(), d); errors.Is(err, webhook.ErrRetryLater); err = r.Handle(t.Context(), d) {
			time.Sleep(5 * time.Second)
		}
		require.NoError(t, err)
		assert.ElementsMatch(t, ids, c.stored())
		assert.Equal(t, 1, sb.Coresignal.JobsCreated())
		assert.Equal(t, 40, sb.Coresignal.CreditsSpent())
	})
}

// TestACutFileIsReadAgain without another job, and what was stored from it is not stored twice.
func TestACutFileIsReadAgain(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(40), coresignal.WithJobPolls(0), coresignal.WithPartSize(10))
	r, c := refresher(t, client, refresh.Options{})
	sb.Fail(sandbox.Fault{Path: "/cdapi/v2/data_requests/*/files/json/*", After: 2, Times: 1, TruncateGzip: true})
	d := delivery("d", sb.Coresignal.PersonIDs()...)
	require.ErrorIs(t, r.Handle(t.Context(), d), api.ErrUnexpectedResponse)
	assert.GreaterOrEqual(t, len(c.stored()), 20)
	assert.Less(t, len(c.stored()), 40)
	require.NoError(t, r.Handle(t.Context(), d))
	assert.ElementsMatch(t, sb.Coresignal.PersonIDs(), c.stored())
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
}

// TestAFinishedJobIsNotReadAgain when another job of the same delivery is tried again.
func TestAFinishedJobIsNotReadAgain(t *testing.T) {
	fake, c := &jobs{refuse: 2}, &crm{}
	r, err := refresh.New(refresh.Collector[employee.BaseRecord](fake), refresh.Bulk[employee.BaseRecord](fake), c.store, refresh.Options{})
	require.NoError(t, err)
	ids := make([]int64, bulkcollect.MaxIDs+5)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	d := delivery("d", ids...)
	require.ErrorIs(t, r.Handle(t.Context(), d), api.ErrUnavailable)
	assert.Len(t, c.stored(), bulkcollect.MaxIDs)
	c.outcomes = nil
	require.NoError(t, r.Handle(t.Context(), d))
	assert.Equal(t, ids[bulkcollect.MaxIDs:], c.stored())
	assert.NotContains(t, fake.waits[1:], "0", "nothing was left of the first job")
}

func TestRefreshRemembersNothing(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2))
	r, c := refresher(t, client, refresh.Options{OneByOne: -1})
	ids := sb.Coresignal.PersonIDs()
	c.refuse[ids[1]] = 1
	changes := []webhook.EmployeeChanged{{ID: ids[0]}, {ID: ids[1]}}
	require.ErrorIs(t, r.Refresh(t.Context(), changes), errStore)
	require.NoError(t, r.Refresh(t.Context(), changes))
	assert.Equal(t, []int64{ids[0], ids[0], ids[1]}, c.stored())
}
