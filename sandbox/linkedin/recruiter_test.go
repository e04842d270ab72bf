package linkedin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// send sends a request with a body.
func (c *caller) sendBody(method, path, body string, header ...string) (status int, responseHeader http.Header, response string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.sb.LinkedIn.URL()+path, strings.NewReader(body))
	require.NoError(c.t, err)
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return c.send(request, nil)
}

// TestInMailThrottle: a page is served if the seat's share of a minute is not used up, and paid back then.
func TestInMailThrottle(t *testing.T) {
	c := newCaller(t, linkedin.WithInMailRate(12))
	for i := range 30 {
		c.sb.LinkedIn.SendInMail(linkedin.InMail{Text: "x", Created: start.Add(time.Duration(i) * time.Second)})
	}
	c.sb.LinkedIn.SendInMail(linkedin.InMail{Seat: c.app.Seats[1]})
	path := "/v2/conversationEvents?q=criteria&viewer=" + c.app.Seats[0]
	status, body := c.get(path + "&count=24")
	require.Equal(t, http.StatusOK, status, body)
	assert.Equal(t, 24, strings.Count(body, `"mailContent"`))
	status, body = c.get(path + "&count=1")
	assert.Equal(t, http.StatusTooManyRequests, status)
	assert.Contains(t, body, "throttle limit")
	status, _ = c.get("/v2/conversationEvents?q=criteria&viewer=" + c.app.Seats[1])
	assert.Equal(t, http.StatusOK, status, "another seat")
	c.sb.Advance(65 * time.Second)
	status, _ = c.get(path + "&count=1")
	assert.Equal(t, http.StatusOK, status)

	c = newCaller(t, linkedin.WithInMailRate(0))
	c.sb.LinkedIn.SendInMail(linkedin.InMail{Created: start})
	for query, want := range map[string]int{
		"&timeRange.start=" + ms(start): 1, "&timeRange.start=" + ms(start.Add(1e6)): 0, "&timeRange.end=" + ms(start): 0, "&timeRange.end=" + ms(start.Add(1e6)): 1,
		"&threadUrn=urn:li:messagingThread:1": 1, "&threadUrn=urn:li:messagingThread:2": 0,
	} {
		status, body := c.get("/v2/conversationEvents?q=criteria&viewer=" + c.app.Seats[0] + query)
		require.Equal(t, http.StatusOK, status, body)
		assert.Equal(t, want, strings.Count(body, `"mailContent"`), query)
	}
	for _, query := range []string{"", "q=criteria", "q=criteria&viewer=urn:li:seat:1", "q=criteria&viewer=" + c.app.Seats[0] + "&timeRange=x", "q=criteria&viewer=" + c.app.Seats[0] + "&timeRange.end=x"} {
		status, _ := c.get("/v2/conversationEvents?" + query)
		assert.GreaterOrEqual(t, status, 400, query)
	}
}

func ms(at time.Time) string { text, _ := json.Marshal(at.UnixMilli()); return string(text) }

func TestIntegrationsOfTheSandbox(t *testing.T) {
	c := newCaller(t)
	key := "integrationContext=" + c.app.Contract + "&integrationType=CSA_API&tenantType=RECRUITER&dataProvider=ATS"
	ids := "ids[0]." + strings.ReplaceAll(key, "&", "&ids[0].")
	enable := `{"entities":{"` + key + `":{"patch":{"$set":{"integrationName":"n"}}}}}`
	status, _, body := c.sendBody("POST", "/v2/atsIntegrations?"+ids, enable)
	assert.Equal(t, http.StatusBadRequest, status, "without the method's header: %s", body)
	partial := []string{"X-Restli-Method", "batch_partial_update"}
	for query, bad := range map[string]string{ids: `{}`, "": enable, "ids[0].x=1": enable} {
		status, _, _ := c.sendBody("POST", "/v2/atsIntegrations?"+query, bad, partial...)
		assert.Equal(t, http.StatusBadRequest, status)
	}
	status, _, body = c.sendBody("POST", "/v2/atsIntegrations?"+ids, strings.Replace(enable, `"n"`, `""`, 1), partial...)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "field is required", "an error of the element")
	status, _, _ = c.sendBody("POST", "/v2/atsIntegrations?"+ids, enable, partial...)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, c.sb.LinkedIn.Integrations(), 1)
	assert.Empty(t, c.sb.LinkedIn.SwitchIntegration(c.app.Contract, "PROFILE_PLUGIN", true))
	assert.NotEmpty(t, c.sb.LinkedIn.SwitchIntegration(c.app.Contract, "CSA_API", true))

	path := "/v2/atsIntegrations/" + key + "/configurations"
	for target, want := range map[string]int{
		path + "?ids=CALLBACK_URL": http.StatusOK, path: http.StatusBadRequest, "/v2/atsIntegrations/x/configurations?ids=CALLBACK_URL": http.StatusBadRequest,
		strings.Replace(path, "CSA_API", "PROFILE_PLUGIN", 1) + "?ids=CALLBACK_URL": http.StatusForbidden,
	} {
		status, body := c.get(target)
		assert.Equal(t, want, status, body)
	}
	status, _, _ = c.sendBody("PUT", path+"?ids=CALLBACK_URL", `{"entities":{"CALLBACK_URL":{"configurationValue":{"string":"https://a.example.com"}}}}`)
	assert.Equal(t, http.StatusBadRequest, status)
}

