package otel

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// w3c writes and reads traceparent and tracestate. Baggage, which may hold anything, is neither written nor read.
var w3c propagation.TraceContext

// Handler returns the option that watches a webhook.Handler. The receipt of each verified delivery is a span of kind SERVER,
// and what links the work to it is put into webhook.Delivery.Trace. Requests that are not verified are counted and make
// no span.
//
// Metric: pronet.webhook.request.duration, by result and status.
func (t *Telemetry) Handler() webhook.Option {
	return webhook.WithObserver(webhook.Observer{Start: t.startReceipt, Received: t.received})
}

// sender returns the attributes that tell whose a delivery is.
func (t *Telemetry) sender(source, label string) []attribute.KeyValue {
	attrs := append(make([]attribute.KeyValue, 0, 8), attribute.String("pronet.source", t.sources.bounded(source)))
	if t.options.Labels && label != "" {
		attrs = append(attrs, attribute.String("pronet.label", t.labels.bounded(label)))
	}
	return attrs
}

func (t *Telemetry) startReceipt(ctx context.Context, s webhook.Start) (context.Context, webhook.Trace) {
	attrs := append(t.sender(s.Source, s.Label), attribute.String("http.request.method", "POST"), attribute.Int("pronet.events", s.Events))
	ctx, span := t.tracer.Start(ctx, "receive "+t.sources.bounded(s.Source), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithTimestamp(s.Began), trace.WithAttributes(attrs...))
	carrier := make(propagation.MapCarrier, 2)
	w3c.Inject(ctx, carrier)
	given := webhook.Trace(carrier)
	if given.Bounded() == nil {
		delete(given, "tracestate")
	}
	return t.within(ctx, "receipt", span), given
}

func (t *Telemetry) received(ctx context.Context, r webhook.Received) {
	attrs := append(t.sender(r.Source, r.Label), attribute.String("pronet.result", string(r.Result)), attribute.Int("http.response.status_code", r.Status))
	attrs = failure(attrs, r.Err)
	t.receipt.Record(ctx, r.Duration.Seconds(), of(attrs...))
	if span := t.begun(ctx, "receipt"); span != nil {
		span.SetAttributes(append(attrs, attribute.Int("pronet.events.unknown", r.Unknown), attribute.Int("http.request.body.size", r.Bytes))...)
		failed := r.Err
		if failed == nil && r.Status >= 500 {
			failed = errStatus
		}
		end(span, failed)
	}
}

var errStatus = errors.New("5xx")

// Spool returns what watches a spool. Each attempt to work on a delivery is a span of kind CONSUMER at the root of a trace
// of its own, with a link to the receipt of the delivery and of those that were joined to it. The function given to Run
// gets its context.
//
// Metrics: pronet.delivery.attempts, .process.duration, and .lag of those that are done or dead.
func (t *Telemetry) Spool() spool.Observer {
	return spool.Observer{Start: t.startWork, Attempt: t.worked}
}

func (t *Telemetry) startWork(ctx context.Context, s spool.Start) context.Context {
	attrs := append(t.sender(s.Source, s.Label), attribute.Int("pronet.events", s.Events), attribute.Int("pronet.attempts", s.Attempts),
		attribute.Float64("pronet.waited", s.Waited.Seconds()))
	return t.process(ctx, s.Source, attrs, s.Traces, trace.WithNewRoot())
}

// process begins the span of an attempt.
func (t *Telemetry) process(ctx context.Context, source string, attrs []attribute.KeyValue, traces []webhook.Trace, options ...trace.SpanStartOption) context.Context {
	links := make([]trace.Link, 0, len(traces))
	for _, from := range traces {
		if at := trace.SpanContextFromContext(w3c.Extract(context.Background(), propagation.MapCarrier(from.Bounded()))); at.IsValid() {
			links = append(links, trace.Link{SpanContext: at})
		}
	}
	ctx, span := t.tracer.Start(ctx, "process "+t.sources.bounded(source), append(options,
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attrs...), trace.WithLinks(links...))...)
	return t.within(ctx, "work", span)
}

func (t *Telemetry) worked(ctx context.Context, a spool.Attempt) {
	t.measure(ctx, t.sender(a.Source, a.Label), a.Outcome, a.Waited, a.Duration, a.Err)
}

// measure records an attempt and ends its span.
func (t *Telemetry) measure(ctx context.Context, attrs []attribute.KeyValue, outcome spool.Outcome, waited, took time.Duration, err error) {
	attrs = failure(append(attrs, attribute.String("pronet.outcome", string(outcome))), err)
	t.attempts.Add(ctx, 1, of(attrs...))
	t.work.Record(ctx, took.Seconds(), of(attrs...))
	if outcome != spool.OutcomeRetry {
		t.lag.Record(ctx, (waited + took).Seconds(), of(attrs...))
	}
	if span := t.begun(ctx, "work"); span != nil {
		span.SetAttributes(attrs...)
		end(span, err)
	}
}

