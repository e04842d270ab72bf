package linkedin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

var start = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

// caller asks the sandbox without the client.
type caller struct {
	t     *testing.T
	sb    *sandbox.Sandbox
	app   linkedin.App
	token string
}

func newCaller(t *testing.T, options ...sandbox.Option) *caller {
	t.Helper()
	sb, err := sandbox.Start(append(options, sandbox.WithStartTime(start))...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	c := &caller{t: t, sb: sb, app: sb.LinkedIn.App()}
	c.token = c.newToken()
	return c
}

func (c *caller) newToken() string {
	c.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.app.ClientID}, "client_secret": {c.app.ClientSecret}}
	status, body := c.issue(form.Encode())
	require.Equal(c.t, http.StatusOK, status, body)
	var token struct {
		Access string `json:"access_token"`
	}
	require.NoError(c.t, json.Unmarshal([]byte(body), &token))
	return token.Access
}

func (c *caller) send(request *http.Request, err error) (status int, header http.Header, body string) {
	c.t.Helper()
	require.NoError(c.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(c.t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return response.StatusCode, response.Header, string(read)
}

func (c *caller) issue(form string, header ...string) (status int, body string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.sb.LinkedIn.AccountsURL()+"/oauth/v2/accessToken", strings.NewReader(form))
	require.NoError(c.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	status, _, body = c.send(request, nil)
	return status, body
}

func (c *caller) get(path string, header ...string) (status int, body string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.sb.LinkedIn.URL()+path, nil)
	require.NoError(c.t, err)
	request.Header.Set("Authorization", "Bearer "+c.token)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	status, _, body = c.send(request, nil)
	return status, body
}

// list is a page of notes.
type list struct {
	Elements []struct {
		ID     json.RawMessage `json:"id"`
		Active bool            `json:"active"`
		Note   string          `json:"note"`
	} `json:"elements"`
	Paging struct {
		Start, Count int
		Total        *int
		Links        []struct{ Href, Rel string }
	} `json:"paging"`
}

func (c *caller) notes(query string, header ...string) (page list, texts []string) {
	c.t.Helper()
	status, body := c.get("/v2/prospectNotes?q=criteria&contract="+c.app.Contract+query, header...)
	require.Equal(c.t, http.StatusOK, status, body)
	require.NoError(c.t, json.Unmarshal([]byte(body), &page))
	texts = []string{}
	for _, n := range page.Elements {
		texts = append(texts, n.Note)
	}
	return page, texts
}

// TestWindows: the upper bound is in, the lower one out; by the last change, or by creation if it is set so.
func TestWindows(t *testing.T) {
	for option, want := range map[linkedin.Bounds][]string{linkedin.ByLastChange: {"b", "a"}, linkedin.ByCreation: {"c", "b"}} {
		c := newCaller(t, linkedin.WithBounds(option))
		at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
		for text, dates := range map[string][2]int{"a": {-9, -2}, "b": {-4, -4}, "c": {-6, -1}, "d": {-8, -8}} {
			c.sb.LinkedIn.WriteNote(linkedin.Note{Text: text, Created: at(dates[0]), LastModified: at(dates[1])})
		}
		_, texts := c.notes(fmt.Sprintf("&cutoffDate=%d&beforeDate=%d", at(-8).UnixMilli(), at(-2).UnixMilli()))
		assert.Equal(t, want, texts)
		page, texts := c.notes("&start=1&count=2")
		assert.Len(t, texts, 2)
		assert.Equal(t, []int{1, 2, 4}, []int{page.Paging.Start, page.Paging.Count, *page.Paging.Total})
		assert.Equal(t, "/v2/prospectNotes?contract=urn%3Ali%3Acontract%3A1234567&count=2&q=criteria&start=3", page.Paging.Links[0].Href)
	}
}

// TestOwners in both protocols, and the next link is in that of the request.
func TestOwners(t *testing.T) {
	c := newCaller(t, linkedin.WithNotes(9))
	assert.Equal(t, 3, len(c.app.Seats))
	link := "/v2/prospectNotes?contract=urn%3Ali%3Acontract%3A1234567&count=4&q=criteria&start=4&"
	page, texts := c.notes("&owners=" + c.app.Seats[0] + "&owners=" + c.app.Seats[2] + "&count=4")
	assert.Equal(t, []string{"note 1", "note 3", "note 4", "note 6"}, texts)
	assert.Equal(t, link+"owners=urn%3Ali%3Aseat%3A100000&owners=urn%3Ali%3Aseat%3A100002", page.Paging.Links[0].Href)
	c.app.Contract = url.QueryEscape(c.app.Contract)
	page, again := c.notes("&owners=List("+url.QueryEscape(c.app.Seats[0])+","+url.QueryEscape(c.app.Seats[2])+")&count=4", "X-Restli-Protocol-Version", "2.0.0")
	assert.Equal(t, texts, again)
	assert.Equal(t, link+"owners=List(urn%3Ali%3Aseat%3A100000,urn%3Ali%3Aseat%3A100002)", page.Paging.Links[0].Href)
}

// TestShapesOfLists that are not known for sure.
func TestShapesOfLists(t *testing.T) {
	c := newCaller(t, linkedin.WithNotes(7), linkedin.WithTotal(linkedin.TotalAbsent), linkedin.WithoutNextLinks(), linkedin.WithTextIDs())
	page, _ := c.notes("&count=2")
	assert.Nil(t, page.Paging.Total)
	assert.Empty(t, page.Paging.Links)
	assert.Equal(t, byte('"'), page.Elements[0].ID[0])

	c = newCaller(t, linkedin.WithNotes(7), linkedin.WithTotal(linkedin.TotalZero), linkedin.WithHoles(2), linkedin.WithPageLimit(9))
	page, texts := c.notes("&count=5")
	assert.Zero(t, *page.Paging.Total)
	assert.Equal(t, []string{"note 1", "note 2", "note 3", "note 4"}, texts, "a hole makes the page short")
	_, texts = c.notes("&start=5&count=5")
	assert.Equal(t, []string{"note 5", "note 6", "note 7"}, texts)
	status, body := c.get("/v2/prospectNotes?q=criteria&contract=" + c.app.Contract + "&start=9")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "pagination limit")
}

