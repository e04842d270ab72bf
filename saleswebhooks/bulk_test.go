package saleswebhooks_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

func states(r *saleswebhooks.BulkResult) map[saleswebhooks.ItemState]int {
	all := map[saleswebhooks.ItemState]int{}
	for _, item := range r.Items {
		all[item.State]++
	}
	return all
}

// switches are what is not known of bulk calls.
var switches = map[string][]sandbox.Option{
	"as sent":           nil,
	"backward":          {fake.WithBulkOrder(fake.Backward)},
	"opaque ids":        {fake.WithOpaqueIDs()},
	"opaque, backward":  {fake.WithOpaqueIDs(), fake.WithBulkOrder(fake.Backward)},
	"index from 1":      {fake.WithErrorIndexFrom(1)},
	"207":               {fake.WithPartialStatus(207), fake.WithCreateStatus(200)},
	"empty deletes":     {fake.WithEmptyDeletes()},
	"revival":           {fake.WithRevival()},
	"mark":              {fake.WithExportMark()},
	"opaque and from 1": {fake.WithOpaqueIDs(), fake.WithErrorIndexFrom(1), fake.WithBulkOrder(fake.Backward)},
}

// TestBulkOfAnyNumber: each item has its own place and subscription, whatever is not known of the provider.
func TestBulkOfAnyNumber(t *testing.T) {
	for name, options := range switches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sb, client := start(t, options...)
			subs := client.SalesWebhooks.Subscriptions
			there, err := sb.SalesWebhooks.Subscribe("contact", "https://www.linkedin.com/in/Person-7/")
			require.NoError(t, err)
			entities := contacts(250)
			entities[100] = saleswebhooks.Contact("https://linkedin.com/in/invalid-b")
			entities[149] = saleswebhooks.Contact("https://linkedin.com/in/invalid-c")
			entities[200] = saleswebhooks.Company("https://linkedin.com/in/not-a-company")
			entities[210] = saleswebhooks.ContactID("by-id")
			entities[220] = entities[3]
			result, err := subs.BulkCreate(t.Context(), entities, saleswebhooks.BulkOptions{})
			require.NoError(t, err)
			assert.Equal(t, 3, result.Calls)
			assert.Empty(t, result.Discrepancies)
			byURL := map[string]string{}
			for _, s := range sb.SalesWebhooks.Subscriptions() {
				byURL[s.LinkedInURL+s.EntityType] = s.ID
			}
			for i, item := range result.Items {
				require.Equal(t, i, item.Place)
				switch i {
				case 7:
					require.Equal(t, saleswebhooks.ItemExists, item.State)
					require.Equal(t, there, item.ID)
				case 100, 149, 200:
					require.Equal(t, saleswebhooks.ItemRefused, item.State, i)
					require.NotEmpty(t, item.Reason)
				case 220:
					require.Equal(t, saleswebhooks.ItemExists, item.State)
					require.Equal(t, result.Items[3].ID, item.ID)
				default:
					require.Contains(t, []saleswebhooks.ItemState{saleswebhooks.ItemMade, saleswebhooks.ItemExists}, item.State, i)
					if item.Entity.LinkedInURL != "" {
						require.Equal(t, byURL[item.Entity.LinkedInURL+"contact"], item.ID, i)
					}
				}
			}
			assert.Len(t, result.Undone(), 3)
			assert.Equal(t, 246, sb.SalesWebhooks.Active())
			assert.Equal(t, 246, sb.SalesWebhooks.Created())

			var ids []string
			for _, s := range sb.SalesWebhooks.Subscriptions() {
				ids = append(ids, s.ID)
			}
			ids = append(ids, "sub_nobody", ids[0], "")
			ended, err := subs.BulkCancel(t.Context(), ids, saleswebhooks.BulkOptions{})
			require.NoError(t, err)
			assert.Equal(t, map[saleswebhooks.ItemState]int{saleswebhooks.ItemCancelled: 247, saleswebhooks.ItemRefused: 2}, states(ended))
			assert.Zero(t, sb.SalesWebhooks.Active())
		})
	}
}

