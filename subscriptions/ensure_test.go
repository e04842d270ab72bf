package subscriptions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// ensured are all calls that create a subscription, and whether they have a filter or query.
func ensured(t *testing.T, client *pronet.Client) map[string]func(subscriptions.Options) (*subscriptions.Subscription, error) {
	s, ids := client.Subscriptions, employee.IDs(1)
	v1Query := employee.Query{Clause: employee.Match("title", "engineer")}
	type o = subscriptions.Options
	type result = *subscriptions.Subscription
	return map[string]func(subscriptions.Options) (*subscriptions.Subscription, error){
		"Base filter": func(o o) (result, error) {
			return s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "Spain"}, o)
		},
		"Base query":             func(o o) (result, error) { return s.Base.CreateFromQuery(t.Context(), engineers, o) },
		"Clean query":            func(o o) (result, error) { return s.Clean.CreateFromQuery(t.Context(), engineers, o) },
		"MultiSource query":      func(o o) (result, error) { return s.MultiSource.CreateFromQuery(t.Context(), engineers, o) },
		"experience Base query":  func(o o) (result, error) { return s.ExperienceChanges.Base.CreateFromQuery(t.Context(), engineers, o) },
		"experience Clean query": func(o o) (result, error) { return s.ExperienceChanges.Clean.CreateFromQuery(t.Context(), engineers, o) },
		"experience MultiSource query": func(o o) (result, error) {
			return s.ExperienceChanges.MultiSource.CreateFromQuery(t.Context(), engineers, o)
		},
		"V1 filter": func(o o) (result, error) {
			return s.V1.CreateFromFilter(t.Context(), employee.V1Filter{Country: "Spain"}, o)
		},
		"V1 query":                   func(o o) (result, error) { return s.V1.CreateFromQuery(t.Context(), v1Query, o) },
		"Base IDs":                   func(o o) (result, error) { return s.Base.CreateFromIDs(t.Context(), ids, o) },
		"Clean IDs":                  func(o o) (result, error) { return s.Clean.CreateFromIDs(t.Context(), ids, o) },
		"MultiSource IDs":            func(o o) (result, error) { return s.MultiSource.CreateFromIDs(t.Context(), ids, o) },
		"experience Base IDs":        func(o o) (result, error) { return s.ExperienceChanges.Base.CreateFromIDs(t.Context(), ids, o) },
		"experience Clean IDs":       func(o o) (result, error) { return s.ExperienceChanges.Clean.CreateFromIDs(t.Context(), ids, o) },
		"experience MultiSource IDs": func(o o) (result, error) { return s.ExperienceChanges.MultiSource.CreateFromIDs(t.Context(), ids, o) },
		"V1 IDs":                     func(o o) (result, error) { return s.V1.CreateFromIDs(t.Context(), ids, o) },
		"experience for all": func(o o) (result, error) {
			o.AcceptVolume = true
			return s.ExperienceChanges.Clean.CreateForAll(t.Context(), o)
		},
	}
}

// TestARestartedProgramCreatesOneSubscription, by each call that creates one.
func TestARestartedProgramCreatesOneSubscription(t *testing.T) {
	for name := range ensured(t, connect(t)) {
		defined := strings.HasSuffix(name, "filter") || strings.HasSuffix(name, "query")
		for _, how := range []subscriptions.Ensure{subscriptions.EnsureByURL, subscriptions.EnsureByDefinition} {
			sb, client := start(t, coresignal.WithPeople(1), coresignal.WithRateLimit(0), coresignal.WithSubscriptionPageSize(2))
			for i := range 3 { // other ones, of other URLs
				_, err := ensured(t, client)[name](subscriptions.Options{WebhookURL: fmt.Sprint("https://hooks.example.com/other/", i)})
				require.NoError(t, err)
			}
			o := subscriptions.Options{WebhookURL: hook.WebhookURL, Ensure: how}
			first, err := ensured(t, client)[name](o)
			if how == subscriptions.EnsureByDefinition && !defined {
				require.ErrorIs(t, err, api.ErrInvalid, name)
				require.ErrorContains(t, err, "use EnsureByURL")
				assert.Equal(t, 3, sb.Requests(), "nothing was sent")
				continue
			}
			require.NoError(t, err, name)
			assert.False(t, first.Existed)
			again, err := ensured(t, client)[name](o)
			require.NoError(t, err, name)
			assert.True(t, again.Existed)
			assert.Equal(t, first.ID, again.ID)
			assert.Equal(t, 4, sb.Coresignal.SubscriptionsCreated(), name)
			_, err = ensured(t, client)[name](subscriptions.Options{WebhookURL: hook.WebhookURL})
			require.NoError(t, err, "who does not ask for it gets another one")
			assert.Equal(t, 5, sb.Coresignal.SubscriptionsCreated(), name)
		}
	}
}

