package webhook_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/webhook"
)

func linkedInEvents(t testing.TB, body string) (*webhook.Delivery, error) {
	t.Helper()
	d := &webhook.Delivery{Source: webhook.SourceLinkedIn, Label: "acme", Body: []byte(body)}
	return d, webhook.DecodeLinkedIn(d)
}

func parsedURN(t testing.TB, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

// TestDecodeLinkedIn has an event of each type, as the documentation shows it or in the forms that were seen.
func TestDecodeLinkedIn(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000).UTC()
	contract, organization := parsedURN(t, "urn:li:contract:123"), parsedURN(t, "urn:li:organization:12345")
	for body, want := range map[string]struct {
		event webhook.Event
		key   string
	}{
		noteDeleted: {webhook.ProspectNoteDeleted{NoteID: "1323073443", Contract: contract}, "DELETE_PROSPECT_NOTE urn:li:contract:123 1323073443"},
		`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":1323073443,"integrationContext":"urn:li:contract:123","more":[1]}`: {
			webhook.ProspectNoteDeleted{NoteID: "1323073443", Contract: contract}, "DELETE_PROSPECT_NOTE urn:li:contract:123 1323073443",
		},
		`{"id":"b2f2d5c1-0000-4000-8000-000000000000","type":"EXPORT_CANDIDATE_PROFILE","expiresAt":1700000000000,"integrationContext":"urn:li:organization:12345"}`: {
			webhook.CandidateExported{RequestID: "b2f2d5c1-0000-4000-8000-000000000000", Context: organization, ExpiresAt: at},
			"EXPORT_CANDIDATE_PROFILE b2f2d5c1-0000-4000-8000-000000000000",
		},
		`{"requestId":"r-1","eventType":"EXPORT_CANDIDATE_PROFILE"}`: {webhook.CandidateExported{RequestID: "r-1"}, "EXPORT_CANDIDATE_PROFILE r-1"},
		`{"requestId":77,"eventType":"INTEGRATION_STATUS_CHANGE","expiresAt":"1700000000000"}`: {
			webhook.IntegrationStatusChanged{RequestID: "77", ExpiresAt: at}, "INTEGRATION_STATUS_CHANGE 77",
		},
		`{"id":"i-1","requestId":"other","type":"INTEGRATION_STATUS_CHANGE","eventType":"x"}`: {webhook.IntegrationStatusChanged{RequestID: "i-1"}, "INTEGRATION_STATUS_CHANGE i-1"},
		`{"developerApplicationUrn":"urn:li:developerApplication:12345","externalJobPostingIds":["job-1234","j\u00f6b",7],"syncAllOpenJobs":false,"type":"RESYNC_JOBS"}`: {
			webhook.JobsResyncAsked{Application: parsedURN(t, "urn:li:developerApplication:12345"), ExternalIDs: []string{"job-1234", "jöb", "7"}}, "",
		},
		`{"type":"RESYNC_JOBS","syncAllOpenJobs":true}`: {webhook.JobsResyncAsked{AllOpen: true}, ""},
		`{"type":"JOB_POSTING_STATUS","externalJobPostingId":"job-1","jobPostingInfo":{"a":1}}`: {
			webhook.JobPostingStatusChanged{ExternalID: "job-1", Info: json.RawMessage(`{"a":1}`)}, "",
		},
		`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:1234567","leadGenForm":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)",` +
			`"owner":{"sponsoredAccount":"urn:li:sponsoredAccount:1234567"},"associatedEntity":{"x":1,"creative":"urn:li:sponsoredCreative:1234567"},` +
			`"leadType":"SPONSORED","leadAction":"CREATED","occurredAt":1700000000000}`: {
			webhook.LeadAction{
				Response: parsedURN(t, "urn:li:leadGenFormResponse:1234567"), Form: parsedURN(t, "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)"),
				Owner: parsedURN(t, "urn:li:sponsoredAccount:1234567"), Entity: parsedURN(t, "urn:li:sponsoredCreative:1234567"),
				LeadType: "SPONSORED", Action: "CREATED", OccurredAt: at,
			}, "LEAD_ACTION urn:li:leadGenFormResponse:1234567 CREATED 1700000000000",
		},
		`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:a:1","owner":"urn:li:b:2"}`: {
			webhook.LeadAction{Response: parsedURN(t, "urn:li:a:1"), Owner: parsedURN(t, "urn:li:b:2")}, "",
		},
		`{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":123456,"organizationalEntity":"urn:li:organization:12345","action":"COMMENT","sourcePost":"urn:li:share:1",` +
			`"decoratedSourcePost":{},"lastModifiedAt":1700000000000,"generatedActivity":"urn:li:comment:(urn:li:activity:1,2)","subscriber":"urn:li:person:abc"}]}`: {
			webhook.SocialAction{
				NotificationID: "123456", Organization: organization, Action: "COMMENT", Post: parsedURN(t, "urn:li:share:1"),
				Activity: parsedURN(t, "urn:li:comment:(urn:li:activity:1,2)"), Subscriber: parsedURN(t, "urn:li:person:abc"), LastModified: at,
			}, "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS 123456",
		},
	} {
		d, err := linkedInEvents(t, " "+body+"\n")
		require.NoError(t, err, body)
		require.Len(t, d.Events, 1, body)
		assert.Equal(t, fmt.Sprintf("%+v", want.event), fmt.Sprintf("%+v", without(d.Events[0])), body)
		if want.key == "" {
			assert.Empty(t, d.Keys, body)
			continue
		}
		assert.Equal(t, []webhook.Key{{ID: "acme:" + want.key, TTL: webhook.LinkedInTTL}}, d.Keys, body)
	}
	assert.GreaterOrEqual(t, webhook.LinkedInTTL, 9*time.Hour)
}