// TestPlacesOverChunks: the provider's places within a call are the caller's in his list; where index and id disagree, the
// id is believed.
func TestPlacesOverChunks(t *testing.T) {
	made := func(from, to int, without ...int) string {
		var rows []string
		for i := from; i < to; i++ {
			if !slices.Contains(without, i) {
				rows = append(rows, fmt.Sprintf(`{"id":"sub_%d","entity_type":"contact","linkedin_id":"person-%d","status":"active"}`, i, i))
			}
		}
		return strings.Join(rows, ",")
	}
	first := response{status: 200, body: `{"created":99,"failed":1,"subscriptions":[` + made(0, 100, 7) + `],"errors":[{"index":8,"linkedin_id":"person-7","error":"Subscription already exists"}]}`}
	second := response{status: 207, body: `{"created":48,"failed":2,"subscriptions":[` + made(100, 150, 100, 149) + `],"errors":[{"index":0,"linkedin_id":"person-100","error":"Invalid"},{"index":49,"error":"Invalid"}]}`}
	export := response{status: 200, body: "subscription_id,entity_type,linkedin_id,linkedin_url,status,created_at\nsub_old,contact,person-7,https://linkedin.com/in/person-7,active,\n"}
	p, sales := responding(t, first, second, export)
	result, err := sales.Subscriptions.BulkCreate(t.Context(), contacts(150), saleswebhooks.BulkOptions{})
	require.NoError(t, err)
	assert.Len(t, p.requests, 3)
	assert.Equal(t, map[saleswebhooks.ItemState]int{saleswebhooks.ItemMade: 147, saleswebhooks.ItemExists: 1, saleswebhooks.ItemRefused: 2}, states(result))
	assert.True(t, result.Items[7].OtherIndex)
	assert.Equal(t, "sub_old", result.Items[7].ID)
	for _, place := range []int{100, 149} {
		assert.Equal(t, "Invalid", result.Items[place].Reason)
		assert.False(t, result.Items[place].OtherIndex)
	}

	// A lost response of the second marks its items alone, when nothing can be read either.
	_, sales = responding(t, first, response{status: 504, html: true}, response{status: 503, html: true})
	result, err = sales.Subscriptions.BulkCreate(t.Context(), contacts(150), saleswebhooks.BulkOptions{})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.Equal(t, map[saleswebhooks.ItemState]int{saleswebhooks.ItemMade: 99, saleswebhooks.ItemRefused: 1, saleswebhooks.ItemUnknown: 50}, states(result))
}

// TestBulkAndTheRateLimit: what was done is in the result, and a caller who waits gets all of it.
func TestBulkAndTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, fake.WithTier("scale", 5000))
		subs := client.SalesWebhooks.Subscriptions
		result, err := subs.BulkCreate(t.Context(), contacts(1250), saleswebhooks.BulkOptions{})
		limited, ok := errors.AsType[*api.RateLimitError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "bulk", limited.Class)
		assert.Equal(t, map[saleswebhooks.ItemState]int{saleswebhooks.ItemMade: 1000, saleswebhooks.ItemPending: 250}, states(result))
		takes, err := client.SalesWebhooks.Forecast(t.Context(), saleswebhooks.BulkCalls, 3)
		require.NoError(t, err)
		assert.InDelta(t, 15*time.Minute, takes, float64(5*time.Second))
		takes, err = client.SalesWebhooks.Forecast(t.Context(), saleswebhooks.BulkCalls, 11)
		require.NoError(t, err)
		assert.InDelta(t, 30*time.Minute, takes, float64(5*time.Second))
		takes, err = client.SalesWebhooks.Forecast(t.Context(), saleswebhooks.Writes, 100)
		require.NoError(t, err)
		assert.Zero(t, takes)

		var waits []time.Duration
		rest, err := subs.BulkCreate(t.Context(), result.Undone(), saleswebhooks.BulkOptions{Wait: true, Progress: func(p saleswebhooks.Progress) {
			if p.Wait > 0 {
				waits = append(waits, p.Wait)
			}
		}})
		require.NoError(t, err)
		assert.Equal(t, 250, rest.Count(saleswebhooks.ItemMade))
		assert.Len(t, waits, 1)
		assert.Equal(t, 13, sb.SalesWebhooks.BulkEffects())
		assert.Zero(t, sb.SalesWebhooks.Refused("bulk"))

		// A provider that refuses, because somebody else uses the key: it is waited for too.
		sb.Fail(sandbox.Fault{Method: "POST", Path: "/v1/subscriptions/bulk", Status: 429, Times: 2})
		more, err := subs.BulkCreate(t.Context(), []saleswebhooks.Entity{saleswebhooks.CompanyID("acme")}, saleswebhooks.BulkOptions{Wait: true})
		require.NoError(t, err)
		assert.Equal(t, 1, more.Count(saleswebhooks.ItemMade))
	})
}

