package linkedin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestLongQueriesAreTunnelled in both protocols, and the sandbox reads what was meant.
func TestLongQueriesAreTunnelled(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithSeats(500), fake.WithNotes(1000))
	app := sb.LinkedIn.App()
	var owners []urn.URN
	for _, seat := range app.Seats[:300] {
		u, err := urn.Parse(seat)
		require.NoError(t, err)
		owners = append(owners, u)
	}
	for _, protocol := range []linkedin.Protocol{linkedin.Protocol1, linkedin.Protocol2} {
		c, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), pronet.LinkedInProtocol(protocol)))
		require.NoError(t, err)
		before := sb.RequestsTo("POST", "/v2/prospectNotes")
		n := 0
		for note, err := range c.ProspectNotes.All(t.Context(), prospectnotes.Query{Contract: contract(t, app.Contract), Owners: owners}) {
			require.NoError(t, err)
			assert.Contains(t, owners, note.Owner)
			n++
		}
		assert.Equal(t, 600, n)
		assert.Positive(t, sb.RequestsTo("POST", "/v2/prospectNotes")-before)
	}
	assert.Zero(t, sb.RequestsTo("GET", "/v2/prospectNotes"))
}

// TestTunnelOnTheWire: the query is the body of a POST, beside the body that there was. 4,000 characters are none too many.
func TestTunnelOnTheWire(t *testing.T) {
	type seen struct {
		method, target, override, kind string
		body                           []byte
	}
	var got []seen
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, seen{r.Method, r.URL.RequestURI(), r.Header.Get("X-Http-Method-Override"), r.Header.Get("Content-Type"), body})
		if len(got) == 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	}))
	send := func(method, query string, body any) {
		t.Helper()
		require.NoError(t, client.Do(t.Context(), api.Request{
			Provider: api.LinkedIn, Method: method, Route: "/v2/things", RawQuery: query, Body: body, Retry: api.RetryIdempotent,
		}, nil))
	}
	short, long := "x="+strings.Repeat("a", 3998), "ids=List("+strings.Repeat("(id:1),", 600)+"(id:2))"
	send(http.MethodGet, short, nil)
	send(http.MethodGet, long, nil)
	send(http.MethodPut, long, map[string]any{"entities": map[string]any{"1": 2}}) // and a retry
	require.Len(t, got, 4)
	assert.Equal(t, seen{http.MethodGet, "/v2/things?" + short, "", "", []byte{}}, got[0])
	assert.Equal(t, seen{http.MethodPost, "/v2/things", "GET", "application/x-www-form-urlencoded", []byte(long)}, got[1])
	for _, s := range got[2:] {
		assert.Equal(t, []string{http.MethodPost, "/v2/things", "PUT"}, []string{s.method, s.target, s.override})
		kind, params, err := mime.ParseMediaType(s.kind)
		require.NoError(t, err)
		assert.Equal(t, "multipart/mixed", kind)
		parts := multipart.NewReader(bytes.NewReader(s.body), params["boundary"])
		for _, want := range []struct{ kind, content string }{{"application/x-www-form-urlencoded", long}, {"application/json", `{"entities":{"1":2}}`}} {
			part, err := parts.NextPart()
			require.NoError(t, err)
			assert.Equal(t, want.kind, part.Header.Get("Content-Type"))
			content, err := io.ReadAll(part)
			require.NoError(t, err)
			assert.Equal(t, want.content, string(content))
		}
		_, err = parts.NextPart()
		require.ErrorIs(t, err, io.EOF)
	}
	big, err := json.Marshal(strings.Repeat("b", 1<<20))
	require.NoError(t, err)
	send(http.MethodPost, long, json.RawMessage(big))
	assert.Contains(t, string(got[4].body), `"bbbb`)
}
