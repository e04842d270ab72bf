package jobs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
)

// TestListingsOfAnyID: an id is of your own system, and a response may have it as it is, with the characters escaped that mean
// something to Rest.li, or with all but letters and digits escaped.
func TestListingsOfAnyID(t *testing.T) {
	reserved := strings.NewReplacer("%", "%25", "(", "%28", ")", "%29", ",", "%2C", ":", "%3A", "'", "%27")
	escapes := map[string]func(string) string{
		"as it is": func(id string) string { return id }, "of Rest.li": reserved.Replace,
		"all": func(id string) string { return strings.ReplaceAll(url.QueryEscape(id), "+", "%20") },
	}
	ids := []string{"REQ(7)", "a%3Ab", "a:b", "100%", "x,y", "it's", "c d", "e+f", "g/h?i=j&k", "a%253Ab", "é", "List(a)", "unknown(%3A)"}
	for name, escape := range escapes {
		for _, protocol := range []linkedin.Protocol{linkedin.Protocol1, linkedin.Protocol2} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked := r.URL.Query()["ids"]
				if raw, list := strings.CutPrefix(r.URL.RawQuery, "ids=List("); list {
					asked = strings.Split(strings.TrimSuffix(raw, ")"), ",")
					for i := range asked {
						asked[i], _ = url.PathUnescape(asked[i])
					}
				}
				results, failures := make(map[string]any), make(map[string]any)
				for _, id := range asked {
					if strings.HasPrefix(id, "unknown") {
						failures[escape(id)] = map[string]any{"status": 404, "code": "NOT_FOUND"}
						continue
					}
					results[escape(id)] = map[string]any{"listingStatus": "LISTED", "jobPostingUrl": "https://example.com/" + id}
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(map[string]any{"results": results, "errors": failures})
			}))
			client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t"), pronet.BaseURL(server.URL), pronet.LinkedInProtocol(protocol)))
			for _, list := range [][]string{ids, {"a%3Ab"}, {"REQ(7)"}, {"100%"}} {
				listings, err := client.LinkedIn.Jobs.Listings(t.Context(), list)
				require.NoError(t, err)
				for i, l := range listings {
					if strings.HasPrefix(list[i], "unknown") {
						require.ErrorIs(t, l.Err, api.ErrNotFound, "%s, %s", name, list[i])
						continue
					}
					assert.NoError(t, l.Err, "%s, %s", name, list[i])
					assert.Equal(t, []string{list[i], "https://example.com/" + list[i]}, []string{l.ExternalID, l.URL}, name)
				}
			}
			server.Close()
		}
	}
}
