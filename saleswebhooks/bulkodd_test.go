package saleswebhooks_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
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

// TestStillActive: a subscription that a response lists as cancelled, while it says that it is active, is not cancelled.
func TestStillActive(t *testing.T) {
	for status, ended := range map[string]bool{"active": false, "paused": false, "cancelled": true, "CANCELLED": true, "": true} {
		p, subs := respondingByPath(t, map[string]string{
			"bulk":   `{"cancelled":1,"failed":0,"subscriptions":[{"id":"sub_1","status":"` + status + `"}],"errors":[]}`,
			"export": header + "sub_1,contact,jane,,active,\n",
		})
		result, err := subs.BulkCancel(t.Context(), []string{"sub_1"}, saleswebhooks.BulkOptions{MaxFailures: 1})
		if ended {
			require.NoError(t, err, status)
			assert.Equal(t, 1, result.Count(saleswebhooks.ItemCancelled), status)
			assert.Zero(t, p.calls["export"], status)
			continue
		}
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, status)
		assert.Equal(t, 1, result.Count(saleswebhooks.ItemPending), status)
	}
}

// TestMadeForAnotherKind: a subscription to the company is not the contact's of the same name.
func TestMadeForAnotherKind(t *testing.T) {
	p, subs := respondingByPath(t, map[string]string{
		"bulk":   `{"created":1,"failed":0,"subscriptions":[{"id":"sub_c","entity_type":"company","linkedin_id":"person-0","status":"active"}],"errors":[]}`,
		"export": header + "sub_c,company,person-0,https://linkedin.com/company/person-0,active,\n",
	})
	result, err := subs.BulkCreate(t.Context(), contacts(1), saleswebhooks.BulkOptions{MaxFailures: 1})
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	assert.Equal(t, 1, result.Count(saleswebhooks.ItemPending), "the contact has none")
	assert.Empty(t, result.Items[0].ID)
	assert.Equal(t, 2, p.calls["export"])
}

// TestUndone are the entities of a creation, and the ids of a cancel.
func TestUndone(t *testing.T) {
	_, subs := respondingByPath(t, map[string]string{"bulk": `{"created":0,"failed":0,"subscriptions":[],"errors":[]}`, "export": header + "sub_1,contact,person-1,,active,\nsub_2,contact,person-2,,cancelled,\n"})
	ended, err := subs.BulkCancel(t.Context(), []string{"sub_1", "sub_2", "", "sub_3"}, saleswebhooks.BulkOptions{MaxFailures: 1})
	require.Error(t, err)
	assert.Empty(t, ended.Undone())
	assert.Equal(t, []string{"sub_1", "sub_3"}, ended.UndoneIDs(), "the second is cancelled")
	made, err := subs.BulkCreate(t.Context(), contacts(3), saleswebhooks.BulkOptions{MaxFailures: 1})
	require.Error(t, err)
	assert.Equal(t, []saleswebhooks.Entity{contact(0), contact(2)}, made.Undone())
	assert.Empty(t, made.UndoneIDs())
}

// TestRevokedByAProxysPage: what is no response of the provider's has revoked nothing.
func TestRevokedByAProxysPage(t *testing.T) {
	for body, revoked := range map[string]bool{"<html>Welcome</html>": false, "OK": false, `{"id":"key_1"`: false, `{"id":"key_1","status":"revoked"}`: true} {
		p, sales := responding(t, response{status: 200, body: body})
		err := sales.Account.RevokeKey(t.Context(), "key_1")
		assert.Len(t, p.requests, 1)
		if revoked {
			require.NoError(t, err, body)
			continue
		}
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
	}
}

// TestRevokedWithoutABody: an empty response that is no 204 is believed only once the key is not listed as active.
func TestRevokedWithoutABody(t *testing.T) {
	for name, c := range map[string]struct {
		after response
		kind  error
	}{
		"not listed":    {response{status: 200, body: `{"data":[{"id":"key_2","status":"active"}]}`}, nil},
		"revoked":       {response{status: 200, body: `{"data":[{"id":"key_1","status":"revoked"}]}`}, nil},
		"its own key":   {response{status: 401, body: `{"error":{"type":"AUTHENTICATION_FAILED","message":"x"}}`}, nil},
		"active":        {response{status: 200, body: `{"data":[{"id":"key_1","status":"Active"}]}`}, api.ErrUnexpectedResponse},
		"of no status":  {response{status: 200, body: `{"data":[{"id":"key_1"}]}`}, api.ErrUnexpectedResponse},
		"no list":       {response{status: 200, body: "<html>"}, api.ErrUnexpectedResponse},
		"may not read":  {response{status: 403, body: `{"error":{"type":"FORBIDDEN","message":"x"}}`}, api.ErrForbidden},
		"a proxy's 401": {response{status: 401, body: "<html>"}, api.ErrUnexpectedResponse},
	} {
		p, sales := responding(t, response{status: 200}, c.after)
		err := sales.Account.RevokeKey(t.Context(), "key_1")
		if c.kind == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, c.kind, name)
		}
		require.Len(t, p.requests, 2, name)
		assert.Equal(t, "GET /v1/account/api-keys", p.requests[1].Method+" "+p.requests[1].Target)
	}
	p, sales := responding(t, response{status: 204})
	require.NoError(t, sales.Account.RevokeKey(t.Context(), "key_1"))
	assert.Len(t, p.requests, 1)
}

// TestCancelWithoutABody: an empty response that is no 204 is believed only once the subscription was read.
func TestCancelWithoutABody(t *testing.T) {
	for after, ended := range map[string]bool{`{"id":"sub_1","status":"cancelled"}`: true, `{"id":"sub_1","status":"active"}`: false, "<html>": false} {
		p, sales := responding(t, response{status: 200}, response{status: 200, body: after})
		got, err := sales.Subscriptions.Cancel(t.Context(), "sub_1")
		require.Len(t, p.requests, 2)
		if ended {
			require.NoError(t, err)
			assert.False(t, got.Exists())
			continue
		}
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, after)
		assert.Nil(t, got)
	}
	p, sales := responding(t, response{status: 204})
	require.NoError(t, errOf(sales.Subscriptions.Cancel(t.Context(), "sub_1")))
	assert.Len(t, p.requests, 1)
}

// TestBackupOfNothing replaces no backup that is there.
func TestBackupOfNothing(t *testing.T) {
	_, subs := respondingByPath(t, map[string]string{"export": header})
	file := filepath.Join(t.TempDir(), "backup.csv")
	require.NoError(t, subs.Backup(t.Context(), file), "there is none")
	kept := header + "sub_1,contact,jane,,active,\n"
	require.NoError(t, os.WriteFile(file, []byte(kept), 0o600))
	require.ErrorIs(t, subs.Backup(t.Context(), file), api.ErrUnexpectedResponse)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, kept, string(text))
	assert.NoFileExists(t, file+".partial")
}
