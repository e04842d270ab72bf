package spool_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

func notifications(ids ...int) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = fmt.Sprintf(`{"notificationId":%d,"action":"LIKE"}`, id)
	}
	return `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[` + strings.Join(list, ",") + `]}`
}

// TestWhatIsLeftOutStaysLeftOut: of a batch that overlaps an earlier one only the new notifications are worked on, also
// after a restart, and after a death. An event that comes again while it is in work is not stored.
func TestWhatIsLeftOutStaysLeftOut(t *testing.T) {
	dir := t.TempDir()
	sender, err := webhook.LinkedIn(webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{"a-client-secret"}})
	require.NoError(t, err)
	s, err := spool.Open(dir, spool.Options{Attempts: 1}, sender)
	require.NoError(t, err)
	h, err := webhook.NewHandler(sender, s)
	require.NoError(t, err)
	send := func(body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		mac := hmac.New(sha256.New, []byte("a-client-secret"))
		mac.Write([]byte("hmacsha256=" + body))
		r.Header.Set("X-LI-Signature", hex.EncodeToString(mac.Sum(nil)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, 200, w.Code)
	}
	send(notifications(1, 2))
	send(notifications(2, 3, 1, 4))
	send(notifications(4, 2))
	require.Equal(t, 2, s.Pending())
	require.NoError(t, s.Close())

	s, err = spool.Open(dir, spool.Options{Attempts: 1}, sender)
	require.NoError(t, err)
	h, err = webhook.NewHandler(sender, s) // Its store has forgotten all.
	require.NoError(t, err)
	send(notifications(1, 2))
	require.Equal(t, 2, s.Pending(), "it is pending")
	var got []string
	work := func(_ context.Context, d *webhook.Delivery) error {
		for _, event := range d.Events {
			got = append(got, event.(webhook.SocialAction).NotificationID)
		}
		assert.Len(t, d.Keys, len(d.Events))
		send(notifications(1, 2))
		return nil
	}
	attempts(t, s, work, func(_ context.Context, d *webhook.Delivery) error {
		assert.Equal(t, []int{0, 2}, d.LeftOut)
		return webhook.ErrGiveUp
	})
	assert.Equal(t, []string{"1", "2"}, got)
	assert.Zero(t, s.Pending(), "what came again in work was a repetition")
	for dead, err := range s.Dead() {
		require.NoError(t, err)
		require.NoError(t, s.Requeue(dead.ID))
	}
	attempts(t, s, work)
	assert.Equal(t, []string{"1", "2", "3", "4"}, got)
	require.NoError(t, s.Close())

	tooMany := make([]int, 10_000)
	for i := range tooMany {
		tooMany[i] = i
	}
	s, err = spool.Open(dir, spool.Options{}, sender)
	require.NoError(t, err)
	require.Error(t, s.Put(t.Context(), &webhook.Delivery{Source: "linkedin", Key: "k", LeftOut: tooMany}))
	require.NoError(t, s.Close())
}