// TestNotesChange: an edit and a deletion move a note, one that is late comes with an older date, many have one date.
func TestNotesChange(t *testing.T) {
	c := newCaller(t, linkedin.WithDeletedListed(time.Hour))
	first := c.sb.LinkedIn.WriteNote(linkedin.Note{Text: "first"})
	second := c.sb.LinkedIn.WriteNote(linkedin.Note{Text: "second"})
	c.sb.Advance(time.Minute)
	require.True(t, c.sb.LinkedIn.EditNote(first, "edited"))
	_, texts := c.notes("")
	assert.Equal(t, []string{"second", "edited"}, texts)
	c.sb.Advance(time.Minute)
	require.True(t, c.sb.LinkedIn.DeleteNote(second))
	assert.False(t, c.sb.LinkedIn.DeleteNote(second), "it is gone")
	assert.False(t, c.sb.LinkedIn.EditNote(12, "nobody's"))
	page, texts := c.notes("")
	assert.Equal(t, []string{"edited", "second"}, texts)
	assert.False(t, page.Elements[1].Active)
	c.sb.Advance(time.Hour)
	c.token = c.newToken() // the clock went on
	_, texts = c.notes("")
	assert.Equal(t, []string{"edited"}, texts)
	c.sb.LinkedIn.WriteNote(linkedin.Note{Text: "late", Created: start.Add(-time.Hour)})
	_, texts = c.notes("")
	assert.Equal(t, []string{"late", "edited"}, texts)
	assert.Len(t, c.sb.LinkedIn.WriteNotes(500, linkedin.Note{Text: "flood"}), 500)
	all := c.sb.LinkedIn.Notes()
	assert.Len(t, all, 503)
	assert.Equal(t, all[len(all)-1].Created, all[len(all)-500].Created)
	assert.True(t, all[1].Deleted)
}