// showing is a provider of which each subscription looks so.
type showing struct {
	details map[string]string // by id: the response, or a status
	created int
}

func (p *showing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch details, known := p.details[id]; {
	case r.Method == http.MethodPost:
		p.created++
		_, _ = w.Write([]byte(`{"id":"new"}`))
	case id == "subscriptions" && r.URL.Query().Get("page") == "1":
		list := []map[string]string{}
		for id := range p.details {
			list = append(list, map[string]string{"id": id, "status": "active"})
		}
		_ = json.NewEncoder(w).Encode(list)
	case id == "subscriptions":
		_, _ = w.Write([]byte(`[]`))
	case !known || details == "404":
		w.WriteHeader(404)
		_, _ = w.Write([]byte(`{"detail":"Subscription not found"}`))
	case details == "409":
		w.WriteHeader(409)
		_, _ = w.Write([]byte(`{"detail":"Subscription is still initializing"}`))
	default:
		_, _ = w.Write([]byte(details))
	}
}

// TestWhatAResponseShows: a subscription that could be the one is never taken for another, and another never for it.
func TestWhatAResponseShows(t *testing.T) {
	const at = `{"id":"a","webhook_url":"https://hooks.example.com/coresignal/secret"`
	query := `{"query":{"match":{"headline":"engineer"}}}`
	for name, tt := range map[string]struct {
		details             map[string]string
		byDefinition, byURL string // what comes of it: "found", "new", "same", "no URL" or an error
	}{
		"none":                        {map[string]string{}, "new", "new"},
		"the same":                    {map[string]string{"a": at + `,"es_dsl_query":` + query + `}`}, "found", "found"},
		"other names":                 {map[string]string{"a": `{"id":"a","callback":"https://hooks.example.com/coresignal/secret","q":` + query + `}`}, "found", "found"},
		"another spelling":            {map[string]string{"a": `{"id":"a","url":"HTTPS://HOOKS.example.com:443/coresignal/secret","q":` + query + `}`}, "found", "found"},
		"without the outer query":     {map[string]string{"a": at + `,"q":{"match":{"headline":"engineer"}}}`}, "found", "found"},
		"below a name":                {map[string]string{"a": at + `,"definition":{"es_dsl_query":` + query + `}}`}, "found", "found"},
		"as text":                     {map[string]string{"a": at + `,"es_dsl_query":` + fmt.Sprintf("%q", query) + `}`}, "found", "found"},
		"a part of a larger query":    {map[string]string{"a": at + `,"q":{"query":{"bool":{"must":[{"match":{"headline":"engineer"}}]}}}}`}, "same", "found"},
		"another query":               {map[string]string{"a": at + `,"q":{"query":{"match":{"headline":"nurse"}}}}`}, "same", "found"},
		"no query":                    {map[string]string{"a": at + `}`}, "same", "found"},
		"another URL":                 {map[string]string{"a": `{"id":"a","webhook_url":"https://hooks.example.com/coresignal/other","q":` + query + `}`}, "new", "new"},
		"a longer URL":                {map[string]string{"a": `{"id":"a","webhook_url":"https://hooks.example.com/coresignal/secret/","q":` + query + `}`}, "new", "new"},
		"no URL":                      {map[string]string{"a": `{"id":"a","q":` + query + `}`}, "no URL", "no URL"},
		"no URL, another query":       {map[string]string{"a": `{"id":"a","q":{"query":{"match":{"headline":"nurse"}}}}`}, "no URL", "no URL"},
		"a blanked URL":               {map[string]string{"a": `{"id":"a","webhook_url":"https://hooks.example.com/***"}`}, "no URL", "no URL"},
		"a cut URL":                   {map[string]string{"a": `{"id":"a","webhook_url":"https://hooks.example.com/core..."}`}, "no URL", "no URL"},
		"nothing at all":              {map[string]string{"a": `{"id":"a"}`}, "no URL", "no URL"},
		"found beside what is hidden": {map[string]string{"b": `{"id":"b"}`, "a": at + `,"q":` + query + `}`}, "found", "found"},
		"ended meanwhile":             {map[string]string{"a": "404"}, "new", "new"},
		"still initialising":          {map[string]string{"a": "409"}, "conflict", "conflict"},
		"no subscription":             {map[string]string{"a": `{"detail":"odd"}`}, "unexpected", "unexpected"},
		"listed without an id":        {map[string]string{"": `{}`}, "unexpected", "unexpected"},
	} {
		for how, want := range map[subscriptions.Ensure]string{subscriptions.EnsureByDefinition: tt.byDefinition, subscriptions.EnsureByURL: tt.byURL} {
			p := &showing{details: tt.details}
			client := sandboxtest.ConnectTo(t, p, pronet.WithMaxAttempts(1))
			sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, subscriptions.Options{WebhookURL: hook.WebhookURL, Ensure: how})
			assert.Equal(t, map[bool]int{true: 1}[want == "new"], p.created, "%s %d", name, how)
			var unclear *subscriptions.EnsureError
			switch want {
			case "found", "new":
				require.NoError(t, err, name)
				assert.Equal(t, want == "found", sub.Existed, name)
			case "same", "no URL":
				require.ErrorAs(t, err, &unclear, name)
				require.ErrorIs(t, err, api.ErrConflict)
				assert.Equal(t, want == "same", len(unclear.SameURL) == 1, name)
				assert.Equal(t, want == "no URL", len(unclear.NoURL) == 1, name)
				assert.Contains(t, err.Error(), `"a"`)
				assert.NotContains(t, err.Error(), "secret")
			case "conflict":
				require.ErrorIs(t, err, api.ErrConflict, name)
			default:
				require.ErrorIs(t, err, api.ErrUnexpectedResponse, name)
			}
		}
	}
}

