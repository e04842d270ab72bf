package coresignal_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

const matchAll = `{"query":{"match_all":{}}}`

var testStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// subscribeAll creates a v2 subscription to everybody.
func subscribeAll(c *caller, webhookURL string) response {
	c.t.Helper()
	return c.post(baseSubscriptions+"/employee_base/es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, webhookURL, matchAll))
}

type row struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	CreatedAt  string `json:"created_at"`
	ExpiringAt string `json:"expiring_at"`
}

func (c *caller) list(query string) []row {
	c.t.Helper()
	var rows []row
	c.get(baseSubscriptions + query).is(http.StatusOK).decode(&rows)
	return rows
}

func TestEveryCreatorRespondsWithAnID(t *testing.T) {
	sb, c := start(t)
	id := sb.Coresignal.PersonIDs()[0]
	created := map[string]response{
		"ids":     c.post(baseSubscriptions+"/employee_base/ids", fmt.Sprintf(`{"webhook_url":%q,"ids":[%d,1,1]}`, callback, id)),
		"filter":  c.post(baseSubscriptions+"/employee_base/filter", fmt.Sprintf(`{"webhook_url":%q,"filters":{"country":"Norway"},"tracked_fields":["skills"]}`, callback)),
		"es_dsl":  subscribeAll(c, callback),
		"id_file": c.postForm(v1Subscribe+"id_file", "webhook_url", callback, "ids_file", fmt.Sprintf("%d\r\n1\n", id)),
		"v1 filter": c.post(v1Subscribe+"filter",
			fmt.Sprintf(`{"webhook_url":%q,"filters":{"country":"Norway"}}`, callback)),
		"v1 es_dsl": c.post(v1Subscribe+"es_dsl",
			fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, callback, matchAll)),
	}
	seen := map[string]bool{}
	for name, response := range created {
		seen[response.id()] = true
		assert.Len(t, response.id(), 36, name)
	}
	assert.Len(t, seen, 6)
	assert.Equal(t, 6, sb.Coresignal.SubscriptionsCreated())
	assert.Len(t, c.list(""), 3)
	assert.Zero(t, sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent())
}

func TestCreationRespondsInTheShapeAskedFor(t *testing.T) {
	for shape, want := range map[coresignal.ResponseShape]string{
		coresignal.IDKey:             `{"id":"%s"}`,
		coresignal.SubscriptionIDKey: `{"subscription_id":"%s"}`,
		coresignal.BareString:        `"%s"`,
		coresignal.BareText:          `%s`,
	} {
		_, c := start(t, coresignal.WithSubscriptionResponse(shape), coresignal.WithPeople(1))
		got := subscribeAll(c, callback).is(http.StatusOK)
		rows := c.list("")
		require.Len(t, rows, 1)
		assert.Equal(t, fmt.Sprintf(want, rows[0].ID), string(got.body))
	}
}

