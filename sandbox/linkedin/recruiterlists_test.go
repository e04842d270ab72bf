package linkedin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestRecruiterListsOfTheSandbox: what each list and finder has, and whom it refuses.
func TestRecruiterListsOfTheSandbox(t *testing.T) {
	c := newCaller(t, linkedin.WithStubEndIncluded(), linkedin.WithIntegrationsOff())
	contract, organization := c.app.Contract, c.sb.LinkedIn.OrganizationOf(c.app.ClientID)
	assert.Empty(t, c.sb.LinkedIn.OrganizationOf("nobody"))
	c.sb.LinkedIn.ShareStub(linkedin.SharedStub{Email: "a@example.com", Created: start})
	c.sb.LinkedIn.ShareStub(linkedin.SharedStub{Email: "b@example.com", EmailAsList: true})
	stubs := "/v2/mailStubs?q=contract&contract=" + contract
	status, _ := c.get(stubs)
	require.Equal(t, http.StatusForbidden, status, "the integration is off")
	c.sb.LinkedIn.EnableIntegration(contract, "CSA_API", "n", "https://a.example.com")
	c.sb.LinkedIn.EnableIntegration(organization, "PROFILE_PLUGIN", "n", "")
	change := c.sb.LinkedIn.SwitchIntegration(contract, "CSA_API", true)
	require.Len(t, c.sb.LinkedIn.Integrations(), 2)

	export := c.sb.LinkedIn.ExportCandidate(c.app.ClientID, "JOB")
	child := c.sb.LinkedIn.MakeChildApp("customer-1")
	key := "integrationContext=" + contract + "&integrationType=CSA_API&tenantType=RECRUITER&dataProvider=ATS"
	configurations := "/v2/atsIntegrations/" + key + "/configurations?ids="
	ids := func(kind string) string {
		return "/v2/atsIntegrations?ids[0].integrationContext=" + contract + "&ids[0].integrationType=" + kind + "&ids[0].tenantType=RECRUITER&ids[0].dataProvider=ATS"
	}
	for path, want := range map[string]string{
		stubs:                                  "b@example.com",
		stubs + "&createdDateEnd=" + ms(start): "a@example.com", // included
		"/v2/exportedCandidates?q=request&requestId=" + export: organization,
		"/v2/atsIntegrations?q=request&requestId=" + change:    "ENABLED",
		ids("CSA_API"):                         `"integrationName":"n"`,
		ids("PROFILE_PLUGIN"):                  "ACCESS_DENIED", // of an organisation, not a contract
		configurations + "CALLBACK_URL":        "https://a.example.com",
		configurations + "APPLICATION_VIEWERS": "NOT_FOUND",
		"/v2/provisionedApplications?q=credentialsByUniqueForeignId&uniqueForeignId=customer-1": child.ClientID,
	} {
		status, body := c.get(path)
		assert.Equal(t, http.StatusOK, status, body)
		assert.Contains(t, body, want, path)
	}
	for path, want := range map[string]int{
		"/v2/mailStubs?q=x": 400, stubs + "&createdDateEnd=x": 400, "/v2/exportedCandidates?q=x": 400, "/v2/exportedCandidates?q=request&requestId=x": 404,
		"/v2/atsIntegrations?q=x": 400, "/v2/atsIntegrations?q=request&requestId=x": 404, "/v2/provisionedApplications?q=x": 400,
	} {
		status, _ := c.get(path)
		assert.Equal(t, want, status, path)
	}
	setting := `{"entities":{"WEATHER":{"configurationValue":{"string":"x"}},"CALLBACK_URL":{"configurationValue":{"string":"https://b.example.com"}}}}`
	status, _, body := c.sendBody("PUT", configurations+"CALLBACK_URL&ids=WEATHER", setting, "X-Restli-Method", "batch_update")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "no such configuration")
	status, _, _ = c.sendBody("DELETE", configurations+"CALLBACK_URL", "")
	assert.Equal(t, http.StatusOK, status)
	status, _, _ = c.sendBody("POST", "/v2/provisionedApplications/"+child.URN, `{"patch":{"$set":{"name":"x","description":"y","validJsSdkDomains":[],"oauth2AuthorizedCallbackUrls":["https://a.example.com"]}}}`)
	assert.Equal(t, http.StatusNoContent, status)
	assert.Equal(t, "x", c.sb.LinkedIn.ChildApps()[0].Name)
}

// TestEventsOfTheSandbox: subscriptions are listed, and what was done with posts for 60 days.
func TestEventsOfTheSandbox(t *testing.T) {
	c := newCaller(t)
	organization := c.sb.LinkedIn.OrganizationOf(c.app.ClientID)
	header := []string{"X-Restli-Protocol-Version", "2.0.0", "Linkedin-Version", "202609"}
	c.sb.LinkedIn.SubscribeToEvents(linkedin.EventSubscription{App: "a", Member: "m", Organization: organization, Type: "T", Webhook: "https://a.example.com"})
	c.sb.LinkedIn.AddSocialAction(linkedin.SocialAction{})
	c.sb.LinkedIn.AddSocialAction(linkedin.SocialAction{Action: "COMMENT", At: start.Add(-61 * 24 * time.Hour)})
	actions := "/rest/organizationalEntityNotifications?q=criteria&organizationalEntity=" + strings.ReplaceAll(organization, ":", "%3A")
	for path, want := range map[string]string{
		"/rest/eventSubscriptions?q=subscriberAndEventType&eventType=T": "https://a.example.com", actions: `"LIKE"`, actions + "&timeRange=(start:1)&actions=List(LIKE)": `"LIKE"`,
	} {
		status, body := c.get(path, header...)
		assert.Equal(t, http.StatusOK, status, body)
		assert.Contains(t, body, want)
		assert.NotContains(t, body, "COMMENT")
		status, _ = c.get(path, "Linkedin-Version", "202609")
		assert.Equal(t, http.StatusBadRequest, status, "protocol 1.0")
	}
	for path, want := range map[string]int{
		"/rest/eventSubscriptions?q=x": 400, "/rest/eventSubscriptions?q=subscriberAndEventType": 400, "/rest/organizationalEntityNotifications?q=x": 400,
		"/rest/organizationalEntityNotifications?q=criteria": 403, actions + "&timeRange=(start:x)": 400,
	} {
		status, _ := c.get(path, header...)
		assert.Equal(t, want, status, path)
	}
	c.sb.LinkedIn.RemoveAdministrator("m", organization)
	assert.Empty(t, c.sb.LinkedIn.EventSubscriptions())
}
