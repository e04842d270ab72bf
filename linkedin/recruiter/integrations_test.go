package recruiter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestIntegrations in both protocols: the switch CSA_API, its event, and the configurations.
func TestIntegrations(t *testing.T) {
	for _, protocol := range []linkedin.Protocol{linkedin.Protocol1, linkedin.Protocol2} {
		sb, made := sandboxtest.Start(t, fake.WithIntegrationsOff())
		app := sb.LinkedIn.App()
		client, err := made.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), pronet.LinkedInProtocol(protocol)))
		require.NoError(t, err)
		s, ctx := client.LinkedIn.Recruiter.Integrations, t.Context()
		contract, organization := named(t, app.Contract), named(t, sb.LinkedIn.OrganizationOf(app.ClientID))
		csa := recruiter.IntegrationKey{Context: contract, Type: recruiter.CSAAPI}
		export := recruiter.IntegrationKey{Context: organization, Type: recruiter.OneClickExport}
		notes := func() error {
			_, err := client.ProspectNotes.List(ctx, prospectnotes.Query{Contract: contract})
			return err
		}
		require.ErrorIs(t, notes(), api.ErrForbidden)
		found, err := s.Get(ctx, []recruiter.IntegrationKey{csa})
		require.ErrorIs(t, err, api.ErrNotFound)
		require.ErrorContains(t, err, "CSA_API: ")
		assert.Empty(t, found)

		require.NoError(t, s.Enable(ctx, csa, "Notes & Mail"))
		require.ErrorIs(t, notes(), api.ErrForbidden, "the customer has not switched it on")
		found, err = s.OfRequest(ctx, sb.LinkedIn.SwitchIntegration(app.Contract, "CSA_API", true))
		require.NoError(t, err)
		require.Len(t, found, 1)
		assert.Equal(t, "ENABLED", found[0].Status)
		require.NoError(t, notes())
		_, err = s.OfRequest(ctx, "no such request")
		require.ErrorIs(t, err, api.ErrNotFound)

		found, err = s.Get(ctx, []recruiter.IntegrationKey{export, csa})
		require.ErrorIs(t, err, api.ErrNotFound)
		require.Len(t, found, 1, "the one that is there")
		assert.Equal(t, recruiter.IntegrationKey{Context: contract, Type: recruiter.CSAAPI, Tenant: "RECRUITER", DataProvider: "ATS"}, found[0].Key)
		assert.Equal(t, "Notes & Mail", found[0].Name)
		err = s.Enable(ctx, recruiter.IntegrationKey{Context: named(t, "urn:li:organization:7"), Type: recruiter.ProfilePlugin}, "another's")
		require.ErrorIs(t, err, api.ErrForbidden, "a failure of the only element")
		details, ok := linkedin.DetailsOf(err)
		require.True(t, ok)
		assert.Equal(t, "ACCESS_DENIED", details.Code)

		require.NoError(t, s.Enable(ctx, export, "Export"))
		require.NoError(t, s.Configure(ctx, export, map[recruiter.Configuration]string{
			recruiter.CallbackURL: "https://ats.example.com/customer-1", recruiter.JobPostingViewers: "ACL_BASED",
		}))
		err = s.Configure(ctx, export, map[recruiter.Configuration]string{"WEATHER": "fine", recruiter.ApplicationViewers: "ALL_PRODUCT_USERS"})
		require.ErrorIs(t, err, api.ErrInvalid)
		require.ErrorContains(t, err, "WEATHER: ")
		values, err := s.Configurations(ctx, export, []recruiter.Configuration{recruiter.CallbackURL, "WEATHER", recruiter.ApplicationViewers})
		require.ErrorIs(t, err, api.ErrNotFound)
		assert.Equal(t, map[recruiter.Configuration]string{
			recruiter.CallbackURL: "https://ats.example.com/customer-1", recruiter.ApplicationViewers: "ALL_PRODUCT_USERS",
		}, values)
		require.NoError(t, s.Unconfigure(ctx, export, []recruiter.Configuration{recruiter.CallbackURL, recruiter.ApplicationViewers}))
		assert.Equal(t, map[string]string{"JOB_POSTING_VIEWERS": "ACL_BASED"}, sb.LinkedIn.Integrations()[1].Configurations)

		other := sb.LinkedIn.AddApp()
		taken := "https://ats.example.com/customer-2"
		sb.LinkedIn.EnableIntegration(sb.LinkedIn.OrganizationOf(other.ClientID), "ONE_CLICK_EXPORT", "theirs", taken)
		require.ErrorIs(t, s.Configure(ctx, export, map[recruiter.Configuration]string{recruiter.CallbackURL: taken}), api.ErrConflict)
	}
}

