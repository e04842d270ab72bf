package saleswebhooks_test

import (
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// byPath is a provider whose response depends on the end of the path alone, and that counts the calls of each.
type byPath struct {
	bodies map[string]string
	mu     sync.Mutex
	calls  map[string]int
}

func (p *byPath) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	end := path.Base(r.URL.Path)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[end]++
	_, _ = w.Write([]byte(p.bodies[end]))
}

func respondingByPath(t testing.TB, bodies map[string]string) (*byPath, *saleswebhooks.Subscriptions) {
	t.Helper()
	p := &byPath{bodies: bodies, calls: make(map[string]int)}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client := connect(t, pronet.WithSalesWebhooks("lwa.sk_test_abcdef", pronet.BaseURL(server.URL)), pronet.WithMaxAttempts(1))
	return p, client.SalesWebhooks.Subscriptions
}

// TestNumbersThatNeverAddUp end it after MaxFailures calls in a row, although each has succeeded.
func TestNumbersThatNeverAddUp(t *testing.T) {
	for name, body := range map[string]string{
		"nothing was done":   `{"created":0,"cancelled":0,"failed":0,"subscriptions":[],"errors":[]}`,
		"no item is named":   `{"created":1,"failed":0,"subscriptions":[{"id":"sub_1","status":"active"}],"errors":[]}`,
		"more than was sent": `{"created":9,"failed":9,"subscriptions":[{"id":"sub_1"}],"errors":[]}`,
	} {
		for most, calls := range map[int]int{0: 4, 1: 2, 5: 6} {
			p, subs := respondingByPath(t, map[string]string{"bulk": body, "export": header})
			result, err := subs.BulkCreate(t.Context(), contacts(1), saleswebhooks.BulkOptions{MaxFailures: most, Wait: true})
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, name)
			assert.ErrorContains(t, err, "do not add up")
			assert.Equal(t, calls, p.calls["bulk"], "%s, %d", name, most)
			assert.Equal(t, 1, result.Count(saleswebhooks.ItemPending), name)
		}
	}
	p, subs := respondingByPath(t, map[string]string{
		"bulk":   `{"cancelled":5,"failed":0,"subscriptions":[{"id":"sub_9"}],"errors":[]}`,
		"export": header + "sub_1,contact,jane,,active,\n",
	})
	result, err := subs.BulkCancel(t.Context(), []string{"sub_1"}, saleswebhooks.BulkOptions{MaxFailures: 1})
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	assert.Equal(t, 2, p.calls["bulk"])
	assert.Equal(t, 1, result.Count(saleswebhooks.ItemPending))
}

// TestFailuresInARow are counted anew once nothing of a call is open, also where what exists has to be read to know; and so
// are the refusals of single calls.
func TestFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, fake.WithOpaqueIDs())
		subs := client.SalesWebhooks.Subscriptions
		fail := func() { sb.Fail(sandbox.Fault{Method: "POST", Path: "/v1/subscriptions/bulk", Status: 504, Times: 1}) }
		fail()
		next := 100
		result, err := subs.BulkCreate(t.Context(), contacts(300), saleswebhooks.BulkOptions{Wait: true, MaxFailures: 1, Progress: func(p saleswebhooks.Progress) {
			if p.Done == next {
				next += 100
				fail()
			}
		}})
		require.NoError(t, err)
		assert.Equal(t, 300, result.Count(saleswebhooks.ItemMade)+result.Count(saleswebhooks.ItemExists))
		assert.Equal(t, 300, sb.SalesWebhooks.Created())

		var ids []string
		for _, s := range sb.SalesWebhooks.Subscriptions()[:20] {
			ids = append(ids, s.ID)
		}
		refuse := func() { sb.Fail(sandbox.Fault{Method: "DELETE", Status: 429, Times: 1}) }
		ended, err := subs.BulkCancel(t.Context(), ids, saleswebhooks.BulkOptions{OneByOne: true, Wait: true, Progress: func(p saleswebhooks.Progress) {
			if p.Wait == 0 {
				refuse()
			}
		}})
		require.NoError(t, err)
		assert.Equal(t, 20, ended.Count(saleswebhooks.ItemCancelled))
	})
}
