package subscriptions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

func list() subscriptions.ListOptions { return subscriptions.ListOptions{} }

// create makes n subscriptions and returns their ids.
func create(t testing.TB, client *pronet.Client, n int) (ids []string) {
	t.Helper()
	for range n {
		sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, hook)
		require.NoError(t, err)
		ids = append(ids, sub.ID)
	}
	return ids
}

func all(t testing.TB, client *pronet.Client, o subscriptions.ListOptions) (ids []string) {
	t.Helper()
	for sub, err := range client.Subscriptions.All(t.Context(), o) {
		require.NoError(t, err)
		ids = append(ids, sub.ID)
	}
	return ids
}

func TestListAndAllPageByPage(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 6} {
		sb, client := start(t, coresignal.WithPeople(1), coresignal.WithSubscriptionPageSize(size))
		ids := create(t, client, 5)
		sent := sb.Requests()
		assert.Equal(t, ids, all(t, client, list()), "pages of %d", size)
		assert.Equal(t, sent+(5+size-1)/size+1, sb.Requests(), "one more than there are pages")
		assert.Equal(t, ids[min(5, size):], append([]string{}, all(t, client, subscriptions.ListOptions{Page: 2})...))
	}
	_, client := start(t, coresignal.WithPeople(1), coresignal.WithSubscriptionPageSize(2))
	ids := create(t, client, 3)
	page, err := client.Subscriptions.List(t.Context(), list())
	require.NoError(t, err)
	assert.Equal(t, "2", page.Next)
	assert.EqualValues(t, -1, page.Total)
	require.Len(t, page.Items, 2)
	first := page.Items[0]
	assert.Equal(t, ids[0], first.ID)
	assert.Equal(t, subscriptions.StatusActive, first.Status)
	assert.Equal(t, 91*24*time.Hour, first.ExpiringAt.Sub(first.CreatedAt))
	assert.JSONEq(t, fmt.Sprintf(`{"id":%q,"status":"active","created_at":%q,"expiring_at":%q}`,
		ids[0], first.CreatedAt.Format(time.DateOnly), first.ExpiringAt.Format(time.DateOnly)), string(first.Raw))
	page, err = client.Subscriptions.List(t.Context(), subscriptions.ListOptions{Page: 3})
	require.NoError(t, err)
	assert.Empty(t, page.Items)
	assert.Empty(t, page.Next)
	_, err = client.Subscriptions.List(t.Context(), subscriptions.ListOptions{Page: -1})
	require.ErrorIs(t, err, api.ErrInvalid)
}

func TestAllIsLazyAndCanBeginAnew(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1), coresignal.WithSubscriptionPageSize(2))
	ids := create(t, client, 3)
	sent := sb.Requests()
	walk := client.Subscriptions.All(t.Context(), list())
	assert.Equal(t, sent, sb.Requests())
	for range 2 {
		for sub, err := range walk {
			require.NoError(t, err)
			assert.Equal(t, ids[0], sub.ID)
			break
		}
	}
	assert.Equal(t, sent+2, sb.Requests())
	sb.Fail(sandbox.Fault{After: 1, Status: 403})
	n := 0
	var last error
	for _, err := range walk {
		n++
		last = err
	}
	assert.Equal(t, 3, n, "two subscriptions and the error")
	require.ErrorIs(t, last, api.ErrForbidden)
}

// TestAllEndsWhateverFollowsTheLastPage: no source says what does.
func TestAllEndsWhateverFollowsTheLastPage(t *testing.T) {
	for name, tt := range map[string]struct {
		pages []string
		want  int
	}{
		"an empty page":         {[]string{`[{"id":"1"},{"id":"2"}]`, `[{"id":"3"}]`, `[]`}, 3},
		"the last one again":    {[]string{`[{"id":"1"},{"id":"2"}]`, `[{"id":"3"}]`, `[{"id":"3"}]`}, 3},
		"one page for all":      {[]string{`[{"id":"1"},{"id":"2"}]`, `[{"id":"1"},{"id":"2"}]`}, 2},
		"rows without an id":    {[]string{`[{"name":"1"},{"name":"2"}]`, `[{"name":"3"}]`, `[{"name":"3"}]`}, 3},
		"odd values":            {[]string{`[{"id":7,"status":3,"created_at":17,"expiring_at":null},{"id":"2","status":null}]`, `[]`}, 2},
		"an empty one at first": {[]string{`[]`}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, fmt.Sprint(requests+1), r.URL.Query().Get("page"))
				assert.Equal(t, "true", r.URL.Query().Get("expired"))
				_, _ = w.Write([]byte(tt.pages[min(requests, len(tt.pages)-1)]))
				requests++
			}))
			defer server.Close()
			client := connect(t, pronet.WithCoresignal("key", pronet.BaseURL(server.URL)))
			assert.Len(t, all(t, client, subscriptions.ListOptions{Expired: true}), tt.want)
			assert.LessOrEqual(t, requests, len(tt.pages))
		})
	}
}

