package saleswebhooks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open makes a sandbox that does not listen.
func open(t *testing.T, options ...sandbox.Option) *sandbox.Sandbox {
	t.Helper()
	sb, err := sandbox.New(append(options, sandbox.WithSeed(7))...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	return sb
}

// send sends a request, with the first key unless another is given, and returns the response's status and JSON.
func send(t *testing.T, sb *sandbox.Sandbox, method, path, body string, key ...string) (status int, answer map[string]any) {
	t.Helper()
	status, text := sendText(t, sb, method, path, body, key...)
	if strings.HasPrefix(text, "{") && !strings.Contains(strings.TrimSpace(text), "\n") {
		require.NoError(t, json.Unmarshal([]byte(text), &answer))
	}
	return status, answer
}

func sendText(t *testing.T, sb *sandbox.Sandbox, method, path, body string, key ...string) (status int, text string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-API-Key", append(key, sb.SalesWebhooks.APIKey())[0])
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	sb.SalesWebhooks.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// endpoints are all of the provider's.
var endpoints = []struct{ method, path, body string }{
	{"POST", "/v1/subscriptions", `{"entity_type":"contact","linkedin_url":"https://linkedin.com/in/john-doe"}`},
	{"GET", "/v1/subscriptions", ""},
	{"GET", "/v1/subscriptions/{id}", ""},
	{"DELETE", "/v1/subscriptions/{id}", ""},
	{"POST", "/v1/subscriptions/bulk", `{"subscriptions":[{"entity_type":"company","linkedin_id":"acme"}]}`},
	{"DELETE", "/v1/subscriptions/bulk", `{"subscription_ids":["x"]}`},
	{"GET", "/v1/subscriptions/export", ""},
	{"POST", "/v1/webhooks/configure", `{"endpoint_url":"https://hooks.example.com/x"}`},
	{"GET", "/v1/webhooks/configuration", ""},
	{"PUT", "/v1/webhooks/configure", `{"endpoint_url":"https://hooks.example.com/x"}`},
	{"POST", "/v1/webhooks/test", ""},
	{"GET", "/v1/webhooks/deliveries", ""},
	{"POST", "/v1/webhooks/rotate-secret", ""},
	{"GET", "/v1/account", ""},
	{"PUT", "/v1/account", `{"company_name":"x","settings":{"timezone":"UTC"}}`},
	{"GET", "/v1/account/api-keys", ""},
	{"POST", "/v1/account/api-keys", `{"name":"ci"}`},
	{"DELETE", "/v1/account/api-keys/{key}", ""},
	{"GET", "/v1/account/usage", ""},
}

// TestEveryEndpoint responds to its method with a good status, asks for a key, and to nobody else's path.
func TestEveryEndpoint(t *testing.T) {
	sb := open(t, sandbox.WithDeliveryTransport(&inbox{}))
	id, err := sb.SalesWebhooks.Subscribe("contact", "https://linkedin.com/in/jane")
	require.NoError(t, err)
	_, made := send(t, sb, "POST", "/v1/account/api-keys", `{"name":"x","permissions":["read"]}`)
	reader := made["key"].(string)
	fill := strings.NewReplacer("{id}", id, "{key}", made["id"].(string))
	for _, e := range endpoints {
		path := fill.Replace(e.path)
		status, _ := send(t, sb, e.method, path, e.body)
		assert.Contains(t, []int{200, 201}, status, "%s %s", e.method, path)
		status, answer := send(t, sb, e.method, path, e.body, "lwa.sk_live_wrong")
		assert.Equal(t, 401, status)
		assert.Equal(t, "AUTHENTICATION_FAILED", answer["error"])
		status, _ = send(t, sb, e.method, strings.Replace(path, "/v1", "/api/v1", 1), e.body)
		assert.Equal(t, 404, status)
		if e.body != "" {
			status, _ = send(t, sb, e.method, path, "no JSON")
			assert.Equal(t, 400, status, path)
		}
		_ = reader
	}
	status, answer := send(t, sb, "GET", "/v1/account", "", reader)
	assert.Equal(t, 401, status, "it was revoked: %v", answer)
	_, made = send(t, sb, "POST", "/v1/account/api-keys", `{"name":"x","permissions":["read"]}`)
	status, answer = send(t, sb, "POST", "/v1/subscriptions", `{}`, made["key"].(string))
	assert.Equal(t, 403, status)
	assert.Equal(t, "FORBIDDEN", answer["error"])
	assert.Equal(t, 1, sb.SalesWebhooks.Rotations())
	assert.Equal(t, 1, sb.SalesWebhooks.Tests())
	assert.Equal(t, 3, sb.SalesWebhooks.KeysMade())
	require.NoError(t, sb.Deliver(t.Context()))
}

func TestWhatIsRefused(t *testing.T) {
	for _, options := range [][]sandbox.Option{nil, {saleswebhooks.WithNestedErrors(), saleswebhooks.WithInvalidStatus(422)}} {
		sb := open(t, options...)
		for body, field := range map[string]string{
			`{"linkedin_url":"https://linkedin.com/in/x"}`:                                 "entity_type",
			`{"entity_type":"school","linkedin_id":"x"}`:                                   "entity_type",
			`{"entity_type":"contact"}`:                                                    "linkedin_url",
			`{"entity_type":"contact","linkedin_url":"https://example.com/in/x"}`:          "linkedin_url",
			`{"entity_type":"contact","linkedin_url":"https://linkedin.com/company/x"}`:    "linkedin_url",
			`{"entity_type":"company","linkedin_url":"https://linkedin.com/company/"}`:     "linkedin_url",
			`{"entity_type":"contact","linkedin_url":"https://linkedin.com/in/invalid-x"}`: "linkedin_url",
		} {
			status, answer := send(t, sb, "POST", "/v1/subscriptions", body)
			details := answer["details"]
			if len(options) > 0 {
				assert.Equal(t, 422, status)
				details = answer["error"].(map[string]any)["details"]
			} else {
				assert.Equal(t, 400, status)
			}
			assert.Equal(t, field, details.(map[string]any)["field"], body)
		}
		for _, path := range []string{"?limit=101", "?limit=0", "?offset=-1", "?limit=x", "?status=old", "/export?status=old", "/export?format=xml"} {
			status, _ := send(t, sb, "GET", "/v1/subscriptions"+path, "")
			assert.Contains(t, []int{400, 422}, status, path)
		}
		for _, body := range []string{`{}`, `{"subscriptions":[]}`, fmt.Sprintf(`{"subscriptions":[%s{}]}`, strings.Repeat(`{},`, 100))} {
			status, _ := send(t, sb, "POST", "/v1/subscriptions/bulk", body)
			assert.Contains(t, []int{400, 422}, status)
		}
		for _, body := range []string{`{}`, fmt.Sprintf(`{"subscription_ids":[%s"x"]}`, strings.Repeat(`"x",`, 100))} {
			status, _ := send(t, sb, "DELETE", "/v1/subscriptions/bulk", body)
			assert.Contains(t, []int{400, 422}, status)
		}
		for _, body := range []string{`{}`, `{"endpoint_url":"http://example.com"}`, `{"endpoint_url":"https://example.com","initial_webhook":"some"}`} {
			status, _ := send(t, sb, "POST", "/v1/webhooks/configure", body)
			assert.Contains(t, []int{400, 422}, status)
		}
		for method, path := range map[string]string{"GET": "/v1/webhooks/configuration", "POST": "/v1/webhooks/rotate-secret", "DELETE": "/v1/account/api-keys/x"} {
			status, _ := send(t, sb, method, path, "")
			assert.Equal(t, 404, status)
		}
		status, _ := send(t, sb, "POST", "/v1/account/api-keys", `{}`)
		assert.Contains(t, []int{400, 422}, status)
		status, _ = send(t, sb, "POST", "/v1/webhooks/test", "")
		assert.Equal(t, 404, status)
		status, _ = send(t, sb, "PUT", "/v1/webhooks/configure", `{"endpoint_url":"https://example.com"}`)
		assert.Equal(t, 404, status)
		sb.Fail(sandbox.Fault{Status: 503})
		status, answer := send(t, sb, "GET", "/v1/account", "")
		assert.Equal(t, 503, status)
		assert.NotEmpty(t, answer["error"])
	}
}

// TestCreatingAgain after a cancel gives a new id, or the old one.
func TestCreatingAgain(t *testing.T) {
	const body = `{"entity_type":"contact","linkedin_url":"https://linkedin.com/in/john-doe"}`
	for _, options := range [][]sandbox.Option{nil, {saleswebhooks.WithRevival()}} {
		sb := open(t, options...)
		_, first := send(t, sb, "POST", "/v1/subscriptions", body)
		status, answer := send(t, sb, "POST", "/v1/subscriptions", `{"entity_type":"contact","linkedin_id":"John-Doe"}`)
		assert.Equal(t, 409, status)
		assert.Equal(t, first["id"], answer["details"].(map[string]any)["existing_subscription_id"])
		status, _ = send(t, sb, "DELETE", "/v1/subscriptions/"+first["id"].(string), "")
		assert.Equal(t, 200, status)
		status, _ = send(t, sb, "DELETE", "/v1/subscriptions/"+first["id"].(string), "")
		assert.Equal(t, 404, status)
		_, second := send(t, sb, "POST", "/v1/subscriptions", body)
		assert.Equal(t, len(options) > 0, first["id"] == second["id"])
		assert.Equal(t, 2, sb.SalesWebhooks.Created())
		assert.Equal(t, 1, sb.SalesWebhooks.Active())
		require.Error(t, sb.SalesWebhooks.Cancel("sub_nobody"))
	}
}

func TestLists(t *testing.T) {
	for missing, want := range map[saleswebhooks.MissingStatus]float64{saleswebhooks.ListsActive: 2, saleswebhooks.ListsAll: 3} {
		sb := open(t, saleswebhooks.WithMissingStatus(missing))
		var ids []string
		for _, name := range []string{"a", "b", "c"} {
			id, err := sb.SalesWebhooks.Subscribe("contact", name)
			require.NoError(t, err)
			ids = append(ids, id)
		}
		require.NoError(t, sb.SalesWebhooks.Cancel(ids[1]))
		_, answer := send(t, sb, "GET", "/v1/subscriptions?limit=1", "")
		pagination := answer["pagination"].(map[string]any)
		assert.InDelta(t, want, pagination["total"], 0)
		assert.Equal(t, true, pagination["has_more"])
		for query, n := range map[string]int{"status=cancelled": 1, "status=active": 2, "entity_type=company": 0, "search=C&status=active": 1, "offset=9": 0} {
			_, answer = send(t, sb, "GET", "/v1/subscriptions?"+query, "")
			assert.Len(t, answer["data"], n, query)
		}
		_, csv := sendText(t, sb, "GET", "/v1/subscriptions/export?status=active", "")
		assert.Equal(t, 3, strings.Count(csv, "\n"))
	}
	for form, begins := range map[saleswebhooks.JSONForm]string{saleswebhooks.Array: "[", saleswebhooks.Object: `{"subscriptions":[`, saleswebhooks.Lines: `{"created_at"`} {
		sb := open(t, saleswebhooks.WithExportJSON(form), saleswebhooks.WithExportMark())
		_, err := sb.SalesWebhooks.Subscribe("contact", "a")
		require.NoError(t, err)
		_, text := sendText(t, sb, "GET", "/v1/subscriptions/export?format=json", "")
		assert.True(t, strings.HasPrefix(text, begins), text)
		_, text = sendText(t, sb, "GET", "/v1/subscriptions/export", "")
		assert.True(t, strings.HasPrefix(text, "\ufeffsubscription_id"))
		assert.Contains(t, text, "\r\n")
	}
}

// TestBulkCalls fail item by item.
func TestBulkCalls(t *testing.T) {
	const items = `{"subscriptions":[{"entity_type":"contact","linkedin_id":"a"},{"entity_type":"contact","linkedin_id":"a"},{"entity_type":"contact","linkedin_url":"https://linkedin.com/in/b"}]}`
	sb := open(t, saleswebhooks.WithPartialStatus(207), saleswebhooks.WithErrorIndexFrom(1), saleswebhooks.WithBulkOrder(saleswebhooks.Backward))
	status, answer := send(t, sb, "POST", "/v1/subscriptions/bulk", items)
	assert.Equal(t, 207, status)
	assert.InDelta(t, 2, answer["created"], 0)
	assert.InDelta(t, 2, answer["errors"].([]any)[0].(map[string]any)["index"], 0)
	made := answer["subscriptions"].([]any)
	assert.Equal(t, "b", made[0].(map[string]any)["linkedin_id"])
	ids := fmt.Sprintf(`{"subscription_ids":[%q,"nobody"]}`, made[0].(map[string]any)["id"])
	status, answer = send(t, sb, "DELETE", "/v1/subscriptions/bulk", ids)
	assert.Equal(t, 207, status)
	assert.InDelta(t, 1, answer["cancelled"], 0)
	assert.Equal(t, 2, sb.SalesWebhooks.BulkEffects())
	for how, want := range map[saleswebhooks.TierBulk][2]int{saleswebhooks.RefusedWhole: {403, 0}, saleswebhooks.FilledUp: {403, 1}, saleswebhooks.PerItem: {200, 1}} {
		sb = open(t, saleswebhooks.WithTier("starter", 1), saleswebhooks.WithTierBulk(how))
		status, _ = send(t, sb, "POST", "/v1/subscriptions/bulk", items)
		assert.Equal(t, want, [2]int{status, sb.SalesWebhooks.Active()})
	}
	for how, want := range map[saleswebhooks.DroppedBody]int{saleswebhooks.RefusedHTML: 400, saleswebhooks.MissingIDs: 400, saleswebhooks.NothingToDo: 200, saleswebhooks.DroppedQuiet: 204} {
		status, _ = sendText(t, open(t, saleswebhooks.WithDroppedBody(how)), "DELETE", "/v1/subscriptions/bulk", ids)
		assert.Equal(t, want, status)
	}
}

// TestLimitsOfEachWindow are exact: by key or for the account, refused calls counted or not.
func TestLimitsOfEachWindow(t *testing.T) {
	for _, s := range []struct {
		options []sandbox.Option
		another int // the status of another key's call
		later   int // the status of a call when the first window is over
	}{
		{nil, 200, 429},
		{[]sandbox.Option{saleswebhooks.WithRefusedCalls(false), saleswebhooks.WithRetryAfter()}, 200, 200},
		{[]sandbox.Option{saleswebhooks.WithLimitsPerAccount()}, 429, 429},
	} {
		synctest.Test(t, func(t *testing.T) {
			sb := open(t, append(s.options, saleswebhooks.WithLimits(0, 3, 0, time.Minute), saleswebhooks.WithClass(saleswebhooks.Accounts, ""))...)
			_, made := send(t, sb, "POST", "/v1/account/api-keys", `{"name":"x"}`)
			for _, want := range []int{200, 200, 200, 429} {
				status, _ := send(t, sb, "GET", "/v1/subscriptions", "")
				assert.Equal(t, want, status)
			}
			status, _ := send(t, sb, "GET", "/v1/subscriptions", "", made["key"].(string))
			assert.Equal(t, s.another, status)
			time.Sleep(30 * time.Second)
			for range 3 {
				status, _ = send(t, sb, "GET", "/v1/subscriptions", "")
				assert.Equal(t, 429, status)
			}
			time.Sleep(31 * time.Second)
			status, _ = send(t, sb, "GET", "/v1/subscriptions", "")
			assert.Equal(t, s.later, status)
			assert.GreaterOrEqual(t, sb.SalesWebhooks.Refused("read"), 4)
			assert.GreaterOrEqual(t, len(sb.SalesWebhooks.Calls("read")), 3)
		})
	}
}

type inbox struct {
	bodies  []string
	headers []http.Header
}

func (in *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	in.bodies, in.headers = append(in.bodies, string(body)), append(in.headers, r.Header)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, err
}

// TestDeliveries: who is subscribed to gets events of the types that are wanted, signed as the caller says.
func TestDeliveries(t *testing.T) {
	in := &inbox{}
	var signedWith [][]string
	sign := func(secrets []string, at time.Time, id string, body []byte) http.Header {
		signedWith = append(signedWith, secrets)
		return http.Header{"X-Signed": {id}}
	}
	sb := open(t, sandbox.WithDeliveryTransport(in), saleswebhooks.WithSigner(sign), saleswebhooks.WithOldSecret(), saleswebhooks.WithSecretInGet())
	_, err := sb.SalesWebhooks.Subscribe("contact", "https://linkedin.com/in/Jane")
	require.NoError(t, err)
	require.Error(t, sb.SalesWebhooks.ChangeJob("nobody", "x", ""))
	require.NoError(t, sb.SalesWebhooks.ChangeJob("jane", "before it is configured", ""))
	assert.Empty(t, sb.SalesWebhooks.Secret())
	_, answer := send(t, sb, "POST", "/v1/webhooks/configure", `{"endpoint_url":"http://127.0.0.1:9/hook","events":["contact.position_changed"]}`)
	assert.Equal(t, sb.SalesWebhooks.Secret(), answer["secret"])
	require.NoError(t, sb.SalesWebhooks.ChangeJob("Jane", "Head of Sales", "Acme"))
	require.NoError(t, sb.Deliver(t.Context()))
	require.Len(t, in.bodies, 1)
	assert.Contains(t, in.bodies[0], "Head of Sales")
	send(t, sb, "POST", "/v1/webhooks/rotate-secret", "")
	send(t, sb, "PUT", "/v1/webhooks/configure", `{"endpoint_url":"http://127.0.0.1:9/hook","events":["contact.*"]}`)
	require.NoError(t, sb.SalesWebhooks.ChangeJob("jane", "CRO", "Globex"))
	sb.Advance(time.Minute)
	require.Len(t, in.bodies, 3)
	assert.Len(t, signedWith[0], 1)
	assert.Equal(t, []string{sb.SalesWebhooks.Secret(), signedWith[0][0]}, signedWith[1])
	_, answer = send(t, sb, "GET", "/v1/webhooks/configuration", "")
	assert.Equal(t, sb.SalesWebhooks.Secret(), answer["secret"])
	send(t, sb, "PUT", "/v1/webhooks/configure", `{"endpoint_url":"http://127.0.0.1:9/hook","is_active":false}`)
	require.NoError(t, sb.SalesWebhooks.ChangeJob("jane", "nobody learns it", ""))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, in.bodies, 3)
	_, log := send(t, sb, "GET", "/v1/webhooks/deliveries", "")
	assert.Len(t, log["data"], 3)

	odd := open(t, sandbox.WithDeliveryTransport(in), saleswebhooks.WithEnvelope(func(e saleswebhooks.Event) any { return []any{e.Type, e.Data["text"]} }))
	_, err = odd.SalesWebhooks.Subscribe("company", "acme")
	require.NoError(t, err)
	send(t, odd, "POST", "/v1/webhooks/configure", `{"endpoint_url":"https://hooks.example.com/x"}`)
	require.NoError(t, odd.SalesWebhooks.Change("acme", "company.post_created", map[string]any{"text": "hello"}))
	require.NoError(t, odd.Deliver(t.Context()))
	assert.JSONEq(t, `["company.post_created","hello"]`, in.bodies[3])
	assert.Empty(t, in.headers[3].Get("X-Signed"), "how it is signed is not known")
}

func TestOptionsThatAreRefused(t *testing.T) {
	for name, option := range map[string]saleswebhooks.Option{
		"key": saleswebhooks.WithAPIKey("short"), "path": saleswebhooks.WithBasePath("/v2"), "invalid": saleswebhooks.WithInvalidStatus(404),
		"partial": saleswebhooks.WithPartialStatus(500), "create": saleswebhooks.WithCreateStatus(202), "tier": saleswebhooks.WithTier("", 1),
		"limits": saleswebhooks.WithLimits(1, 1, 1, 0), "class": saleswebhooks.WithClass(saleswebhooks.Exports, "none"), "max": saleswebhooks.WithMaxBulkCancel(0),
		"missing": saleswebhooks.WithMissingStatus(9), "order": saleswebhooks.WithBulkOrder(9), "index": saleswebhooks.WithErrorIndexFrom(2),
		"tier bulk": saleswebhooks.WithTierBulk(9), "json": saleswebhooks.WithExportJSON(9), "dropped": saleswebhooks.WithDroppedBody(9), "envelope": saleswebhooks.WithEnvelope(nil),
	} {
		_, err := sandbox.New(option)
		require.Error(t, err, name)
	}
	sb := open(t, saleswebhooks.WithAPIKey("lwa.sk_live_0123456789abcdef"), saleswebhooks.WithCreateStatus(200), saleswebhooks.WithMaxBulkCancel(1), saleswebhooks.WithEmptyDeletes(), saleswebhooks.WithOpaqueIDs(), saleswebhooks.WithBasePath("/api/v1"))
	status, made := send(t, sb, "POST", "/api/v1/subscriptions", `{"entity_type":"contact","linkedin_url":"linkedin.com/in/jane"}`, "lwa.sk_live_0123456789abcdef")
	assert.Equal(t, 200, status)
	assert.Regexp(t, "^ACoAA", made["linkedin_id"])
	status, _ = send(t, sb, "DELETE", "/api/v1/subscriptions/"+made["id"].(string), "")
	assert.Equal(t, 204, status)
	sb.SalesWebhooks.SetTier("none", 0)
	_, err := sb.SalesWebhooks.Subscribe("contact", "x")
	require.Error(t, err)
	assert.Equal(t, "/api/v1", sb.SalesWebhooks.BasePath())
	assert.Len(t, sb.SalesWebhooks.Subscriptions(), 1)
	status, text := sendText(t, sb, "POST", "/api/v1/subscriptions", string(bytes.Repeat([]byte("x"), 33<<20)))
	assert.Equal(t, 400, status, "%.100s", text)
}

// TestSeedDecidesTheKeys: the same seed gives the same keys and ids, and another provider's do not depend on this one.
func TestSeedDecidesTheKeys(t *testing.T) {
	a, b := open(t), open(t)
	assert.Equal(t, a.SalesWebhooks.APIKey(), b.SalesWebhooks.APIKey())
	secret, err := sandbox.New()
	require.NoError(t, err)
	defer secret.Close()
	assert.NotEqual(t, a.SalesWebhooks.APIKey(), secret.SalesWebhooks.APIKey())
	assert.Empty(t, a.SalesWebhooks.URL())
}