func TestIntegrationsRefused(t *testing.T) {
	requests := 0
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	s, ctx := client.LinkedIn.Recruiter.Integrations, t.Context()
	organization, contract := named(t, "urn:li:organization:1"), named(t, "urn:li:contract:1")
	good := recruiter.IntegrationKey{Context: organization, Type: recruiter.OneClickExport}
	for name, key := range map[string]recruiter.IntegrationKey{
		"none": {}, "no type": {Context: organization}, "an organisation": {Context: organization, Type: recruiter.CSAAPI}, "a contract": {Context: contract, Type: recruiter.ProfilePlugin},
	} {
		require.ErrorIs(t, s.Enable(ctx, key, "n"), api.ErrInvalid, name)
		_, err := s.Get(ctx, []recruiter.IntegrationKey{key})
		require.ErrorIs(t, err, api.ErrInvalid, name)
		require.ErrorIs(t, s.Unconfigure(ctx, key, []recruiter.Configuration{"A"}), api.ErrInvalid, name)
	}
	require.ErrorIs(t, s.Enable(ctx, good, " "), api.ErrInvalid)
	for _, keys := range [][]recruiter.IntegrationKey{nil, {good, {Context: organization, Type: recruiter.OneClickExport, Tenant: "RECRUITER"}}} {
		_, err := s.Get(ctx, keys)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	for _, names := range [][]recruiter.Configuration{nil, {""}, {"A", "A"}} {
		require.ErrorIs(t, s.Unconfigure(ctx, good, names), api.ErrInvalid)
	}
	for _, callback := range []string{"", "http://ats.example.com", "https://", "https://a:b@ats.example.com", "https://ats.example.com:8443", "ats.example.com"} {
		require.ErrorIs(t, s.Configure(ctx, good, map[recruiter.Configuration]string{recruiter.CallbackURL: callback}), api.ErrInvalid, callback)
	}
	assert.Zero(t, requests)
}

// TestBatchResponses: what a successful response says of its elements is believed, and what is none of LinkedIn's is not.
func TestBatchResponses(t *testing.T) {
	var body string
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
	s := client.LinkedIn.Recruiter.Integrations
	key := recruiter.IntegrationKey{Context: named(t, "urn:li:organization:1"), Type: recruiter.OneClickExport}
	for response, want := range map[string]error{
		``: nil, `{}`: nil, `{"results":{"k":{"status":204}},"errors":{}}`: nil,
		`{"results":{"k":{"status":422,"error":{"message":"no","status":422}}}}`: api.ErrInvalid,
		`{"results":{"k":{"status":403}}}`:                                       api.ErrForbidden,
		`{"errors":{"k":{"status":404,"message":"no"}}}`:                         api.ErrNotFound,
		`{"errors":{"k":{"message":"no"}}}`:                                      api.ErrUnexpectedResponse,
		`{"errors":{"k":"odd"}}`:                                                 api.ErrUnexpectedResponse,
		`{"errors":[]}`:                                                          api.ErrUnexpectedResponse,
		`<html>welcome</html>`:                                                   api.ErrUnexpectedResponse,
	} {
		body = response
		if err := s.Enable(t.Context(), key, "n"); want == nil {
			require.NoError(t, err, response)
		} else {
			require.ErrorIs(t, err, want, response)
		}
	}
	for _, text := range []string{ // the order of a key's fields, and how it is escaped, is the server's affair
		"dataProvider=ATS&tenantType=RECRUITER&integrationType=ONE_CLICK_EXPORT&integrationContext=urn%3Ali%3Aorganization%3A1",
		"(tenantType:RECRUITER,dataProvider:ATS,integrationType:ONE_CLICK_EXPORT,integrationContext:urn%3Ali%3Aorganization%3A1)",
	} {
		body = `{"results":{"` + text + `":{"integrationName":"n","status":"ENABLED"}}}`
		found, err := s.Get(t.Context(), []recruiter.IntegrationKey{key})
		require.NoError(t, err)
		assert.Equal(t, "n", found[0].Name)
	}
	body = `{"results":{"other":{}}}`
	_, err := s.Get(t.Context(), []recruiter.IntegrationKey{key})
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	for value, want := range map[string]string{`{"configurationValue":"v"}`: "v", `{"configurationValue":{"int":1}}`: `{"int":1}`, `{"x":1}`: `{"x":1}`} {
		body = `{"results":{"A":` + value + `}}`
		values, err := s.Configurations(t.Context(), key, []recruiter.Configuration{"A"})
		require.NoError(t, err)
		assert.Equal(t, want, values["A"])
	}
}

// TestChildApps: an app of a customer is made once, its credentials work, and it can be changed.
func TestChildApps(t *testing.T) {
	sb, client := sandboxtest.Start(t)
	s, ctx := client.LinkedIn.Recruiter.Apps, t.Context()
	app := recruiter.NewApp{ForeignID: "customer-1", Name: "ATS - Example", Description: "app of a customer", JSDomains: []string{"http://localhost:5000"}}
	made, err := s.Create(ctx, app)
	require.NoError(t, err)
	assert.Equal(t, "developerApplication", made.URN.Type())
	_, err = s.Create(ctx, app)
	require.ErrorIs(t, err, api.ErrConflict)
	found, err := s.Credentials(ctx, "customer-1")
	require.NoError(t, err)
	assert.Equal(t, made.ClientSecret.Reveal(), found.ClientSecret.Reveal())
	made.ClientSecret, found.ClientSecret = api.Secret{}, api.Secret{}
	assert.Equal(t, made, found)
	_, err = s.Credentials(ctx, "customer-2")
	require.ErrorIs(t, err, api.ErrNotFound)

	child := sb.LinkedIn.ChildApps()[0]
	assert.Equal(t, child.ClientID, found.ClientID)
	customer, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(child.ClientID, child.ClientSecret)))
	require.NoError(t, err)
	_, err = customer.LinkedIn.Seats.List(ctx, linkedin.SeatQuery{Contract: named(t, child.Contract)})
	require.NoError(t, err)

	name := "ATS - Example & Co"
	require.NoError(t, s.Update(ctx, made.URN, recruiter.AppChange{Name: &name, CallbackURLs: []string{"https://ats.example.com/oauth"}, JSDomains: []string{}}))
	child = sb.LinkedIn.ChildApps()[0]
	assert.Equal(t, []string{name, "app of a customer"}, []string{child.Name, child.Description})
	assert.Equal(t, []string{"https://ats.example.com/oauth"}, child.CallbackURLs)
	assert.Empty(t, child.JSDomains)
	require.ErrorIs(t, s.Update(ctx, named(t, "urn:li:developerApplication:7"), recruiter.AppChange{Name: &name}), api.ErrNotFound)

	long, theirs := "a name that is longer than the fifty characters that LinkedIn allows", "ATS - LinkedIn"
	for what, bad := range map[string]recruiter.NewApp{
		"nothing": {}, "no name": {ForeignID: "c", Description: "d", Name: " "}, "long": {ForeignID: "c", Description: "d", Name: long},
		"their name": {ForeignID: "c", Description: "d", Name: theirs}, "callback": {ForeignID: "c", Description: "d", Name: "n", CallbackURLs: []string{"x"}},
	} {
		_, err := s.Create(ctx, bad)
		require.ErrorIs(t, err, api.ErrInvalid, what)
	}
	for what, change := range map[string]recruiter.AppChange{"nothing": {}, "long": {Name: &long}, "their name": {Name: &theirs}, "domain": {JSDomains: []string{"x"}}} {
		require.ErrorIs(t, s.Update(ctx, made.URN, change), api.ErrInvalid, what)
	}
	require.ErrorIs(t, s.Update(ctx, urn.URN{}, recruiter.AppChange{Name: &name}), api.ErrInvalid)
	_, err = s.Credentials(ctx, "")
	require.ErrorIs(t, err, api.ErrInvalid)
}

