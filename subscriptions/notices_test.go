package subscriptions_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// inbox receives notices with a webhook.Handler, at one URL for each subscription.
type inbox struct {
	t      *testing.T
	server *httptest.Server
	tokens map[string]string

	mu       sync.Mutex
	received map[string][]webhook.EmployeeChanged
}

// receive returns an inbox with a URL for each label.
func receive(t *testing.T, labels ...string) *inbox {
	t.Helper()
	in := &inbox{t: t, tokens: map[string]string{}, received: map[string][]webhook.EmployeeChanged{}}
	var endpoints []webhook.Endpoint
	for _, label := range labels {
		in.tokens[label] = webhook.NewPathToken()
		endpoints = append(endpoints, webhook.Endpoint{Label: label, Token: in.tokens[label]})
	}
	sender, err := webhook.Coresignal(endpoints...)
	require.NoError(t, err)
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		in.mu.Lock()
		defer in.mu.Unlock()
		for _, event := range d.Events {
			changed, ok := event.(webhook.EmployeeChanged)
			assert.True(t, ok, "%s: %s", d.Label, d.Body)
			in.received[d.Label] = append(in.received[d.Label], changed)
		}
		return nil
	}), webhook.WithoutDedupe()) // two changes of one kind have the same bytes, and in a test they are not a day apart
	require.NoError(t, err)
	in.server = httptest.NewServer(handler)
	t.Cleanup(in.server.Close)
	return in
}

func (in *inbox) at(label string) subscriptions.Options {
	in.t.Helper()
	url, err := webhook.CallbackURL(in.server.URL, in.tokens[label])
	require.NoError(in.t, err)
	return subscriptions.Options{WebhookURL: url}
}

// take returns what has come for a label since it was last asked.
func (in *inbox) take(label string) []webhook.EmployeeChanged {
	in.mu.Lock()
	defer in.mu.Unlock()
	defer delete(in.received, label)
	return in.received[label]
}

// employed returns people who have a position.
func employed(t *testing.T, sb *sandbox.Sandbox, n int) []coresignal.Person {
	t.Helper()
	var found []coresignal.Person
	for p := range sb.Coresignal.People() {
		if p.Company != "" && p.Title != "" && !p.Hidden && !p.Deleted && len(found) < n {
			found = append(found, p)
		}
	}
	require.Len(t, found, n)
	return found
}

func TestNoticesOfCleanAndMultiSource(t *testing.T) {
	for dataset, title := range map[string]string{"Clean": "job_title", "MultiSource": "active_experience_title"} {
		t.Run(dataset, func(t *testing.T) {
			sb, client := start(t, coresignal.WithRateLimit(0))
			in := receive(t, "list", "query", "narrowed", "elsewhere")
			var d creator = client.Subscriptions.Clean
			if dataset == "MultiSource" {
				d = client.Subscriptions.MultiSource
			}
			staff := employed(t, sb, 2)
			id := staff[0].ID
			only := func(label string, fields ...string) subscriptions.Options {
				o := in.at(label)
				o.TrackedFields = fields
				return o
			}
			_, err := d.CreateFromIDs(t.Context(), employee.IDs(id), in.at("list"))
			require.NoError(t, err)
			keepers := employee.Query{Clause: employee.MatchPhrase(title, "keeper of the lighthouse")}
			_, err = d.CreateFromQuery(t.Context(), keepers, in.at("query"))
			require.NoError(t, err)
			_, err = d.CreateFromIDs(t.Context(), employee.IDs(id), only("narrowed", title, "skills"))
			require.NoError(t, err)
			_, err = d.CreateFromIDs(t.Context(), employee.IDs(id), only("elsewhere", "skills"))
			require.NoError(t, err)

			require.NoError(t, sb.Coresignal.Promote(id, "Keeper of the Lighthouse"))
			require.NoError(t, sb.Coresignal.Promote(staff[1].ID, "Gardener"))
			require.NoError(t, sb.Deliver(t.Context()))
			list := in.take("list")
			require.Len(t, list, 1, "the other one is not on the list")
			assert.Equal(t, id, list[0].ID)
			assert.Equal(t, webhook.StatusChanged, list[0].Status)
			assert.Subset(t, list[0].ChangedFields, []string{title, "experience", "headline"})
			query := in.take("query")
			require.Len(t, query, 1)
			assert.Equal(t, id, query[0].ID)
			assert.Equal(t, webhook.StatusStartedMatchingQuery, query[0].Status)
			assert.Nil(t, query[0].ChangedFields)
			narrowed := in.take("narrowed")
			require.Len(t, narrowed, 1)
			assert.Equal(t, []string{title}, narrowed[0].ChangedFields)
			assert.Empty(t, in.take("elsewhere"), "no tracked field changed")

			require.NoError(t, sb.Coresignal.Leave(id))
			require.NoError(t, sb.Deliver(t.Context()))
			query = in.take("query")
			require.Len(t, query, 1)
			assert.Equal(t, webhook.StatusStoppedMatchingQuery, query[0].Status)
			assert.Len(t, in.take("list"), 1)
			assert.Len(t, in.take("narrowed"), 1)
			assert.Empty(t, in.take("elsewhere"))
		})
	}
}

// TestNoticesOfExperienceChanges come when a position begins and when one ends, in every dataset, and not for anything else.
func TestNoticesOfExperienceChanges(t *testing.T) {
	sb, client := start(t, coresignal.WithRateLimit(0))
	c := client.Subscriptions.ExperienceChanges
	labels := []string{"Base list", "Base query", "Clean list", "Clean query", "Clean all", "MultiSource list", "MultiSource query"}
	in := receive(t, append([]string{"profile"}, labels...)...)
	staff := employed(t, sb, 3)
	moves, leaves, hides := staff[0].ID, staff[1].ID, staff[2].ID
	ids := employee.IDs(moves, leaves, hides)
	everybody := employee.Query{Clause: employee.Exists("id")}
	for name, d := range map[string]creator{"Base": c.Base, "Clean": c.Clean, "MultiSource": c.MultiSource} {
		_, err := d.CreateFromIDs(t.Context(), ids, in.at(name+" list"))
		require.NoError(t, err)
		_, err = d.CreateFromQuery(t.Context(), everybody, in.at(name+" query"))
		require.NoError(t, err)
	}
	all := in.at("Clean all")
	all.AcceptVolume = true
	_, err := c.Clean.CreateForAll(t.Context(), all)
	require.NoError(t, err)
	_, err = client.Subscriptions.Base.CreateFromIDs(t.Context(), ids, in.at("profile")) // whose records have is_hidden
	require.NoError(t, err)

	for _, step := range []struct {
		id     int64
		change func(id int64) error
	}{
		{moves, func(id int64) error { return sb.Coresignal.ChangeCompany(id, "Lighthouse Ltd") }},
		{leaves, sb.Coresignal.Leave},
	} {
		require.NoError(t, step.change(step.id))
		require.NoError(t, sb.Deliver(t.Context()))
		for _, label := range labels {
			got := in.take(label)
			require.Len(t, got, 1, label)
			assert.Equal(t, step.id, got[0].ID, label)
			assert.Equal(t, webhook.StatusChanged, got[0].Status, label)
			assert.Empty(t, got[0].ChangedFields, label)
			assert.Equal(t, label, got[0].Label)
		}
		assert.Len(t, in.take("profile"), 1)
	}
	require.NoError(t, sb.Coresignal.HideForPrivacy(hides))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, in.take("profile"), 1, "another change of the record")
	for _, label := range labels {
		assert.Empty(t, in.take(label), label)
	}
}
