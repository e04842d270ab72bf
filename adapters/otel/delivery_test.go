package otel_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

const stranger = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// delivered posts a notice to a handler behind a middleware, and returns the delivery.
func delivered(t *testing.T, p *process, middleware func(http.Handler) http.Handler, sink error) *webhook.Delivery {
	t.Helper()
	var got *webhook.Delivery
	sender, token := receiver(t)
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		got = d
		return sink
	}), p.Handler())
	require.NoError(t, err)
	post(middleware(handler), "/"+token, `[{"member_id":1,"status":"changed"}]`, "Traceparent", stranger, "Tracestate", "a=b")
	require.NotNil(t, got)
	return got
}

func plain(h http.Handler) http.Handler { return h }

// TestTheParentOfAReceiptIsTheCallersAlone: nothing of the request decides about the trace, unless a middleware of the
// caller's reads it.
func TestTheParentOfAReceiptIsTheCallersAlone(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{})
	d := delivered(t, p, plain, nil)
	receipt := p.spans.GetSpans()[0]
	assert.False(t, receipt.Parent.IsValid())
	assert.Empty(t, receipt.Links)
	assert.Equal(t, webhook.Trace{"traceparent": fmt.Sprintf("00-%s-%s-01", receipt.SpanContext.TraceID(), receipt.SpanContext.SpanID())}, d.Trace)

	p.spans.Reset()
	delivered(t, p, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, span := p.tracer.Start(r.Context(), "middleware")
			defer span.End()
			h.ServeHTTP(w, r.WithContext(ctx))
		})
	}, nil)
	spans := p.spans.GetSpans()
	assert.Equal(t, spans[1].SpanContext.SpanID(), spans[0].Parent.SpanID())

	p.spans.Reset()
	d = delivered(t, p, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))))
		})
	}, nil)
	assert.Equal(t, stranger[3:35], p.spans.GetSpans()[0].SpanContext.TraceID().String(), "the caller has said so")
	assert.Equal(t, "a=b", d.Trace["tracestate"])
}

// TestATracestateThatIsTooLongIsLeftOut: the delivery has its traceparent nevertheless.
func TestATracestateThatIsTooLongIsLeftOut(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{})
	members := make([]string, 20)
	for i := range members {
		members[i] = fmt.Sprintf("member%d=%s", i, strings.Repeat("x", 100))
	}
	d := delivered(t, p, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("Tracestate", strings.Join(members, ","))
			h.ServeHTTP(w, r.WithContext(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))))
		})
	}, nil)
	assert.NotEmpty(t, d.Trace["traceparent"])
	assert.NotContains(t, d.Trace, "tracestate")
}

func TestAReceiptThatFails(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{})
	delivered(t, p, plain, errors.New(prose))
	receipt := tree(p)
	assert.Contains(t, receipt, "error.type = _OTHER")
	assert.Contains(t, receipt, "pronet.result = failed")
	assert.Contains(t, receipt, "status Error")
	assert.NotContains(t, receipt, prose)
}

// TestNothingIsLinkedToWhatIsNoTrace: what a file or a queue gives back need not be what was put in.
func TestNothingIsLinkedToWhatIsNoTrace(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{})
	for _, from := range []webhook.Trace{
		nil,
		{},
		{"traceparent": "00-0-0-01"},
		{"traceparent": strings.ReplaceAll(stranger, "b7ad6b7169203331", "0000000000000000")},
		{"tracestate": "a=b"},
		{"Traceparent": stranger, "baggage": "a=b"},
		{"traceparent": stranger, "tracestate": strings.Repeat("x", 5000)},
	} {
		work := p.Process(func(context.Context, *webhook.Delivery) error { return nil })
		require.NoError(t, work(t.Context(), &webhook.Delivery{Source: "s", Trace: from}))
	}
	for _, span := range p.spans.GetSpans() {
		assert.Empty(t, span.Links)
	}
}

// TestProcess: the work of a queue's consumer, in all ways to end.
func TestProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			work func() error
			want string
		}{
			"done":        {func() error { return nil }, "pronet.outcome=done"},
			"failed":      {func() error { return errors.New(prose) }, "error.type=_OTHER pronet.outcome=retry"},
			"given up":    {func() error { return webhook.ErrGiveUp }, "error.type=given_up pronet.outcome=dead"},
			"tried later": {func() error { return errors.Join(webhook.ErrGiveUp, webhook.ErrRetryLater) }, "error.type=retry_later pronet.outcome=retry"},
			"panicked":    {func() error { panic(prose) }, "error.type=_OTHER pronet.outcome=retry"},
		} {
			p := newProcess(t, "all", pronetotel.Options{})
			ctx, consumer := p.tracer.Start(t.Context(), "the queue's own span")
			d := &webhook.Delivery{Source: "coresignal", Trace: webhook.Trace{"traceparent": stranger}, ReceivedAt: time.Now()}
			time.Sleep(time.Minute)
			func() {
				defer func() { assert.Equal(t, name == "panicked", recover() != nil) }()
				_ = p.Process(p.Process(func(ctx context.Context, got *webhook.Delivery) error {
					assert.Same(t, d, got)
					assert.NotEqual(t, consumer, trace.SpanFromContext(ctx))
					time.Sleep(time.Second)
					return c.work()
				}))(ctx, d)
			}()
			require.Len(t, p.spans.GetSpans(), 1, name)
			span := p.spans.GetSpans()[0]
			assert.Equal(t, consumer.SpanContext().SpanID(), span.Parent.SpanID())
			require.Len(t, span.Links, 1)
			assert.Equal(t, stranger[3:35], span.Links[0].SpanContext.TraceID().String())
			assert.Equal(t, time.Second, span.EndTime.Sub(span.StartTime))
			assert.Equal(t, []string{c.want + " pronet.source=coresignal 1"}, p.points(t, "pronet.delivery.attempts"), name)
			lags := 1
			if strings.Contains(c.want, "retry") {
				lags = 0
			}
			assert.Len(t, p.points(t, "pronet.delivery.lag"), lags, name)
		}
	})
	err := newProcess(t, "all", pronetotel.Options{}).Process(func(_ context.Context, d *webhook.Delivery) error {
		assert.Nil(t, d)
		return webhook.ErrGiveUp
	})(t.Context(), nil)
	require.ErrorIs(t, err, webhook.ErrGiveUp)
}