const canary = "CANARYsecret123"

// TestSecretsOfChildAppsAreNotPrinted, whatever form the response has, nor by an error about an odd one.
func TestSecretsOfChildAppsAreNotPrinted(t *testing.T) {
	var body string
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Restli-Id", "urn%3Ali%3AdeveloperApplication%3A42")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, body)
			return
		}
		_, _ = io.WriteString(w, `{"elements":[`+body+`]}`)
	}))
	s := client.LinkedIn.Recruiter.Apps
	app := recruiter.NewApp{ForeignID: "c", Name: "n", Description: "d"}
	printed := func(v any) string {
		text, _ := json.Marshal(v)
		return fmt.Sprintf("%v %+v %#v %s %q %s", v, v, v, v, v, text)
	}
	for response, ok := range map[string]bool{
		`{"clientId":"id","clientSecret":"` + canary + `"}`:                                                        true,
		`{"key":"urn:li:developerApplication:42","credentials":{"clientId":"id","clientSecret":"` + canary + `"}}`: true,
		`{"credentials":{"key":"id","secret":"` + canary + `"},"applicationUrn":"urn:li:developerApplication:42"}`: true,
		`{"apiKey":"id","apiSecret":"` + canary + `"}`:                                                             true,
		`{"clientId":"id","clientSecret":"` + canary + ` "}`:                                                       false,
		`["` + canary + `"]`: false,
		`"` + canary + `"`:   false,
	} {
		body = response
		made, err := s.Create(t.Context(), app)
		found, foundErr := s.Credentials(t.Context(), "c")
		for _, v := range []any{made, found, err, foundErr} {
			assert.NotContains(t, printed(v), canary, response)
		}
		if !ok {
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, response)
			require.ErrorIs(t, err, api.ErrMaybeApplied, "the app may be there")
			require.ErrorIs(t, foundErr, api.ErrUnexpectedResponse)
			for _, e := range []error{err, foundErr} {
				failure, _ := errors.AsType[*api.Error](e)
				assert.False(t, bytes.Contains(failure.Body, []byte(canary)))
			}
			continue
		}
		require.NoError(t, errors.Join(err, foundErr))
		assert.NotContains(t, fmt.Sprintf("%+v", *made), canary)
		assert.Equal(t, []string{"id", canary}, []string{made.ClientID, made.ClientSecret.Reveal()}, response)
		assert.Equal(t, canary, found.ClientSecret.Reveal())
		assert.Equal(t, named(t, "urn:li:developerApplication:42"), made.URN)
	}
	body = ""
	made, err := s.Create(t.Context(), app)
	require.NoError(t, err)
	assert.Equal(t, &recruiter.App{URN: named(t, "urn:li:developerApplication:42"), ForeignID: "c", Name: "n"}, made)
	_, err = s.Credentials(t.Context(), "c")
	require.ErrorIs(t, err, api.ErrNotFound, "an empty list")
}

