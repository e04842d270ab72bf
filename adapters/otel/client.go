package otel

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/pronet-go/pronet/api"
)

// Client returns what watches calls, for pronet.WithObserver. Each call is a span of kind CLIENT that is named like the
// operation, and each attempt a child of it, by the semantic conventions for HTTP. The address has no query and the
// route's placeholders instead of ids; a part of a caller's own route that has three digits in a row is "{}".
//
// Metrics: http.client.request.duration, and of pronet.client operation.duration, wait.duration, retries, credits.spent and
// credits.remaining. The last one is of the account whose response came last.
func (t *Telemetry) Client() api.Observer {
	return api.Observer{Start: t.startCall, Wait: t.waitCall, Attempt: t.attemptCall, End: t.endCall}
}

func (t *Telemetry) about(op api.Op) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("pronet.provider", string(op.Provider)), attribute.String("pronet.operation", t.operations.bounded(op.Name)),
	}
}

func (t *Telemetry) startCall(ctx context.Context, op api.Op) context.Context {
	attrs := t.about(op)
	ctx, span := t.tracer.Start(ctx, t.operations.bounded(op.Name), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	return t.within(ctx, "call", span)
}

func (t *Telemetry) waitCall(ctx context.Context, w api.Wait) {
	t.wait.Record(ctx, w.Duration.Seconds(), of(
		attribute.String("pronet.provider", string(w.Op.Provider)), attribute.String("pronet.wait.reason", string(w.Reason)),
		attribute.String("pronet.limit.class", t.classes.bounded(w.Op.Class))))
	if span := t.begun(ctx, "call"); span != nil && span.IsRecording() {
		span.AddEvent("pronet.wait", trace.WithAttributes(
			attribute.String("pronet.wait.reason", string(w.Reason)), attribute.Float64("pronet.wait.duration", w.Duration.Seconds())))
	}
}

func (t *Telemetry) attemptCall(ctx context.Context, a api.Attempt) {
	attrs := append(make([]attribute.KeyValue, 0, 10), attribute.String("http.request.method", a.Op.Method))
	if server, err := url.Parse(a.Server); err == nil && server.Host != "" {
		attrs = append(attrs, attribute.String("server.address", server.Hostname()), attribute.Int("server.port", port(server)))
	}
	if a.Status != 0 {
		attrs = append(attrs, attribute.Int("http.response.status_code", a.Status))
	}
	switch {
	case a.Err != nil:
		attrs = failure(attrs, a.Err)
	case a.Status >= 400:
		attrs = append(attrs, attribute.String("error.type", strconv.Itoa(a.Status)))
	}
	t.request.Record(ctx, a.Duration.Seconds(), of(attrs...))
	if a.Number > 1 {
		t.retries.Add(ctx, 1, of(t.about(a.Op)...))
	}
	if call := t.begun(ctx, "call"); call == nil || !call.SpanContext().IsSampled() {
		return
	}
	route, name := template(a.Op.Route), a.Op.Method
	if route != "" {
		name += " " + route
		attrs = append(attrs, attribute.String("url.template", route), attribute.String("url.full", a.Server+route))
	}
	if a.Number > 1 {
		attrs = append(attrs, attribute.Int("http.request.resend_count", a.Number-1))
	}
	if t.options.RequestIDs && a.RequestID != "" {
		attrs = append(attrs, attribute.String("pronet.request_id", a.RequestID))
	}
	_, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(a.Began), trace.WithAttributes(attrs...))
	if a.Err != nil || a.Status >= 400 {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(a.Began.Add(a.Duration)))
}

func (t *Telemetry) endCall(ctx context.Context, e api.End) {
	attrs := t.about(e.Op)
	if e.Credits > 0 {
		t.credits.Add(ctx, e.Credits, of(attrs...))
	}
	if e.CreditsRemaining >= 0 {
		t.quota.Record(ctx, e.CreditsRemaining, of(attrs[0]))
	}
	failed := failure(attrs, e.Err)
	t.operation.Record(ctx, e.Duration.Seconds(), of(failed...))
	span := t.begun(ctx, "call")
	if span == nil {
		return
	}
	if span.IsRecording() {
		span.SetAttributes(append(failed, attribute.Int("pronet.attempts", e.Attempts), attribute.Int64("pronet.credits", e.Credits))...)
		end(span, e.Err)
		return
	}
	span.End()
}

// end ends a span. What the error says is not told.
func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// port returns the port of a server.
func port(server *url.URL) int {
	if n, err := strconv.Atoi(server.Port()); err == nil {
		return n
	}
	if server.Scheme == "http" {
		return 80
	}
	return 443
}

// template returns a route without what looks like an id.
func template(route string) string {
	if !hasNumber(route) {
		return route
	}
	parts := strings.Split(route, "/")
	for i, part := range parts {
		if hasNumber(part) {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

func hasNumber(part string) bool {
	digits := 0
	for i := range len(part) {
		if digits++; part[i] < '0' || part[i] > '9' {
			digits = 0
		}
		if digits == 3 {
			return true
		}
	}
	return false
}
