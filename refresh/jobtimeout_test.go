package refresh_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// TestASlowProviderIsWaitedFor: that a try waits for two seconds does not mean that the provider must respond in them.
func TestASlowProviderIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(1))
		sb.Fail(sandbox.Fault{Path: filesPath, Delay: 10 * time.Second})
		r, c := refresher(t, client, refresh.Options{})
		d := delivery("d", sb.Coresignal.PersonIDs()...)
		tries := 1
		for ; r.Handle(t.Context(), d) != nil; tries++ {
			require.Less(t, tries, 5)
			time.Sleep(time.Second)
		}
		assert.Len(t, c.stored(), 3)
	})
}

// TestR51AJobThatNeverEndsIsBounded: each try gives others their turn, and after a day the delivery is dead; without
// buying anything again, over restarts too.
func TestR51AJobThatNeverEndsIsBounded(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
			sb.Fail(sandbox.Fault{Path: filesPath, Status: 202, Body: `{"message":"Data request is still being processed"}`})
			r, c := refresher(t, client, refresh.Options{})
			d := delivery("d", sb.Coresignal.PersonIDs()...)
			if restarts {
				d.Kept = new(journal)
			}
			began := time.Now()
			for {
				began := time.Now()
				err := r.Handle(t.Context(), d)
				require.Error(t, err)
				require.LessOrEqual(t, time.Since(began), 4*time.Second, "the limiter has its part in it")
				if !errors.Is(err, webhook.ErrRetryLater) {
					require.ErrorIs(t, err, webhook.ErrNotUnderstood)
					break
				}
				time.Sleep(time.Hour)
				if restarts {
					r, c = refresher(t, client, refresh.Options{})
				}
			}
			assert.InDelta(t, 24, time.Since(began).Hours(), 2)
			assert.Empty(t, c.stored())
			assert.Equal(t, 1, sb.Coresignal.JobsCreated())
			sb.ClearFaults()
			require.NoError(t, r.Handle(t.Context(), d), "put back by hand, the job is looked at again")
			assert.Len(t, c.stored(), 3)
			assert.Equal(t, 1, sb.Coresignal.JobsCreated())
		})
	}
}
