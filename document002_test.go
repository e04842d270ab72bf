package pronet_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/unlisted"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// documentRow is an endpoint or a parameter that document 002 names, and the call that sends it.
type documentRow struct {
	named string // as the document has it
	sends string // the request line; {id}, {vanity} and {name} are the member's
	body  string // the file of testdata/document002 with the body that is sent, or the body itself; "" for none
	call  func(ctx context.Context, c *pronet.Client, who fake.Member) error
}

func errOf[T any](_ T, err error) error { return err }

// document002 is what the document names.
var document002 = slices.Concat(document002Members, document002Connections, document002Jobs, document002Posts, document002Social, document002JobPosts)

var document002Members = []documentRow{
	{"GET /v2/me", "GET /v2/me", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Members.Me(ctx, ""))
	}},
	{"GET /member/~:{public-profile-id}", "GET /v2/member/~:{id}", "", func(ctx context.Context, c *pronet.Client, who fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberByID(ctx, who.ID, unlisted.Lookup{}))
	}},
	{"GET /member/~AAoAABscsJb3zEAAAAX", "GET /v2/member/~{id}", "", func(ctx context.Context, c *pronet.Client, who fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberByID(ctx, who.ID, unlisted.Lookup{Plain: true}))
	}},
	{"GET /member/~:{formatted-name}", "GET /v2/member/~:{name}", "", func(ctx context.Context, c *pronet.Client, who fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberByFormattedName(ctx, who.FirstName+" "+who.LastName, unlisted.Lookup{}))
	}},
	{"GET /member/~testuser", "GET /v2/member/~{vanity}", "", func(ctx context.Context, c *pronet.Client, who fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberByVanityName(ctx, who.VanityName, unlisted.Lookup{Plain: true}))
	}},
	{"?format=json", "GET /v2/member/~:{vanity}?format=json", "", func(ctx context.Context, c *pronet.Client, who fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberByVanityName(ctx, who.VanityName, unlisted.Lookup{Params: unlisted.Params{Format: "json"}}))
	}},
	{"PUT /v2/me/positions", "PUT /v2/me/positions", "position_request.json", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.PutPosition(ctx, unlisted.Position{Company: "Acme Corp", Title: "Vice President, Sales"}))
	}},
	{"POST /v2/me/backgroundMediaUpload (mended: its curly quotes)", "POST /v2/me/backgroundMediaUpload", "background_request.json", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.UploadBackground(ctx, "https://host/image.png"))
	}},
}

const firstPage = "?start=0&count=100"

var document002Connections = []documentRow{
	{"GET /memberConnections", "GET /v2/memberConnections" + firstPage, "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberConnections(ctx, unlisted.ConnectionQuery{}))
	}},
	{"relationshipIndicators=F,S", "GET /v2/memberConnections?relationshipIndicators=F,S&start=0&count=100", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberConnections(ctx, unlisted.ConnectionQuery{RelationshipIndicators: []string{"F", "S"}}))
	}},
	{"shared group memberships, without a parameter", "GET /v2/memberConnections?sharedGroups=123&start=0&count=100", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.MemberConnections(ctx, unlisted.ConnectionQuery{Params: unlisted.Params{Extra: map[string]string{"sharedGroups": "123"}}}))
	}},
	{"GET /v2/me/connections, the first 10", "GET /v2/me/connections?start=0&count=10", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.Connections(ctx, unlisted.ConnectionQuery{Count: 10}))
	}},
	{"GET /v2/me/connections, to read the entire network", "GET /v2/me/connections?count=2&start=2", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		for _, err := range c.LinkedIn.Unlisted.AllConnections(ctx, unlisted.ConnectionQuery{Count: 2}) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"GET /me/network/connections", "GET /v2/me/network/connections" + firstPage, "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.NetworkConnections(ctx, unlisted.ConnectionQuery{}))
	}},
	{"edgeRelationType=CONNECTION", "GET /v2/me/network/connections?edgeRelationType=CONNECTION&start=0&count=100", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.NetworkConnections(ctx, unlisted.ConnectionQuery{EdgeRelationType: unlisted.EdgeConnection}))
	}},
	{"MANAGED_BY", "GET /v2/me/network/connections?edgeRelationType=MANAGED_BY&start=0&count=100", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.NetworkConnections(ctx, unlisted.ConnectionQuery{EdgeRelationType: unlisted.EdgeManagedBy}))
	}},
	{"edge_relation_type, in the text", "GET /v2/me/network/connections?edge_relation_type=CONNECTION&start=0&count=100", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.NetworkConnections(ctx, unlisted.ConnectionQuery{Params: unlisted.Params{Extra: map[string]string{"edge_relation_type": "CONNECTION"}}}))
	}},
	{"connections, as LinkedIn has them", "GET /v2/connections?q=viewer&start=0&count=100", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Connections.List(ctx, members.ConnectionQuery{}))
	}},
}

