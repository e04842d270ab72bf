package pronet_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
)

// recruiterRequest is one of the 48 requests that LinkedIn's own collection for Recruiter System Connect has, in protocol
// 1.0: testdata/recruiter_requests.jsonl, with texts and values of ours.
type recruiterRequest struct {
	Host   string            `json:"host"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Query  []string          `json:"query"` // sorted
	Restli string            `json:"restli_method"`
	Body   json.RawMessage   `json:"body"`
	Form   map[string]string `json:"form"`
}

type (
	fields = restli.Record
	many   = restli.List
	object = map[string]any
)

// recruiterCall makes a request with the encoder that services use.
type recruiterCall struct {
	method, resource string
	key              any    // of the path, if not nil
	sub              string // below the key
	query            fields
	restli           string
	body             any
	notes            prospectnotes.Query
	typed            func(context.Context, *linkedin.Service) error // the service that makes it, if there is one
}

const (
	organization = "urn:li:organization:1234567"
	recruiterURN = "urn:li:contract:7654321"
)

// of is a key with its fields in the order in which the collection has them.
func of(name, id string) fields {
	return fields{{Name: name, Value: id}, {Name: "dataProvider", Value: "ATS"}, {Name: "integrationContext", Value: organization}}
}

func texts(pairs ...string) fields {
	var f fields
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, restli.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return f
}

func ids(keys ...any) fields { return fields{{Name: "ids", Value: many(keys)}} }

// entities are a body by keys.
func entities(t *testing.T, pairs ...any) object {
	t.Helper()
	all := object{}
	for i := 0; i < len(pairs); i += 2 {
		key, err := restli.V1.Text(pairs[i])
		require.NoError(t, err)
		all[key] = pairs[i+1]
	}
	return object{"entities": all}
}

func patch(name string, value any) object {
	return object{"patch": object{"$set": object{name: value}}}
}

// customer is a key of an integration of the customer's.
func customer(kind recruiter.IntegrationType) recruiter.IntegrationKey {
	return recruiter.IntegrationKey{Context: mustURN(organization), Type: kind}
}

// there is no error of what the server has none of.
func there(_ any, err error) error {
	if errors.Is(err, api.ErrNotFound) {
		return nil
	}
	return err
}

// typed are calls of client.LinkedIn.Recruiter.
func typed(call func(context.Context, *recruiter.Service) error) recruiterCall {
	return recruiterCall{typed: func(ctx context.Context, s *linkedin.Service) error { return call(ctx, s.Recruiter) }}
}

func enable(key recruiter.IntegrationKey) recruiterCall {
	return typed(func(ctx context.Context, s *recruiter.Service) error {
		return s.Integrations.Enable(ctx, key, "integration")
	})
}

func configure(key recruiter.IntegrationKey, name recruiter.Configuration, value string) recruiterCall {
	return typed(func(ctx context.Context, s *recruiter.Service) error {
		return s.Integrations.Configure(ctx, key, map[recruiter.Configuration]string{name: value})
	})
}

func unconfigure(key recruiter.IntegrationKey, name recruiter.Configuration) recruiterCall {
	return typed(func(ctx context.Context, s *recruiter.Service) error {
		return s.Integrations.Unconfigure(ctx, key, []recruiter.Configuration{name})
	})
}

// recruiterCalls are the requests, in the collection's order, but for those of tokens, seats and notes.
func recruiterCalls(t *testing.T) []recruiterCall {
	const update, partial, create = "batch_update", "batch_partial_update", "batch_create"
	const stamp, callback, person = 1700000000000, "https://app.getpostman.com/oauth2/callback", "urn:li:person:a1b2c3d4e5"
	app, seat, local := mustURN("urn:li:developerApplication:42"), mustURN("urn:li:seat:111"), "http://localhost:5000"
	oneClick, indicator, plugin := customer(recruiter.OneClickExport), customer(recruiter.InATSIndicator), customer(recruiter.ProfilePlugin)
	csa, at := recruiter.IntegrationKey{Context: mustURN(recruiterURN), Type: recruiter.CSAAPI}, time.UnixMilli(1489192513000)
	candidate, application := of("atsCandidateId", "CAND_1"), of("atsJobApplicationId", "APPL_1")
	acl := append(of("atsEntityAclId", "TEST_JOBS"), texts("atsEntityType", "JOB_POSTING", "atsEntityId", "JOB_PUBLIC_1")...)
	assignee := append(of("atsEntityAclId", "TEST_JOBS"), texts("assignee", person, "atsEntityType", "JOB_POSTING")...)
	aclText := texts("dataProvider", "ATS", "integrationContext", organization, "atsEntityType", "JOB_POSTING", "atsEntityId", "JOB_PUBLIC_1", "atsEntityAclId", "TEST_JOBS")
	assigneeText := texts("dataProvider", "ATS", "integrationContext", organization, "atsEntityType", "JOB_POSTING", "atsEntityAclId", "TEST_JOBS", "assignee", person)
	reader := object{"firstName": "Ada", "lastName": "Reader"}
	stage := func(name string) object { return object{"atsCreatedAt": stamp, "stage": name} }
	job := func(id, title, availability string) object {
		return object{"elements": []any{object{
			"integrationContext": organization, "externalJobPostingId": id, "title": title, "description": "a description", "location": "San Francisco, CA",
			"availability": availability, "state": "LISTED", "companyApplyUrl": local + "/jobs", "listedAt": stamp,
		}}}
	}
	return []recruiterCall{
		typed(func(ctx context.Context, s *recruiter.Service) error {
			_, err := s.Apps.Create(ctx, recruiter.NewApp{
				ForeignID: "customer-1", Name: "Example Customer", Description: "app of a customer", CallbackURLs: []string{callback}, JSDomains: []string{local},
			})
			return err
		}),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return s.Apps.Update(ctx, app, recruiter.AppChange{JSDomains: []string{"http://localhost:8000", local}})
		}),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return s.Apps.Update(ctx, app, recruiter.AppChange{CallbackURLs: []string{callback}})
		}),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.Apps.Credentials(ctx, "customer-1"))
		}),
		enable(oneClick), enable(indicator), enable(plugin), enable(csa),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.Integrations.Get(ctx, []recruiter.IntegrationKey{indicator, plugin, oneClick, csa}))
		}),
		configure(oneClick, recruiter.CallbackURL, "https://ats.example.com/callback"),
		configure(oneClick, recruiter.JobPostingViewers, "ALL_PRODUCT_USERS"),
		configure(indicator, recruiter.ApplicationViewers, "ALL_PRODUCT_USERS"),
		unconfigure(oneClick, recruiter.JobPostingViewers),
		unconfigure(indicator, recruiter.ApplicationViewers),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.Integrations.Configurations(ctx, oneClick, []recruiter.Configuration{recruiter.CallbackURL}))
		}),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.Integrations.OfRequest(ctx, "request-1"))
		}),
		{method: "POST", resource: "simpleJobPostings", restli: create, body: job("JOB_PUBLIC_1", "Engineer", "PUBLIC")},
		{method: "GET", resource: "simpleJobPostingTasks", query: ids("urn:li:simpleJobPostingTask:11")},
		{method: "POST", resource: "simpleJobPostings", restli: create, body: job("JOB_PRIVATE_1", "Manager", "PRIVATE_TO_ATS_INTEGRATION")},
		{method: "GET", resource: "simpleJobPostingTasks", query: ids("urn:li:simpleJobPostingTask:12")},
		{method: "PUT", resource: "atsCandidates", query: ids(candidate), restli: update, body: entities(t, candidate, object{
			"addresses":    []any{object{"line1": "1 Main St", "city": "Springfield", "geographicArea": "RI", "geographicAreaType": "STATE", "postalCode": "02802", "country": "us"}},
			"atsCreatedAt": stamp, "atsLastModifiedAt": stamp, "currentCompanyName": "Example Ltd", "currentJobTitle": "Tester", "emailAddresses": []string{"candidate@example.com"},
			"externalProfileUrl": "https://example.com/candidate", "firstName": "Jo", "lastName": "Doe", "middleInitial": "L",
			"phoneNumbers": []any{object{"number": "555-0100", "extension": "1234"}}, "prefix": "Mr", "suffix": "Jr",
		})},
		{method: "GET", resource: "atsCandidates", query: ids(candidate)},
		{method: "POST", resource: "atsCandidates", query: ids(candidate), restli: partial, body: entities(t, candidate, patch("manualMatchedMember", person))},
		{method: "PUT", resource: "atsCandidates", key: candidate, sub: "notes", query: ids("NOTE_1"), restli: update, body: entities(t, "NOTE_1", object{"atsCreatedAt": stamp, "note": "a note", "author": reader})},
		{method: "PUT", resource: "atsApplications", query: ids(application), restli: update, body: entities(t, application, object{
			"atsCandidateId": "CAND_1", "atsCreatedAt": stamp, "atsLastModifiedAt": stamp, "atsJobPostingId": "JOB_PUBLIC_1", "atsJobPostingName": "Engineer",
			"candidateEmail": "candidate@example.com", "firstName": "Jo", "lastName": "Doe", "source": "Referral", "dispositionReason": "",
		})},
		{method: "PUT", resource: "atsApplications", key: application, sub: "notes", query: ids("APPL_NOTE_0001"), restli: update, body: entities(t, "APPL_NOTE_0001", object{"atsCreatedAt": stamp, "note": "to be read", "author": reader})},
		{method: "PUT", resource: "atsApplications", key: application, sub: "interviewFeedback", query: ids("APPL_INTERVIEW_0001"), body: entities(t, "APPL_INTERVIEW_0001", object{
			"atsCreatedAt": stamp, "evaluations": []any{object{"attribute": "speaking", "result": "good"}}, "feedback": "well done", "interviewer": reader,
		})},
		{method: "PUT", resource: "atsApplications", key: application, sub: "stages", query: ids("STAGE001", "STAGE002", "STAGE003"), restli: update, body: entities(t, "STAGE001", stage("New"), "STAGE002", stage("Interview"), "STAGE003", stage("Offer"))},
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.Exports.Get(ctx, "request-1", urn.URN{}))
		}),
		{typed: func(ctx context.Context, s *linkedin.Service) error {
			return there(s.Seats.ListLegacy(ctx, linkedin.LegacySeatQuery{Contract: mustURN(recruiterURN), Active: true, Fields: "id"}))
		}},
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.InMails.List(ctx, recruiter.InMailQuery{Viewer: seat, From: at, To: at}))
		}),
		typed(func(ctx context.Context, s *recruiter.Service) error {
			return there(s.Stubs.List(ctx, recruiter.StubQuery{Contract: mustURN(recruiterURN), Owners: []urn.URN{seat}, From: at, To: at}))
		}),
		{notes: prospectnotes.Query{Contract: mustURN(recruiterURN), Owners: []urn.URN{seat}, Cutoff: at, Before: at}},
		{method: "PUT", resource: "atsEntityAcls", query: ids(acl), restli: update, body: entities(t, aclText, object{})},
		{method: "GET", resource: "atsEntityAcls", query: append(aclText[:4:4], texts("q", "criteria", "start", "0", "count", "100")...)},
		{method: "DELETE", resource: "atsEntityAcls", query: ids(acl)},
		{method: "PUT", resource: "atsEntityAclAssignees", query: ids(assignee), restli: update, body: entities(t, assigneeText, object{})},
		{method: "GET", resource: "atsEntityAclAssignees", query: texts("q", "criteria", "assignee", person, "dataProvider", "ATS", "integrationContext", organization)},
		{method: "DELETE", resource: "atsEntityAclAssignees", query: ids(assignee)},
		{method: "DELETE", resource: "atsCandidates", query: ids(candidate)},
		{method: "DELETE", resource: "atsCandidates", key: candidate, sub: "notes", query: ids("NOTE_1")},
		{method: "DELETE", resource: "atsApplications", query: ids(application)},
		{method: "DELETE", resource: "atsApplications", key: application, sub: "notes", query: ids("APPL_NOTE_0001")},
		{method: "DELETE", resource: "atsApplications", key: application, sub: "interviewFeedback", query: ids("APPL_INTERVIEW_0001")},
		{method: "DELETE", resource: "atsApplications", key: application, sub: "stages", query: ids("STAGE001", "STAGE002", "STAGE003")},
		{method: "GET", resource: "me", query: fields{{Name: "fields", Value: restli.Raw("id")}}},
	}
}

// request is the call for Client.Do.
func (c recruiterCall) request(t *testing.T) api.Request {
	t.Helper()
	path, route := "/v2/"+c.resource, "/v2/"+c.resource
	if c.key != nil {
		segment, err := restli.V1.Segment(c.key)
		require.NoError(t, err)
		path, route = path+"/"+segment, route+"/{key}"
	}
	if c.sub != "" {
		path, route = path+"/"+c.sub, route+"/"+c.sub
	}
	query, err := restli.V1.Query(c.query)
	require.NoError(t, err)
	header := http.Header{}
	if c.restli != "" {
		header.Set("X-Restli-Method", c.restli)
	}
	return api.Request{Provider: api.LinkedIn, Method: c.method, Route: route, EncodedPath: path, RawQuery: query, Header: header, Body: c.body}
}

// TestRecruiterRequests: each request of the collection is what is sent, byte by byte in path and query.
func TestRecruiterRequests(t *testing.T) {
	lines, err := os.ReadFile("testdata/recruiter_requests.jsonl")
	require.NoError(t, err)
	var wanted, got []recruiterRequest
	for line := range strings.Lines(string(lines)) {
		var r recruiterRequest
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		wanted = append(wanted, r)
	}
	require.Len(t, wanted, 48)

	serve := func(host, response string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen := recruiterRequest{Host: host, Method: r.Method, Query: []string{}, Restli: r.Header.Get("X-Restli-Method")}
			seen.Path, _, _ = strings.Cut(r.RequestURI, "?")
			if r.URL.RawQuery != "" {
				seen.Query = strings.Split(r.URL.RawQuery, "&")
				slices.Sort(seen.Query)
			}
			body, _ := io.ReadAll(r.Body)
			switch {
			case r.Header.Get("Content-Type") == "application/x-www-form-urlencoded":
				seen.Form = map[string]string{}
				form, _ := url.ParseQuery(string(body))
				for name := range form {
					seen.Form[name] = form.Get(name)
				}
			case len(body) > 0:
				seen.Body = body
			}
			assert.Empty(t, r.Header.Get("X-Restli-Protocol-Version"))
			got = append(got, seen)
			_, _ = io.WriteString(w, response)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	apiURL, wwwURL := serve("api.linkedin.com", `{"elements":[],"uniqueForeignId":"customer-1"}`), serve("www.linkedin.com", `{"access_token":"AQ","expires_in":"1800"}`)
	connect := func(tokens linkedin.Tokens) *pronet.Client {
		t.Helper()
		client, err := pronet.New(pronet.WithLinkedIn(tokens, pronet.BaseURL(apiURL), pronet.LinkedInAccountsURL(wwwURL)))
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		return client
	}
	client := connect(linkedin.StaticToken("token"))
	_, err = connect(linkedin.AppTokens("client-id", "client-secret")).LinkedIn.CheckToken(t.Context())
	require.NoError(t, err)
	for _, call := range recruiterCalls(t) {
		switch {
		case call.typed != nil:
			require.NoError(t, call.typed(t.Context(), client.LinkedIn))
		case !call.notes.Contract.IsZero():
			_, err := client.ProspectNotes.List(t.Context(), call.notes)
			require.NoError(t, err)
		default:
			require.NoError(t, client.Do(t.Context(), call.request(t), nil))
		}
		if len(got) == 46 {
			_, err = connect(linkedin.AppTokens("child-id", "child-secret")).LinkedIn.CheckToken(t.Context())
			require.NoError(t, err)
		}
	}
	require.Len(t, got, 48)
	for i := range wanted {
		if wanted[i].Body != nil {
			assert.JSONEq(t, string(wanted[i].Body), string(got[i].Body), "request %d", i+1)
			wanted[i].Body, got[i].Body = nil, nil
		}
		assert.Equal(t, wanted[i], got[i], "request %d", i+1)
	}
}
