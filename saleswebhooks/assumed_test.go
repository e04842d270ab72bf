package saleswebhooks_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// TestErrorIndex: errors without ids are given to the items that the index names, whatever it is said to count from.
func TestErrorIndex(t *testing.T) {
	const account = `{"id":"acc_1"}` // which is looked at when a whole call was refused
	for from := range 2 {
		client := func(t *testing.T, bodies ...string) *saleswebhooks.Subscriptions {
			p := &respond{}
			for _, body := range append(bodies, "subscription_id,entity_type,linkedin_id,linkedin_url,status,created_at\n") {
				p.responses = append(p.responses, response{status: 200, body: body})
			}
			server := httptest.NewServer(p)
			t.Cleanup(server.Close)
			return connect(t, pronet.WithSalesWebhooks("lwa.sk_test_abcdef", pronet.BaseURL(server.URL), pronet.SalesWebhooksErrorIndexFrom(from))).SalesWebhooks.Subscriptions
		}
		index := func(place int) int { return place + from }
		t.Run(fmt.Sprint("create, from ", from), func(t *testing.T) {
			made, err := client(t, fmt.Sprintf(`{"created":0,"failed":3,"subscriptions":[],"errors":[{"index":%d,"error":"two"},{"index":%d,"error":"zero"},{"index":%d,"error":"one"}]}`,
				index(2), index(0), index(1)), account).BulkCreate(t.Context(), contacts(3), saleswebhooks.BulkOptions{})
			require.NoError(t, err)
			for i, reason := range []string{"zero", "one", "two"} {
				assert.Equal(t, saleswebhooks.ItemRefused, made.Items[i].State)
				assert.Equal(t, reason, made.Items[i].Reason)
			}
		})
		t.Run(fmt.Sprint("cancel, from ", from), func(t *testing.T) {
			ended, err := client(t, fmt.Sprintf(`{"cancelled":1,"failed":2,"subscriptions":[{"id":"sub_1","status":"cancelled"}],"errors":[{"index":%d,"error":"two"},{"index":%d,"error":"zero"}]}`,
				index(2), index(0))).BulkCancel(t.Context(), []string{"sub_0", "sub_1", "sub_2"}, saleswebhooks.BulkOptions{})
			require.NoError(t, err)
			assert.Equal(t, saleswebhooks.ItemCancelled, ended.Items[1].State)
			assert.Equal(t, []string{"zero", "two"}, []string{ended.Items[0].Reason, ended.Items[2].Reason})
		})
	}
}

// TestLimitsPerAccount: clones with other keys share the windows only when that is asked for.
func TestLimitsPerAccount(t *testing.T) {
	for name, c := range map[string]struct {
		options []pronet.SalesWebhooksOption
		shared  bool
	}{
		"by key":            {nil, false},
		"by account":        {[]pronet.SalesWebhooksOption{pronet.SalesWebhooksLimitsPerAccount()}, true},
		"with another rate": {[]pronet.SalesWebhooksOption{pronet.SalesWebhooksLimitsPerAccount(), pronet.RateLimit("bulk", 10, 15*time.Minute)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, _ := startInMemory(t, fake.WithTier("scale", 5000), fake.WithLimitsPerAccount())
				client, err := pronet.New(append(sb.Options(), pronet.WithSalesWebhooks(sb.SalesWebhooks.APIKey(), append(c.options, pronet.BaseURL(sb.SalesWebhooks.URL()))...))...)
				require.NoError(t, err)
				defer client.CloseIdleConnections()
				other, err := client.SalesWebhooks.Account.CreateKey(t.Context(), "another", []string{"read", "write"})
				require.NoError(t, err)
				clone, err := client.Clone(pronet.WithSalesWebhooks(other.Secret.Reveal()))
				require.NoError(t, err)
				_, err = client.SalesWebhooks.Subscriptions.BulkCreate(t.Context(), contacts(1000), saleswebhooks.BulkOptions{})
				require.NoError(t, err)
				takes, err := clone.SalesWebhooks.Forecast(t.Context(), saleswebhooks.BulkCalls, 1)
				require.NoError(t, err)
				more := contacts(1100)[1000:]
				_, err = clone.SalesWebhooks.Subscriptions.BulkCreate(t.Context(), more, saleswebhooks.BulkOptions{})
				require.ErrorIs(t, err, api.ErrRateLimited)
				if !c.shared {
					assert.Zero(t, takes)
					assert.Equal(t, 1, sb.SalesWebhooks.Refused("bulk"), "by the provider")
					return
				}
				assert.InDelta(t, 15*time.Minute, takes, float64(time.Minute))
				assert.Zero(t, sb.SalesWebhooks.Refused("bulk"), "nothing was sent")
				_, err = clone.SalesWebhooks.Subscriptions.BulkCreate(t.Context(), more, saleswebhooks.BulkOptions{Wait: true})
				require.NoError(t, err)
				assert.Zero(t, sb.SalesWebhooks.Refused("bulk"))
			})
		})
	}
}

// lagging gives the export as it was when it was read first.
type lagging struct {
	base http.RoundTripper
	old  []byte
	lags bool
}

func (l *lagging) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.base.RoundTrip(r)
	if err != nil || !l.lags || !strings.HasSuffix(r.URL.Path, "/export") {
		return response, err
	}
	if l.old == nil {
		if l.old, err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
	}
	_ = response.Body.Close()
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(l.old)), int64(len(l.old))
	response.Header.Del("Content-Length")
	return response, nil
}

// TestExportThatLags: where the export does not show yet what was made a moment ago, nothing is made twice, since the
// provider refuses a second subscription; and what was refused is not sent again by the same run.
func TestExportThatLags(t *testing.T) {
	for name, fault := range map[string]*sandbox.Fault{
		"run again after a crash": nil,
		"a lost response":         {Path: "/v1/subscriptions/bulk", Drop: sandbox.DropAfterAct, Times: 1},
		"504":                     {Path: "/v1/subscriptions/bulk", Drop: sandbox.DropMidBody, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, _ := startInMemory(t)
				base := &http.Transport{DialContext: sb.Dial}
				defer base.CloseIdleConnections()
				slow := &lagging{base: base, lags: true}
				client, err := pronet.New(append(sb.Options(), pronet.WithTransport(slow))...)
				require.NoError(t, err)
				subs := client.SalesWebhooks.Subscriptions
				dir := t.TempDir()
				apply := func() *saleswebhooks.Applied {
					plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(contacts(150)...), saleswebhooks.PlanOptions{})
					require.NoError(t, err)
					applied, err := plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: dir})
					require.NoError(t, err)
					return applied
				}
				if fault != nil {
					sb.Fail(*fault)
				}
				apply()
				again := apply()
				assert.Equal(t, 150, again.Created.Count(saleswebhooks.ItemRefused), "as the provider says, while the export lags")
				assert.Equal(t, 2, again.Created.Calls)
				slow.lags = false
				assert.Nil(t, apply().Created, "and then there is nothing to do")
				exactly(t, sb, 150)
			})
		})
	}
}
