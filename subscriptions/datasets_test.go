package subscriptions_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// creator is what all datasets have in common.
type creator interface {
	CreateFromIDs(ctx context.Context, ids employee.IDSource, o subscriptions.Options, options ...api.CallOption) (*subscriptions.Subscription, error)
	CreateFromQuery(ctx context.Context, q employee.Query, o subscriptions.Options, options ...api.CallOption) (*subscriptions.Subscription, error)
}

// byPath are the datasets that take IDs and queries with an API key, by the path at which subscriptions to them are created.
func byPath(client *pronet.Client) map[string]creator {
	s := client.Subscriptions
	const root = "/cdapi/v2/subscriptions/"
	return map[string]creator{
		root + "employee_base":                            s.Base,
		root + "employee_clean":                           s.Clean,
		root + "employee_multi_source":                    s.MultiSource,
		root + "experience_changes/employee_base":         s.ExperienceChanges.Base,
		root + "experience_changes/employee_clean":        s.ExperienceChanges.Clean,
		root + "experience_changes/employee_multi_source": s.ExperienceChanges.MultiSource,
	}
}

const everyone = "/cdapi/v2/subscriptions/experience_changes/employee_clean/all"

func ofExperience(path string) bool { return strings.Contains(path, "experience_changes") }

// TestWhatIsSentToEachDataset compares the requests with the exact bytes that the provider is to get.
func TestWhatIsSentToEachDataset(t *testing.T) {
	p, client := responding(t, `{"id":"c8e295c0-2f85-473d-8bef-350526e6b30a"}`)
	const url = `{"webhook_url":"https://hooks.example.com/coresignal/secret"`
	sent := func(sub *subscriptions.Subscription, err error, target, body string) {
		t.Helper()
		require.NoError(t, err)
		assert.Equal(t, "c8e295c0-2f85-473d-8bef-350526e6b30a", sub.ID)
		got := p.Last(t)
		assert.Equal(t, "POST "+target, got.Method+" "+got.Target)
		assert.Equal(t, "application/json", got.ContentType)
		assert.Equal(t, body, string(got.Body))
	}
	narrowed := hook
	narrowed.TrackedFields = []string{"experience", "headline"}
	for path, d := range byPath(client) {
		sub, err := d.CreateFromIDs(t.Context(), employee.IDs(3, 1), hook)
		sent(sub, err, path+"/ids", url+`,"ids":[3,1]}`)
		sub, err = d.CreateFromQuery(t.Context(), engineers, hook)
		sent(sub, err, path+"/es_dsl", url+`,"es_dsl_query":{"query":{"match":{"headline":"engineer"}}}}`)
		if ofExperience(path) {
			continue
		}
		sub, err = d.CreateFromIDs(t.Context(), employee.IDs(3, 1), narrowed)
		sent(sub, err, path+"/ids", url+`,"ids":[3,1],"tracked_fields":["experience","headline"]}`)
		sub, err = d.CreateFromQuery(t.Context(), engineers, narrowed)
		sent(sub, err, path+"/es_dsl", url+`,"es_dsl_query":{"query":{"match":{"headline":"engineer"}}},"tracked_fields":["experience","headline"]}`)
	}
	sub, err := client.Subscriptions.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "Spain"}, narrowed)
	sent(sub, err, "/cdapi/v2/subscriptions/employee_base/filter", url+`,"filters":{"country":"Spain"},"tracked_fields":["experience","headline"]}`)
	accepted := hook
	accepted.AcceptVolume = true
	sub, err = client.Subscriptions.ExperienceChanges.Clean.CreateForAll(t.Context(), accepted)
	sent(sub, err, everyone, url+`}`)
}

