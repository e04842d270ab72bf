package subscriptions_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// creations are all calls that create a subscription.
func creations(t *testing.T, client *pronet.Client) map[string]func() error {
	s := client.Subscriptions
	return map[string]func() error{
		"Base IDs":   func() error { _, err := s.Base.CreateFromIDs(t.Context(), employee.IDs(1), hook); return err },
		"Base query": func() error { _, err := s.Base.CreateFromQuery(t.Context(), engineers, hook); return err },
		"Base filter": func() error {
			_, err := s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "Spain"}, hook)
			return err
		},
		"Clean IDs":         func() error { _, err := s.Clean.CreateFromIDs(t.Context(), employee.IDs(1), hook); return err },
		"MultiSource query": func() error { _, err := s.MultiSource.CreateFromQuery(t.Context(), engineers, hook); return err },
		"experience IDs": func() error {
			_, err := s.ExperienceChanges.Base.CreateFromIDs(t.Context(), employee.IDs(1), hook)
			return err
		},
		"experience all": func() error {
			_, err := s.ExperienceChanges.Clean.CreateForAll(t.Context(), subscriptions.Options{WebhookURL: hook.WebhookURL, AcceptVolume: true})
			return err
		},
		"V1 IDs": func() error { _, err := s.V1.CreateFromIDs(t.Context(), employee.IDs(1), hook); return err },
		"V1 query": func() error {
			_, err := s.V1.CreateFromQuery(t.Context(), employee.Query{Clause: employee.Match("title", "engineer")}, hook)
			return err
		},
		"V1 filter": func() error {
			_, err := s.V1.CreateFromFilter(t.Context(), employee.V1Filter{Country: "Spain"}, hook)
			return err
		},
	}
}

// TestALostAnswerIsNotAskedForAgain: the provider creates the subscription and the connection breaks.
func TestALostAnswerIsNotAskedForAgain(t *testing.T) {
	for _, drop := range []sandbox.Drop{sandbox.DropAfterAct, sandbox.DropMidBody} {
		for name := range creations(t, connect(t)) {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sb, client := startInMemory(t, coresignal.WithPeople(1))
					_, err := client.Subscriptions.List(t.Context(), list()) // so that a connection is open, which net/http could use again
					require.NoError(t, err)
					sb.Fail(sandbox.Fault{Method: "POST", Drop: drop})
					err = creations(t, client)[name]()
					require.ErrorIs(t, err, api.ErrMaybeApplied)
					assert.Equal(t, 1, sb.Coresignal.SubscriptionsCreated())
					assert.Equal(t, 1, sb.RequestsTo("POST", ""))
					e, ok := errors.AsType[*api.Error](err)
					require.True(t, ok)
					where := "look for a new one in client.Subscriptions.All"
					if name[:2] == "V1" {
						where = "look for a new one in client.Subscriptions.V1.All"
					}
					assert.Equal(t, where, e.InDoubt)
					assert.Contains(t, err.Error(), where)
				})
			})
		}
	}
}

// TestWhatWasNotProcessedIsSentAgain: 429, and 503 with Retry-After, say so.
func TestWhatWasNotProcessedIsSentAgain(t *testing.T) {
	for name := range creations(t, connect(t)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(1))
				sb.Fail(sandbox.Fault{Status: 429, Times: 1})
				sb.Fail(sandbox.Fault{Status: 503, RetryAfter: "1", Times: 1})
				require.NoError(t, creations(t, client)[name]())
				assert.Equal(t, 3, sb.Requests())
				assert.Equal(t, 1, sb.Coresignal.SubscriptionsCreated())

				sb.Fail(sandbox.Fault{Status: 500})
				err := creations(t, client)[name]()
				require.ErrorIs(t, err, api.ErrUnavailable)
				require.ErrorIs(t, err, api.ErrMaybeApplied, "a 500 does not say how far it came")
				assert.Equal(t, 4, sb.Requests())
			})
		})
	}
}

func TestRenewAndSimulateAreNotSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1))
		sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, hook)
		require.NoError(t, err)
		sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct})
		_, err = client.Subscriptions.Renew(t.Context(), sub.ID)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		e, _ := errors.AsType[*api.Error](err)
		assert.Equal(t, "ExpiringAt of client.Subscriptions.Get tells whether it was renewed", e.InDoubt)
		err = client.Subscriptions.Simulate(t.Context(), "http://127.0.0.1:9/x")
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.Equal(t, 1, sb.Coresignal.Simulations())
		assert.Equal(t, 3, sb.Requests())
	})
}
