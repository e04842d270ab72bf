package otel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// Parts are what [Telemetry.Watch] reads. All may be nil; give Pipeline or its parts.
type Parts struct {
	// Pipeline is the Status of a refresh.Pipeline: it stands for Handler, Spool, Refresh and Subscriptions.
	Pipeline func() refresh.PipelineStatus
	// Handler is the Status of a webhook.Handler, Spool that of a spool.Spool, Refresh that of a refresh.Refresher. In place
	// of a spool stands a queue, by the Status of a nats.Queue or a river.Sink: each process that works on it tells what is
	// pending and dead in all of it, so take the largest of them and not their sum.
	Handler func() webhook.HandlerStatus
	Spool   func() spool.Status
	Refresh func() refresh.Status
	// Subscriptions is the Status of a subscriptions.Keeper, Events that of an events.Keeper of LinkedIn, Candidates that of
	// a recruiter.PurgeKeeper.
	Subscriptions func() subscriptions.KeeperStatus
	Events        func() events.KeeperStatus
	Candidates    func() recruiter.PurgeStatus
	// Budget is what calls may spend, unless the Refresh's Status tells.
	Budget *employee.Budget
	// TokenEnds returns when a credential ends that a person must renew, zero if that is not known: linkedin.Grant.RefreshEnds
	// of the first member, say.
	TokenEnds func() time.Time
}

// doubts is a counter; what Watch observes besides are gauges.
const doubts = "pronet.refresh.doubts"

// observed are the names that Watch observes, with unit and description.
var observed = []struct{ name, unit, description string }{
	{"pronet.webhook.last_accepted.age", "s", "Time since the sink took a delivery."},
	{"pronet.webhook.failing.age", "s", "Time since the first failure after the last delivery that the sink took, 0 if there is none."},
	{"pronet.spool.pending", "{delivery}", "Deliveries that are stored and not dealt with."},
	{"pronet.spool.oldest.age", "s", "Time since the oldest pending delivery was received, 0 if there is none."},
	{"pronet.spool.dead", "{delivery}", "Deliveries that were given up."},
	{"pronet.spool.dead.size", "By", "What the dead deliveries take."},
	{"pronet.spool.kept.size", "By", "What was bought for pending deliveries and not handed over."},
	{"pronet.spool.running", "", "1 while Run is running, else 0."},
	{"pronet.spool.failing.age", "s", "Time since the first attempt failed after the last that succeeded, 0 if none has."},
	{doubts, "{outcome}", "Outcomes in doubt that were handed over since the start."},
	{"pronet.budget.credits.remaining", "{credit}", "What is left of the budget."},
	{"pronet.subscriptions.wanted", "{subscription}", "Subscriptions that should be there."},
	{"pronet.subscriptions.kept", "{subscription}", "Subscriptions that were there after the last sweep."},
	{"pronet.subscriptions.time_left", "s", "Time until the first subscription ends unless it is renewed."},
	{"pronet.subscriptions.sweep.age", "s", "Time since the last sweep ended."},
	{"pronet.candidates.purge.time_left", "s", "Time until the duty to ask for deleted candidates is broken."},
	{"pronet.token.time_left", "s", "Time until a credential ends that a person must renew."},
}