// TestClockSkew is in the Date header and in the dates of notes.
func TestClockSkew(t *testing.T) {
	c := newCaller(t, linkedin.WithClockSkew(-3*time.Hour))
	c.sb.LinkedIn.WriteNote(linkedin.Note{})
	assert.WithinDuration(t, start.Add(-3*time.Hour), c.sb.LinkedIn.Notes()[0].Created, time.Hour)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.sb.LinkedIn.URL()+"/v2/x", nil)
	_, header, _ := c.send(request, err)
	date, err := http.ParseTime(header.Get("Date"))
	require.NoError(t, err)
	assert.WithinDuration(t, start.Add(-3*time.Hour), date, time.Hour)
	assert.NotEmpty(t, header.Get("X-Li-Uuid"))
}

// TestTokens are issued by one origin and wanted by the other.
func TestTokens(t *testing.T) {
	c := newCaller(t, linkedin.WithTokenLag(1), linkedin.WithTokenLife(time.Hour))
	path := "/v2/seatsV2?q=attributes&start=0&contracts=" + c.app.Contract
	refused := func(code string) {
		t.Helper()
		status, body := c.get(path)
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.Contains(t, body, code)
	}
	refused("65601") // some servers do not know it yet
	status, _ := c.get(path)
	assert.Equal(t, http.StatusOK, status)
	c.sb.LinkedIn.RevokeTokens()
	refused("REVOKED_ACCESS_TOKEN")
	c.token = c.newToken()
	c.sb.Advance(time.Hour)
	refused("65602")
	c.token = "AQunknown"
	refused("65600")
	c.token = ""
	refused("Empty oauth2_access_token")
	assert.Equal(t, 2, c.sb.LinkedIn.TokensIssued())

	form := "grant_type=client_credentials&client_id=" + c.app.ClientID + "&client_secret=" + c.app.ClientSecret
	for _, tt := range []struct {
		form   string
		header []string
		status int
		code   string
	}{
		{form, nil, 200, `"expires_in":"3600"`},
		{strings.Replace(form, "client_credentials", "password", 1), nil, 400, "unsupported_grant_type"},
		{form + "x", nil, 401, "invalid_client"},
		{"grant_type=client_credentials&client_id=nobody&client_secret=x", nil, 401, "invalid_client_id"},
		{form, []string{"Content-Type", "application/json"}, 400, "invalid_request"},
		{form, []string{"Authorization", "Bearer x"}, 400, "no business here"},
		{"%zz", nil, 400, "invalid_request"},
	} {
		status, body := c.issue(tt.form, tt.header...)
		assert.Equal(t, tt.status, status, tt.form)
		assert.Contains(t, body, tt.code)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.sb.LinkedIn.AccountsURL()+"/v2/seatsV2", nil)
	status, _, body := c.send(request, err)
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, body, "<html>")
}

