package subscriptions_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// TestEveryShapeOfTheAnswer finds the id, so that the subscription can be managed.
func TestEveryShapeOfTheAnswer(t *testing.T) {
	for _, shape := range []coresignal.ResponseShape{coresignal.IDKey, coresignal.SubscriptionIDKey, coresignal.BareString, coresignal.BareText} {
		_, client := start(t, coresignal.WithPeople(1), coresignal.WithSubscriptionResponse(shape))
		for range 2 {
			sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, hook)
			require.NoError(t, err)
			got, err := client.Subscriptions.Get(t.Context(), sub.ID)
			require.NoError(t, err)
			assert.Equal(t, sub.ID, got.ID)
		}
	}
}

func TestAnswersToACreation(t *testing.T) {
	for answer, want := range map[string]string{
		`{"id":"a-1"}`:                            "a-1",
		`{"id":7}`:                                "7",
		`{"id":"a-1","subscription_id":"b-2"}`:    "a-1",
		`{"id":null,"subscription_id":"b-2"}`:     "b-2",
		`{"id":"","subscription_id":3}`:           "3",
		`{"id":"a/../b","subscription_id":"b-2"}`: "b-2",
		`{"id":"a-1","status":{"odd":1},"x":[]}`:  "a-1",

		` "c8e295c0-2f85" ` + "\n": "c8e295c0-2f85",

		"c8e295c0-2f85\r\n":      "c8e295c0-2f85",
		`12345`:                  "12345",
		`{}`:                     "",
		`{"id":{"value":"a-1"}}`: "",
		`{"id":true}`:            "",
		`{"id":"."}`:             "",
		`{"id":".."}`:            "",
		`{"id":"a b"}`:           "",
		`{"id":"` + strings.Repeat("x1", 101) + `"}`: "",
		`[{"id":"a-1"}]`:                "",
		`null`:                          "",
		`true`:                          "",
		`OK`:                            "",
		`"created"`:                     "",
		``:                              "",
		`<html><body>502</body></html>`: "",
		`Your subscription was created with the id 7`: "",
	} {
		t.Run(answer, func(t *testing.T) {
			_, client := answering(t, answer)
			sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, hook)
			if want != "" {
				require.NoError(t, err)
				assert.Equal(t, want, sub.ID)
				assert.Equal(t, strings.TrimSpace(answer), string(sub.Raw))
				return
			}
			assert.Nil(t, sub)
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			require.ErrorIs(t, err, api.ErrUnexpectedResponse)
			unknown, ok := errors.AsType[*subscriptions.UnknownResponseError](err)
			require.True(t, ok)
			assert.Equal(t, strings.TrimSpace(answer), string(unknown.Raw))
			assert.Contains(t, err.Error(), "its id was not found in the answer")
			e, ok := errors.AsType[*api.Error](err)
			require.True(t, ok)
			assert.Equal(t, answer, string(e.Body))
			assert.Equal(t, "look for a new one in client.Subscriptions.All", e.InDoubt)
			if len(answer) > 5 {
				assert.NotContains(t, err.Error(), answer)
			}
		})
	}
}

func TestCreatedSubscriptionKeepsWhatElseWasSaid(t *testing.T) {
	_, client := answering(t, `{"id":"a-1","status":"active","created_at":"2024-09-18","expiring_at":"2025-04-24T12:00:00.000000","new":1}`)
	sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, hook)
	require.NoError(t, err)
	assert.Equal(t, subscriptions.StatusActive, sub.Status)
	assert.Equal(t, "2024-09-18 00:00:00 +0000 UTC", sub.CreatedAt.String())
	assert.Equal(t, "2025-04-24 12:00:00 +0000 UTC", sub.ExpiringAt.String())
	assert.Contains(t, string(sub.Raw), `"new":1`)
}
