package linkedin_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestR63QuotaOfADay: what is counted here ends calls before they are sent; what another program used up is found by
// refusals, and probed every quarter of an hour; and it survives a restart.
func TestR63QuotaOfADay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "limits.json")
	synctest.Test(t, func(t *testing.T) { // a bubble begins at midnight UTC
		sb, client := sandboxtest.StartInMemory(t, fake.WithDailyQuota(50))
		app := sb.LinkedIn.App()
		start := func(options ...pronet.LinkedInOption) *pronet.Client {
			t.Helper()
			c, err := pronet.New(append(sb.Options(), pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret),
				append(options, pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL()))...))...)
			require.NoError(t, err)
			t.Cleanup(c.CloseIdleConnections)
			return c
		}
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		limited := func(c *pronet.Client) *api.RateLimitError {
			t.Helper()
			err := seats(t.Context(), c, app.Contract)
			require.ErrorIs(t, err, pronet.ErrRateLimited)
			var limit *api.RateLimitError
			require.ErrorAs(t, err, &limit)
			assert.Equal(t, midnight, limit.Reset)
			return limit
		}

		// Ten a day, counted here.
		ten := start(pronet.LinkedInDailyQuota(10), pronet.RateLimitState(pronet.RateLimitFile(file)))
		for range 10 {
			require.NoError(t, seats(t.Context(), ten, app.Contract))
		}
		requests := sb.RequestsTo("GET", "/v2/seatsV2")
		limited(ten)
		assert.Equal(t, requests, sb.RequestsTo("GET", "/v2/seatsV2"), "nothing is sent")
		limited(start(pronet.LinkedInDailyQuota(10), pronet.RateLimitState(pronet.RateLimitFile(file))))
		q, _ := ten.LinkedIn.Quota(linkedin.ClassProspects)
		assert.Equal(t, linkedin.Quota{Limit: 10, Used: 10, Reset: midnight}, q)
		assert.Zero(t, q.Left())

		// Another program uses the rest.
		sb.LinkedIn.UseQuota(app.ClientID, 1000)
		requests = sb.RequestsTo("GET", "/v2/seatsV2")
		limited(client)
		assert.Equal(t, 3, sb.RequestsTo("GET", "/v2/seatsV2")-requests, "two retries")
		q, _ = client.LinkedIn.Quota(linkedin.ClassProspects)
		assert.True(t, q.Closed)
		assert.Zero(t, q.Left())
		assert.Equal(t, 15*time.Minute, time.Until(q.Probe))
		began := time.Now()
		for range 100 {
			limited(client)
		}
		assert.Equal(t, began, time.Now(), "nothing is waited for")
		time.Sleep(time.Hour)
		requests = sb.RequestsTo("GET", "/v2/seatsV2")
		for range 100 {
			limited(client)
		}
		assert.Equal(t, 1, sb.RequestsTo("GET", "/v2/seatsV2")-requests, "one probe")
		sb.LinkedIn.UseQuota(app.ClientID, -1000) // it was not the day's after all
		time.Sleep(15 * time.Minute)
		for range 10 {
			require.NoError(t, seats(t.Context(), client, app.Contract))
		}

		hourly := start(pronet.LinkedInQuotaProbe(time.Hour))
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Status: 429})
		assert.Equal(t, time.Hour, time.Until(limited(hourly).Probe))
		sb.ClearFaults()
		time.Sleep(59 * time.Minute)
		limited(hourly)
		time.Sleep(time.Minute)
		require.NoError(t, seats(t.Context(), hourly, app.Contract))

		// A limit that is over in seconds closes nothing, and one with a Retry-After is what that says.
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Status: 429, Times: 2})
		require.NoError(t, seats(t.Context(), hourly, app.Contract))
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Status: 429, RetryAfter: "7", Times: 3})
		began = time.Now()
		require.NoError(t, seats(t.Context(), hourly, app.Contract))
		assert.GreaterOrEqual(t, time.Since(began), 21*time.Second)

		time.Sleep(time.Until(midnight))
		require.NoError(t, seats(t.Context(), ten, app.Contract))
	})
}