// Process returns a function that works on a delivery as the given one does, for the worker behind a queue: what it does
// is a span with a link to the receipt, and a child of the span that ctx has. It measures what Spool measures; an error is
// the outcome "dead" if it is webhook.ErrNotUnderstood or webhook.ErrGiveUp alone, and else "retry", since the queue decides
// when a delivery is dead; what it gives up without the function, such as a body that cannot be decoded, is among the dead
// of its Status alone ([Parts].Spool). Behind a spool or pipeline that is watched it does nothing.
func (t *Telemetry) Process(work func(context.Context, *webhook.Delivery) error) func(context.Context, *webhook.Delivery) error {
	return func(ctx context.Context, d *webhook.Delivery) (err error) {
		if d == nil || t.begun(ctx, "work") != nil {
			return work(ctx, d)
		}
		began := time.Now()
		waited := max(0, began.Sub(d.ReceivedAt))
		attrs := append(t.sender(d.Source, d.Label), attribute.Int("pronet.events", len(d.Events)), attribute.Float64("pronet.waited", waited.Seconds()))
		ctx = t.process(ctx, d.Source, attrs, []webhook.Trace{d.Trace})
		err = errPanicked
		defer func() { t.measure(ctx, t.sender(d.Source, d.Label), outcomeOf(err), waited, time.Since(began), err) }()
		return work(ctx, d)
	}
}

var errPanicked = errors.New("panic")

func outcomeOf(err error) spool.Outcome {
	switch {
	case err == nil:
		return spool.OutcomeDone
	case !errors.Is(err, webhook.ErrRetryLater) && (errors.Is(err, webhook.ErrNotUnderstood) || errors.Is(err, webhook.ErrGiveUp)):
		return spool.OutcomeDead
	}
	return spool.OutcomeRetry
}

// Refresh returns what watches a refresh.Refresher: the work's span tells how many people it was about, what it cost, and
// each outcome that was handed over, as an event.
//
// Metrics: pronet.refresh.credits.spent and pronet.refresh.outcomes.
func (t *Telemetry) Refresh() refresh.Observer {
	return refresh.Observer{HandOver: t.handOver, End: t.refreshed}
}

func (t *Telemetry) handOver(ctx context.Context, h refresh.HandOver) {
	attrs := failure(append(make([]attribute.KeyValue, 0, 3), attribute.Bool("pronet.taken", h.Refused == nil)), h.Outcome)
	t.handedOver.Add(ctx, 1, of(attrs...))
	if span := t.begun(ctx, "work"); span != nil && span.IsRecording() {
		span.AddEvent("pronet.handed_over", trace.WithAttributes(append(attrs, attribute.Float64("pronet.duration", h.Duration.Seconds()))...))
	}
}

func (t *Telemetry) refreshed(ctx context.Context, e refresh.End) {
	if e.Spent > 0 {
		t.bought.Add(ctx, e.Spent)
	}
	if span := t.begun(ctx, "work"); span != nil && span.IsRecording() {
		span.SetAttributes(attribute.Int("pronet.refresh.employees", e.Employees), attribute.Int("pronet.refresh.done", e.Done),
			attribute.Int64("pronet.refresh.credits.spent", e.Spent), attribute.Int64("pronet.refresh.credits.returned", e.Returned))
	}
}

// Pipeline returns the options with what watches the handler, the spool and the collecting. Observers that the options have
// already watch as well. Watch the client that collects with [Telemetry.Client], and the pipeline's state with
// [Telemetry.Watch].
func (t *Telemetry) Pipeline(o refresh.PipelineOptions) refresh.PipelineOptions {
	o.Handler = append(slices.Clip(o.Handler), t.Handler())
	o.Notices.Observer = bothSpools(t.Spool(), o.Notices.Observer)
	o.Collect.Observer = bothRefreshers(t.Refresh(), o.Collect.Observer)
	return o
}

// both calls one function after the other; the second may be nil.
func both[E any](one, two func(context.Context, E)) func(context.Context, E) {
	if two == nil {
		return one
	}
	return func(ctx context.Context, event E) {
		one(ctx, event)
		two(ctx, event)
	}
}

// bothStart calls one function with the context of the other.
func bothStart[E any](one, two func(context.Context, E) context.Context) func(context.Context, E) context.Context {
	switch {
	case one == nil:
		return two
	case two == nil:
		return one
	}
	return func(ctx context.Context, event E) context.Context {
		ctx = one(ctx, event)
		if further := two(ctx, event); further != nil {
			return further
		}
		return ctx
	}
}

func bothSpools(one, two spool.Observer) spool.Observer {
	return spool.Observer{Start: bothStart(one.Start, two.Start), Attempt: both(one.Attempt, two.Attempt)}
}

func bothRefreshers(one, two refresh.Observer) refresh.Observer {
	return refresh.Observer{
		Start: bothStart(one.Start, two.Start), HandOver: both(one.HandOver, two.HandOver), End: both(one.End, two.End),
	}
}
