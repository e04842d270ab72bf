package unlisted_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/unlisted"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

func only[T any](_ T, err error) error { return err }

// calls makes each call once.
func calls(ctx context.Context, s *unlisted.Service) map[string]error {
	q := unlisted.ConnectionQuery{}
	errs := map[string]error{
		"MemberByID": only(s.MemberByID(ctx, "x", unlisted.Lookup{})), "MemberByVanityName": only(s.MemberByVanityName(ctx, "x", unlisted.Lookup{})),
		"MemberByFormattedName": only(s.MemberByFormattedName(ctx, "x", unlisted.Lookup{})), "MemberConnections": only(s.MemberConnections(ctx, q)),
		"Connections": only(s.Connections(ctx, q)), "NetworkConnections": only(s.NetworkConnections(ctx, q)),
		"PutPosition": only(s.PutPosition(ctx, unlisted.Position{Company: "x", Title: "x"})), "UploadBackground": only(s.UploadBackground(ctx, "https://host/image.png")),
		"SearchJobs": only(s.SearchJobs(ctx, unlisted.JobQuery{Title: "x"})), "SaveSearch": only(s.SaveSearch(ctx, "x")),
		"SearchAlert": only(s.SearchAlert(ctx, "1", "2", unlisted.Params{})),
	}
	for _, err := range s.AllConnections(ctx, q) {
		errs["AllConnections"] = err
	}
	return errs
}

// TestEachErrorOf404SaysWhatThereIsInstead: by default the sandbox has none of the endpoints, as LinkedIn.
func TestEachErrorOf404SaysWhatThereIsInstead(t *testing.T) {
	_, client := sandboxtest.Start(t)
	bare := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGone)
		_, _ = io.WriteString(w, `{"status":410}`)
	}))
	for _, c := range []*pronet.Client{client, bare} {
		errs := calls(t.Context(), c.LinkedIn.Unlisted)
		assert.Len(t, errs, 12)
		for name, err := range errs {
			require.ErrorIs(t, err, unlisted.ErrUnlisted, name)
			require.NotErrorIs(t, err, api.ErrNotFound, "%s: nothing is said of the record", name)
			assert.Contains(t, err.Error(), "LinkedIn's reference does not list the endpoint", name)
		}
		for name, instead := range map[string]string{
			"MemberByID": "client.LinkedIn.Members.Get", "MemberByVanityName": "ByVanityName", "MemberByFormattedName": "LinkedIn finds nobody by name",
			"MemberConnections": "client.LinkedIn.Connections.List", "Connections": "client.LinkedIn.Snapshot.List in the EU", "AllConnections": "client.LinkedIn.Connections.List",
			"NetworkConnections": "does not give the second degree", "PutPosition": "client.LinkedIn.Members.CreatePosition", "UploadBackground": "can only be read",
			"SearchJobs": "Job Library", "SaveSearch": "no saved searches", "SearchAlert": "no saved searches",
		} {
			assert.Contains(t, errs[name].Error(), instead, name)
		}
	}
}

