package employee_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestCollectByEveryKindOfRef(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5))
	for person := range sb.Coresignal.People() {
		refs := []employee.Ref{employee.ID(person.ID), employee.Shorthand(person.Shorthand)}
		for _, ref := range refs {
			v1, err := client.Employees.V1.Collect(t.Context(), ref)
			require.NoError(t, err)
			assert.Equal(t, person.ID, v1.EmployeeID())
			assert.Equal(t, person.Name, v1.Name)
		}
		for _, ref := range append(refs, employee.ProfileURL(person.ProfileURL)) {
			base, err := client.Employees.Base.Collect(t.Context(), ref)
			require.NoError(t, err)
			assert.Equal(t, person.ID, base.EmployeeID())
			assert.Equal(t, person.Name, base.FullName)
		}
	}
	assert.Equal(t, 5*3*10, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 5*2, sb.Coresignal.V1CreditsSpent())
	assert.EqualValues(t, 10, client.Employees.Base.Cost())
	assert.EqualValues(t, 1, client.Employees.V1.Cost())
}

// TestCollectSendsOneSegment looks at the request itself: a reference is one escaped segment, whatever it holds.
func TestCollectSendsOneSegment(t *testing.T) {
	var got *http.Request
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = w.Write([]byte(`{"id":7}`))
	})
	const base, v1 = "/cdapi/v2/employee_base/collect/", "/cdapi/v1/professional_network/employee/collect/"
	for ref, segment := range map[employee.Ref]string{
		employee.ID(1234):               "1234",
		employee.Shorthand("jos%C3%A9"): "jos%25C3%25A9",
		employee.Shorthand("a!b;c"):     "a%21b%3Bc",
		employee.ProfileURL("https://www.professional-network.com/in/jo?x=1#y"): "https:%2F%2Fwww.professional-network.com%2Fin%2Fjo%3Fx=1%23y",
	} {
		_, err := client.Employees.Base.Collect(t.Context(), ref)
		require.NoError(t, err)
		assert.Equal(t, base+segment, got.URL.EscapedPath())
		assert.Empty(t, got.URL.RawQuery)
		assert.Equal(t, http.MethodGet, got.Method)
		assert.Equal(t, "key", got.Header.Get("Apikey"))
		assert.Empty(t, got.Header.Get("Authorization"))

		_, err = client.Employees.V1.Collect(t.Context(), ref)
		require.NoError(t, err)
		assert.Equal(t, v1+segment, got.URL.EscapedPath())
		assert.Equal(t, "Bearer token", got.Header.Get("Authorization"))
		assert.Empty(t, got.Header.Get("Apikey"))
	}
}

func TestCollectFields(t *testing.T) {
	var query string
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		_, _ = w.Write([]byte(`{"id":7}`))
	})
	_, err := client.Employees.Base.CollectFields(t.Context(), employee.ID(7), []string{"full_name", "experience.title", "new:a&b"})
	require.NoError(t, err)
	assert.Equal(t, "fields=full_name&fields=experience.title&fields=a%26b", query)

	sb, client := start(t, coresignal.WithPeople(1))
	rec, err := client.Employees.Base.CollectFields(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]), []string{"id", "full_name"})
	require.NoError(t, err)
	assert.NotEmpty(t, rec.FullName)
	assert.Empty(t, rec.Experience)
	var keys map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(rec.Raw(), &keys))
	assert.Len(t, keys, 2)

	sent := sb.Requests()
	for _, fields := range [][]string{{""}, {"id", ""}, {string(make([]byte, 201))}, {"id", "fullname"}, {"experience[0].title"}, {"new:"}} {
		_, err := client.Employees.Base.CollectFields(t.Context(), employee.ID(1), fields)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	assert.Equal(t, sent, sb.Requests())
}

func TestCollectRefusesBeforeSending(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	for _, ref := range []employee.Ref{
		{},
		employee.ID(0), employee.ID(-1), employee.Shorthand(""), employee.Shorthand(".."), employee.Shorthand("."),
		employee.Shorthand("a/b?c"), employee.Shorthand("123"), employee.Shorthand("a\nb"), employee.Shorthand("in\x00"), employee.Shorthand(`a\b`),
		employee.ProfileURL(""), employee.ProfileURL("ftp://x/in/y"), employee.ProfileURL("../collect/1"),
	} {
		_, err := client.Employees.Base.Collect(t.Context(), ref)
		require.ErrorIs(t, err, api.ErrInvalid, "%q", ref)
		require.ErrorIs(t, err, employee.ErrInvalidRef)
		_, err = client.Employees.V1.Collect(t.Context(), ref)
		require.ErrorIs(t, err, employee.ErrInvalidRef)
	}
	assert.Zero(t, sb.Requests())
}

