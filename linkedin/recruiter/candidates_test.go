package recruiter_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestStubWindowsTile under both readings of the end, if the query says which it is.
func TestStubWindowsTile(t *testing.T) {
	start := time.UnixMilli(1_700_000_000_000)
	for end, option := range map[recruiter.End]fake.Option{recruiter.EndExclusive: nil, recruiter.EndInclusive: fake.WithStubEndIncluded()} {
		sb, client := sandboxtest.Start(t, option)
		app := sb.LinkedIn.App()
		for i := range 6 {
			sb.LinkedIn.ShareStub(fake.SharedStub{Owner: app.Seats[i%2], Email: "a@example.com", EmailAsList: i%2 == 0, Created: start.Add(time.Duration(i) * time.Hour)})
		}
		q := recruiter.StubQuery{Contract: named(t, app.Contract), Owners: []urn.URN{named(t, app.Seats[0]), named(t, app.Seats[1])}, End: end, Count: 1}
		var hours []time.Duration
		for q.From = start; q.From.Before(start.Add(6 * time.Hour)); q.From = q.From.Add(2 * time.Hour) {
			q.To = q.From.Add(2 * time.Hour)
			for stub, err := range client.LinkedIn.Recruiter.Stubs.All(t.Context(), q) {
				require.NoError(t, err)
				hours = append(hours, stub.Created.Sub(start)/time.Hour)
				assert.Equal(t, []string{"a@example.com"}, stub.EmailAddresses)
				assert.Equal(t, "person", stub.Member.Type())
				assert.Contains(t, q.Owners, stub.Owner)
				assert.NotEmpty(t, stub.Raw)
			}
		}
		assert.Equal(t, []time.Duration{0, 1, 2, 3, 4, 5}, hours)
		q.From, q.To = start, start
		_, err := client.LinkedIn.Recruiter.Stubs.List(t.Context(), q)
		assert.Equal(t, end == recruiter.EndInclusive, err != nil, "nothing can be asked for inclusively")
	}
}

func TestStubsRefused(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithStubLimit(2), fake.WithoutNextLinks())
	app := sb.LinkedIn.App()
	contract, seat := named(t, app.Contract), named(t, app.Seats[0])
	for range 5 {
		sb.LinkedIn.ShareStub(fake.SharedStub{})
	}
	_, err := client.LinkedIn.Recruiter.Stubs.List(t.Context(), recruiter.StubQuery{Contract: contract, Start: 2})
	require.ErrorIs(t, err, api.ErrPageLimit)
	for name, q := range map[string]recruiter.StubQuery{
		"no contract": {}, "owner twice": {Contract: contract, Owners: []urn.URN{seat, seat}}, "owner": {Contract: contract, Owners: []urn.URN{contract}},
	} {
		_, err := client.LinkedIn.Recruiter.Stubs.List(t.Context(), q)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err = client.LinkedIn.Recruiter.Stubs.List(t.Context(), recruiter.StubQuery{Contract: named(t, "urn:li:contract:7")})
	require.ErrorIs(t, err, api.ErrForbidden)
}

// TestExports at /v2 and at /rest; another customer's is refused, and one that is a day old is not there.
func TestExports(t *testing.T) {
	sb, client := sandboxtest.Start(t, sandbox.WithStartTime(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)))
	app := sb.LinkedIn.App()
	rest, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), pronet.LinkedInBase(linkedin.Exports, "/rest", "")))
	require.NoError(t, err)
	id := sb.LinkedIn.ExportCandidate(app.ClientID, "JOB_1")
	customer := named(t, sb.LinkedIn.OrganizationOf(app.ClientID))
	for path, c := range map[string]*pronet.Client{"/v2/exportedCandidates": client, "/rest/exportedCandidates": rest} {
		exports, err := c.LinkedIn.Recruiter.Exports.Get(t.Context(), id, customer)
		require.NoError(t, err)
		require.Len(t, exports, 1)
		assert.Equal(t, "JOB_1", exports[0].JobPosting)
		assert.Equal(t, customer, exports[0].Context)
		assert.Equal(t, "Sunnyvale, California", exports[0].Candidate.Location)
		assert.Equal(t, 1, sb.RequestsTo("GET", path))
	}
	_, err = client.LinkedIn.Recruiter.Exports.Get(t.Context(), id, named(t, "urn:li:organization:7"))
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	require.ErrorContains(t, err, "another customer's")
	_, err = client.LinkedIn.Recruiter.Exports.Get(t.Context(), id, urn.URN{})
	require.NoError(t, err)
	_, err = client.LinkedIn.Recruiter.Exports.Get(t.Context(), " ", customer)
	require.ErrorIs(t, err, api.ErrInvalid)
	sb.Advance(24 * time.Hour)
	_, err = client.LinkedIn.Recruiter.Exports.Get(t.Context(), id, customer)
	require.ErrorIs(t, err, api.ErrNotFound)
}