// TestOtherErrorsAreWhatTheyAre: a refusal says nothing of the endpoint.
func TestOtherErrorsAreWhatTheyAre(t *testing.T) {
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"status":403,"serviceErrorCode":100,"message":"prose"}`)
	}))
	for name, err := range calls(t.Context(), client.LinkedIn.Unlisted) {
		require.ErrorIs(t, err, api.ErrForbidden, name)
		require.NotErrorIs(t, err, unlisted.ErrUnlisted, name)
		assert.NotContains(t, err.Error(), "prose", name)
	}
}

// TestServiceOfNoClient is refused.
func TestServiceOfNoClient(t *testing.T) {
	for name, err := range calls(t.Context(), new(unlisted.Service)) {
		require.ErrorIs(t, err, api.ErrNotConfigured, name)
	}
}

// TestNothingIsSent of a call that says nothing, or more than it may.
func TestNothingIsSent(t *testing.T) {
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent", r.URL) }))
	s, ctx := client.LinkedIn.Unlisted, t.Context()
	extra := func(name string) unlisted.Params { return unlisted.Params{Extra: map[string]string{name: "x"}} }
	for i, err := range []error{
		only(s.MemberByID(ctx, "", unlisted.Lookup{})), only(s.MemberByVanityName(ctx, "a/b", unlisted.Lookup{})), only(s.MemberByFormattedName(ctx, "a\n", unlisted.Lookup{})),
		only(s.MemberByID(ctx, strings.Repeat("a", 3_000), unlisted.Lookup{})), only(s.MemberByID(ctx, "x", unlisted.Lookup{Params: extra("")})),
		only(s.MemberByID(ctx, "x", unlisted.Lookup{Params: extra("format")})), only(s.Connections(ctx, unlisted.ConnectionQuery{Params: extra("start")})),
		only(s.Connections(ctx, unlisted.ConnectionQuery{Params: extra(strings.Repeat("n", 101))})),
		only(s.NetworkConnections(ctx, unlisted.ConnectionQuery{EdgeRelationType: "X", Params: extra("edgeRelationType")})),
		only(s.MemberConnections(ctx, unlisted.ConnectionQuery{RelationshipIndicators: []string{"F,S"}})), only(s.MemberConnections(ctx, unlisted.ConnectionQuery{RelationshipIndicators: []string{""}})),
		only(s.Connections(ctx, unlisted.ConnectionQuery{Start: -1})), only(s.PutPosition(ctx, unlisted.Position{Title: "x"})), only(s.PutPosition(ctx, unlisted.Position{Company: "x"})),
		only(s.UploadBackground(ctx, "")), only(s.UploadBackground(ctx, "file:///etc/passwd")), only(s.UploadBackground(ctx, "image.png")),
		only(s.SearchJobs(ctx, unlisted.JobQuery{})), only(s.SearchJobs(ctx, unlisted.JobQuery{PostedWithin: time.Millisecond})), only(s.SearchJobs(ctx, unlisted.JobQuery{PostedWithin: -time.Second})),
		only(s.SearchJobs(ctx, unlisted.JobQuery{Title: "x", Params: extra("title")})), only(s.SaveSearch(ctx, "")), only(s.SearchAlert(ctx, "", "1", unlisted.Params{})),
		only(s.SearchAlert(ctx, "1", "..", unlisted.Params{})), only(s.SearchAlert(ctx, "1", "2", extra(""))),
	} {
		require.ErrorIs(t, err, api.ErrInvalid, "%d", i)
	}
}

// TestTheEntireNetwork is walked page by page, and every call is served by the sandbox that has the endpoints.
func TestTheEntireNetwork(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithUnlisted(), fake.WithConnections(35))
	s, ctx, n := client.LinkedIn.Unlisted, t.Context(), 0
	for c, err := range s.AllConnections(ctx, unlisted.ConnectionQuery{Count: 10}) {
		require.NoError(t, err)
		assert.Equal(t, sb.LinkedIn.Connections()[n].LastName, c.LastName)
		assert.Equal(t, "Engineer at Example", c.Occupation)
		n++
	}
	assert.Equal(t, 35, n)
	assert.Equal(t, 4, sb.RequestsTo("GET", "/v2/me/connections"))
	some, err := s.MemberConnections(ctx, unlisted.ConnectionQuery{RelationshipIndicators: []string{"F"}})
	require.NoError(t, err)
	assert.Len(t, some.Items, 12, "every third of 35")
	found, err := s.SearchJobs(ctx, unlisted.JobQuery{Title: "a & b", Params: unlisted.Params{Extra: map[string]string{"f_E": "4+5", "f_x": "ü"}}})
	require.NoError(t, err)
	var echo struct{ Query map[string]string }
	require.NoError(t, json.Unmarshal(found, &echo))
	assert.Equal(t, "a & b", echo.Query["title"])
	assert.Equal(t, "4+5", echo.Query["f_E"])
	assert.Equal(t, "ü", echo.Query["f_x"])
	saved, err := s.SaveSearch(ctx, "title:( Engineer )")
	require.NoError(t, err)
	assert.Equal(t, "1", saved.ID)
	alert, err := s.SearchAlert(ctx, saved.ID, "7", unlisted.Params{Format: "json"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"7","query":"title:( Engineer )"}`, string(alert))
	_, err = s.PutPosition(ctx, unlisted.Position{Company: "Acme Corp", Title: "VP"})
	require.NoError(t, err)
	assert.Len(t, sb.LinkedIn.Positions(sb.LinkedIn.Member().ID), 2)
	_, err = s.UploadBackground(ctx, "https://host/image.png")
	require.NoError(t, err)
	assert.Equal(t, []string{"https://host/image.png"}, sb.LinkedIn.Backgrounds())
}

