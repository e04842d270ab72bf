package coresignal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// Paths that most tests use.
const (
	baseSubscriptions = "/cdapi/v2/subscriptions"
	v1Subscriptions   = "/cdapi/v1/subscriptions"
	baseJobs          = "/cdapi/v2/data_requests"
	v1Jobs            = "/cdapi/v1/bulk_collect"
	baseCollect       = "/cdapi/v2/employee_base/collect/"
	v1Collect         = "/cdapi/v1/professional_network/employee/collect/"
	baseSearch        = "/cdapi/v2/employee_base/search/"
	cleanPath         = "/cdapi/v2/employee_clean"
	multiPath         = "/cdapi/v2/employee_multi_source"
	scrapePath        = "/rtapi/v2/employee/scrape"
	v1Search          = "/cdapi/v1/professional_network/employee/search/"
	v1Bulk            = "/cdapi/v1/professional_network/employee/bulk_collect/"
	v1Subscribe       = "/cdapi/v1/subscriptions/professional_network/employee/"

	callback = "https://hooks.example.com/coresignal"
)

// caller sends requests to a sandbox and reads the responses.
type caller struct {
	t      *testing.T
	sb     *sandbox.Sandbox
	client *http.Client
	header http.Header
}

type response struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func start(t *testing.T, opts ...sandbox.Option) (*sandbox.Sandbox, *caller) {
	t.Helper()
	sb, err := sandbox.Start(opts...)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		sb.Close()
	})
	header := http.Header{"Apikey": {sb.Coresignal.APIKey()}, "Authorization": {"Bearer " + sb.Coresignal.JWT()}}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return sb, &caller{t: t, sb: sb, client: client, header: header}
}

// with returns a caller that sends other headers.
func (c *caller) with(header http.Header) *caller {
	other := *c
	other.header = header
	return &other
}

func (c *caller) try(method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.sb.Coresignal.URL()+path, body)
	require.NoError(c.t, err)
	maps.Copy(req.Header, c.header)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return c.client.Do(req)
}

func (c *caller) send(method, path, contentType string, body io.Reader) response {
	c.t.Helper()
	resp, err := c.try(method, path, contentType, body)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return response{t: c.t, status: resp.StatusCode, header: resp.Header, body: content}
}

func (c *caller) get(path string) response {
	c.t.Helper()
	return c.send(http.MethodGet, path, "", nil)
}

func (c *caller) post(path, body string) response {
	c.t.Helper()
	return c.send(http.MethodPost, path, "application/json", strings.NewReader(body))
}

func (c *caller) postForm(path string, fields ...string) response {
	c.t.Helper()
	contentType, body := multipartForm(c.t, fields...)
	return c.send(http.MethodPost, path, contentType, body)
}

// multipartForm makes a body of name, value pairs; a name that ends in "_file"
// becomes a file.
func multipartForm(t *testing.T, fields ...string) (string, io.Reader) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		var part io.Writer
		var err error
		if strings.HasSuffix(fields[i], "_file") {
			part, err = w.CreateFormFile(fields[i], "ids.csv")
		} else {
			part, err = w.CreateFormField(fields[i])
		}
		require.NoError(t, err)
		_, err = io.WriteString(part, fields[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), &body
}

// is checks the status and returns the response.
func (a response) is(status int) response {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	return a
}

// refused checks the status and the provider's envelope with a detail that holds
// the given text.
func (a response) refused(status int, detail string) {
	a.t.Helper()
	a.is(status)
	var envelope map[string]string
	a.decode(&envelope)
	require.Contains(a.t, envelope, "detail")
	assert.Len(a.t, envelope, 1)
	assert.Contains(a.t, envelope["detail"], detail)
	assert.Equal(a.t, "application/json", a.header.Get("Content-Type"))
}

func (a response) decode(into any) {
	a.t.Helper()
	require.NoError(a.t, json.Unmarshal(a.body, into), "%s", a.body)
}

// id reads the ID from the response to a created subscription.
func (a response) id() string {
	a.t.Helper()
	a.is(http.StatusOK)
	var created map[string]string
	a.decode(&created)
	require.Len(a.t, created, 1)
	require.NotEmpty(a.t, created["id"])
	return created["id"]
}

// receiver is a callback URL that keeps what is POSTed to it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	status int
	header http.Header
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		assert.NoError(t, err)
		assert.Equal(t, http.MethodPost, req.Method)
		assert.Equal(t, "application/json", req.Header.Get("Content-Type"))
		r.mu.Lock()
		defer r.mu.Unlock()
		r.bodies = append(r.bodies, string(body))
		maps.Copy(w.Header(), r.header)
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.bodies...)
}

func (r *receiver) respondWith(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// firstPerson returns somebody with a current position.
func firstPerson(t *testing.T, sb *sandbox.Sandbox) coresignal.Person {
	t.Helper()
	return peopleAtWork(t, sb, 1)[0]
}

func peopleAtWork(t *testing.T, sb *sandbox.Sandbox, n int) []coresignal.Person {
	t.Helper()
	var found []coresignal.Person
	for p := range sb.Coresignal.People() {
		if p.Company != "" && p.Title != "" && len(found) < n {
			found = append(found, p)
		}
	}
	require.Len(t, found, n)
	return found
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// record sends a request to the sandbox without a connection.
func record(sb *sandbox.Sandbox, header http.Header, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	sb.Coresignal.ServeHTTP(w, r)
	return w
}
