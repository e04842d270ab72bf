package linkedin_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
)

// TestErrorsInEveryShape: a sentinel by status and code, the details where there are any, and the header for LinkedIn's
// support. What LinkedIn wrote is not printed.
func TestErrorsInEveryShape(t *testing.T) {
	const html = "<html><body><h1>502 Bad Gateway</h1></body></html>"
	for name, tt := range map[string]struct {
		status  int
		body    string
		kind    error
		code    string
		details linkedin.Details
	}{
		"an invalid token": {401, `{"serviceErrorCode":65600,"message":"prose","status":401}`, api.ErrUnauthorized, "65600", linkedin.Details{ServiceErrorCode: 65600, Message: "prose"}},
		"a revoked token": {
			401, `{"status":401,"serviceErrorCode":65601,"code":"REVOKED_ACCESS_TOKEN","message":"prose"}`, api.ErrUnauthorized, "REVOKED_ACCESS_TOKEN",
			linkedin.Details{Code: "REVOKED_ACCESS_TOKEN", ServiceErrorCode: 65601, Message: "prose"},
		},
		"an expired token": {
			401, `{"status":401,"serviceErrorCode":65602,"code":"EXPIRED_ACCESS_TOKEN","message":"prose"}`, api.ErrUnauthorized, "EXPIRED_ACCESS_TOKEN",
			linkedin.Details{Code: "EXPIRED_ACCESS_TOKEN", ServiceErrorCode: 65602, Message: "prose"},
		},
		"no token":                         {401, `{"message":"prose","serviceErrorCode":401,"status":401}`, api.ErrUnauthorized, "401", linkedin.Details{ServiceErrorCode: 401, Message: "prose"}},
		"no right":                         {403, `{"status":403,"serviceErrorCode":100,"code":"ACCESS_DENIED","message":"prose"}`, api.ErrForbidden, "ACCESS_DENIED", linkedin.Details{Code: "ACCESS_DENIED", ServiceErrorCode: 100, Message: "prose"}},
		"no right, older":                  {403, `{"serviceErrorCode":100,"message":"prose","status":403}`, api.ErrForbidden, "100", linkedin.Details{ServiceErrorCode: 100, Message: "prose"}},
		"a number as text":                 {403, `{"serviceErrorCode":"100","message":"prose","status":"403"}`, api.ErrForbidden, "100", linkedin.Details{ServiceErrorCode: 100, Message: "prose"}},
		"no such record":                   {404, `{"status":404,"code":"NOT_FOUND","message":"prose"}`, api.ErrNotFound, "NOT_FOUND", linkedin.Details{Code: "NOT_FOUND", Message: "prose"}},
		"no such endpoint":                 {404, `{"status":404,"code":"RESOURCE_NOT_FOUND","message":"prose"}`, api.ErrUnexpectedResponse, "", linkedin.Details{Code: "RESOURCE_NOT_FOUND", Message: "prose"}},
		"a bare 404":                       {404, `{"status":404}`, api.ErrUnexpectedResponse, "", linkedin.Details{}},
		"a bare 410":                       {410, `{"status":410}`, api.ErrUnexpectedResponse, "", linkedin.Details{}},
		"a 404 of a gateway":               {404, html, api.ErrUnexpectedResponse, "", linkedin.Details{}},
		"another's JSON":                   {404, `{"error":"not found"}`, api.ErrUnexpectedResponse, "", linkedin.Details{}},
		"of another status":                {404, `{"status":500,"message":"prose"}`, api.ErrUnexpectedResponse, "", linkedin.Details{Message: "prose"}},
		"no version":                       {400, `{"status":400,"code":"VERSION_MISSING","message":"prose"}`, api.ErrInvalid, "VERSION_MISSING", linkedin.Details{Code: "VERSION_MISSING", Message: "prose"}},
		"a dead version":                   {426, `{"status":426,"code":"NONEXISTENT_VERSION","message":"Requested version 20240401 is not active"}`, api.ErrVersionRetired, "NONEXISTENT_VERSION", linkedin.Details{Code: "NONEXISTENT_VERSION", Message: "Requested version 20240401 is not active"}},
		"a dead version, without its name": {426, `{"status":426,"message":"prose"}`, api.ErrVersionRetired, "", linkedin.Details{Message: "prose"}},
		"an upgrade that a proxy asks for": {426, html, api.ErrUnexpectedResponse, "", linkedin.Details{}},
		"too far":                          {400, `{"status":400,"message":"Exceeds the pagination limit"}`, api.ErrPageLimit, "", linkedin.Details{Message: "Exceeds the pagination limit"}},
		"a wrong input":                    {422, `{"message":"prose\n","status":422}`, api.ErrInvalid, "", linkedin.Details{Message: "prose\n"}},
		"wrong fields": {
			400, `{"status":400,"serviceErrorCode":100,"code":"INPUT_VALIDATION_FAILED","message":"prose","docUrl":"https://example.com","requestId":"X","exceptionClass":"x.Y",
				"stackTrace":"at x","errorDetailType":"x.BadRequest","errorDetails":{"inputErrors":[{"description":"d","input":{"inputPath":{"fieldPath":"author"}},"code":"FIELD_INVALID"}]}}`,
			api.ErrInvalid, "INPUT_VALIDATION_FAILED",
			linkedin.Details{
				Code: "INPUT_VALIDATION_FAILED", ServiceErrorCode: 100, Message: "prose", DocURL: "https://example.com", RequestID: "X",
				Inputs: []linkedin.InputError{{Field: "author", Code: "FIELD_INVALID", Description: "d"}},
			},
		},
		"details of another kind":        {400, `{"status":400,"message":"prose","errorDetails":"text","code":7}`, api.ErrInvalid, "", linkedin.Details{Message: "prose"}},
		"throttled":                      {429, `{"serviceErrorCode":101,"message":"prose","status":429}`, api.ErrRateLimited, "101", linkedin.Details{ServiceErrorCode: 101, Message: "prose"}},
		"failing":                        {500, `{"status":500,"message":"prose"}`, api.ErrUnavailable, "", linkedin.Details{Message: "prose"}},
		"a gateway's HTML":               {502, html, api.ErrUnavailable, "", linkedin.Details{}},
		"an empty 504":                   {504, "", api.ErrUnavailable, "", linkedin.Details{}},
		"hidden in a 200":                {200, `{"status":404,"code":"NOT_FOUND","message":"prose"}`, api.ErrNotFound, "NOT_FOUND", linkedin.Details{Code: "NOT_FOUND", Message: "prose"}},
		"hidden in a 200, of the server": {200, `{"status":500,"serviceErrorCode":0,"message":"prose"}`, api.ErrUnavailable, "", linkedin.Details{Message: "prose"}},
	} {
		t.Run(name, func(t *testing.T) {
			client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Li-Uuid", "uuid-1")
				w.Header().Set("X-Li-Fabric", "prod-lva1")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			_, err := client.LinkedIn.Seats.List(t.Context(), linkedin.SeatQuery{Contract: contract(t, "urn:li:contract:7")}, api.WithMaxAttemptsPerCall(1))
			require.ErrorIs(t, err, tt.kind)
			for _, other := range []error{api.ErrNotFound, api.ErrForbidden, api.ErrUnauthorized, api.ErrVersionRetired} {
				if other != tt.kind {
					assert.NotErrorIs(t, err, other)
				}
			}
			var e *api.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "uuid-1", e.RequestID)
			assert.Equal(t, "prod-lva1", e.Header.Get("X-Li-Fabric"))
			assert.Equal(t, tt.code, e.Code)
			assert.NotContains(t, err.Error(), "prose")
			details, _ := linkedin.DetailsOf(err)
			details.Raw = nil
			assert.Equal(t, tt.details, details)
		})
	}
	_, ok := linkedin.DetailsOf(io.EOF)
	assert.False(t, ok)
	_, ok = linkedin.DetailsOf(&api.Error{Provider: api.Coresignal, Body: []byte(`{"status":400,"message":"x"}`)})
	assert.False(t, ok, "another provider's")
}