// TestALostCreationIsFoundByTheNextOne.
func TestALostCreationIsFoundByTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1))
		o := subscriptions.Options{WebhookURL: hook.WebhookURL, Ensure: subscriptions.EnsureByDefinition}
		sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
		_, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, o)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		sub, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, o)
		require.NoError(t, err)
		assert.True(t, sub.Existed)
		assert.Equal(t, 1, sb.Coresignal.SubscriptionsCreated())

		sb.Fail(sandbox.Fault{Method: "GET", Status: 500})
		_, err = client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, o)
		require.ErrorIs(t, err, api.ErrUnavailable, "without the list it creates nothing")
		require.NotErrorIs(t, err, api.ErrMaybeApplied)
		assert.Equal(t, 1, sb.Coresignal.SubscriptionsCreated())
	})
	_, client := start(t)
	_, err := client.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, subscriptions.Options{WebhookURL: hook.WebhookURL, Ensure: 3})
	require.ErrorIs(t, err, api.ErrInvalid)
}

// TestKeeperRefusesWhatItKeepsAlready: replaced by itself, a subscription would end unnoticed.
func TestKeeperRefusesWhatItKeepsAlready(t *testing.T) {
	a, state := newAccount(), remembering(map[string]string{"a": "old", "b": "other"})
	a.add("old", 90)
	a.add("other", 90)
	finds := func(name, definition, id string) subscriptions.Wanted {
		return subscriptions.Wanted{Name: name, Definition: definition, Create: func(context.Context) (*subscriptions.Subscription, error) {
			return &subscriptions.Subscription{ID: id, Existed: true}, nil
		}}
	}
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{}, finds("a", "v2", "old"), finds("b", "v1", ""), finds("c", "v1", "other")).Sweep(t.Context())
	require.ErrorContains(t, err, "without Options.Ensure")
	assert.Equal(t, []string{"replace a failed", "create c failed"}, kinds(report))
	assert.Empty(t, a.deleted)
	assert.Equal(t, "old", state.state.Kept["a"].ID)

	lost := &memory{} // a state that was lost: what is there is found
	a.add("found", 90)
	report, err = a.keeper(t, lost, subscriptions.KeeperOptions{}, finds("a", "v1", "found")).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"create a found"}, kinds(report))
}

func TestEnsureErrorIsShort(t *testing.T) {
	many := make([]string, 1000)
	for i := range many {
		many[i] = strings.Repeat("x", 200)
	}
	err := &subscriptions.EnsureError{SameURL: many, NoURL: many}
	assert.Less(t, len(err.Error()), 3000)
	assert.True(t, errors.Is(err, api.ErrConflict))
	assert.Equal(t, `nothing was created; there are subscriptions that show no webhook URL: ["a"]`, (&subscriptions.EnsureError{NoURL: []string{"a"}}).Error())
}