func TestCreationRefusals(t *testing.T) {
	sb, c := start(t)
	v2 := baseSubscriptions + "/employee_base/"
	for _, tt := range []struct {
		path, body string
		status     int
		detail     string
	}{
		{v2 + "ids", `{"ids":[1]}`, 400, "webhook_url is missing"},
		{v2 + "ids", `{"webhook_url":"https://a.example"}`, 400, "ids is missing"},
		{v2 + "ids", `{"webhook_url":"https://a.example","ids":[]}`, 400, "ids"},
		{v2 + "ids", `{"webhook_url":"https://a.example","ids":["a"]}`, 400, "ids"},
		{v2 + "ids", `{"webhook_url":"https://a.example","ids":[1.5]}`, 400, "ids"},
		{v2 + "ids", `{"webhook_url":"https://a.example","ids":[0]}`, 400, "ids"},
		{v2 + "ids", `{"webhook_url":"https://a.example","ids":1}`, 400, "ids"},
		{v2 + "filter", `{"webhook_url":"https://a.example"}`, 400, "filters is missing"},
		{v2 + "filter", `{"webhook_url":"https://a.example","filters":{"shoe_size":"44"}}`, 422, "shoe_size"},
		{v2 + "filter", `{"webhook_url":"https://a.example","filters":null}`, 422, ""},
		{v2 + "filter", `{"webhook_url":"https://a.example","filters":{},"query":{}}`, 422, `"query" is not allowed`},
		{v2 + "es_dsl", `{"webhook_url":"https://a.example"}`, 400, "es_dsl_query is missing"},
		{v2 + "es_dsl", `{"webhook_url":"https://a.example","es_dsl_query":{"match_all":{}}}`, 400, "query is missing"},
		{v2 + "es_dsl", `{"webhook_url":"https://a.example","es_dsl_query":null}`, 422, "must be an object"},
		{v2 + "es_dsl", `{"webhook_url":"https://a.example","es_dsl_query":{"query":{"match_all":{}},"sort":["id"]}}`, 422, "sort"},
		{v2 + "es_dsl", `{"webhook_url":"https://a.example","es_dsl_query":` + matchAll + `,"tracked_fields":[]}`, 422, "tracked_fields"},
		{v2 + "es_dsl", `{"webhook_url":"https://a.example","es_dsl_query":` + matchAll + `,"tracked_fields":"skills"}`, 422, "tracked_fields"},
		{v2 + "es_dsl", `{"webhook_url":5,"es_dsl_query":` + matchAll + `}`, 422, "webhook_url must be a string"},
		{v2 + "es_dsl", `{"webhook_url":null,"es_dsl_query":` + matchAll + `}`, 422, "webhook_url must be a string"},
		{v1Subscribe + "es_dsl", `{"webhook_url":"https://a.example","es_dsl_query":` + matchAll + `,"tracked_fields":["skills"]}`, 422, "tracked_fields"},
	} {
		c.post(tt.path, tt.body).refused(tt.status, tt.detail)
	}
	assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
}

func TestCallbackURLs(t *testing.T) {
	_, c := start(t, coresignal.WithPeople(1))
	for _, bad := range []string{
		"", "hooks.example.com", "ftp://a.example/x", "http://a.example/x", "http://10.0.0.1/", "https://", "https:///path",
		"https://user:secret@a.example/", "https://a.example/#part", "http://[::2]/", "https://a.example/" + strings.Repeat("x", 3000), "https://a.example:port/",
	} {
		got := subscribeAll(c, bad)
		got.refused(http.StatusUnprocessableEntity, "Invalid webhook URL")
		c.post(baseSubscriptions+"/simulate", fmt.Sprintf(`{"webhook_url":%q}`, bad)).refused(http.StatusUnprocessableEntity, "Invalid webhook URL")
		c.post(baseJobs+"/employee_base/ids", fmt.Sprintf(`{"webhook_url":"x%s","ids":[1]}`, bad)).refused(http.StatusUnprocessableEntity, "Invalid webhook URL")
	}
	for _, good := range []string{"https://a.example", "https://a.example:8443/x?y=z", "http://localhost:1/x", "http://127.0.0.9/", "http://[::1]:80/", "HTTPS://A.example/"} {
		subscribeAll(c, good).is(http.StatusOK)
	}
}