// TestRefusals have LinkedIn's forms.
func TestRefusals(t *testing.T) {
	c := newCaller(t, linkedin.WithVersions("202604"), linkedin.WithDailyQuota(100))
	other := c.sb.LinkedIn.AddApp()
	contract := "contract=" + c.app.Contract
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/v2/nothing": {404, "RESOURCE_NOT_FOUND"},
		"/v2/prospectNotes?q=criteria&contract=" + other.Contract:                       {403, `"serviceErrorCode":100`},
		"/v2/prospectNotes?q=criteria":                                                  {400, "Parameter 'contract' is invalid"},
		"/v2/prospectNotes?q=criteria&contract=7":                                       {400, "Parameter 'contract' is invalid"},
		"/v2/prospectNotes?q=other&" + contract:                                         {400, "Finder"},
		"/v2/prospectNotes?q=criteria&" + contract + "&owners=7":                        {400, "Parameter 'owners' is invalid"},
		"/v2/prospectNotes?q=criteria&" + contract + "&beforeDate=now":                  {400, "Parameter 'beforeDate' is invalid"},
		"/v2/prospectNotes?q=criteria&" + contract + "&count=0":                         {400, "Parameter 'count' is invalid"},
		"/v2/prospectNotes?q=criteria&" + contract + "&start=-1":                        {400, "Parameter 'start' is invalid"},
		"/v2/prospectNotes?q=criteria&" + contract + "&ids[1]=x":                        {400, "Invalid query parameters"},
		"/v2/seatsV2?q=attributes&contracts=" + c.app.Contract:                          {400, "Parameter 'start' is required"},
		"/v2/seatsV2?q=x&contracts=" + c.app.Contract:                                   {400, "Finder"},
		"/v2/seats?q=x&contracts=" + c.app.Contract:                                     {400, "Finder"},
		"/v2/seats?q=seatsByAttributes":                                                 {400, "Parameter 'contracts' is invalid"},
		"/v2/seatsV2?q=attributes":                                                      {400, "Parameter 'contracts' is invalid"},
		"/rest/prospectNotes?q=criteria&" + contract:                                    {400, "VERSION_MISSING"},
		"/v2/prospectNotes?q=criteria&" + contract + "&x=" + strings.Repeat("a", 5<<10): {414, "too long"},
	} {
		status, body := c.get(path)
		assert.Equal(t, want.status, status, path)
		assert.Contains(t, body, want.text, path)
		assert.True(t, json.Valid([]byte(body)))
	}
	for version, want := range map[string]int{"202604": 200, "202604.03": 200, "20260401": 200, "202512": 426, "x": 426} {
		status, _ := c.get("/rest/prospectNotes?q=criteria&"+contract, "Linkedin-Version", version)
		assert.Equal(t, want, status, version)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, c.sb.LinkedIn.URL()+"/v2/seats", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+c.token)
	status, _, _ := c.send(request, nil)
	assert.Equal(t, http.StatusMethodNotAllowed, status)

	c.sb.LinkedIn.UseQuota(c.app.ClientID, 1000)
	status, body := c.get("/v2/seatsV2?q=attributes&start=0&contracts=" + c.app.Contract)
	assert.Equal(t, http.StatusTooManyRequests, status)
	assert.Contains(t, body, "throttle limit")
	c.sb.Advance(14 * time.Hour) // the next day
	c.token = c.newToken()
	status, _ = c.get("/v2/seatsV2?q=attributes&start=0&contracts=" + c.app.Contract)
	assert.Equal(t, http.StatusOK, status)
	c.sb.LinkedIn.UseQuota("nobody", 1)

	for status, text := range map[int]string{401: "65600", 403: "ACCESS_DENIED", 429: "101", 500: "Internal Server Error"} {
		c.sb.Fail(sandbox.Fault{Origin: "linkedin/api", Status: status, Times: 1})
		got, body := c.get("/v2/seats")
		assert.Equal(t, status, got)
		assert.Contains(t, body, text)
	}
}

// TestTunnelsThatAreNone are refused.
func TestTunnelsThatAreNone(t *testing.T) {
	c := newCaller(t)
	for _, tt := range []struct{ kind, body string }{
		{"", "q=x"},
		{"text/plain", "q=x"},
		{"multipart/mixed", "q=x"},
		{"multipart/mixed; boundary=b", "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--"},
		{"multipart/mixed; boundary=b", "--b\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nq=x"},
	} {
		request := httptest.NewRequest(http.MethodPost, "/v2/seats", strings.NewReader(tt.body))
		request.Header.Set("Authorization", "Bearer "+c.token)
		request.Header.Set("X-Http-Method-Override", "GET")
		if tt.kind != "" {
			request.Header.Set("Content-Type", tt.kind)
		}
		w := httptest.NewRecorder()
		c.sb.LinkedIn.ServeHTTP(w, request)
		assert.Equal(t, http.StatusBadRequest, w.Code, tt.kind)
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, option := range []linkedin.Option{
		linkedin.WithNotes(-1), linkedin.WithSeats(0), linkedin.WithTokenLife(0), linkedin.WithTokenLag(-1), linkedin.WithDailyQuota(0), linkedin.WithBounds(7),
		linkedin.WithTotal(-1), linkedin.WithHoles(-1), linkedin.WithPageLimit(-1), linkedin.WithDeletedListed(0), linkedin.WithVersions("x"), linkedin.WithClockSkew(48 * time.Hour),
	} {
		_, err := sandbox.New(option)
		require.Error(t, err)
	}
	sb, err := sandbox.New(linkedin.WithNumericTokenLife())
	require.NoError(t, err)
	defer sb.Close()
	assert.Empty(t, sb.LinkedIn.URL()+sb.LinkedIn.AccountsURL())
}