func TestCollectErrorsAreTyped(t *testing.T) {
	for name, tt := range map[string]struct {
		fault    sandbox.Fault
		kind     error
		attempts int
	}{
		"401":           {sandbox.Fault{Status: 401}, api.ErrUnauthorized, 1},
		"402":           {sandbox.Fault{Status: 402}, api.ErrNoCredits, 1},
		"403":           {sandbox.Fault{Status: 403}, api.ErrForbidden, 1},
		"404":           {sandbox.Fault{Status: 404}, api.ErrNotFound, 1},
		"400":           {sandbox.Fault{Status: 400}, api.ErrInvalid, 1},
		"429":           {sandbox.Fault{Status: 429}, api.ErrRateLimited, 4},
		"500":           {sandbox.Fault{Status: 500}, api.ErrUnavailable, 4},
		"HTML and 502":  {sandbox.Fault{HTML: true}, api.ErrUnavailable, 4},
		"HTML and 200":  {sandbox.Fault{HTML: true, Status: 200}, api.ErrUnexpectedResponse, 1},
		"no record":     {sandbox.Fault{Status: 200, Body: `[1]`}, api.ErrUnexpectedResponse, 1},
		"redirect":      {sandbox.Fault{Redirect: "https://example.com/"}, api.ErrRedirect, 1},
		"lost answer":   {sandbox.Fault{Drop: sandbox.DropAfterAct}, api.ErrMaybeApplied, 1},
		"half a record": {sandbox.Fault{Drop: sandbox.DropMidBody}, api.ErrMaybeApplied, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(1))
				id := sb.Coresignal.PersonIDs()[0]
				sb.Fail(tt.fault)
				rec, err := client.Employees.Base.Collect(t.Context(), employee.ID(id))
				require.ErrorIs(t, err, tt.kind)
				assert.Nil(t, rec)
				e, ok := errors.AsType[*api.Error](err)
				require.True(t, ok)
				assert.Equal(t, "Employees.Base.Collect", e.Op)
				assert.Equal(t, tt.attempts, e.Attempts)
				assert.Equal(t, tt.attempts, sb.Requests())
				assert.Equal(t, "/cdapi/v2/employee_base/collect/{employee}", e.Route)
				doubtful := errors.Is(err, api.ErrMaybeApplied)
				assert.Equal(t, doubtful, e.InDoubt != "")
				assert.Equal(t, tt.fault.Drop != 0 || e.Status == 200, doubtful, "what was charged, or may have been")
				assert.NotContains(t, err.Error(), "html")
			})
		})
	}
}

func TestCollectWithoutACredential(t *testing.T) {
	client := connect(t)
	_, err := client.Employees.Base.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, api.ErrNotConfigured)
	_, err = client.Employees.V1.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

func TestCollectKeepsWhatTheProviderSent(t *testing.T) {
	const text = ` {"id": 7, "full_name": "Ann", "experience_count": {"odd": true}, "brand_new": [1, 2],  "headline": "a ≤ b"} `
	client := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	rec, err := client.Employees.Base.Collect(t.Context(), employee.ID(7))
	require.NoError(t, err)
	assert.Equal(t, "Ann", rec.FullName)
	assert.Equal(t, []string{"experience_count"}, rec.Mismatched())
	assert.JSONEq(t, `[1,2]`, string(rec.Unknown()["brand_new"]))
	assert.JSONEq(t, text, string(rec.Raw()))
	again, err := json.Marshal(rec)
	require.NoError(t, err)
	assert.JSONEq(t, text, string(again), "written again, nothing is lost")

	before := string(rec.Raw())
	for range 10 { // the next answers must not be read into the first one's bytes
		_, err := client.Employees.Base.Collect(t.Context(), employee.ID(8))
		require.NoError(t, err)
	}
	assert.Equal(t, before, string(rec.Raw()))
}

func TestCollectTellsMeta(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1), coresignal.WithCredits(25))
	var meta pronet.Meta
	_, err := client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]), pronet.WithMeta(&meta))
	require.NoError(t, err)
	left, ok := meta.CreditsRemaining()
	assert.True(t, ok)
	assert.EqualValues(t, 15, left)
	assert.Equal(t, 1, meta.Attempts)
	assert.NotEmpty(t, meta.RequestID)
}

// TestCollectHoldsToRetryAfter waits as long as the provider asks, to the second.
func TestCollectHoldsToRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1))
		sb.Fail(sandbox.Fault{Status: 429, RetryAfter: "7", Times: 2})
		began := time.Now()
		_, err := client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), 14*time.Second)
		assert.Less(t, time.Since(began), 15*time.Second)
		assert.Equal(t, 3, sb.Requests())
		assert.Equal(t, 10, sb.Coresignal.CreditsSpent())
	})
}