func TestSubscriptionsMayNotUseDates(t *testing.T) {
	_, c := start(t)
	v2 := baseSubscriptions + "/employee_base/"
	filters := map[string][]string{
		v2 + "filter": {
			"created_at_gte", "created_at_lte", "updated_at_gte", "updated_at_lte",
			"experience_date_from", "experience_date_to", "education_date_from", "education_date_to",
		},
		v1Subscribe + "filter": {
			"created_at_gte", "created_at_lte", "last_updated_gte", "last_updated_lte",
			"experience_date_from", "experience_date_to", "education_date_from", "education_date_to",
		},
	}
	for path, names := range filters {
		for _, name := range names {
			value := "2020-01-01 00:00:00"
			c.post(path, toJSON(t, map[string]any{"webhook_url": callback, "filters": map[string]any{name: value}})).
				refused(http.StatusUnprocessableEntity, name)
		}
	}

	term := func(field string) string { return fmt.Sprintf(`{"range":{%q:{"gte":"2020-01-01"}}}`, field) }
	nested := func(path, field string) string {
		return fmt.Sprintf(`{"bool":{"must":[{"match_all":{}},{"nested":{"path":%q,"query":%s}}]}}`, path, term(path+"."+field))
	}
	for _, tt := range []struct{ path, clause, field string }{
		{v2 + "es_dsl", term("created_at"), "created_at"},
		{v2 + "es_dsl", term("updated_at"), "updated_at"},
		{v2 + "es_dsl", term("checked_at"), "checked_at"},
		{v2 + "es_dsl", term("created"), "created"},
		{v2 + "es_dsl", term("last_updated"), "last_updated"},
		{v2 + "es_dsl", `{"exists":{"field":"updated_at"}}`, "updated_at"},
		{v2 + "es_dsl", `{"query_string":{"query":"created_at:[2020-01-01 TO 2021-01-01]"}}`, "created_at"},
		{v1Subscribe + "es_dsl", term("created"), "created"},
		{v1Subscribe + "es_dsl", term("last_updated"), "last_updated"},
		{v1Subscribe + "es_dsl", nested("member_education_collection", "date_from"), "date_from"},
		{v1Subscribe + "es_dsl", nested("member_education_collection", "date_to"), "date_to"},
		{v1Subscribe + "es_dsl", nested("member_experience_collection", "date_from"), "date_from"},
		{v1Subscribe + "es_dsl", nested("member_experience_collection", "date_to"), "date_to"},
	} {
		c.post(tt.path, fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":{"query":%s}}`, callback, tt.clause)).
			refused(http.StatusUnprocessableEntity, tt.field)
	}
	// What is forbidden in a subscription is still good for a search.
	c.post(baseSearch+"es_dsl", fmt.Sprintf(`{"query":%s}`, term("created_at"))).is(http.StatusOK)
	c.post(baseSearch+"filter", `{"created_at_gte":"2001-01-01 00:00:00"}`).is(http.StatusOK)
}

func TestListShowsTheCallersOwnActiveSubscriptions(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1), sandbox.WithStartTime(testStart), coresignal.WithSubscriptionPageSize(2))
	other := c.with(http.Header{"Apikey": {sb.Coresignal.AddAPIKey()}})
	var ids []string
	for range 5 {
		ids = append(ids, subscribeAll(c, callback).id())
	}
	subscribeAll(other, callback)

	assert.Equal(t, row{ID: ids[0], Status: "active", CreatedAt: "2026-03-01", ExpiringAt: "2026-05-31"}, c.list("")[0])
	listed := func(query string) []string {
		var got []string
		for _, r := range c.list(query) {
			got = append(got, r.ID)
		}
		return got
	}
	assert.Equal(t, ids[:2], listed(""))
	assert.Equal(t, ids[2:4], listed("?page=2"))
	assert.Equal(t, ids[4:], listed("?page=3&expired=false"))
	assert.JSONEq(t, `[]`, string(c.get(baseSubscriptions+"?page=4").is(http.StatusOK).body))
	assert.Len(t, other.list(""), 1)

	sb.Advance(91 * 24 * time.Hour)
	assert.Empty(t, listed(""))
	assert.Equal(t, ids[:2], listed("?expired=true"))
	assert.Equal(t, "expired", c.list("?expired=true")[0].Status)

	for _, query := range []string{"?page=0", "?page=x", "?expired=maybe"} {
		c.get(baseSubscriptions+query).refused(http.StatusUnprocessableEntity, "must be")
	}
}

func TestGetShowsWhatWasAskedFor(t *testing.T) {
	sb, c := start(t, sandbox.WithStartTime(testStart))
	hook := receive(t)
	id := subscribeAll(c, hook.URL).id()
	want := `{"id":%q,"status":"active","created_at":"2026-03-01","expiring_at":"2026-05-31","webhook_url":%q,"es_dsl_query":%s,"last_webhook_sent_at":%s}`
	assert.JSONEq(t, fmt.Sprintf(want, id, hook.URL, matchAll, "null"), string(c.get(baseSubscriptions+"/"+id).is(200).body))

	require.NoError(t, sb.Coresignal.Promote(firstPerson(t, sb).ID, ""))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.JSONEq(t, fmt.Sprintf(want, id, hook.URL, matchAll, `"2026-03-01"`), string(c.get(baseSubscriptions+"/"+id).is(200).body))

	filtered := c.post(v1Subscribe+"filter", fmt.Sprintf(`{"webhook_url":%q,"filters":{"country":"Norway"}}`, callback)).id()
	assert.Contains(t, string(c.get(v1Subscriptions+"/"+filtered).is(200).body), `"filters":{"country":"Norway"}`)

	sb.Advance(91 * 24 * time.Hour)
	c.get(baseSubscriptions+"/"+id).refused(http.StatusNotFound, "not found")
}