// TestBulkAfterALostResponse: what exists is read, and the rest goes in halves; nothing is made twice.
func TestBulkAfterALostResponse(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"dropped before": {Drop: sandbox.DropBeforeAct, Times: 1},
		"dropped after":  {Drop: sandbox.DropAfterAct, Times: 1},
		"cut":            {Drop: sandbox.DropMidBody, Times: 1},
		"504":            {Status: 504, HTML: true, Times: 2},
		"502 twice":      {Status: 502, HTML: true, Times: 2},
		"nothing said":   {Body: `{"ok":true}`, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t)
				subs := client.SalesWebhooks.Subscriptions
				fault.Path = "/v1/subscriptions/bulk"
				sb.Fail(fault)
				result, err := subs.BulkCreate(t.Context(), contacts(150), saleswebhooks.BulkOptions{Wait: true})
				require.NoError(t, err)
				assert.Equal(t, 150, result.Count(saleswebhooks.ItemMade)+result.Count(saleswebhooks.ItemExists))
				assert.Equal(t, 150, sb.SalesWebhooks.Created())
				if name == "504" {
					assert.Equal(t, 6, result.Calls, "100, 50, and then 25, 25, 50 and the other 50")
				}
				sb.Fail(fault)
				ended, err := subs.CancelAll(t.Context(), saleswebhooks.CancelAllOptions{Bulk: saleswebhooks.BulkOptions{Wait: true}})
				require.NoError(t, err)
				assert.Equal(t, 150, ended.Count(saleswebhooks.ItemCancelled))
				assert.Zero(t, sb.SalesWebhooks.Active())
			})
		})
	}
}

// TestBulkDuringAnOutage gives up, and says what is pending.
func TestBulkDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t)
		sb.Fail(sandbox.Fault{Method: "POST", Status: 504, HTML: true})
		result, err := client.SalesWebhooks.Subscriptions.BulkCreate(t.Context(), contacts(150), saleswebhooks.BulkOptions{})
		require.ErrorIs(t, err, api.ErrUnavailable)
		require.NotErrorIs(t, err, api.ErrMaybeApplied, "what exists was read")
		assert.Equal(t, 150, result.Count(saleswebhooks.ItemPending))
		assert.Equal(t, 4, result.Calls)
	})
}

// TestNumbersThatDoNotAddUp make it read what exists, and are told.
func TestNumbersThatDoNotAddUp(t *testing.T) {
	header := "subscription_id,entity_type,linkedin_id,linkedin_url,status,created_at\n"
	p, sales := responding(t,
		response{status: 201, body: `{"created":3,"failed":0,"subscriptions":[{"id":"sub_0","linkedin_id":"person-0"}],"errors":[]}`},
		response{status: 200, body: header + "sub_0,contact,person-0,https://linkedin.com/in/person-0,active,\nsub_2,contact,person-2,https://linkedin.com/in/person-2,active,\n"},
		response{status: 201, body: `{"created":1,"failed":0,"subscriptions":[{"id":"sub_1","linkedin_id":"person-1"}],"errors":[]}`},
	)
	result, err := sales.Subscriptions.BulkCreate(t.Context(), contacts(3), saleswebhooks.BulkOptions{})
	require.NoError(t, err)
	assert.Equal(t, []saleswebhooks.Discrepancy{{Call: 1, Asked: 3, Done: 3, Failed: 0, Listed: 1, Errors: 0}}, result.Discrepancies)
	assert.Equal(t, []string{"sub_0", "sub_1", "sub_2"}, []string{result.Items[0].ID, result.Items[1].ID, result.Items[2].ID})
	require.Len(t, p.requests, 3)
	assert.JSONEq(t, `{"subscriptions":[{"entity_type":"contact","linkedin_url":"https://linkedin.com/in/person-1"}]}`, string(p.requests[2].Body), "only what is missing")
}

// TestTierThatFillsUp: what exists is read before anything is said.
func TestTierThatFillsUp(t *testing.T) {
	for how, made := range map[fake.TierBulk]int{fake.RefusedWhole: 200, fake.FilledUp: 250, fake.PerItem: 250} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			sb, client := start(t, fake.WithTier("starter", 250), fake.WithTierBulk(how))
			result, err := client.SalesWebhooks.Subscriptions.BulkCreate(t.Context(), contacts(600), saleswebhooks.BulkOptions{})
			require.ErrorIs(t, err, saleswebhooks.ErrTierLimit)
			full, ok := errors.AsType[*saleswebhooks.TierLimitError](err)
			require.True(t, ok)
			assert.EqualValues(t, 250, full.Limit)
			assert.Equal(t, made, sb.SalesWebhooks.Active())
			assert.Equal(t, made, result.Count(saleswebhooks.ItemMade)+result.Count(saleswebhooks.ItemExists))
			assert.Equal(t, 600-made, len(result.Undone()))
			assert.LessOrEqual(t, result.Calls, 4)
		})
	}
}