func TestPurgedQuery(t *testing.T) {
	var targets []string
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets = append(targets, r.URL.RequestURI()+" "+r.Header.Get("Linkedin-Version"))
		_, _ = io.WriteString(w, `{"elements":[]}`)
	}))
	for _, q := range []recruiter.PurgedQuery{
		{}, {Context: named(t, "urn:li:organization:1"), Finder: "purged", Parameters: map[string]string{"b": "2", "a": "1"}, Start: 5, Count: 7},
	} {
		_, err := client.LinkedIn.Recruiter.Purges.List(t.Context(), q)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{
		"/rest/atsPurgedExportedCandidates?q=criteria&start=0&count=100 202604",
		"/rest/atsPurgedExportedCandidates?q=purged&integrationContext=urn:li:organization:1&a=1&b=2&start=5&count=7 202604",
	}, targets)
	for _, name := range []string{"q", "start", "count"} {
		_, err := client.LinkedIn.Recruiter.Purges.List(t.Context(), recruiter.PurgedQuery{Parameters: map[string]string{name: "1"}})
		require.ErrorIs(t, err, api.ErrInvalid)
	}
}

// TestGoldenSamples: what each record reads from the forms that are known or assumed, and that an odd field hides nothing.
func TestGoldenSamples(t *testing.T) {
	type golden struct {
		InMail      []recruiter.InMail
		Stub        []recruiter.Stub
		Export      []recruiter.Export
		Purged      []recruiter.Purged
		Integration []recruiter.Integration
	}
	text, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var got golden
	require.NoError(t, json.Unmarshal(text, &got))
	at := time.UnixMilli(1_700_000_000_000).UTC()
	seat, person, organization := named(t, "urn:li:seat:1"), named(t, "urn:li:person:a1"), named(t, "urn:li:organization:5")
	for i := range got.InMail {
		m := &got.InMail[i]
		assert.NotEmpty(t, m.Raw)
		m.Raw = nil
	}
	assert.Equal(t, []recruiter.InMail{
		{ID: "1", Author: seat, Created: at, Subject: "Hello", Text: "a job", Thread: named(t, "urn:li:messagingThread:1")},
		{ID: "urn:li:event:2", Author: person, Created: at, Text: "yes"},
		{},
	}, got.InMail)
	require.Len(t, got.Stub, 3)
	for i, stub := range got.Stub[:2] {
		assert.Equal(t, []string{"a@example.com"}, stub.EmailAddresses, i)
		assert.Equal(t, []string{"555-0100"}, stub.PhoneNumbers, i)
		assert.Equal(t, "Providence", stub.Location, i)
		assert.Equal(t, person, stub.Member)
		assert.Equal(t, at, stub.Created)
		assert.Equal(t, seat, stub.Owner)
	}
	assert.Empty(t, got.Stub[2].EmailAddresses)
	require.Len(t, got.Export, 3)
	assert.Equal(t, "JOB_1", got.Export[0].JobPosting)
	assert.Equal(t, "JOB_2", got.Export[1].JobPosting)
	assert.Equal(t, organization, got.Export[0].Context)
	assert.Equal(t, []string{"Go", "SQL"}, got.Export[0].Candidate.Skills)
	assert.Equal(t, "7", got.Export[0].Candidate.YearsOfExperience)
	assert.Contains(t, string(got.Export[0].Raw), `"educations"`)
	require.Len(t, got.Purged, 3)
	for _, p := range got.Purged[:2] {
		assert.Equal(t, person, p.Member)
		assert.Equal(t, "C1", p.CandidateID)
		assert.Equal(t, at, p.At)
	}
	require.Len(t, got.Integration, 2)
	assert.Equal(t, recruiter.IntegrationKey{Context: organization, Type: recruiter.OneClickExport, Tenant: "RECRUITER", DataProvider: "ATS"}, got.Integration[0].Key)
	assert.Equal(t, "ENABLED", got.Integration[0].Status)
	assert.Zero(t, got.Integration[1].Key.Context)
	assert.NotEmpty(t, got.Integration[1].Raw)
}

// FuzzRecords: no JSON from outside makes a record panic, and what is read keeps its JSON.
func FuzzRecords(f *testing.F) {
	text, err := os.ReadFile("testdata/samples.json")
	if err != nil {
		f.Fatal(err)
	}
	var kinds map[string][]json.RawMessage
	if err := json.Unmarshal(text, &kinds); err != nil {
		f.Fatal(err)
	}
	for _, samples := range kinds {
		for _, sample := range samples {
			f.Add([]byte(sample))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		for _, into := range []json.Unmarshaler{new(recruiter.InMail), new(recruiter.Stub), new(recruiter.Export), new(recruiter.Purged), new(recruiter.Integration), new(recruiter.App)} {
			_ = into.UnmarshalJSON(data)
		}
		var app recruiter.App
		if err := app.UnmarshalJSON(data); err != nil && strings.Contains(err.Error(), string(data)) && len(data) > 12 {
			t.Error("the error quotes the response")
		}
	})
}