// searchBy makes the row of a search for jobs by something that the document names without a parameter.
func searchBy(what, parameter string) documentRow {
	return documentRow{what + ", without a parameter", "GET /v2/jobs/search?title=sales&" + parameter + "=x%20%26%2F%25%2B", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.SearchJobs(ctx, unlisted.JobQuery{Title: "sales", Params: unlisted.Params{Extra: map[string]string{parameter: "x &/%+"}}}))
	}}
}

var document002Jobs = []documentRow{
	{"GET /jobs/search ?title=sales&location=Chicago&f_TPR=r604800", "GET /v2/jobs/search?title=sales&location=Chicago&f_TPR=r604800", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.SearchJobs(ctx, unlisted.JobQuery{Title: "sales", Location: "Chicago", PostedWithin: 7 * 24 * time.Hour}))
	}},
	searchBy("seniority", "f_E"), searchBy("skills", "skills"), searchBy("qualifications", "qualifications"), searchBy("industry", "f_I"), searchBy("function", "f_F"), searchBy("company", "f_C"),
	{"POST /jobs/savedSearch", "POST /v2/jobs/savedSearch", "saved_search_request.json", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		return errOf(c.LinkedIn.Unlisted.SaveSearch(ctx, "title:( Engineer ) AND location:( Austin )"))
	}},
	{"GET /jobs/savedSearches/{saved-search-id}/search-alerts/{alert-id}", "GET /v2/jobs/savedSearches/1/search-alerts/7", "", func(ctx context.Context, c *pronet.Client, _ fake.Member) error {
		if _, err := c.LinkedIn.Unlisted.SaveSearch(ctx, "title:( Engineer )"); err != nil {
			return err
		}
		return errOf(c.LinkedIn.Unlisted.SearchAlert(ctx, "1", "7", unlisted.Params{}))
	}},
}

// recorder is a transport that keeps the requests.
type recorder struct {
	next   *http.Transport
	mu     sync.Mutex
	lines  []string
	bodies [][]byte
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
		_ = request.Body.Close()
		request = request.Clone(request.Context())
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.mu.Lock()
	if !strings.HasPrefix(request.URL.Path, "/oauth/") {
		r.lines, r.bodies = append(r.lines, request.Method+" "+request.URL.RequestURI()), append(r.bodies, body)
	}
	r.mu.Unlock()
	return r.next.RoundTrip(request)
}