// TestEachDatasetRefusesBeforeSending holds for all ways to create a subscription to it.
func TestEachDatasetRefusesBeforeSending(t *testing.T) {
	p, client := responding(t, `"id-1"`)
	long := strings.Repeat("x", 201)
	for path, d := range byPath(client) {
		for name, o := range map[string]subscriptions.Options{
			"no webhook":    {},
			"http":          {WebhookURL: "http://hooks.example.com/x"},
			"private":       {WebhookURL: "https://10.0.0.1/x"},
			"empty field":   {WebhookURL: hook.WebhookURL, TrackedFields: []string{"headline", ""}},
			"endless field": {WebhookURL: hook.WebhookURL, TrackedFields: []string{long}},
		} {
			_, err := d.CreateFromIDs(t.Context(), employee.IDs(1), o)
			require.ErrorIs(t, err, api.ErrInvalid, "%s: %s", path, name)
			assert.NotContains(t, err.Error(), long)
			_, err = d.CreateFromQuery(t.Context(), engineers, o)
			require.ErrorIs(t, err, api.ErrInvalid, "%s: %s", path, name)
		}
		for _, ids := range []employee.IDSource{employee.IDs(), employee.IDs(1, 0), {}} {
			_, err := d.CreateFromIDs(t.Context(), ids, hook)
			require.ErrorIs(t, err, api.ErrInvalid, path)
		}
		for _, q := range []employee.Query{{}, {Clause: engineers.Clause, Sort: []string{"id"}}} {
			_, err := d.CreateFromQuery(t.Context(), q, hook)
			require.ErrorIs(t, err, api.ErrInvalid, path)
		}
		if ofExperience(path) {
			o := subscriptions.Options{WebhookURL: hook.WebhookURL, TrackedFields: []string{"headline"}}
			_, err := d.CreateFromIDs(t.Context(), employee.IDs(1), o)
			require.ErrorIs(t, err, api.ErrInvalid)
			assert.ErrorContains(t, err, "TrackedFields are not known here")
		}
	}
	for field, want := range map[string]string{
		"experiences": `the records have no root field "experiences"; did you mean "experience"? ("new:" before a name takes it as it is)`,
		"Headline":    `did you mean "headline"?`,
		"":            "a tracked field is empty",
	} {
		_, err := client.Subscriptions.MultiSource.CreateFromIDs(t.Context(), employee.IDs(1), subscriptions.Options{WebhookURL: hook.WebhookURL, TrackedFields: []string{field}})
		require.ErrorIs(t, err, api.ErrInvalid)
		assert.ErrorContains(t, err, want)
	}
	assert.Zero(t, p.Count())
	o := subscriptions.Options{WebhookURL: hook.WebhookURL, TrackedFields: []string{"skills", "new:experiences", "headline"}} // the provider's own pages track skills
	_, err := client.Subscriptions.MultiSource.CreateFromIDs(t.Context(), employee.IDs(1), o)
	require.NoError(t, err)
	assert.Contains(t, string(p.Last(t).Body), `"tracked_fields":["skills","experiences","headline"]`)
	assert.Equal(t, "new:experiences", o.TrackedFields[1], "the caller's list stays as it is")
	v1 := client.Subscriptions.V1
	narrowed := subscriptions.Options{WebhookURL: hook.WebhookURL, TrackedFields: []string{"headline"}}
	_, err = v1.CreateFromIDs(t.Context(), employee.IDs(1), narrowed)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = v1.CreateFromQuery(t.Context(), engineers, narrowed)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = v1.CreateFromFilter(t.Context(), employee.V1Filter{Name: "Ann"}, narrowed)
	require.ErrorIs(t, err, api.ErrInvalid)

	all := client.Subscriptions.ExperienceChanges.Clean
	_, err = all.CreateForAll(t.Context(), hook)
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.ErrorContains(t, err, "500,000 notices a week")
	_, err = all.CreateForAll(t.Context(), subscriptions.Options{AcceptVolume: true, WebhookURL: "https://localhost/x"})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = all.CreateForAll(t.Context(), subscriptions.Options{AcceptVolume: true, WebhookURL: hook.WebhookURL, TrackedFields: []string{"headline"}})
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Equal(t, 1, p.Count(), "the one that was good")

	for path, d := range byPath(connect(t)) {
		_, err := d.CreateFromIDs(t.Context(), employee.IDs(1), hook)
		require.ErrorIs(t, err, api.ErrNotConfigured, path)
		_, err = d.CreateFromQuery(t.Context(), engineers, hook)
		require.ErrorIs(t, err, api.ErrNotConfigured, path)
	}
	_, err = connect(t).Subscriptions.ExperienceChanges.Clean.CreateForAll(t.Context(), hook)
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

// TestForbiddenFieldsOfEachDataset: last_updated is forbidden in Clean, more in Base, and nothing in Multi-source. It is
// the same for subscriptions to changes of positions, and the sandbox agrees.
func TestForbiddenFieldsOfEachDataset(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1), coresignal.WithRateLimit(0))
	created := 0
	for path, d := range byPath(client) {
		var forbidden []string
		switch {
		case strings.HasSuffix(path, "employee_base"):
			forbidden = []string{"created", "last_updated", "created_at", "updated_at", "checked_at"}
		case strings.HasSuffix(path, "employee_clean"):
			forbidden = []string{"last_updated"}
		}
		for _, field := range []string{"created", "last_updated", "created_at", "updated_at", "checked_at", "headline"} {
			q := employee.Query{Clause: employee.All(employee.Match("headline", "engineer"), employee.Exists(field))}
			_, err := d.CreateFromQuery(t.Context(), q, hook)
			if !slices.Contains(forbidden, field) {
				require.NoError(t, err, "%s: %s", path, field)
				created++
				continue
			}
			sent := sb.Requests()
			requireForbidden(t, err, field+" at query.bool.must[1].exists.field")
			_, err = d.CreateFromQuery(t.Context(), q, hook)
			require.Error(t, err)
			assert.Equal(t, sent, sb.Requests(), "nothing is sent")
			skip := hook
			skip.SkipFieldCheck = true
			_, err = d.CreateFromQuery(t.Context(), q, skip)
			require.ErrorIs(t, err, api.ErrInvalid, "the provider refuses it")
			answered, ok := errors.AsType[*api.Error](err)
			require.True(t, ok)
			assert.Contains(t, answered.Message, field)
			assert.Equal(t, sent+1, sb.Requests())
		}
	}
	assert.Equal(t, 2*(1+5+6), created)
	assert.Equal(t, created, sb.Coresignal.SubscriptionsCreated())
}