// TestBodyOfADeleteThatIsDropped is named as such, with the way out; nothing counts as cancelled.
func TestBodyOfADeleteThatIsDropped(t *testing.T) {
	for _, how := range []fake.DroppedBody{fake.RefusedHTML, fake.MissingIDs, fake.NothingToDo, fake.DroppedQuiet} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			sb, client := start(t, fake.WithDroppedBody(how))
			var ids []string
			for i := range 3 {
				id, err := sb.SalesWebhooks.Subscribe("contact", contact(i).LinkedInURL)
				require.NoError(t, err)
				ids = append(ids, id)
			}
			subs := client.SalesWebhooks.Subscriptions
			result, err := subs.BulkCancel(t.Context(), ids, saleswebhooks.BulkOptions{})
			require.ErrorIs(t, err, saleswebhooks.ErrBodyDropped)
			assert.ErrorContains(t, err, "OneByOne")
			assert.Equal(t, 3, result.Count(saleswebhooks.ItemPending))
			assert.Equal(t, 1, sb.RequestsTo("DELETE", "/v1/subscriptions/bulk"))
			result, err = subs.BulkCancel(t.Context(), append(ids, "sub_nobody"), saleswebhooks.BulkOptions{OneByOne: true})
			require.NoError(t, err)
			assert.Equal(t, 3, result.Count(saleswebhooks.ItemCancelled))
			assert.Equal(t, 1, result.Count(saleswebhooks.ItemRefused))
			assert.Zero(t, sb.SalesWebhooks.Active())
		})
	}
	p, sales := responding(t, response{status: 200, body: `{"cancelled":2,"failed":0,"subscriptions":[{"id":"a"},{"id":"b"}],"errors":[]}`})
	_, err := sales.Subscriptions.BulkCancel(t.Context(), []string{"a", "b"}, saleswebhooks.BulkOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, len(`{"subscription_ids":["a","b"]}`), p.requests[0].Length)
	assert.Equal(t, "application/json", p.requests[0].ContentType)
	_, sales = responding(t, response{status: 308, body: ``})
	_, err = sales.Subscriptions.BulkCancel(t.Context(), []string{"a", "b"}, saleswebhooks.BulkOptions{})
	require.ErrorIs(t, err, api.ErrRedirect)
}

// TestCancelAllOver250 cancels 250, also while others make and cancel some.
func TestCancelAllOver250(t *testing.T) {
	sb, client := start(t)
	for i := range 250 {
		require.NoError(t, errOf(sb.SalesWebhooks.Subscribe("contact", contact(i).LinkedInURL)))
	}
	require.NoError(t, errOf(sb.SalesWebhooks.Subscribe("company", "acme")))
	calls := 0
	result, err := client.SalesWebhooks.Subscriptions.CancelAll(t.Context(), saleswebhooks.CancelAllOptions{
		Type: saleswebhooks.TypeContact, Bulk: saleswebhooks.BulkOptions{Progress: func(saleswebhooks.Progress) {
			if calls++; calls == 1 {
				subs := sb.SalesWebhooks.Subscriptions()
				assert.NoError(t, sb.SalesWebhooks.Cancel(subs[120].ID))
				assert.NoError(t, errOf(sb.SalesWebhooks.Subscribe("contact", "https://linkedin.com/in/new-one")))
			}
		}},
	})
	require.NoError(t, err)
	assert.Equal(t, 250, result.Count(saleswebhooks.ItemCancelled))
	assert.Equal(t, 3, result.Calls)
	assert.Equal(t, 2, sb.SalesWebhooks.Active(), "the company, and the one that came later")
}

// TestOneByOneWaits for the rate limit of single cancels.
func TestOneByOneWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t)
		var ids []string
		for i := range 150 {
			id, err := sb.SalesWebhooks.Subscribe("contact", contact(i).LinkedInURL)
			require.NoError(t, err)
			ids = append(ids, id)
		}
		began := time.Now()
		result, err := client.SalesWebhooks.Subscriptions.BulkCancel(t.Context(), ids, saleswebhooks.BulkOptions{OneByOne: true, Wait: true})
		require.NoError(t, err)
		assert.Equal(t, 150, result.Count(saleswebhooks.ItemCancelled))
		assert.InDelta(t, 15*time.Minute, time.Since(began), float64(time.Minute))
		assert.Zero(t, sb.SalesWebhooks.Refused("write"))
	})
}

// TestLimiterOfTheUsers cannot be asked for a forecast.
func TestLimiterOfTheUsers(t *testing.T) {
	sb, _ := start(t)
	client := connect(t, append(sb.Options(), pronet.WithSalesWebhooks(sb.SalesWebhooks.APIKey(), pronet.Limiter(anyTime{})))...)
	_, err := client.SalesWebhooks.Forecast(t.Context(), saleswebhooks.BulkCalls, 1)
	require.ErrorIs(t, err, api.ErrInvalid)
	plan, err := client.SalesWebhooks.Subscriptions.Plan(t.Context(), saleswebhooks.Entities(contact(1)), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	assert.Negative(t, plan.Takes)
	assert.Contains(t, plan.String(), "takes        unknown")
}
