package recruiter_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// counting counts the responses of a status.
func counting(status int, n *int) pronet.Option {
	return pronet.WithObserver(api.Observer{Attempt: func(_ context.Context, a api.Attempt) {
		if a.Status == status {
			*n++
		}
	}})
}

// TestInMailWindowsTile: the end is exclusive, so each message of a window that touches the next comes once.
func TestInMailWindowsTile(t *testing.T) { synctest.Test(t, inMailWindowsTile) }

func inMailWindowsTile(t *testing.T) {
	sb, client := sandboxtest.StartInMemory(t)
	seat := named(t, sb.LinkedIn.App().Seats[0])
	start := time.UnixMilli(1_700_000_000_000)
	for i := range 7 {
		sb.LinkedIn.SendInMail(fake.InMail{Text: strconv.Itoa(i), Subject: "s", Thread: "urn:li:messagingThread:" + strconv.Itoa(i%2), Created: start.Add(time.Duration(i) * time.Hour)})
	}
	for _, protocol := range []linkedin.Protocol{linkedin.Protocol1, linkedin.Protocol2} {
		app := sb.LinkedIn.App()
		c, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), pronet.LinkedInProtocol(protocol)))
		require.NoError(t, err)
		var texts []string
		for from := start; from.Before(start.Add(7 * time.Hour)); from = from.Add(2 * time.Hour) {
			for m, err := range c.LinkedIn.Recruiter.InMails.All(t.Context(), recruiter.InMailQuery{Viewer: seat, From: from, To: from.Add(2 * time.Hour), Count: 1}) {
				require.NoError(t, err)
				assert.Equal(t, seat, m.Author)
				assert.Equal(t, "s", m.Subject)
				assert.False(t, m.Created.Before(from) || !m.Created.Before(from.Add(2*time.Hour)))
				texts = append(texts, m.Text)
			}
		}
		assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6"}, texts)
		page, err := c.LinkedIn.Recruiter.InMails.List(t.Context(), recruiter.InMailQuery{Viewer: seat, Thread: named(t, "urn:li:messagingThread:1")})
		require.NoError(t, err)
		assert.Len(t, page.Items, 3)
	}
	for name, q := range map[string]recruiter.InMailQuery{
		"no viewer": {}, "a contract": {Viewer: named(t, "urn:li:contract:1")}, "turned": {Viewer: seat, From: start, To: start.Add(-time.Second)},
		"early": {Viewer: seat, From: time.UnixMilli(-1)},
	} {
		_, err := client.LinkedIn.Recruiter.InMails.List(t.Context(), q)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	for _, err := range client.LinkedIn.Recruiter.InMails.All(t.Context(), recruiter.InMailQuery{Viewer: seat, From: start, To: start.Add(13 * time.Hour)}) {
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	_, err := client.LinkedIn.Recruiter.InMails.List(t.Context(), recruiter.InMailQuery{Viewer: named(t, "urn:li:seat:1")})
	require.ErrorIs(t, err, api.ErrForbidden)
}

// TestInMailRate: twelve records a minute about a seat, charged after each page, are never exceeded by a client and its
// clone together; another seat does not wait; what would take too long ends at once.
func TestInMailRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, err := sandbox.New()
		require.NoError(t, err)
		require.NoError(t, sb.StartInMemory())
		defer sb.Close()
		refused := 0
		client := sandboxtest.Connect(t, append(sb.Options(), counting(http.StatusTooManyRequests, &refused))...)
		clone, err := client.Clone()
		require.NoError(t, err)
		seats := sb.LinkedIn.App().Seats
		for range 120 {
			sb.LinkedIn.SendInMail(fake.InMail{})
		}
		sb.LinkedIn.SendInMail(fake.InMail{Seat: seats[1]})
		q := recruiter.InMailQuery{Viewer: named(t, seats[0])}
		began, n := time.Now(), 0
		for _, err := range client.LinkedIn.Recruiter.InMails.All(t.Context(), q) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 120, n)
		assert.WithinDuration(t, began.Add(100*5*time.Second), time.Now(), time.Second, "two pages of 50 are paid for")
		assert.Zero(t, refused)

		began = time.Now()
		_, err = client.LinkedIn.Recruiter.InMails.List(t.Context(), recruiter.InMailQuery{Viewer: named(t, seats[1])})
		require.NoError(t, err)
		assert.Less(t, time.Since(began), time.Second, "another seat")
		q.Count = 12
		_, err = clone.LinkedIn.Recruiter.InMails.List(t.Context(), q)
		require.NoError(t, err)
		assert.WithinDuration(t, began.Add(20*5*time.Second), time.Now(), time.Second, "the clone pays the last page")
		assert.Zero(t, refused)

		var limited *api.RateLimitError
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began = time.Now()
		_, err = client.LinkedIn.Recruiter.InMails.List(ctx, q)
		require.ErrorAs(t, err, &limited)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, began.Add(time.Minute), limited.Reset.Local(), "when it can be read")
		assert.Equal(t, began, time.Now(), "at once")

		q.Count = 100 // 500 seconds, more than a call waits
		_, err = client.LinkedIn.Recruiter.InMails.List(t.Context(), q)
		require.NoError(t, err)
		_, err = client.LinkedIn.Recruiter.InMails.List(t.Context(), q)
		require.ErrorAs(t, err, &limited)
		require.ErrorIs(t, err, api.ErrRateLimited)
		assert.Zero(t, refused)

		quota, ok := client.LinkedIn.Quota(linkedin.ClassProspects)
		require.True(t, ok)
		assert.Equal(t, 6, quota.Used, "one quota with seats and notes")
	})
}
