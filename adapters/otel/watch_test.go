package otel_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// allParts are parts that know all that a part can know.
func allParts(now time.Time) pronetotel.Parts {
	return pronetotel.Parts{
		Handler: func() webhook.HandlerStatus {
			return webhook.HandlerStatus{AcceptedAt: now.Add(-time.Minute), FailingSince: now.Add(-time.Second), LastError: prose}
		},
		Spool: func() spool.Status {
			return spool.Status{Pending: 7, Oldest: time.Hour, Dead: 2, DeadBytes: 4096, KeptBytes: 99, Running: true, FailingSince: now.Add(-2 * time.Second), LastError: prose}
		},
		Refresh: func() refresh.Status { return refresh.Status{Doubts: 3, CreditsLeft: 500, LastError: prose} },
		Subscriptions: func() subscriptions.KeeperStatus {
			return subscriptions.KeeperStatus{Wanted: 5, Kept: 4, NextEnd: now.Add(24 * time.Hour), LastSweep: now.Add(-time.Hour), LastError: prose}
		},
		Candidates: func() recruiter.PurgeStatus { return recruiter.PurgeStatus{Due: now.Add(-time.Hour), LastError: prose} },
		TokenEnds:  func() time.Time { return now.Add(48 * time.Hour) },
	}
}

func TestWatchReadsTheStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProcess(t, "all", pronetotel.Options{})
		watching, err := p.Watch("customers", allParts(time.Now()))
		require.NoError(t, err)
		budget := employee.NewBudget(30)
		ofLinkedIn, err := p.Watch("linkedin", pronetotel.Parts{Budget: budget, Events: func() events.KeeperStatus {
			return events.KeeperStatus{Wanted: 3, Alive: 2, Lost: 1}
		}})
		require.NoError(t, err)
		empty, err := p.Watch("empty", pronetotel.Parts{
			Pipeline: func() refresh.PipelineStatus {
				return refresh.PipelineStatus{Work: refresh.Status{CreditsLeft: 1<<63 - 1}}
			},
			Candidates: func() recruiter.PurgeStatus { return recruiter.PurgeStatus{} }, TokenEnds: func() time.Time { return time.Time{} },
		})
		require.NoError(t, err)
		for name, want := range map[string][]string{
			"pronet.webhook.last_accepted.age":  {"pronet.part=customers 60"},
			"pronet.webhook.failing.age":        {"pronet.part=customers 1", "pronet.part=empty 0"},
			"pronet.spool.pending":              {"pronet.part=customers 7", "pronet.part=empty 0"},
			"pronet.spool.oldest.age":           {"pronet.part=customers 3600", "pronet.part=empty 0"},
			"pronet.spool.dead":                 {"pronet.part=customers 2", "pronet.part=empty 0"},
			"pronet.spool.dead.size":            {"pronet.part=customers 4096", "pronet.part=empty 0"},
			"pronet.spool.kept.size":            {"pronet.part=customers 99", "pronet.part=empty 0"},
			"pronet.spool.running":              {"pronet.part=customers 1", "pronet.part=empty 0"},
			"pronet.spool.failing.age":          {"pronet.part=customers 2", "pronet.part=empty 0"},
			"pronet.refresh.doubts":             {"pronet.part=customers 3", "pronet.part=empty 0"},
			"pronet.budget.credits.remaining":   {"pronet.part=customers 500", "pronet.part=linkedin 30"},
			"pronet.subscriptions.wanted":       {"pronet.part=customers 5", "pronet.part=linkedin 3"},
			"pronet.subscriptions.kept":         {"pronet.part=customers 4", "pronet.part=linkedin 2"},
			"pronet.subscriptions.time_left":    {"pronet.part=customers 86400"},
			"pronet.subscriptions.sweep.age":    {"pronet.part=customers 3600"},
			"pronet.candidates.purge.time_left": {"pronet.part=customers -3600"},
			"pronet.token.time_left":            {"pronet.part=customers 172800"},
		} {
			assert.Equal(t, want, p.points(t, name), name)
		}
		require.NoError(t, watching.Unregister())
		require.NoError(t, empty.Unregister())
		assert.Empty(t, p.points(t, "pronet.spool.pending"))
		assert.Equal(t, []string{"pronet.part=linkedin 30"}, p.points(t, "pronet.budget.credits.remaining"))
		require.NoError(t, ofLinkedIn.Unregister())
	})
}

