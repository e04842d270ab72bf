package linkedin

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/restli"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// Name and the methods below are what the shell needs.
func (st *state) Name() string { return "linkedin" }

func (st *state) Origins() []string { return []string{"api", "www"} }

func (st *state) Stamp(h http.Header) {
	h.Set("X-Li-Uuid", st.shell.UUID())
	h.Set("X-Li-Fabric", "prod-sandbox")
	h.Set("Date", st.now().UTC().Format(http.TimeFormat))
}

func (st *state) Next() (time.Time, bool)        { return st.nextPush() }
func (st *state) Due(t time.Time) []shell.Parcel { return st.duePushes(t) }
func (st *state) Flush() []shell.Parcel          { return st.allPushes() }

// Refuse responds with an error of the status in one of the forms that LinkedIn's have.
func (st *state) Refuse(c *shell.Call, status int, detail string) {
	p := problem{Status: status, Message: detail}
	switch status {
	case http.StatusUnauthorized:
		p = invalidToken
	case http.StatusForbidden:
		p = noRight
	case http.StatusTooManyRequests:
		p = throttled
	}
	p.send(c)
}

// problem is an error of LinkedIn's.
type problem struct {
	Status           int    `json:"status"`
	ServiceErrorCode int    `json:"serviceErrorCode,omitempty"`
	Code             string `json:"code,omitempty"`
	Message          string `json:"message"`
}

var (
	emptyToken   = problem{Status: 401, ServiceErrorCode: 401, Message: "Empty oauth2_access_token"}
	invalidToken = problem{Status: 401, ServiceErrorCode: 65600, Message: "Invalid access token"}
	revokedToken = problem{Status: 401, ServiceErrorCode: 65601, Code: "REVOKED_ACCESS_TOKEN", Message: "The token used in the request has been revoked by the user"}
	expiredToken = problem{Status: 401, ServiceErrorCode: 65602, Code: "EXPIRED_ACCESS_TOKEN", Message: "The token used in the request has expired"}
	noRight      = problem{Status: 403, ServiceErrorCode: 100, Code: "ACCESS_DENIED", Message: "Not enough permissions to access this resource"}
	throttled    = problem{Status: 429, ServiceErrorCode: 101, Message: "Resource level throttle limit for calls to this resource is reached."}
	tooFar       = problem{Status: 400, Code: "ILLEGAL_ARGUMENT", Message: "Exceeds the pagination limit"}
	noVersion    = problem{Status: 400, Code: "VERSION_MISSING", Message: "A version must be present. Please specify a version by adding the Linkedin-Version header."}
	noResource   = problem{Status: 404, Code: "RESOURCE_NOT_FOUND", Message: "No virtual resource found"}
)

func (p problem) send(c *shell.Call) {
	c.W.Header().Set("X-Restli-Error-Response", "true")
	c.W.JSON(p.Status, p)
}

func badRequest(message string) *problem { return &problem{Status: 400, Message: message} }

// Serve responds to a request of one of the origins.
func (st *state) Serve(c *shell.Call) {
	if c.Origin == "www" {
		if !st.serveOAuth(c) {
			st.serveAccounts(c)
		}
		return
	}
	st.mu.Lock()
	response, p := st.serveAPI(c)
	st.mu.Unlock()
	if p != nil {
		p.send(c)
		return
	}
	r, ok := response.(*reply)
	if !ok {
		c.W.JSON(http.StatusOK, response)
		return
	}
	for name, value := range r.header {
		c.W.Header().Set(name, value)
	}
	if r.body == nil {
		c.W.WriteHeader(r.status)
		return
	}
	c.W.JSON(r.status, r.body)
}

// reply is a response with another status than 200, or with header fields.
type reply struct {
	status int
	header map[string]string
	body   any // nil for none
}

// endpoints are the API's.
var endpoints = slices.Concat(noteEndpoints, postEndpoints, mediaEndpoints, memberEndpoints, unlistedEndpoints, recruiterEndpoints, eventEndpoints, jobEndpoints)

var noteEndpoints = []endpoint{
	{"GET", "/v2/prospectNotes", true, (*state).listNotes},
	{"GET", "/rest/prospectNotes", true, (*state).listNotes},
	{"GET", "/v2/seatsV2", true, (*state).listSeats},
	{"GET", "/rest/seatsV2", true, (*state).listSeats},
	{"GET", "/v2/seats", true, (*state).listOldSeats},
}

// endpoint is a method and a path, in which {name} stands for one segment. A prospect interaction counts against their
// quota. The state is locked while it is served.
type endpoint struct {
	method, path string
	prospects    bool
	serve        func(*state, *request) (any, *problem)
}