// TestDocument002 calls what the document names, against the sandbox: the request is the document's, and it succeeds. Each
// file of bodies that are sent belongs to a row.
func TestDocument002(t *testing.T) {
	bodies, names := map[string]bool{}, map[string]bool{}
	sb, err := sandbox.Start(append(withAllOfMembers(), fake.WithReadablePosts())...)
	require.NoError(t, err)
	defer sb.Close()
	first, err := published(t.Context(), &contract{client: sandboxtest.Connect(t, sb.Options()...)})
	require.NoError(t, err)
	require.Equal(t, firstPost, first)
	who := sb.LinkedIn.Member()
	for _, media := range document002Media {
		sb.LinkedIn.AddMedia(media)
	}
	fill := strings.NewReplacer("{id}", who.ID, "{vanity}", who.VanityName, "{name}", who.FirstName+"%20"+who.LastName)
	for _, row := range document002 {
		t.Run(row.named, func(t *testing.T) {
			assert.False(t, names[row.named])
			names[row.named] = true
			record := &recorder{next: http.DefaultTransport.(*http.Transport).Clone()} //nolint:forcetypeassert // it is one
			defer record.next.CloseIdleConnections()
			client := sandboxtest.Connect(t, append(sb.Options(), pronet.WithTransport(record))...)
			require.NoError(t, row.call(t.Context(), client, who))
			i := len(record.lines) - 1
			if after := fill.Replace(row.sends); slices.Contains(record.lines, after) { // others may follow it
				i = slices.Index(record.lines, after)
			}
			assert.Equal(t, fill.Replace(row.sends), record.lines[i])
			switch {
			case row.body == "":
				assert.Empty(t, record.bodies[i])
			case strings.HasPrefix(row.body, "{"):
				assert.JSONEq(t, row.body, string(record.bodies[i]))
			default:
				bodies[row.body] = true
				want, err := os.ReadFile("testdata/document002/" + row.body)
				require.NoError(t, err)
				assert.JSONEq(t, string(want), string(record.bodies[i]))
			}
		})
	}
	files, err := filepath.Glob("testdata/document002/*_request.json")
	require.NoError(t, err)
	assert.Len(t, bodies, len(files))
}

// TestDocument002Responses: the bodies that the document prints decode.
func TestDocument002Responses(t *testing.T) {
	client := func(t *testing.T, file string) *pronet.Client {
		t.Helper()
		body, err := os.ReadFile("testdata/document002/" + file)
		require.NoError(t, err)
		return sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	}
	for name, read := range map[string]func(*pronet.Client) (*members.Member, error){
		"me": func(c *pronet.Client) (*members.Member, error) { return c.LinkedIn.Members.Me(t.Context(), "") },
		"member, assumed": func(c *pronet.Client) (*members.Member, error) {
			return c.LinkedIn.Unlisted.MemberByID(t.Context(), "x", unlisted.Lookup{})
		},
	} {
		who, err := read(client(t, "me_response.json"))
		require.NoError(t, err, name)
		assert.Equal(t, []string{"John", "Doe", "urn:li:digitalmediaAsset:B54328XZFfe2134zXe"}, []string{who.FirstName, who.LastName, who.Picture.Asset.String()})
		require.Len(t, who.Positions, 1)
		assert.Equal(t, [2]string{"Acme Corp", "Marketing Manager"}, [2]string{who.Positions[0].CompanyName, who.Positions[0].Title})
		require.Len(t, who.Educations, 1)
		assert.Equal(t, [2]string{"State College", "Bachelor's Degree"}, [2]string{who.Educations[0].SchoolName, who.Educations[0].Degree})
	}
	page, err := client(t, "connections_response.json").LinkedIn.Unlisted.Connections(t.Context(), unlisted.ConnectionQuery{Count: 10})
	require.NoError(t, err)
	assert.EqualValues(t, 230, page.Total)
	assert.Equal(t, "10", page.Next, "more are left")
	require.Len(t, page.Items, 2)
	for i := range page.Items {
		assert.NotEmpty(t, page.Items[i].Raw)
		page.Items[i].Raw = nil
	}
	assert.Equal(t, []unlisted.Connection{
		{FirstName: "Jane", LastName: "Doe", Occupation: "CEO at XYZ Corp"}, {FirstName: "John", LastName: "Smith", Occupation: "CMO at 123 Media"},
	}, page.Items)
}