// everyMetric records something of each metric, and returns all.
func everyMetric(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	p := newProcess(t, "all", pronetotel.Options{})
	_, err := p.Watch("customers", allParts(time.Now()))
	require.NoError(t, err)
	client, worked, refreshed := p.Client(), p.Spool(), p.Refresh()
	ctx := client.Start(t.Context(), api.Op{Name: "Employees.Base.Collect"})
	client.Wait(ctx, api.Wait{Reason: api.WaitLimit})
	client.Attempt(ctx, api.Attempt{Number: 2, Server: "https://api.coresignal.com", Status: 429})
	client.End(ctx, api.End{Credits: 10, CreditsRemaining: 90})
	sender, token := receiver(t)
	handler, err := webhook.NewHandler(sender, webhook.Func(func(context.Context, *webhook.Delivery) error { return nil }), p.Handler())
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, post(handler, "/"+token, "[]"))
	worked.Attempt(t.Context(), spool.Attempt{Outcome: spool.OutcomeDone})
	refreshed.HandOver(t.Context(), refresh.HandOver{})
	refreshed.End(t.Context(), refresh.End{Spent: 10})
	return p.measured(t)
}

// TestTheMetricsAreThese: names, kinds and units are what dashboards and alerts of others rely on.
func TestTheMetricsAreThese(t *testing.T) {
	var got []string
	for name, m := range everyMetric(t) {
		kind := "gauge"
		switch m.Data.(type) {
		case metricdata.Histogram[float64]:
			kind = "histogram"
		case metricdata.Sum[int64], metricdata.Sum[float64]:
			kind = "counter"
		}
		assert.NotEmpty(t, m.Description, name)
		got = append(got, name+" "+kind+" "+m.Unit)
	}
	slices.Sort(got)
	assert.Equal(t, []string{
		"http.client.request.duration histogram s",
		"pronet.budget.credits.remaining gauge {credit}",
		"pronet.candidates.purge.time_left gauge s",
		"pronet.client.credits.remaining gauge {credit}",
		"pronet.client.credits.spent counter {credit}",
		"pronet.client.operation.duration histogram s",
		"pronet.client.retries counter {request}",
		"pronet.client.wait.duration histogram s",
		"pronet.delivery.attempts counter {attempt}",
		"pronet.delivery.lag histogram s",
		"pronet.delivery.process.duration histogram s",
		"pronet.refresh.credits.spent counter {credit}",
		"pronet.refresh.doubts counter {outcome}",
		"pronet.refresh.outcomes counter {outcome}",
		"pronet.spool.dead gauge {delivery}",
		"pronet.spool.dead.size gauge By",
		"pronet.spool.failing.age gauge s",
		"pronet.spool.kept.size gauge By",
		"pronet.spool.oldest.age gauge s",
		"pronet.spool.pending gauge {delivery}",
		"pronet.spool.running gauge ",
		"pronet.subscriptions.kept gauge {subscription}",
		"pronet.subscriptions.sweep.age gauge s",
		"pronet.subscriptions.time_left gauge s",
		"pronet.subscriptions.wanted gauge {subscription}",
		"pronet.token.time_left gauge s",
		"pronet.webhook.failing.age gauge s",
		"pronet.webhook.last_accepted.age gauge s",
		"pronet.webhook.request.duration histogram s",
	}, got)
}

func TestErrorTypes(t *testing.T) {
	for want, err := range map[string]error{
		"":              nil,
		"_OTHER":        errors.New(prose),
		"rate_limited":  errors.Join(api.ErrUnavailable, api.ErrRateLimited),
		"unavailable":   &api.Error{Kinds: []error{api.ErrUnavailable}, Message: prose},
		"maybe_applied": errors.Join(api.ErrUnavailable, api.ErrMaybeApplied),
		"budget":        errors.Join(webhook.ErrRetryLater, api.ErrBudget),
		"retry_later":   errors.Join(webhook.ErrNotUnderstood, webhook.ErrRetryLater),
		"spool_full":    spool.ErrFull,
		"timeout":       netError{true},
		"network":       netError{false},
	} {
		assert.Equal(t, want, pronetotel.ErrorType(err))
	}
	assert.Equal(t, "_OTHER", pronetotel.ErrorType(panicking{}))
}

type netError struct{ timeout bool }

func (netError) Error() string   { return prose }
func (e netError) Timeout() bool { return e.timeout }
func (netError) Temporary() bool { return false }

type panicking struct{}

func (panicking) Error() string { return prose }
func (panicking) Is(error) bool { panic(prose) }