// TestOnTheWire: no protocol is named, the base can be another, and what comes back empty or without JSON is told apart.
func TestOnTheWire(t *testing.T) {
	var target, response string
	var header http.Header
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target, header = r.RequestURI, r.Header
		w.Header().Set("X-Restli-Id", "a%2Fb")
		_, _ = io.WriteString(w, response)
	}), pronet.LinkedInBase(linkedin.Unlisted, "/v1", ""))
	s, ctx := client.LinkedIn.Unlisted, t.Context()
	saved, err := s.SaveSearch(ctx, "x")
	require.NoError(t, err)
	assert.Equal(t, &unlisted.SavedSearch{ID: "a/b"}, saved)
	assert.Equal(t, "/v1/jobs/savedSearch", target)
	assert.Empty(t, header.Get("X-Restli-Protocol-Version"))
	assert.Empty(t, header.Get("Linkedin-Version"))
	raw, err := s.PutPosition(ctx, unlisted.Position{Company: "x", Title: "y"})
	require.NoError(t, err)
	assert.Nil(t, raw)
	response = " \n"
	require.NoError(t, only(s.UploadBackground(ctx, "http://host/x.png")))
	response = "no JSON"
	require.ErrorIs(t, only(s.SearchJobs(ctx, unlisted.JobQuery{Location: "Chicago"})), api.ErrUnexpectedResponse)
	response = `{}`
	require.ErrorIs(t, only(s.Connections(ctx, unlisted.ConnectionQuery{})), api.ErrUnexpectedResponse, "no elements")
}

// FuzzPath: whatever the key of a member holds, it is refused or arrives as exactly one segment; so does a raw value.
func FuzzPath(f *testing.F) {
	var segment, value string
	client := sandboxtest.ConnectLinkedIn(f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		segment, value = strings.TrimPrefix(r.URL.Path, "/v2/member/"), r.FormValue("raw") // a long query is in the body
		_, _ = io.WriteString(w, `{}`)
	}))
	for _, seed := range []string{"testuser", "AAoAABscsJb3zEAAAAX", "John Doe", "~", "..", "%2e", "a?b#c", "ü", "a+b&c=d;e", "\xff", strings.Repeat("\x0f", 3_000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		_, err := client.LinkedIn.Unlisted.MemberByVanityName(t.Context(), key, unlisted.Lookup{Params: unlisted.Params{Extra: map[string]string{"raw": key}}})
		if err != nil {
			require.ErrorIs(t, err, api.ErrInvalid)
			return
		}
		require.Equal(t, "~:"+key, segment)
		require.Equal(t, key, value)
	})
}

// FuzzConnection: decoding ends without a panic, and what is kept decodes to the same again.
func FuzzConnection(f *testing.F) {
	f.Add([]byte(`{"firstName":"Jane","lastName":"Doe","occupation":"CEO at XYZ Corp"}`))
	f.Add([]byte(`{"firstName":{"x":1},"lastName":7}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c, again unlisted.Connection
		if c.UnmarshalJSON(data) == nil {
			require.NoError(t, again.UnmarshalJSON(c.Raw))
			require.Equal(t, c, again)
		}
	})
}
