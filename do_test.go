package pronet_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestDoCallsAnEndpoint(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	var ids []int64
	err := client.Do(t.Context(), api.Request{
		Name: "search", Provider: api.Coresignal, Method: "POST", Route: "/cdapi/v2/employee_base/search/es_dsl",
		Query: url.Values{"items_per_page": {"2"}}, Body: map[string]any{"query": map[string]any{"match_all": struct{}{}}}, Retry: api.RetryIdempotent,
	}, &ids)
	require.NoError(t, err)
	assert.Len(t, ids, 2)

	var raw json.RawMessage
	collect := api.Request{Provider: api.Coresignal, Method: "GET", Route: "/cdapi/v2/employee_base/collect/{employee}", PathValues: []string{fmt.Sprint(sb.Coresignal.PersonIDs()[0])}}
	require.NoError(t, client.Do(t.Context(), collect, &raw))
	first := string(raw)
	assert.True(t, json.Valid(raw))
	require.NoError(t, client.Do(t.Context(), collect, nil))
	assert.Equal(t, first, string(raw), "the bytes are the caller's")
	assert.Equal(t, 20, sb.Coresignal.CreditsSpent())
}

func TestDoSendsWhatItIsGiven(t *testing.T) {
	a := &answer{status: 204}
	client, err := pronet.New(pronet.WithCoresignal("key"), pronet.WithTransport(a))
	require.NoError(t, err)
	require.NoError(t, client.Do(t.Context(), api.Request{
		Provider: api.Coresignal, Method: "PATCH", Route: "/x/{a}/{b...}", PathValues: []string{"a/b?c", "d/e f"}, Query: url.Values{"q": {"1&2"}},
	}, nil, pronet.WithHeader("X-Trace", "7")))
	assert.Equal(t, "https://api.coresignal.com/x/a%2Fb%3Fc/d/e%20f?q=1%262", a.got.URL.String())
	assert.Equal(t, "PATCH", a.got.Method)
	assert.Equal(t, "7", a.got.Header.Get("X-Trace"))
	assert.Equal(t, "key", a.got.Header.Get("Apikey"))
	assert.Zero(t, a.got.ContentLength)
}

// TestDoRefusesWhatNothingCanBeDecodedInto before anything is sent.
func TestDoRefusesWhatNothingCanBeDecodedInto(t *testing.T) {
	a := &answer{status: 200, body: `{"id":7}`}
	client, err := pronet.New(pronet.WithCoresignal("key"), pronet.WithTransport(a))
	require.NoError(t, err)
	spends := api.Request{Provider: api.Coresignal, Method: "POST", Route: "/x", Retry: api.RetryUnsent}
	for _, out := range []any{map[string]any{}, struct{}{}, 0, []int{}, "", (*int)(nil), func() {}, make(chan int), json.RawMessage(nil)} {
		err := client.Do(t.Context(), spends, out)
		require.ErrorIs(t, err, pronet.ErrInvalid, "%T", out)
		require.NotErrorIs(t, err, pronet.ErrMaybeApplied, "%T", out)
		require.ErrorContains(t, err, fmt.Sprintf("out is a %T", out))
	}
	assert.Nil(t, a.got)
	var into any
	m := map[string]any{}
	for _, out := range []any{nil, &into, &m, new(json.RawMessage)} {
		require.NoError(t, client.Do(t.Context(), spends, out), "%T", out)
	}
	assert.Equal(t, map[string]any{"id": 7.0}, m)
}

func TestDoErrorsAreTyped(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	err := client.Do(t.Context(), api.Request{Provider: api.Coresignal, Method: "GET", Route: "/cdapi/v2/none/{x}", PathValues: []string{"secret"}}, nil)
	require.ErrorIs(t, err, pronet.ErrUnexpectedResponse)
	require.NotErrorIs(t, err, pronet.ErrNotFound, "the gateway knows no such path: that says nothing of a record")
	answered, ok := errors.AsType[*pronet.Error](err)
	require.True(t, ok)
	assert.Equal(t, "Do", answered.Op)
	assert.NotContains(t, err.Error(), "secret")

	sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct})
	err = client.Do(t.Context(), api.Request{Name: "mine", Provider: api.Coresignal, Method: "POST", Route: "/cdapi/v2/x"}, nil)
	require.ErrorIs(t, err, pronet.ErrMaybeApplied)
	assert.Contains(t, err.Error(), "see whether the call took effect")
	assert.Equal(t, 2, sb.Requests(), "without a Repeat nothing is sent twice")
}

func TestDoRefusesBeforeSending(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	good := api.Request{Provider: api.Coresignal, Method: "GET", Route: "/cdapi/v2/x"}
	for name, change := range map[string]func(*api.Request){
		"no method":              func(r *api.Request) { r.Method = "" },
		"small method":           func(r *api.Request) { r.Method = "get" },
		"method with a break":    func(r *api.Request) { r.Method = "GET\r\nX: y" },
		"no route":               func(r *api.Request) { r.Route = "" },
		"no slash":               func(r *api.Request) { r.Route = "cdapi" },
		"another host":           func(r *api.Request) { r.Route = "//evil.example.com/x" },
		"a whole URL":            func(r *api.Request) { r.Route = "https://evil.example.com/x" },
		"dots":                   func(r *api.Request) { r.Route = "/cdapi/../x" },
		"one dot":                func(r *api.Request) { r.Route = "/cdapi/./x" },
		"escaped dots":           func(r *api.Request) { r.Route = "/cdapi/%2e%2e/x" },
		"a query":                func(r *api.Request) { r.Route = "/x?key=1" },
		"a fragment":             func(r *api.Request) { r.Route = "/x#y" },
		"a backslash":            func(r *api.Request) { r.Route = `/x\..\y` },
		"a line break":           func(r *api.Request) { r.Route = "/x\n" },
		"a slash at the end":     func(r *api.Request) { r.Route = "/x/" },
		"an open brace":          func(r *api.Request) { r.Route, r.PathValues = "/x/{y", []string{"1"} },
		"too few values":         func(r *api.Request) { r.Route = "/x/{y}" },
		"too many values":        func(r *api.Request) { r.PathValues = []string{"1"} },
		"dots as a value":        func(r *api.Request) { r.Route, r.PathValues = "/x/{y}", []string{".."} },
		"an empty value":         func(r *api.Request) { r.Route, r.PathValues = "/x/{y}", []string{""} },
		"dots inside a value":    func(r *api.Request) { r.Route, r.PathValues = "/x/{y...}", []string{"a/../b"} },
		"a body that is no JSON": func(r *api.Request) { r.Body = make(chan int) },
	} {
		t.Run(name, func(t *testing.T) {
			request := good
			change(&request)
			require.ErrorIs(t, client.Do(t.Context(), request, nil), pronet.ErrInvalid)
		})
	}
	for _, provider := range []api.Provider{"", "another"} {
		request := good
		request.Provider = provider
		require.ErrorIs(t, client.Do(t.Context(), request, nil), pronet.ErrNotConfigured)
	}
	assert.Zero(t, sb.Requests())
}