// TestMisspeltFieldsAreRefused: they would be paid for and come out empty. The nearest name is told.
func TestMisspeltFieldsAreRefused(t *testing.T) {
	requests, client := recording(t, `{"id":7}`)
	e, ctx, fields := client.Employees, t.Context(), func(name string) []string { return []string{"id", name} }
	for name, want := range map[string]string{"fullname": "full_name", "Headline": "headline", "experience_title": "experience.title", "experience.titel": "experience.title", "shoe_size": ""} {
		_, err := e.Base.CollectFields(ctx, employee.ID(7), fields(name))
		require.ErrorIs(t, err, api.ErrInvalid)
		assert.ErrorContains(t, err, name)
		assert.ErrorContains(t, err, "new:")
		if want != "" {
			assert.ErrorContains(t, err, `did you mean "`+want+`"?`)
		}
	}
	var errs []error
	_, err := e.Clean.CollectFields(ctx, employee.ID(7), fields("name_frist"))
	errs = append(errs, err)
	_, err = e.MultiSource.CollectFields(ctx, employee.ID(7), fields("linkedin_ulr"))
	errs = append(errs, err)
	_, err = e.V1.CollectFields(ctx, employee.ID(7), fields("member_experience_colection"))
	errs = append(errs, err)
	budget := employee.NewBudget(100)
	for result := range e.Base.CollectMany(ctx, []employee.Ref{employee.ID(1), employee.ID(2)}, employee.CollectManyOptions{Fields: fields("fullname"), Budget: budget}) {
		errs = append(errs, result.Err)
	}
	require.Len(t, errs, 5)
	for _, err := range errs {
		require.ErrorIs(t, err, api.ErrInvalid)
		assert.ErrorContains(t, err, "did you mean")
	}
	assert.EqualValues(t, 100, budget.Left())
	assert.Empty(t, *requests)

	for _, name := range []string{"new:tenure_score", "new:fullname", "processed_at", "experience.deleted_at"} {
		_, err := e.Base.CollectFields(ctx, employee.ID(7), fields(name))
		require.NoError(t, err, name)
	}
	assert.Equal(t, "fields=id&fields=tenure_score", (*requests)[0].query)
}

// TestAnObjectThatIsNoRecord is not taken for one: whoever stores it would overwrite a person with nothing.
func TestAnObjectThatIsNoRecord(t *testing.T) {
	ref, url := employee.ID(5), employee.ProfileURL("https://www.example.com/in/x")
	whole := []string{`{}`, `{"detail":"Internal error"}`, `{"message":"ok","request_id":"1"}`, `{"id":null}`, `{"id":0,"full_name":""}`, `{"id":"x"}`, `{"data":{"id":5}}`}
	for _, body := range whole {
		requests, client := recording(t, body)
		e, ctx, budget := client.Employees, t.Context(), employee.NewBudget(1000)
		var errs []error
		keep := func(_ any, err error) { errs = append(errs, err) }
		keep(e.Base.WithBudget(budget).Collect(ctx, ref))
		keep(e.Clean.Collect(ctx, ref))
		keep(e.MultiSource.Collect(ctx, ref))
		keep(e.V1.Collect(ctx, ref))
		keep(e.Base.CollectFields(ctx, ref, []string{"id", "full_name"}))
		keep(e.RealTime.Scrape(ctx, url, 0))
		for result := range e.Clean.CollectMany(ctx, []employee.Ref{ref}, employee.CollectManyOptions{}) {
			keep(nil, result.Err)
		}
		for i, err := range errs {
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%d %s", i, body)
			require.ErrorIs(t, err, api.ErrMaybeApplied, "%d %s", i, body)
		}
		assert.EqualValues(t, 990, budget.Left(), "it may have been charged")
		assert.Len(t, *requests, len(errs), "none is retried")
	}
	for body, fields := range map[string][]string{
		`{}`: {"full_name"}, `{"detail":"x"}`: {"full_name", "experience"}, `{"headline":"x"}`: {"full_name"}, `{"full_name":"x"}`: {"id", "full_name"},
	} {
		_, client := recording(t, body)
		_, err := client.Employees.Base.CollectFields(t.Context(), ref, fields)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
	}
	for body, fields := range map[string][]string{
		`{"full_name":"x"}`: {"full_name"}, `{"full_name":null}`: {"full_name"}, `{"experience":[]}`: {"experience.title"}, `{"a.b":1}`: {"new:a.b"}, `{"id":7}`: {"full_name"}, `{"id":"7"}`: nil,
	} {
		_, client := recording(t, body)
		_, err := client.Employees.Base.CollectFields(t.Context(), ref, fields)
		require.NoError(t, err, body)
	}
	for _, body := range []string{`{"id":"7"}`, `{"full_name":"A"}`, `{"profile_url":"https://www.example.com/in/x"}`} {
		_, client := recording(t, body)
		_, err := client.Employees.RealTime.Scrape(t.Context(), url, 0)
		require.NoError(t, err, body)
	}
}
