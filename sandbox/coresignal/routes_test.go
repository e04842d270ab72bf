package coresignal_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// endpoints is every path that the sandbox serves, with its verb.
var endpoints = []struct{ method, path string }{
	{"POST", "/cdapi/v2/subscriptions/employee_base/ids"},
	{"POST", "/cdapi/v2/subscriptions/employee_base/filter"},
	{"POST", "/cdapi/v2/subscriptions/employee_base/es_dsl"},
	{"POST", "/cdapi/v2/subscriptions/simulate"},
	{"POST", "/cdapi/v2/subscriptions/x/renew"},
	{"GET", "/cdapi/v2/subscriptions"},
	{"GET", "/cdapi/v2/subscriptions/x"},
	{"DELETE", "/cdapi/v2/subscriptions/x"},
	{"POST", "/cdapi/v2/employee_base/search/filter"},
	{"POST", "/cdapi/v2/employee_base/search/es_dsl"},
	{"GET", "/cdapi/v2/employee_base/collect/x"},
	{"POST", "/cdapi/v2/data_requests/employee_base/ids"},
	{"POST", "/cdapi/v2/data_requests/employee_base/filter"},
	{"POST", "/cdapi/v2/data_requests/employee_base/es_dsl"},
	{"GET", "/cdapi/v2/data_requests/x/files"},
	{"GET", "/cdapi/v2/data_requests/x/files/json/part-0"},
	{"POST", "/cdapi/v2/subscriptions/employee_clean/ids"},
	{"POST", "/cdapi/v2/subscriptions/employee_clean/es_dsl"},
	{"POST", "/cdapi/v2/subscriptions/employee_multi_source/ids"},
	{"POST", "/cdapi/v2/subscriptions/employee_multi_source/es_dsl"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_base/ids"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_base/es_dsl"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_clean/ids"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_clean/es_dsl"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_clean/all"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_multi_source/ids"},
	{"POST", "/cdapi/v2/subscriptions/experience_changes/employee_multi_source/es_dsl"},
	{"POST", "/cdapi/v2/employee_base/search/filter/preview"},
	{"POST", "/cdapi/v2/employee_base/search/es_dsl/preview"},
	{"POST", "/cdapi/v2/employee_base/map/ids"},
	{"POST", "/cdapi/v2/employee_clean/search/es_dsl"},
	{"POST", "/cdapi/v2/employee_clean/search/es_dsl/preview"},
	{"POST", "/cdapi/v2/employee_clean/semantic_search/es_dsl"},
	{"GET", "/cdapi/v2/employee_clean/collect/x"},
	{"POST", "/cdapi/v2/employee_multi_source/search/es_dsl"},
	{"POST", "/cdapi/v2/employee_multi_source/search/es_dsl/preview"},
	{"POST", "/cdapi/v2/employee_multi_source/semantic_search/es_dsl"},
	{"GET", "/cdapi/v2/employee_multi_source/collect/x"},
	{"POST", "/cdapi/v2/data_requests/employee_base/shorthand_names"},
	{"POST", "/cdapi/v2/data_requests/employee_base/urls"},
	{"POST", "/cdapi/v2/data_requests/employee_clean/id_file"},
	{"POST", "/cdapi/v2/data_requests/employee_clean/es_dsl"},
	{"POST", "/cdapi/v2/data_requests/employee_clean/shorthand_names"},
	{"POST", "/cdapi/v2/data_requests/employee_clean/urls"},
	{"POST", "/cdapi/v2/data_requests/employee_multi_source/ids"},
	{"POST", "/cdapi/v2/data_requests/employee_multi_source/es_dsl"},
	{"POST", "/rtapi/v2/employee/scrape"},
	{"POST", "/cdapi/v1/professional_network/employee_base/map/ids"},
	{"POST", "/cdapi/v1/subscriptions/professional_network/employee/id_file"},
	{"POST", "/cdapi/v1/subscriptions/professional_network/employee/filter"},
	{"POST", "/cdapi/v1/subscriptions/professional_network/employee/es_dsl"},
	{"POST", "/cdapi/v1/subscriptions/simulate"},
	{"GET", "/cdapi/v1/subscriptions"},
	{"GET", "/cdapi/v1/subscriptions/x"},
	{"DELETE", "/cdapi/v1/subscriptions/x"},
	{"POST", "/cdapi/v1/professional_network/employee/search/filter"},
	{"POST", "/cdapi/v1/professional_network/employee/search/es_dsl"},
	{"GET", "/cdapi/v1/professional_network/employee/collect/x"},
	{"POST", "/cdapi/v1/professional_network/employee/bulk_collect/id_file"},
	{"POST", "/cdapi/v1/professional_network/employee/bulk_collect/filter"},
	{"POST", "/cdapi/v1/professional_network/employee/bulk_collect/es_dsl"},
	{"GET", "/cdapi/v1/bulk_collect/x/files"},
	{"GET", "/cdapi/v1/bulk_collect/x/files/part-0"},
}