// without returns the event without label and raw JSON, which it checks.
func without(e webhook.Event) webhook.Event {
	check := func(label string, raw json.RawMessage) {
		if label != "acme" || !json.Valid(raw) {
			panic("an event without its label or its JSON")
		}
	}
	switch e := e.(type) {
	case webhook.ProspectNoteDeleted:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	case webhook.CandidateExported:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	case webhook.IntegrationStatusChanged:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	case webhook.JobsResyncAsked:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	case webhook.JobPostingStatusChanged:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	case webhook.LeadAction:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	case webhook.SocialAction:
		check(e.Label, e.Raw)
		e.Label, e.Raw = "", nil
		return e
	}
	return e
}

// TestR59WhatLinkedInSendsAndNobodyKnowsIsKept: unknown types, and events that lack what they are about, are raw.
func TestR59WhatLinkedInSendsAndNobodyKnowsIsKept(t *testing.T) {
	for _, body := range []string{
		`{"type":"CREATE_THIRD_PARTY_HRIS_EXPORT_PROFILE_REQUEST","hrisRequestId":"1"}`,
		`{}`, `[]`, `[` + noteDeleted + `]`, `"text"`, `7`, `null`,
		`{"type":7}`, `{"type":"DELETE_PROSPECT_NOTE"}`,
		`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":"abc","integrationContext":"urn:li:contract:123"}`,
		`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":"0","integrationContext":"urn:li:contract:123"}`,
		`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":"1","integrationContext":"contract:123"}`,
		`{"type":"EXPORT_CANDIDATE_PROFILE","id":{}}`, `{"type":"EXPORT_CANDIDATE_PROFILE","id":"a b"}`, `{"type":"INTEGRATION_STATUS_CHANGE","id":"` + strings.Repeat("x", 300) + `"}`,
		`{"type":"JOB_POSTING_STATUS"}`, `{"type":"LEAD_ACTION","leadGenFormResponse":1}`, `{"type":"RESYNC_JOBS","externalJobPostingIds":[{}]}`,
		`{"type":"RESYNC_JOBS","externalJobPostingIds":"job-1"}`, `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":{}}`,
	} {
		d, err := linkedInEvents(t, body)
		require.NoError(t, err, body)
		require.Len(t, d.Events, 1, body)
		assert.Equal(t, "unknown", d.Events[0].Kind(), body)
		assert.JSONEq(t, body, string(d.Events[0].(webhook.Unknown).Raw))
		assert.Empty(t, d.Keys, body)
	}
	for _, body := range []string{``, ` `, `{`, `{"type":"RESYNC_JOBS"`, `{"a":1}{}`, `nul`, noteDeleted + "x", "\xff"} {
		_, err := linkedInEvents(t, body)
		require.ErrorIs(t, err, webhook.ErrMalformed, body)
	}
	d, err := linkedInEvents(t, `{"type":"x","type":"DELETE_PROSPECT_NOTE","prospectNoteId":1,"prospectNoteId":2,"integrationContext":"urn:li:contract:123"}`)
	require.NoError(t, err)
	assert.Equal(t, "2", d.Events[0].(webhook.ProspectNoteDeleted).NoteID, "the last of several equal names counts")
	d, err = linkedInEvents(t, `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1},{"action":"LIKE"},7]}`)
	require.NoError(t, err)
	require.Len(t, d.Events, 3)
	assert.JSONEq(t, `{"action":"LIKE"}`, string(d.Events[1].(webhook.Unknown).Raw))
	require.Len(t, d.Keys, 3)
	assert.Equal(t, webhook.LinkedInBodyTTL, d.Keys[1].TTL)
}