// TestGoodResponsesAreNoErrors although they have a status of their own.
func TestGoodResponsesAreNoErrors(t *testing.T) {
	for _, body := range []string{
		`{"elements":[],"status":404,"message":"x"}`, `{"results":{},"status":404,"message":"x"}`, `{"id":"1","status":500,"message":"a record"}`,
		`{"status":"PROCESSED","message":"x"}`, `{"status":200,"message":"x"}`, `{"status":404}`, `{"message":"x"}`, `[{"status":404,"message":"x"}]`,
	} {
		client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		require.NoError(t, client.Do(t.Context(), api.Request{Provider: api.LinkedIn, Method: http.MethodGet, Route: "/v2/me"}, nil), body)
	}
}

// TestFailuresInsideOf200 are an error for each element, of the kind that its status is.
func TestFailuresInsideOf200(t *testing.T) {
	failures, err := linkedin.Failures([]byte(`{
		"results":{"urn:li:task:1":{"id":"urn:li:task:1"}},"statuses":{},
		"errors":{"urn:li:task:3":{"status":429,"message":"x"},"urn:li:task:2":{"status":404,"message":"not found"}},
		"elements":[{"id":"a","status":201},{"status":422,"error":{"status":422,"message":"title is missing"}},{"status":500,"message":"y"},{"id":"a record","status":500},7],
		"profile":{"picture!":{"status":403,"serviceErrorCode":100,"message":"z"},"picture":"urn:li:x:1"},
		"list":[{"a":1},{"b!":"odd"}]}`))
	require.NoError(t, err)
	var got []string
	for _, f := range failures {
		got = append(got, f.Element)
		assert.NotContains(t, f.Error(), "urn:li", "a key may name a person")
		assert.NotContains(t, f.Error(), "title")
	}
	assert.Equal(t, []string{"urn:li:task:2", "urn:li:task:3", "1", "2", "list[1].b", "profile.picture"}, got)
	for i, kind := range []error{api.ErrNotFound, api.ErrRateLimited, api.ErrInvalid, api.ErrUnavailable, nil, api.ErrForbidden} {
		if kind != nil {
			require.ErrorIs(t, failures[i], kind)
		}
	}
	details, ok := linkedin.DetailsOf(failures[5])
	require.True(t, ok)
	assert.Equal(t, 100, details.ServiceErrorCode)
	assert.Equal(t, "linkedin: an element of the response failed with 404, not found", failures[0].Error())

	none, err := linkedin.Failures([]byte(`{"elements":[{"id":1}],"paging":{}}`))
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = linkedin.Failures([]byte("<html>"))
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	many := `{"errors":{`
	for i := range 2000 {
		many += `"` + strings.Repeat("k", i%7) + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + `":{"status":404},`
	}
	bounded, err := linkedin.Failures([]byte(many + `"last":{}}}`))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(bounded), 1000)
	_, err = linkedin.Failures([]byte(strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)))
	require.NoError(t, err)
}

// FuzzFailures: whatever LinkedIn sends, it is read or refused.
func FuzzFailures(f *testing.F) {
	f.Add([]byte(`{"errors":{"a":{"status":404}},"elements":[{"error":{}}],"x!":{}}`))
	f.Fuzz(func(_ *testing.T, body []byte) { _, _ = linkedin.Failures(body) })
}