func TestEveryEndpointWantsItsOwnCredential(t *testing.T) {
	sb, c := start(t, coresignal.WithRealTimeCredits(2_000))
	for _, e := range endpoints {
		t.Run(e.method+" "+e.path, func(t *testing.T) {
			own, foreign := http.Header{"Apikey": {sb.Coresignal.APIKey()}}, http.Header{"Authorization": {"Bearer " + sb.Coresignal.JWT()}}
			if strings.Contains(e.path, "/v1/") {
				own, foreign = foreign, own
			}
			for name, header := range map[string]http.Header{
				"none":    {},
				"foreign": foreign,
				"swapped": {"Apikey": {sb.Coresignal.JWT()}, "Authorization": {"Bearer " + sb.Coresignal.APIKey()}},
				"basic":   {"Authorization": {"Basic " + sb.Coresignal.JWT()}},
				"cut":     {"Apikey": {sb.Coresignal.APIKey()[:31]}, "Authorization": {"Bearer " + sb.Coresignal.JWT()[:20]}},
			} {
				got := c.with(header).send(e.method, e.path, "", nil)
				got.refused(http.StatusUnauthorized, "Unauthorized")
				assert.Empty(t, got.header.Get("x-credits-remaining"), name)
			}
			got := c.with(own).send(e.method, e.path, "", nil)
			assert.NotEqual(t, http.StatusUnauthorized, got.status)
			assert.Equal(t, "2000", got.header.Get("x-credits-remaining"))
			assert.Less(t, got.status, 500)
		})
	}
}

func TestWrongVerbIsServed5xx(t *testing.T) {
	_, c := start(t)
	for _, e := range endpoints {
		for _, verb := range []string{"PUT", "PATCH", "HEAD"} {
			want := http.StatusInternalServerError
			if strings.HasPrefix(e.path, "/rtapi/") {
				want = http.StatusServiceUnavailable
			}
			assert.Equal(t, want, c.send(verb, e.path, "", nil).status, "%s %s", verb, e.path)
		}
	}
	c.send("DELETE", "/cdapi/v2/subscriptions", "", nil).refused(http.StatusInternalServerError, "Internal Server Error")
}

func TestUnroutedPathIsServedByTheGateway(t *testing.T) {
	_, c := start(t)
	for _, path := range []string{
		"/",
		"/v2/subscriptions",
		"/cdapi",
		"/cdapi/v2",
		"/cdapi/v2/subscriptions/",
		"/cdapi/v2/subscriptions/x/y",
		"/cdapi/v2/employee_base/collect/",
		"/cdapi/v2/employee_base/collect/a/b",
		"/cdapi/v2/employee_clean/search/filter",
		"/cdapi/v2/employee_clean/search/filter/preview",
		"/cdapi/v2/employee_multi_source/search/filter",
		"/cdapi/v2/employee_base/semantic_search/es_dsl",
		"/cdapi/v2/employee_clean/map/ids",
		"/cdapi/v2/subscriptions/employee_clean/filter",
		"/cdapi/v2/subscriptions/experience_changes/employee_base/all",
		"/cdapi/v2/data_requests/employee_clean/ids",
		"/cdapi/v2/data_requests/employee_multi_source/urls",
		"/rtapi/v2/employee",
		"/rtapi/v1/employee/scrape",
		"/cdapi/rtapi/v2/employee/scrape",
		"/cdapi/v1/subscriptions/x/renew",
		"/cdapi/v2/data_requests/x/files/",
	} {
		got := c.get(path).is(http.StatusNotFound)
		var body map[string]string
		got.decode(&body)
		assert.Len(t, body, 2, path)
		assert.NotEmpty(t, body["message"], path)
		assert.NotEmpty(t, body["request_id"], path)
	}
}