// TestEveryDatasetIsCreatedAndManagedTogether: one list for all datasets of an API version, and renewal and deletion too.
func TestEveryDatasetIsCreatedAndManagedTogether(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5), coresignal.WithRateLimit(0))
	created := make(map[string]bool)
	keep := func(sub *subscriptions.Subscription, err error) {
		t.Helper()
		require.NoError(t, err)
		created[sub.ID] = true
	}
	narrowed := hook
	narrowed.TrackedFields = []string{"experience"}
	for path, d := range byPath(client) {
		keep(d.CreateFromIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), hook))
		keep(d.CreateFromQuery(t.Context(), engineers, hook))
		if !ofExperience(path) {
			keep(d.CreateFromQuery(t.Context(), engineers, narrowed))
		}
	}
	accepted := hook
	accepted.AcceptVolume = true
	keep(client.Subscriptions.ExperienceChanges.Clean.CreateForAll(t.Context(), accepted))
	assert.Len(t, created, 16)

	listed := make(map[string]bool)
	for sub, err := range client.Subscriptions.All(t.Context(), subscriptions.ListOptions{}) {
		require.NoError(t, err)
		assert.Equal(t, subscriptions.StatusActive, sub.Status)
		listed[sub.ID] = true
	}
	assert.Equal(t, created, listed)
	for _, id := range slices.Sorted(maps.Keys(created)) {
		_, err := client.Subscriptions.Renew(t.Context(), id)
		require.NoError(t, err)
		require.NoError(t, client.Subscriptions.Delete(t.Context(), id))
	}
	assert.Zero(t, sb.Coresignal.CreditsSpent())
}