func TestGetRenewDelete(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	id := create(t, client, 1)[0]
	got, err := client.Subscriptions.Get(t.Context(), id)
	require.NoError(t, err)
	assert.Contains(t, string(got.Raw), "es_dsl_query", "what has no field is in Raw")
	for n := 2; ; n++ {
		renewed, err := client.Subscriptions.Renew(t.Context(), id)
		if n == 5 {
			require.ErrorIs(t, err, api.ErrInvalid, "beyond a year after its creation")
			break
		}
		require.NoError(t, err)
		assert.Equal(t, time.Duration(n)*91*24*time.Hour, renewed.ExpiringAt.Sub(renewed.CreatedAt))
	}
	sb.Advance(4*91*24*time.Hour + time.Minute)
	_, err = client.Subscriptions.Renew(t.Context(), id)
	require.ErrorIs(t, err, api.ErrInvalid, "it has ended")
	_, err = client.Subscriptions.Get(t.Context(), id)
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.Empty(t, all(t, client, list()))
	assert.Equal(t, []string{id}, all(t, client, subscriptions.ListOptions{Expired: true}))

	require.NoError(t, client.Subscriptions.Delete(t.Context(), id))
	require.ErrorIs(t, client.Subscriptions.Delete(t.Context(), id), api.ErrNotFound)
	_, err = client.Subscriptions.Renew(t.Context(), "unknown")
	require.ErrorIs(t, err, api.ErrNotFound)

	sent := sb.Requests()
	for _, id := range []string{"", ".", "..", string(make([]byte, 2049))} {
		_, err := client.Subscriptions.Get(t.Context(), id)
		require.ErrorIs(t, err, api.ErrInvalid)
		_, err = client.Subscriptions.Renew(t.Context(), id)
		require.ErrorIs(t, err, api.ErrInvalid)
		require.ErrorIs(t, client.Subscriptions.V1.Delete(t.Context(), id), api.ErrInvalid)
	}
	assert.Equal(t, sent, sb.Requests())
	_, err = client.Subscriptions.Get(t.Context(), "../simulate")
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.Equal(t, 1, sb.RequestsTo("GET", "/cdapi/v2/subscriptions/..%2Fsimulate"), "one segment, escaped")
}

func TestVersionsAndCredentialsAreApart(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	id := create(t, client, 1)[0]
	_, err := client.Subscriptions.V1.Get(t.Context(), id)
	require.ErrorIs(t, err, api.ErrNotFound)
	other, err := client.Clone(pronet.WithCoresignal(sb.Coresignal.AddAPIKey()))
	require.NoError(t, err)
	_, err = other.Subscriptions.Get(t.Context(), id)
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.Empty(t, all(t, other, list()))
	require.ErrorIs(t, other.Subscriptions.Delete(t.Context(), id), api.ErrNotFound)
	assert.Equal(t, []string{id}, all(t, client, list()))
}

func TestInitialisingIsAConflict(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1), coresignal.WithInitialising(time.Minute))
	id := create(t, client, 1)[0]
	require.ErrorIs(t, client.Subscriptions.Delete(t.Context(), id), api.ErrConflict)
	sb.Advance(time.Minute)
	require.NoError(t, client.Subscriptions.Delete(t.Context(), id))
}

// TestDeleteWhoseFirstAnswerWasLost finds nothing the second time, which is what was wanted.
func TestDeleteWhoseFirstAnswerWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1))
		id := create(t, client, 1)[0]
		sb.Fail(sandbox.Fault{Method: "DELETE", Drop: sandbox.DropAfterAct, Times: 1})
		require.NoError(t, client.Subscriptions.Delete(t.Context(), id))
		assert.Equal(t, 2, sb.RequestsTo("DELETE", ""))
		assert.Empty(t, all(t, client, list()))

		id = create(t, client, 1)[0]
		sb.Fail(sandbox.Fault{Method: "DELETE", Drop: sandbox.DropAfterAct, Times: 1})
		err := client.Subscriptions.Delete(t.Context(), id, pronet.WithMaxAttemptsPerCall(1))
		require.ErrorIs(t, err, api.ErrUnavailable)
		require.NotErrorIs(t, err, api.ErrMaybeApplied, "a delete can be repeated")
	})
}

func TestSimulateSendsATestNotice(t *testing.T) {
	received := make(chan string, 2)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.URL.Path }))
	defer receiver.Close()
	sb, client := start(t, coresignal.WithPeople(1))
	require.NoError(t, client.Subscriptions.Simulate(t.Context(), receiver.URL+"/base"))
	assert.Equal(t, "/base", <-received)
	require.NoError(t, client.Subscriptions.V1.Simulate(t.Context(), receiver.URL+"/v1"))
	assert.Equal(t, "/v1", <-received)
	assert.Equal(t, 2, sb.Coresignal.Simulations())
}

// TestSimulateKeepsToOneASecond although the sandbox would let other calls pass.
func TestSimulateKeepsToOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1), sandbox.WithDeliveryTransport(sink{}))
		began := time.Now()
		for range 3 {
			require.NoError(t, client.Subscriptions.Simulate(t.Context(), "http://localhost/x"))
		}
		assert.Equal(t, 3, sb.RequestsTo("POST", ""), "none was refused")
		assert.GreaterOrEqual(t, time.Since(began), 2*time.Second)
		assert.Less(t, time.Since(began), 3*time.Second)
	})
}

// sink is a receiver without a connection.
type sink struct{}

func (sink) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 204, Body: http.NoBody, Request: r}, nil
}
