// Package otel makes traces and metrics of what pronet's observers and statuses tell, with OpenTelemetry's API alone: the
// providers, exporters and samplers are the program's.
//
//	telemetry, err := pronetotel.New(pronetotel.Options{})
//	...
//	client, err := pronet.New(pronet.WithCoresignal(key), pronet.WithObserver(telemetry.Client()))
//	...
//	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, "data", sender, update,
//		telemetry.Pipeline(refresh.PipelineOptions{CreditsPerDay: 5_000}))
//	...
//	watching, err := telemetry.Watch("customers", pronetotel.Parts{Pipeline: pipeline.Status})
//
// # Traces
//
// A call is a span with a child for each time that it was sent. A delivery is two spans: its receipt, from the POST to its
// response, and each attempt to work on it, which begins a trace of its own with a link back to the receipt. The calls
// that the work causes are children of the attempt. What links the two goes with the delivery, as
// webhook.Delivery.Trace, through the spool and through a queue, such as those of adapters/nats and adapters/river, where
// [Telemetry.Process] reads it.
//
// No provider gets a traceparent, and none that comes in is read: a provider would decide what is sampled, and join one's
// traces. Where a middleware before the handler begins a span, as otelhttp does, the receipt is its child: tell it that the
// endpoint is public (otelhttp.WithPublicEndpoint). A transport of the client's that writes a traceparent, as otelhttp's
// does, would send it to the provider: give it otelhttp.WithPropagators with none, or leave it out.
//
// # What is never exported
//
// Keys, tokens, bodies, addresses with what stands in them, numbers and names of people, and the texts of errors, which
// providers write: error.type is one of some 40 words or an HTTP status. Labels and the providers' request ids are, if
// [Options] say so. Spans of your own are yours: OpenTelemetry writes the value of a panic into a span that is ended with
// "defer span.End()".
//
// # Alerts
//
// dashboard.json is a dashboard for Grafana, alerts.yaml are rules for Prometheus; each names the section of
// docs/guide/run-in-production.md that says what to do. Thresholds are examples: credits an hour above all.
package otel

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/pronet-go/pronet/adapters/otel"

// Options says what is exported, and where to. The zero value is ready to use.
type Options struct {
	// TracerProvider and MeterProvider make the spans and the instruments; nil means the global ones of package otel.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	// Labels adds the labels of deliveries, as pronet.label: the caller's names for endpoints or tenants. Attributes tell a
	// thousand of at most 128 bytes apart, and call the others "_OTHER". Leave it off where a label is a person's or a secret.
	Labels bool
	// RequestIDs adds the providers' request ids to the spans of attempts, as pronet.request_id. They are texts of the
	// provider's, of 256 printable bytes at most.
	RequestIDs bool
}

// Telemetry exports what observers are told. It is safe for concurrent use. Make one for a program.
type Telemetry struct {
	options Options
	tracer  trace.Tracer
	meter   metric.Meter
	instruments
	operations, sources, classes, labels names
}

// New returns a Telemetry. The error is one of the MeterProvider's.
func New(o Options) (*Telemetry, error) {
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	t := &Telemetry{
		options: o, tracer: o.TracerProvider.Tracer(scope), meter: o.MeterProvider.Meter(scope),
		operations: names{most: 1000}, sources: names{most: 100}, classes: names{most: 100}, labels: names{most: 1000},
	}
	if err := t.instrument(); err != nil {
		return nil, fmt.Errorf("otel: %w", err)
	}
	return t, nil
}

// instruments are the metrics that are recorded when something happens.
type instruments struct {
	request, operation, wait, receipt, lag, work   metric.Float64Histogram
	retries, credits, attempts, bought, handedOver metric.Int64Counter
	quota                                          metric.Int64Gauge
}

// Boundaries of histograms, in seconds.
var (
	// ofRequests are those that the semantic conventions advise, and a few more for paid calls and waits.
	ofRequests = []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 30, 60, 300}
	ofWork     = []float64{.1, 1, 5, 15, 60, 300, 900, 3600, 6 * 3600, 24 * 3600}
)

func (t *Telemetry) instrument() error {
	var failed error
	seconds := func(into *metric.Float64Histogram, name, description string, boundaries []float64) {
		var err error
		*into, err = t.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(boundaries...))
		failed = errors.Join(failed, err)
	}
	count := func(into *metric.Int64Counter, name, unit, description string) {
		var err error
		*into, err = t.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		failed = errors.Join(failed, err)
	}
	seconds(&t.request, "http.client.request.duration", "Time of each request from sending to the response's header.", ofRequests)
	seconds(&t.operation, "pronet.client.operation.duration", "Whole time of each call, with its waits and retries.", ofRequests)
	seconds(&t.wait, "pronet.client.wait.duration", "Waits for a place under a rate limit (the least that they take), and before retries.", ofRequests)
	seconds(&t.receipt, "pronet.webhook.request.duration", "Time from a POST's arrival to its end.", ofRequests)
	seconds(&t.lag, "pronet.delivery.lag", "Time from the receipt of a delivery until it was done, or dead.", ofWork)
	seconds(&t.work, "pronet.delivery.process.duration", "Time of each attempt to work on a delivery.", ofWork)
	count(&t.retries, "pronet.client.retries", "{request}", "Requests beyond the first of a call.")
	count(&t.credits, "pronet.client.credits.spent", "{credit}", "Credits that calls have spent, by the price list; jobs are not among them.")
	count(&t.attempts, "pronet.delivery.attempts", "{attempt}", "Attempts to work on a delivery.")
	count(&t.bought, "pronet.refresh.credits.spent", "{credit}", "Credits that records have cost, by the price list, jobs included.")
	count(&t.handedOver, "pronet.refresh.outcomes", "{outcome}", "Outcomes that the store was called with.")
	var err error
	t.quota, err = t.meter.Int64Gauge("pronet.client.credits.remaining", metric.WithUnit("{credit}"),
		metric.WithDescription("Credits that the account has left, as a provider stated it last."))
	return errors.Join(failed, err)
}

// names bounds what an attribute can be: beyond the most, and longer than 128 bytes, a name is "_OTHER".
type names struct {
	most int

	mu    sync.RWMutex
	known map[string]struct{}
}

const other = "_OTHER"

func (n *names) bounded(name string) string {
	n.mu.RLock()
	_, known := n.known[name]
	n.mu.RUnlock()
	if known || name == "" {
		return name
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known = n.known[name]; !known {
		if len(n.known) >= n.most || len(name) > 128 {
			return other
		}
		if n.known == nil {
			n.known = make(map[string]struct{})
		}
		n.known[name] = struct{}{}
	}
	return name
}

// of returns attributes for a measurement.
func of(attrs ...attribute.KeyValue) metric.MeasurementOption { return metric.WithAttributes(attrs...) }

// failure appends the class of an error, if there is one.
func failure(attrs []attribute.KeyValue, err error) []attribute.KeyValue {
	if err == nil {
		return attrs
	}
	return append(attrs, attribute.String("error.type", ErrorType(err)))
}

// contextKey is where a context has what was begun for it.
type contextKey struct {
	telemetry *Telemetry
	what      string
}

func (t *Telemetry) within(ctx context.Context, what string, span trace.Span) context.Context {
	return context.WithValue(trace.ContextWithSpan(ctx, span), contextKey{t, what}, span)
}

// begun returns the span that was begun, nil if none was.
func (t *Telemetry) begun(ctx context.Context, what string) trace.Span {
	span, _ := ctx.Value(contextKey{t, what}).(trace.Span)
	return span
}
