package transport_test

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// TestResponsesOfWhichNothingIsWanted are a success unless they are a page or broken JSON, in whatever encoding of the content.
func TestResponsesOfWhichNothingIsWanted(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		says   string // of the error; empty for success
	}{
		{"no content", 204, "", ""},
		{"nothing", 200, "", ""},
		{"white space", 201, " \r\n", ""},
		{"a mark alone", 200, "\ufeff", ""},
		{"a record", 200, `{"status":"deleted","status":"x` + "\xff" + `"}`, ""},
		{"a record behind a mark", 200, "\ufeff{}\n", ""},
		{"a list", 200, `[]`, ""},
		{"a text", 200, `"deleted"`, ""},
		{"a number", 200, `1`, ""},
		{"null", 200, `null`, ""},
		{"words of its own", 200, "Subscription deleted", ""},
		{"a page", 200, "<!doctype html><p>log in", "the response is HTML or XML, not JSON"},
		{"a page with 201", 201, "<html>", "the response is HTML or XML, not JSON"},
		{"a page behind a mark", 200, "\ufeff\n<html>", "the response is HTML or XML, not JSON"},
		{"a cut record", 200, `{"status":`, "the response's JSON does not have the expected form"},
		{"two records", 200, `{}{}`, "the response's JSON does not have the expected form"},
		{"depths", 200, strings.Repeat("[", 1<<20), "the response's JSON does not have the expected form"},
	} {
		for _, zipped := range []bool{false, true} {
			if zipped && c.body == "" {
				continue
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if !zipped {
					w.WriteHeader(c.status)
					_, _ = w.Write([]byte(c.body))
					return
				}
				w.Header().Set("Content-Encoding", "gzip")
				w.WriteHeader(c.status)
				out := gzip.NewWriter(w)
				_, _ = out.Write([]byte(c.body))
				_ = out.Close()
			}))
			_, err := newPipeline(t, server.URL).Do(t.Context(), call(operation(http.MethodPost, api.RetryUnsent)))
			server.Close()
			if c.says == "" {
				require.NoError(t, err, c.name)
				continue
			}
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, c.name)
			require.ErrorIs(t, err, api.ErrMaybeApplied, c.name)
			e := failure(t, err)
			assert.Contains(t, e.Error(), "a proxy, or a wrong base URL?", c.name)
			assert.Contains(t, e.Error(), c.says, c.name)
			assert.Equal(t, 1, e.Attempts, c.name)
			assert.Equal(t, c.status, e.Status, c.name)
		}
	}
}