// Watch observes the states of parts whenever metrics are collected, with the name as pronet.part. A name is the
// caller's word for a set of parts, such as "customers"; give each Watch another. What a part does not know, such as the
// end of a subscription before the first sweep, is not observed. Unregister what it returns before the parts are closed
// for good.
func (t *Telemetry) Watch(name string, parts Parts) (metric.Registration, error) {
	if p := parts.Pipeline; p != nil {
		parts.Handler = func() webhook.HandlerStatus { return p().Received }
		parts.Spool = func() spool.Status { return p().Notices }
		parts.Refresh = func() refresh.Status { return p().Work }
		parts.Subscriptions = func() subscriptions.KeeperStatus { return p().Subscriptions }
	}
	instruments, observables := make(map[string]metric.Float64Observable, len(observed)), make([]metric.Observable, len(observed))
	var failed error
	for i, o := range observed {
		var made metric.Float64Observable
		var err error
		if o.name == doubts {
			made, err = t.meter.Float64ObservableCounter(o.name, metric.WithUnit(o.unit), metric.WithDescription(o.description))
		} else {
			made, err = t.meter.Float64ObservableGauge(o.name, metric.WithUnit(o.unit), metric.WithDescription(o.description))
		}
		failed = errors.Join(failed, err)
		instruments[o.name], observables[i] = made, made
	}
	if failed != nil {
		return nil, fmt.Errorf("otel: %w", failed)
	}
	watching, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		parts.read(reading{o, instruments, metric.WithAttributes(attribute.String("pronet.part", name)), time.Now()})
		return nil
	}, observables...)
	if err != nil {
		return nil, fmt.Errorf("otel: %w", err)
	}
	return watching, nil
}

// reading is one collection.
type reading struct {
	metric.Observer

	made map[string]metric.Float64Observable
	part metric.MeasurementOption
	now  time.Time
}

func (r reading) is(name string, value float64) { r.ObserveFloat64(r.made[name], value, r.part) }

// since observes the time since then; left, until then. A zero time is not known.
func (r reading) since(name string, then time.Time) {
	if !then.IsZero() {
		r.is(name, max(0, r.now.Sub(then).Seconds()))
	}
}

func (r reading) left(name string, then time.Time) {
	if !then.IsZero() {
		r.is(name, then.Sub(r.now).Seconds())
	}
}

// failing observes the time since then, 0 if it is zero.
func (r reading) failing(name string, then time.Time) {
	if then.IsZero() {
		then = r.now
	}
	r.since(name, then)
}

func (p *Parts) read(r reading) {
	if p.Handler != nil {
		s := p.Handler()
		r.since("pronet.webhook.last_accepted.age", s.AcceptedAt)
		r.failing("pronet.webhook.failing.age", s.FailingSince)
	}
	if p.Spool != nil {
		s, running := p.Spool(), 0.
		if s.Running {
			running = 1
		}
		r.is("pronet.spool.pending", float64(s.Pending))
		r.is("pronet.spool.oldest.age", s.Oldest.Seconds())
		r.is("pronet.spool.dead", float64(s.Dead))
		r.is("pronet.spool.dead.size", float64(s.DeadBytes))
		r.is("pronet.spool.kept.size", float64(s.KeptBytes))
		r.is("pronet.spool.running", running)
		r.failing("pronet.spool.failing.age", s.FailingSince)
	}
	if p.Refresh != nil {
		s := p.Refresh()
		r.is(doubts, float64(s.Doubts))
		if s.CreditsLeft < math.MaxInt64 {
			r.is("pronet.budget.credits.remaining", float64(s.CreditsLeft))
		}
	}
	if p.Budget != nil {
		r.is("pronet.budget.credits.remaining", float64(p.Budget.Left()))
	}
	if p.Subscriptions != nil {
		if s := p.Subscriptions(); s != (subscriptions.KeeperStatus{}) { // of a pipeline without any
			r.keeper(s.Wanted, s.Kept, s.NextEnd, s.LastSweep)
		}
	}
	if p.Events != nil {
		s := p.Events()
		r.keeper(s.Wanted, s.Alive, s.NextEnd, s.LastSweep)
	}
	if p.Candidates != nil {
		r.left("pronet.candidates.purge.time_left", p.Candidates().Due)
	}
	if p.TokenEnds != nil {
		r.left("pronet.token.time_left", p.TokenEnds())
	}
}

func (r reading) keeper(wanted, kept int, end, swept time.Time) {
	r.is("pronet.subscriptions.wanted", float64(wanted))
	r.is("pronet.subscriptions.kept", float64(kept))
	r.left("pronet.subscriptions.time_left", end)
	r.since("pronet.subscriptions.sweep.age", swept)
}
