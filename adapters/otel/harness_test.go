package otel_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is what one process exports.
type process struct {
	*pronetotel.Telemetry

	name    string
	spans   *tracetest.InMemoryExporter
	begun   *tracetest.SpanRecorder
	tracer  trace.Tracer
	metrics *sdkmetric.ManualReader
}

func newProcess(t testing.TB, name string, o pronetotel.Options, sampling ...sdktrace.TracerProviderOption) *process {
	t.Helper()
	p := &process{name: name, spans: tracetest.NewInMemoryExporter(), begun: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader()}
	traces := sdktrace.NewTracerProvider(append(sampling, sdktrace.WithSyncer(p.spans), sdktrace.WithSpanProcessor(p.begun))...)
	o.TracerProvider, o.MeterProvider = traces, sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.metrics))
	p.tracer = traces.Tracer("program")
	var err error
	p.Telemetry, err = pronetotel.New(o)
	require.NoError(t, err)
	return p
}

// measured returns what is collected, by name.
func (p *process) measured(t testing.TB) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, p.metrics.Collect(t.Context(), &all))
	byName := make(map[string]metricdata.Metrics)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// points returns the points of a metric as text: their attributes and the value, or the count of a histogram.
func (p *process) points(t testing.TB, name string) []string {
	t.Helper()
	var points []string
	add := func(set attribute.Set, value any) {
		points = append(points, strings.TrimSpace(fmt.Sprintf("%s %v", text(set.ToSlice()), value)))
	}
	switch data := p.measured(t)[name].Data.(type) {
	case metricdata.Sum[int64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Value)
		}
	case metricdata.Sum[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Value)
		}
	case metricdata.Gauge[int64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Value)
		}
	case metricdata.Gauge[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Value)
		}
	case metricdata.Histogram[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes, point.Count)
		}
	}
	slices.Sort(points)
	return points
}

func text(attrs []attribute.KeyValue) string {
	var b strings.Builder
	for _, attr := range attrs {
		fmt.Fprintf(&b, " %s=%s", attr.Key, value(attr))
	}
	return strings.TrimSpace(b.String())
}

// value writes an attribute's value, numbers without their fractions: waits are random in part.
func value(attr attribute.KeyValue) string {
	if attr.Value.Type() == attribute.FLOAT64 {
		return fmt.Sprintf("%.0f", attr.Value.AsFloat64())
	}
	return attr.Value.String()
}

// transport lets a function respond instead of the sandbox; nil lets the sandbox respond.
type transport struct {
	base    *http.Transport
	instead func(*http.Request) *http.Response
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if response := t.instead(r); response != nil {
		return response, nil
	}
	return t.base.RoundTrip(r)
}

func respond(status int, body string, header ...string) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		w.Header().Set(header[i], header[i+1])
	}
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result()
}

// inMemory starts a sandbox without a network, and what its clients need.
func inMemory(t testing.TB, instead func(*http.Request) *http.Response, options ...sandbox.Option) (*sandbox.Sandbox, []pronet.Option) {
	t.Helper()
	sb, err := sandbox.New(append([]sandbox.Option{sandbox.WithSeed(1)}, options...)...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	require.NoError(t, sb.StartInMemory())
	base := &http.Transport{DialContext: sb.Dial}
	t.Cleanup(base.CloseIdleConnections)
	return sb, append(sb.Options(), pronet.WithTransport(transport{base, instead}))
}

// receiver returns a sender of Coresignal's with a path token, and what posts a body to a handler of it.
func receiver(t testing.TB) (webhook.Sender, string) {
	t.Helper()
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	require.NoError(t, err)
	return sender, token
}

func post(h http.Handler, path, body string, header ...string) int {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// tree writes the spans of processes as a tree, with the names of what they link to.
func tree(processes ...*process) string {
	names, children := make(map[trace.SpanID]string), make(map[trace.SpanID][]tracetest.SpanStub)
	for _, p := range processes {
		for _, span := range p.spans.GetSpans() {
			names[span.SpanContext.SpanID()] = p.name + ": " + span.Name
		}
	}
	var b strings.Builder
	var write func(depth string, spans []tracetest.SpanStub)
	write = func(depth string, spans []tracetest.SpanStub) {
		slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
		for _, span := range spans {
			fmt.Fprintf(&b, "%s%s (%s)\n", depth, span.Name, span.SpanKind)
			attrs := slices.Clone(span.Attributes)
			slices.SortFunc(attrs, func(a, b attribute.KeyValue) int { return strings.Compare(string(a.Key), string(b.Key)) })
			for _, attr := range attrs {
				fmt.Fprintf(&b, "%s  %s = %s\n", depth, attr.Key, value(attr))
			}
			for _, link := range span.Links {
				fmt.Fprintf(&b, "%s  link to %s\n", depth, names[link.SpanContext.SpanID()])
			}
			for _, event := range span.Events {
				fmt.Fprintf(&b, "%s  event %s %s\n", depth, event.Name, text(event.Attributes))
			}
			if span.Status.Code != 0 || span.Status.Description != "" {
				fmt.Fprintf(&b, "%s  status %s %s\n", depth, span.Status.Code, span.Status.Description)
			}
			write(depth+"    ", children[span.SpanContext.SpanID()])
		}
	}
	roots := make(map[*process][]tracetest.SpanStub)
	for _, p := range processes {
		for _, span := range p.spans.GetSpans() {
			if span.Parent.IsValid() {
				children[span.Parent.SpanID()] = append(children[span.Parent.SpanID()], span)
			} else {
				roots[p] = append(roots[p], span)
			}
		}
	}
	for _, p := range processes {
		fmt.Fprintf(&b, "process %s\n", p.name)
		write("    ", roots[p])
	}
	return b.String()
}