func TestForeignAndUnknownSubscriptionsAreNotFound(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1))
	other := c.with(http.Header{"Apikey": {sb.Coresignal.AddAPIKey()}, "Authorization": c.header["Authorization"]})
	id := subscribeAll(c, callback).id()
	for _, tt := range []struct {
		c    *caller
		path string
	}{{c, baseSubscriptions + "/nothing"}, {other, baseSubscriptions + "/" + id}, {c, v1Subscriptions + "/" + id}} {
		tt.c.get(tt.path).refused(http.StatusNotFound, "not found")
		tt.c.send("DELETE", tt.path, "", nil).refused(http.StatusNotFound, "not found")
	}
	other.send("POST", baseSubscriptions+"/"+id+"/renew", "", nil).refused(http.StatusNotFound, "not found")
	c.send("DELETE", baseSubscriptions+"/"+id, "", nil).is(http.StatusOK)
	c.send("DELETE", baseSubscriptions+"/"+id, "", nil).refused(http.StatusNotFound, "not found")
	c.get(baseSubscriptions+"/"+id).refused(http.StatusNotFound, "not found")
	assert.Empty(t, c.list(""))
	assert.Equal(t, 1, sb.Coresignal.SubscriptionsCreated())
}

func TestRenewalEndsAYearAfterCreation(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1), sandbox.WithStartTime(testStart))
	id := subscribeAll(c, callback).id()
	renew := func() response { return c.send("POST", baseSubscriptions+"/"+id+"/renew", "", nil) }

	for _, want := range []string{"2026-08-30", "2026-11-29", "2027-02-28"} {
		var got row
		renew().is(http.StatusOK).decode(&got)
		assert.Equal(t, id, got.ID)
		assert.Equal(t, "active", got.Status)
		assert.Regexp(t, `^2026-03-01T12:00:0\d\.\d{6}$`, got.CreatedAt)
		assert.Regexp(t, `^`+want+`T12:00:0\d\.\d{6}$`, got.ExpiringAt)
	}
	renew().refused(http.StatusBadRequest, "one year")
	assert.Equal(t, "2027-02-28", c.list("")[0].ExpiringAt)

	sb.Advance(4 * 91 * 24 * time.Hour)
	renew().refused(http.StatusBadRequest, "expired")
}

func TestSubscriptionThatIsInitialisingIsLeftAlone(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1), coresignal.WithInitialising(time.Hour))
	id := subscribeAll(c, callback).id()
	c.send("POST", baseSubscriptions+"/"+id+"/renew", "", nil).refused(http.StatusConflict, "initializing")
	c.send("DELETE", baseSubscriptions+"/"+id, "", nil).refused(http.StatusConflict, "initializing")
	c.get(baseSubscriptions + "/" + id).is(http.StatusOK)
	sb.Advance(time.Hour)
	c.send("POST", baseSubscriptions+"/"+id+"/renew", "", nil).is(http.StatusOK)
	c.send("DELETE", baseSubscriptions+"/"+id, "", nil).is(http.StatusOK)
}

func TestSubscriptionLimits(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1), coresignal.WithMostSubscriptions(3))
	for range 3 {
		subscribeAll(c, callback).id()
	}
	subscribeAll(c, callback).refused(http.StatusBadRequest, "3 subscriptions")
	subscribeAll(c.with(http.Header{"Apikey": {sb.Coresignal.AddAPIKey()}}), callback).refused(http.StatusBadRequest, "3 subscriptions")
	sb.Advance(91 * 24 * time.Hour)
	subscribeAll(c, callback).id()

	ids := slices.Repeat([]int64{0}, 300_001)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	path := baseSubscriptions + "/employee_base/ids"
	c.post(path, toJSON(t, map[string]any{"webhook_url": callback, "ids": ids})).refused(http.StatusBadRequest, "300000")
	c.post(path, toJSON(t, map[string]any{"webhook_url": callback, "ids": ids[1:]})).id()
}

func TestSimulateRefusals(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1))
	c.post(baseSubscriptions+"/simulate", `{}`).refused(http.StatusBadRequest, "webhook_url is missing")
	c.post(baseSubscriptions+"/simulate", `{"webhook_url":1}`).refused(http.StatusUnprocessableEntity, "string")
	c.post(baseSubscriptions+"/simulate", `{"webhook_url":"https://a.example","ids":[1]}`).refused(http.StatusUnprocessableEntity, "ids")
	assert.Zero(t, sb.Coresignal.Simulations())
}