// TestResponsesThatNameNoApp tell of none that was made, and that it may be there.
func TestResponsesThatNameNoApp(t *testing.T) {
	var body string
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, body)
	}))
	for _, body = range []string{"", "{}", `{"status":"ok"}`, `{"name":"n"}`, `{"key":"urn:li:person:a"}`} {
		_, err := client.LinkedIn.Recruiter.Apps.Create(t.Context(), recruiter.NewApp{ForeignID: "c", Name: "n", Description: "d"})
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
		require.ErrorIs(t, err, api.ErrMaybeApplied, body)
	}
	body = `{"uniqueForeignId":"c"}`
	_, err := client.LinkedIn.Recruiter.Apps.Create(t.Context(), recruiter.NewApp{ForeignID: "c", Name: "n", Description: "d"})
	require.NoError(t, err)
}

// TestR64AppsAreMadeOnce: a response that was lost is not retried, and its app is found by its foreign id.
func TestR64AppsAreMadeOnce(t *testing.T) {
	sb, client := sandboxtest.Start(t)
	s := client.LinkedIn.Recruiter.Apps
	app := recruiter.NewApp{ForeignID: "customer-1", Name: "n", Description: "d"}
	sb.Fail(sandbox.Fault{Method: "POST", Path: "/v2/provisionedApplications", Drop: sandbox.DropAfterAct})
	_, err := s.Create(t.Context(), app)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	require.ErrorContains(t, err, "Apps.Credentials")
	assert.Len(t, sb.LinkedIn.ChildApps(), 1)
	found, err := s.Credentials(t.Context(), "customer-1")
	require.NoError(t, err)
	assert.Equal(t, sb.LinkedIn.ChildApps()[0].ClientID, found.ClientID)
}
