package coresignal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// FuzzRequest sends arbitrary requests with valid credentials. Whatever comes,
// the sandbox responds with one of the documented statuses, and refuses in the
// provider's envelope.
func FuzzRequest(f *testing.F) {
	for i, seed := range []struct{ query, contentType, body string }{
		{"", "application/json", `{"webhook_url":"https://a.example","ids":[1,2]}`},
		{"", "application/json", `{"webhook_url":"https://a.example","filters":{"country":"Norway"}}`},
		{"", "application/json", `{"webhook_url":"https://a.example","es_dsl_query":{"query":{"match_all":{}}}}`},
		{"after=%222025-01-01%22%2C1&items_per_page=3", "application/json", `{"country":"(Norway) OR (Spain)"}`},
		{"after=1.000000%2C%222025-01-01%22%2C1", "application/json", `{"query":{"bool":{"must":[{"term":{"id":1}}]}},"sort":["_score"]}`},
		{"fields=id&fields=experience", "", ""},
		{"expired=true&page=2", "", ""},
		{"page=2", "application/json", `{"query":{"nested":{"path":"experience","query":{"match":{"experience.title":"cto"}}}}}`},
		{"", "application/json", `{"urls":["https://www.linkedin.com/in/x","linkedin.com/in/y"],"limit":2}`},
		{"", "application/json", `{"shorthand_names":["x","Y"]}`},
		{"", "application/json", `[1,2,300000000]`},
		{"", "application/json", `{"url":"https://www.linkedin.com/in/x","max_age":24}`},
		{"", "application/json", `{"webhook_url":"https://a.example","tracked_fields":["experience"]}`},
		{"", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"ids_file\"; filename=\"i\"\r\n\r\n1\n2\n\r\n--b--\r\n"},
	} {
		for range 4 {
			f.Add(uint8(i), seed.query, seed.contentType, seed.body)
			i += 14
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, query, contentType, body string) {
		// Nothing is really POSTed to what the fuzzer invents.
		sb, err := sandbox.New(coresignal.WithPeople(3), coresignal.WithJobPolls(0), sandbox.WithDeliveryTransport(newHooks(t)))
		require.NoError(t, err)
		defer sb.Close()
		endpoint := endpoints[int(which)%len(endpoints)]
		r := httptest.NewRequest(endpoint.method, endpoint.path, strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("apikey", sb.Coresignal.APIKey())
		r.Header.Set("Authorization", "Bearer "+sb.Coresignal.JWT())
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		sb.Coresignal.ServeHTTP(w, r)
		require.Contains(t, []int{200, 201, 202, 400, 404, 409, 422, 453, 454}, w.Code)
		if w.Code >= 400 {
			var envelope map[string]string
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &envelope))
			assert.Contains(t, envelope, "detail")
		}
	})
}

// FuzzPath sends arbitrary paths. The sandbox responds with 404 or, on a path that it
// knows, what that path's verb deserves.
func FuzzPath(f *testing.F) {
	for _, e := range endpoints {
		f.Add(e.path)
	}
	f.Add("/cdapi/v2/employee_base/collect/https%3A%2F%2Fwww.linkedin.com%2Fin%2Fx")
	f.Add("/cdapi/v2/employee_base/collect/..")
	f.Add("//")
	f.Fuzz(func(t *testing.T, path string) {
		sb, err := sandbox.New(coresignal.WithPeople(3))
		require.NoError(t, err)
		defer sb.Close()
		u, err := url.Parse("http://sandbox.example" + path)
		if err != nil || u.Host != "sandbox.example" {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = u
		r.Header.Set("apikey", sb.Coresignal.APIKey())
		r.Header.Set("Authorization", "Bearer "+sb.Coresignal.JWT())
		w := httptest.NewRecorder()
		sb.Coresignal.ServeHTTP(w, r)
		require.Contains(t, []int{200, 400, 404, 422, 500, 503}, w.Code)
		assert.NotEmpty(t, w.Header().Get("X-Correlation-Id"))
	})
}
