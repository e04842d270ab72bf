package bulkcollect_test

import (
	"context"
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

// requestAll makes a job of everybody in the sandbox.
func requestAll(t testing.TB, sb *sandbox.Sandbox, client *pronet.Client) string {
	t.Helper()
	job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{})
	require.NoError(t, err)
	return job.ID
}

// polls returns when the sandbox was asked for files, from the first time on.
func polls(sb *sandbox.Sandbox) (at []time.Duration) {
	times := sb.ArrivalsTo("GET", "/cdapi/v2/data_requests/*/files")
	for _, t := range times {
		at = append(at, t.Sub(times[0]))
	}
	return at
}

func seconds(s ...float64) (at []time.Duration) {
	for _, n := range s {
		at = append(at, time.Duration(n*float64(time.Second)))
	}
	return at
}

func TestWaitAsksEverLessOften(t *testing.T) {
	for name, tt := range map[string]struct {
		o     bulkcollect.WaitOptions
		polls int
		want  []time.Duration
	}{
		"ready at once":  {bulkcollect.WaitOptions{}, 0, seconds(0)},
		"by default":     {bulkcollect.WaitOptions{}, 5, seconds(0, 2, 5, 9.5, 16.25, 26.375)},
		"slower":         {bulkcollect.WaitOptions{FirstPoll: 20 * time.Second}, 5, seconds(0, 20, 50, 95, 155, 215)},
		"with a bound":   {bulkcollect.WaitOptions{MaxPoll: 4 * time.Second}, 4, seconds(0, 2, 5, 9, 13)},
		"first above it": {bulkcollect.WaitOptions{FirstPoll: time.Hour, MaxPoll: time.Second}, 3, seconds(0, 1, 2, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(2), coresignal.WithJobPolls(tt.polls))
				id := requestAll(t, sb, client)
				var told []bulkcollect.Progress
				tt.o.OnPoll = func(p bulkcollect.Progress) { told = append(told, p) }
				files, err := client.BulkCollect.Base.Wait(t.Context(), id, tt.o)
				require.NoError(t, err)
				assert.Len(t, files, 1)
				assert.Equal(t, tt.want, polls(sb))
				require.Len(t, told, tt.polls)
				for i, p := range told {
					assert.Equal(t, bulkcollect.Progress{Polls: i + 1, Elapsed: tt.want[i], Next: tt.want[i+1] - tt.want[i]}, p)
				}
			})
		})
	}
}

func TestWaitHoldsToRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(2), coresignal.WithJobPolls(0))
		id := requestAll(t, sb, client)
		const files = "/cdapi/v2/data_requests/*/files"
		sb.Fail(sandbox.Fault{Path: files, Status: 202, RetryAfter: "1", Times: 1})
		sb.Fail(sandbox.Fault{Path: files, Status: 202, RetryAfter: "90", Times: 1})
		sb.Fail(sandbox.Fault{Path: files, Status: 202, RetryAfter: "86400", Times: 1})
		_, err := client.BulkCollect.Base.Wait(t.Context(), id, bulkcollect.WaitOptions{})
		require.NoError(t, err)
		assert.Equal(t, seconds(0, 2, 92, 392), polls(sb), "at most five minutes")
	})
}

func TestWaitReturnsAtOnceWhenTheDeadlineIsTooNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(2), coresignal.WithJobPolls(100))
		id := requestAll(t, sb, client)
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		began := time.Now()
		files, err := client.BulkCollect.Base.Wait(ctx, id, bulkcollect.WaitOptions{})
		assert.Nil(t, files)
		require.ErrorIs(t, err, api.ErrNotReady)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "\n")
		assert.Equal(t, 5*time.Second, time.Since(began), "the next question would be at 9.5 seconds")
		require.NoError(t, ctx.Err())

		sb.Advance(time.Minute) // the job goes on, and another client can wait for it with nothing but its id
		elsewhere := connect(t, sb.Options()...)
		files, err = elsewhere.BulkCollect.Base.Wait(t.Context(), id, bulkcollect.WaitOptions{})
		require.NoError(t, err)
		assert.Len(t, files, 1)
		assert.Equal(t, 1, sb.Coresignal.JobsCreated())
		assert.Equal(t, 20, sb.Coresignal.CreditsSpent())
	})
}

func TestWaitIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(2), coresignal.WithJobPolls(100))
		id := requestAll(t, sb, client)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		began := time.Now()
		_, err := client.BulkCollect.Base.Wait(ctx, id, bulkcollect.WaitOptions{})
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 3*time.Second, time.Since(began))
	})
}

func TestWaitAndFilesErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithCredits(10), coresignal.WithJobPolls(1))
		base := client.BulkCollect.Base
		id := requestAll(t, sb, client)
		_, err := base.Files(t.Context(), id)
		require.ErrorIs(t, err, api.ErrNotReady)
		_, err = base.Wait(t.Context(), id, bulkcollect.WaitOptions{})
		require.ErrorIs(t, err, api.ErrNoCredits)
		sb.Coresignal.AddCredits(20)
		_, err = base.Wait(t.Context(), id, bulkcollect.WaitOptions{})
		require.NoError(t, err, "paid later, without another request")
		sb.Advance(31 * 24 * time.Hour)
		_, err = base.Files(t.Context(), id)
		require.ErrorIs(t, err, api.ErrNotFound)

		job, err := base.RequestIDs(t.Context(), employee.IDs(1, 2), bulkcollect.Options{})
		require.NoError(t, err)
		_, err = base.Wait(t.Context(), job.ID, bulkcollect.WaitOptions{})
		require.ErrorIs(t, err, api.ErrNotFound, "nobody was found")

		sb.Fail(sandbox.Fault{Status: 500, Times: 2})
		_, err = base.Wait(t.Context(), job.ID, bulkcollect.WaitOptions{})
		require.ErrorIs(t, err, api.ErrNotFound, "a poll is free and repeated")

		sent := sb.Requests()
		for _, o := range []bulkcollect.WaitOptions{{FirstPoll: -1}, {MaxPoll: -1}} {
			_, err = base.Wait(t.Context(), id, o)
			require.ErrorIs(t, err, api.ErrInvalid)
		}
		for _, id := range []string{"", "..", "."} {
			_, err = base.Wait(t.Context(), id, bulkcollect.WaitOptions{})
			require.ErrorIs(t, err, api.ErrInvalid)
		}
		assert.Equal(t, sent, sb.Requests())
	})
}