func TestResponsesCarryACorrelationID(t *testing.T) {
	_, c := start(t)
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	first := c.get(baseSubscriptions).is(http.StatusOK).header.Get("x-correlation-id")
	second := c.get("/nowhere").is(http.StatusNotFound).header.Get("x-correlation-id")
	assert.Regexp(t, form, first)
	assert.Regexp(t, form, second)
	assert.NotEqual(t, first, second)
}

func TestPathPrefix(t *testing.T) {
	sb, c := start(t, sandbox.WithPathPrefix("/proxy/a"))
	assert.True(t, strings.HasSuffix(sb.Coresignal.URL(), "/proxy/a"))
	c.get(baseSubscriptions).is(http.StatusOK)
	assert.Equal(t, 1, sb.RequestsTo("GET", baseSubscriptions))

	for _, path := range []string{baseSubscriptions, "/proxy/ab" + baseSubscriptions} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("apikey", sb.Coresignal.APIKey())
		sb.Coresignal.ServeHTTP(w, r)
		assert.Equal(t, http.StatusNotFound, w.Code, path)
	}
}

func TestBodyThatIsTooLargeIsRefused(t *testing.T) {
	sb, err := sandbox.New()
	require.NoError(t, err)
	defer sb.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, baseSearch+"filter", endless{})
	r.Header.Set("apikey", sb.Coresignal.APIKey())
	sb.Coresignal.ServeHTTP(w, r)
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Contains(t, w.Body.String(), "larger than")
}

func TestBodyThatCannotBeReadIsRefused(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	w := httptest.NewRecorder()
	sb.Coresignal.ServeHTTP(w, httptest.NewRequest(http.MethodPost, baseSearch+"filter", iotest.ErrReader(errors.New("cut"))))
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Contains(t, w.Body.String(), "cannot be read")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestKeysAreFakeAndFollowTheSeed(t *testing.T) {
	keys := func(seed uint64) (string, string) {
		sb, err := sandbox.New(sandbox.WithSeed(seed), coresignal.WithPeople(1))
		require.NoError(t, err)
		defer sb.Close()
		return sb.Coresignal.APIKey(), sb.Coresignal.JWT()
	}
	key, jwt := keys(7)
	assert.Regexp(t, `^SandboxFakeKey[0-9A-Za-z]{18}$`, key)
	assert.Len(t, strings.Split(jwt, "."), 3)
	sameKey, sameJWT := keys(7)
	assert.Equal(t, []string{key, jwt}, []string{sameKey, sameJWT})
	otherKey, otherJWT := keys(8)
	assert.NotEqual(t, key, otherKey)
	assert.NotEqual(t, jwt, otherJWT)
}

func TestBodyStructure(t *testing.T) {
	_, c := start(t)
	path := baseSearch + "es_dsl"
	for name, tt := range map[string]struct {
		contentType, body string
		status            int
		detail            string
	}{
		"not JSON":          {"application/json", `{"query":`, 400, "not valid JSON"},
		"empty":             {"application/json", ``, 400, "not valid JSON"},
		"two values":        {"application/json", `{} {}`, 400, "not valid JSON"},
		"array":             {"application/json", `[]`, 422, "must be a JSON object"},
		"null":              {"application/json", `null`, 422, "must be a JSON object"},
		"duplicate key":     {"application/json", `{"query":{"match_all":{}},"query":{"match_all":{}}}`, 422, `duplicate key "query"`},
		"duplicate below":   {"application/json", `{"query":{"bool":{"must":[{"term":{"a":1,"a":2}}]}}}`, 422, `duplicate key "a"`},
		"nested too deeply": {"application/json", `{"query":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, 422, "nested too deeply"},
		"no content type":   {"", `{"query":{"match_all":{}}}`, 422, "Content-Type"},
		"form content type": {"multipart/form-data", `{"query":{"match_all":{}}}`, 422, "Content-Type"},
		"unknown key":       {"application/json", `{"query":{"match_all":{}},"size":10}`, 422, `"size" is not allowed`},
		"missing query":     {"application/json", `{"sort":["id"]}`, 400, "query is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			c.send(http.MethodPost, path, tt.contentType, strings.NewReader(tt.body)).refused(tt.status, tt.detail)
		})
	}
	c.send(http.MethodPost, path, "application/json; charset=utf-8", strings.NewReader(`{"query":{"term":{"id":1}},"sort":["id"]}`)).is(http.StatusOK)
}