// TestLinkedInSubjects: events about one thing have one subject, so that a spool keeps their order.
func TestLinkedInSubjects(t *testing.T) {
	subject := func(body string) string {
		d, err := linkedInEvents(t, body)
		require.NoError(t, err)
		return d.Events[0].(webhook.Subject).Subject()
	}
	assert.Equal(t, subject(noteDeleted), subject(strings.ReplaceAll(noteDeleted, `"1323073443"`, "1323073443")))
	assert.NotEqual(t, subject(noteDeleted), subject(strings.ReplaceAll(noteDeleted, "123\"", "124\"")))
	social := `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":%d,"action":%q,"sourcePost":"urn:li:share:1"%s}]}`
	comment := `,"generatedActivity":"urn:li:comment:(urn:li:activity:1,2)"`
	assert.Equal(t, subject(fmt.Sprintf(social, 1, "COMMENT", comment)), subject(fmt.Sprintf(social, 2, "COMMENT_DELETE", comment)))
	assert.NotEqual(t, subject(fmt.Sprintf(social, 1, "COMMENT", comment)), subject(fmt.Sprintf(social, 3, "LIKE", "")))
	lead := `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:a:1","leadAction":%q}`
	assert.Equal(t, subject(fmt.Sprintf(lead, "CREATED")), subject(fmt.Sprintf(lead, "DELETED")))
	job := `{"type":"JOB_POSTING_STATUS","externalJobPostingId":%q}`
	assert.NotEqual(t, subject(fmt.Sprintf(job, "1")), subject(fmt.Sprintf(job, "2")))
}

// TestR65LinkedInEventsTakeASmallMultipleOfTheBody: also of bodies that were made to take much.
func TestR65LinkedInEventsTakeASmallMultipleOfTheBody(t *testing.T) {
	many := func(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	for name, body := range map[string]string{
		"ids":           `{"type":"RESYNC_JOBS","externalJobPostingIds":[` + many("1", 500_000) + `]}`,
		"longer ids":    `{"type":"RESYNC_JOBS","externalJobPostingIds":[` + many("12", 300_000) + `]}`,
		"escaped ids":   `{"type":"RESYNC_JOBS","externalJobPostingIds":[` + many(`"\u0041"`, 100_000) + `]}`,
		"notifications": `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[` + many(`{"notificationId":1}`, 50_000) + `]}`,
		"numbers":       `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[` + many(`1`, 500_000) + `]}`,
		"unknown":       `{"type":"OTHER","a":[` + many(`1`, 500_000) + `]}`,
		"names":         `{` + many(`"":1`, 200_000) + `}`,
	} {
		d := &webhook.Delivery{Label: "acme", Body: []byte(body)}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		require.NoError(t, webhook.DecodeLinkedIn(d), name)
		runtime.GC()
		runtime.ReadMemStats(&after)
		held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		assert.Less(t, held, int64(10*len(body)+64<<10), name)
		assert.NotEmpty(t, d.Events)
		runtime.KeepAlive(d)
	}
}