// match returns the segments that stand for names, as they were written.
func (e *endpoint) match(path string) (keys map[string]string, ok bool) {
	want, got := strings.Split(e.path, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	keys = map[string]string{}
	for i, segment := range want {
		name, isKey := strings.CutPrefix(segment, "{")
		switch {
		case isKey && got[i] != "":
			keys[strings.TrimSuffix(name, "}")] = got[i]
		case segment != got[i]:
			return nil, false
		}
	}
	return keys, true
}

// request is one call of the API.
type request struct {
	app      *app
	token    *token
	path     string
	protocol string
	restli   string // X-Restli-Method, in lower case
	keys     map[string]string
	query    restli.Values
	header   http.Header
	body     []byte
}

func (r *request) versioned() bool { return strings.HasPrefix(r.path, "/rest/") }

func (st *state) serveAPI(c *shell.Call) (any, *problem) {
	token, p := st.authorize(c.R.Header.Get("Authorization"))
	if p != nil {
		return nil, p
	}
	method, raw, body, p := untunnel(c)
	if p != nil {
		return nil, p
	}
	app, header := token.app, c.R.Header
	r := &request{
		app: app, token: token, path: c.Path, protocol: header.Get("X-Restli-Protocol-Version"), restli: strings.ToLower(header.Get("X-Restli-Method")),
		header: header, body: body,
	}
	var e *endpoint
	for i := range endpoints {
		keys, ok := endpoints[i].match(c.Path)
		if !ok {
			continue
		}
		if e == nil || endpoints[i].method == method {
			e, r.keys = &endpoints[i], keys
		}
		if e.method == method {
			break
		}
	}
	switch {
	case e == nil:
		return nil, &noResource
	case e.method != method:
		return nil, &problem{Status: 405, Message: "The method is not allowed for the resource"}
	}
	c.Route = method + " " + e.path
	if r.versioned() {
		if p := st.checkVersion(c.R.Header.Get("Linkedin-Version")); p != nil {
			return nil, p
		}
	}
	if e.prospects && !st.mayInteract(app) {
		return nil, &noRight
	}
	if e.prospects && app.count(st.today(), 1) > st.settings.quota {
		app.used-- // a refused call does not count (assumed)
		return nil, &throttled
	}
	var err error
	if r.query, err = restli.Query(r.protocol, raw); err != nil {
		return nil, badRequest("Invalid query parameters passed to request")
	}
	return e.serve(st, r)
}

// authorize finds a token that lives.
func (st *state) authorize(header string) (*token, *problem) {
	text, found := strings.CutPrefix(header, "Bearer ")
	if !found || text == "" {
		return nil, &emptyToken
	}
	t := st.tokens[text]
	switch {
	case t == nil:
		return nil, &invalidToken
	case t.revoked:
		return nil, &revokedToken
	case !st.now().Before(t.expires):
		return nil, &expiredToken
	case t.lag > 0:
		t.lag--
		return nil, &revokedToken
	}
	return t, nil
}

// checkVersion accepts 202604, 202604.01 and 20260401 for 202604.
func (st *state) checkVersion(version string) *problem {
	if version == "" {
		return &noVersion
	}
	month := version[:min(6, len(version))]
	if slices.Contains(st.settings.versions, month) {
		return nil
	}
	return &problem{Status: 426, Code: "NONEXISTENT_VERSION", Message: "Requested version " + month + "01 is not active"}
}

// maxQuery is what LinkedIn reads of a query that is in the address.
const maxQuery = 4 << 10

// untunnel returns the method, query and body that a request stands for.
func untunnel(c *shell.Call) (method, query string, body []byte, p *problem) {
	if len(c.R.URL.RawQuery) > maxQuery {
		return "", "", nil, &problem{Status: 414, Message: "The query is too long"}
	}
	override := c.R.Header.Get("X-Http-Method-Override")
	if override == "" || c.R.Method != http.MethodPost {
		return c.R.Method, c.R.URL.RawQuery, c.Body, nil
	}
	kind, params, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return "", "", nil, badRequest("A tunnelled request has no content type")
	case kind == "application/x-www-form-urlencoded":
		return override, string(c.Body), nil, nil
	case kind != "multipart/mixed":
		return "", "", nil, badRequest("A tunnelled request has another content type")
	}
	parts := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"])
	part, err := parts.NextPart()
	if err != nil || part.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return "", "", nil, badRequest("A tunnelled request begins with its query")
	}
	tunnelled, err := io.ReadAll(part)
	if err != nil {
		return "", "", nil, badRequest("The query of a tunnelled request cannot be read")
	}
	if part, err = parts.NextPart(); err != nil {
		return "", "", nil, badRequest("A tunnelled request of this form has a body")
	}
	if body, err = io.ReadAll(part); err != nil {
		return "", "", nil, badRequest("The body of a tunnelled request cannot be read")
	}
	return override, string(tunnelled), body, nil
}

// serveAccounts issues tokens.
func (st *state) serveAccounts(c *shell.Call) {
	if strings.HasPrefix(c.Path, "/dms-uploads/") {
		st.receive(c)
		return
	}
	refuse := func(status int, code, text string) {
		c.W.JSON(status, map[string]string{"error": code, "error_description": text})
	}
	if c.MatchRoute(http.MethodPost, "/oauth/v2/accessToken") != shell.FullMatch {
		c.W.Bytes(http.StatusNotFound, "text/html; charset=utf-8", []byte("<html><body>Page not found</body></html>"))
		return
	}
	form, err := url.ParseQuery(string(c.Body))
	kind, _, _ := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	switch {
	case c.R.Header.Get("Authorization") != "":
		refuse(http.StatusBadRequest, "invalid_request", "A token of the API has no business here")
		return
	case err != nil || kind != "application/x-www-form-urlencoded" || c.R.URL.RawQuery != "":
		refuse(http.StatusBadRequest, "invalid_request", "A required parameter is missing")
		return
	case form.Get("grant_type") != "client_credentials":
		refuse(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported")
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	a := st.app(form.Get("client_id"))
	if a == nil {
		refuse(http.StatusUnauthorized, "invalid_client_id", "The client id is not known")
		return
	}
	if !shell.SameSecret(form.Get("client_secret"), a.secret) {
		refuse(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return
	}
	text := "AQ" + st.shell.Letters(120)
	st.tokens[text] = &token{app: a, expires: st.now().Add(st.settings.tokenLife), lag: st.settings.tokenLag}
	seconds := int(st.settings.tokenLife / time.Second)
	var life any = strconv.Itoa(seconds)
	if st.settings.numericLife {
		life = seconds
	}
	c.W.JSON(http.StatusOK, map[string]any{"access_token": text, "expires_in": life})
}