func TestChildAppsOfTheSandbox(t *testing.T) {
	c := newCaller(t)
	status, header, body := c.sendBody("POST", "/v2/provisionedApplications", `{"name":"n","description":"d","uniqueForeignId":"c"}`)
	require.Equal(t, http.StatusCreated, status, body)
	name, err := url.QueryUnescape(header.Get("X-Restli-Id"))
	require.NoError(t, err)
	assert.Equal(t, c.sb.LinkedIn.ChildApps()[0].URN, name)
	for _, bad := range []string{`{}`, `{"name":"n"}`, `x`} {
		status, _, _ := c.sendBody("POST", "/v2/provisionedApplications", bad)
		assert.Equal(t, http.StatusBadRequest, status)
	}
	status, _, _ = c.sendBody("POST", "/v2/provisionedApplications", `{"name":"n","description":"d","uniqueForeignId":"c"}`)
	assert.Equal(t, http.StatusConflict, status)
	other := c.sb.LinkedIn.AddApp()
	c.app = other
	c.token = c.newToken()
	status, _, _ = c.sendBody("POST", "/v2/provisionedApplications/"+name, `{"patch":{"$set":{"name":"x"}}}`)
	assert.Equal(t, http.StatusNotFound, status, "another parent's")
}

// TestPurgesAsked: only a walk from the first page to the last is a whole asking.
func TestPurgesAsked(t *testing.T) {
	c := newCaller(t)
	for range 3 {
		id := c.sb.LinkedIn.ExportCandidate(c.app.ClientID, "JOB")
		require.True(t, c.sb.LinkedIn.PurgeCandidate(id))
		require.False(t, c.sb.LinkedIn.PurgeCandidate(id))
	}
	assert.Empty(t, c.sb.LinkedIn.ExportCandidate("nobody", "JOB"))
	page := func(start string) {
		t.Helper()
		status, body := c.get("/rest/atsPurgedExportedCandidates?q=criteria&count=2&start="+start, "Linkedin-Version", "202604")
		require.Equal(t, http.StatusOK, status, body)
	}
	asked := func() int { return len(c.sb.LinkedIn.PurgesAsked(c.app.ClientID)) }
	assert.Zero(t, asked())
	page("2")
	page("0")
	assert.Zero(t, asked())
	page("2")
	assert.Equal(t, 1, asked())
	page("2")
	assert.Equal(t, 1, asked())
	status, _ := c.get("/rest/atsPurgedExportedCandidates?q=criteria&integrationContext=urn:li:organization:7", "Linkedin-Version", "202604")
	assert.Equal(t, http.StatusForbidden, status)
}

// TestSubscriptionsDie with the grant, and by themselves at their end.
func TestSubscriptionsDie(t *testing.T) {
	c := newCaller(t, linkedin.WithSubscriptionLife(time.Hour))
	path := "/rest/eventSubscriptions/(developerApplication:urn%3Ali%3AdeveloperApplication%3A1,user:urn%3Ali%3Aperson%3Aa,entity:urn%3Ali%3Aorganization%3A1,eventType:T)"
	header := []string{"X-Restli-Protocol-Version", "2.0.0", "Linkedin-Version", "202609"}
	status, _, body := c.sendBody("PUT", path, `{"webhook":"https://a.example.com"}`, header...)
	require.Equal(t, http.StatusNoContent, status, body)
	require.Len(t, c.sb.LinkedIn.EventSubscriptions(), 1)
	for target, want := range map[string]int{path: http.StatusOK, "/rest/eventSubscriptions/(a:b)": http.StatusBadRequest, "/rest/eventSubscriptions/x": http.StatusBadRequest} {
		status, _ := c.get(target, header...)
		assert.Equal(t, want, status)
	}
	status, _ = c.get(path, "Linkedin-Version", "202609")
	assert.Equal(t, http.StatusBadRequest, status, "protocol 1.0")
	status, _, _ = c.sendBody("PUT", path, `{"webhook":"http://a.example.com"}`, header...)
	assert.Equal(t, http.StatusBadRequest, status)
	c.sb.LinkedIn.WithdrawGrant("urn:li:person:a")
	status, _ = c.get(path, header...)
	assert.Equal(t, http.StatusUnauthorized, status)
	c.sb.LinkedIn.Restore("urn:li:person:a")
	status, _ = c.get(path, header...)
	assert.Equal(t, http.StatusNotFound, status, "what died stays dead")
	_, _, _ = c.sendBody("PUT", path, `{"webhook":"https://a.example.com"}`, header...)
	c.sb.Advance(time.Hour)
	c.token = c.newToken()
	assert.Empty(t, c.sb.LinkedIn.EventSubscriptions())
	status, _ = c.get(path, header...)
	assert.Equal(t, http.StatusNotFound, status)
}

// TestRecruiterOptions refuse what makes no sense.
func TestRecruiterOptions(t *testing.T) {
	for _, option := range []linkedin.Option{linkedin.WithInMailRate(-1), linkedin.WithStubLimit(0), linkedin.WithSubscriptionLife(time.Second)} {
		_, err := linkedin.New(nil, option)
		assert.Error(t, err)
	}
}