// TestDeliveriesThatAreJoinedLinkToAllReceipts: one attempt works on several, and its span links to the receipt of each.
func TestDeliveriesThatAreJoinedLinkToAllReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProcess(t, "all", pronetotel.Options{})
		sender, token := receiver(t)
		s, err := spool.Open(t.TempDir(), spool.Options{JoinWithin: time.Second, Observer: p.Spool()}, sender)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		handler, err := webhook.NewHandler(sender, s, p.Handler())
		require.NoError(t, err)
		for id := range 3 {
			require.Equal(t, http.StatusOK, post(handler, "/"+token, fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, id+1)))
		}
		ctx, cancel := context.WithCancel(t.Context())
		runContext, running := p.tracer.Start(ctx, "the program")
		require.ErrorIs(t, s.Run(runContext, func(context.Context, *webhook.Delivery) error {
			cancel()
			return nil
		}), context.Canceled)
		running.End()
		got := tree(p)
		assert.Equal(t, 3, strings.Count(got, "link to all: receive coresignal"), got)
		assert.Contains(t, got, "\n    process coresignal (consumer)", "it is the root of a trace, whatever Run's context has")
	})
}

// TestWhatIsNotSampledIsMeasured: and the traceparent that goes with the delivery says that it is not sampled.
func TestWhatIsNotSampledIsMeasured(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{}, sdktrace.WithSampler(sdktrace.NeverSample()))
	d := delivered(t, p, plain, nil)
	assert.Regexp(t, "-00$", d.Trace["traceparent"])
	client := p.Client()
	ctx := client.Start(t.Context(), api.Op{Name: "Name", Method: http.MethodGet})
	client.Attempt(ctx, api.Attempt{Number: 1, Status: http.StatusOK})
	client.End(ctx, api.End{CreditsRemaining: -1})
	assert.Empty(t, p.spans.GetSpans())
	for _, name := range []string{"pronet.webhook.request.duration", "http.client.request.duration", "pronet.client.operation.duration"} {
		assert.Len(t, p.points(t, name), 1, name)
	}
	assert.Empty(t, p.points(t, "pronet.client.credits.remaining"), "no response has stated it")
}

// TestObserversOfTheCallersGoOnWatching: those that the options of a pipeline had.
func TestObserversOfTheCallersGoOnWatching(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{})
	var told []string
	type key struct{}
	o := refresh.PipelineOptions{}
	o.Notices.Observer = spool.Observer{
		Start: func(ctx context.Context, _ spool.Start) context.Context { return context.WithValue(ctx, key{}, "kept") },
		Attempt: func(ctx context.Context, _ spool.Attempt) {
			told = append(told, fmt.Sprint("attempt ", ctx.Value(key{})))
		},
	}
	o.Collect.Observer = refresh.Observer{
		Start:    func(context.Context, refresh.Start) context.Context { return nil },
		HandOver: func(context.Context, refresh.HandOver) { told = append(told, "handed over") },
		End:      func(context.Context, refresh.End) { told = append(told, "end") },
	}
	given := make([]webhook.Option, 1, 2)
	given[0] = webhook.WithoutDedupe()
	o.Handler = given
	made := p.Pipeline(o)
	require.Len(t, made.Handler, 2)
	assert.Nil(t, given[:2][1], "the caller's own array")
	ctx := made.Notices.Observer.Start(t.Context(), spool.Start{})
	made.Collect.Observer.HandOver(ctx, refresh.HandOver{Outcome: api.ErrNotFound})
	made.Collect.Observer.End(ctx, refresh.End{Spent: 20})
	made.Notices.Observer.Attempt(ctx, spool.Attempt{Outcome: spool.OutcomeDone})
	assert.Equal(t, []string{"handed over", "end", "attempt kept"}, told)
	assert.Equal(t, []string{"error.type=not_found pronet.taken=true 1"}, p.points(t, "pronet.refresh.outcomes"))
	assert.Equal(t, []string{"20"}, p.points(t, "pronet.refresh.credits.spent"))
	require.Len(t, p.spans.GetSpans(), 1)
}

// TestRefusedRequestsMakeNoSpan: strangers do not fill a tracing system.
func TestRefusedRequestsMakeNoSpan(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{})
	sender, _ := receiver(t)
	handler, err := webhook.NewHandler(sender, webhook.Func(func(context.Context, *webhook.Delivery) error { return nil }), p.Handler())
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	for i := range 20 {
		response, err := server.Client().Post(fmt.Sprintf("%s/%d", server.URL, i), "application/json", strings.NewReader("[]"))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	assert.Empty(t, p.begun.Started())
	assert.Equal(t, []string{"error.type=unknown_endpoint http.response.status_code=404 pronet.result=unknown_endpoint pronet.source=coresignal 20"},
		p.points(t, "pronet.webhook.request.duration"))
}
