package webhook_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestTheTraceOfADeliveryIsBounded(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, c := range map[string]struct{ text, want string }{
		"none":              {`{}`, ``},
		"null":              {`null`, ``},
		"a trace":           {`{"traceparent":"` + parent + `","tracestate":"a=\"b\\"}`, `,"trace":{"traceparent":"` + parent + `","tracestate":"a=\"b\\"}`},
		"too long":          {`{"traceparent":"` + parent + `","tracestate":"` + strings.Repeat("x", 1024) + `"}`, ``},
		"of too many names": {`{"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":"","i":""}`, ``},
		"a list":            {`["a"]`, ``},
		"of numbers":        {`{"traceparent":1}`, ``},
		"of a terminal":     {`{"traceparent":"\u001b[2J"}`, ``},
		"in another script": {`{"traceparent":"é"}`, ``},
		"padded":            {`{` + strings.Repeat(" ", 10_000) + `"traceparent":"` + parent + `"}`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			head, rest := `{"source":"s","label":"l","key":"k","received_at":"2026-01-02T03:04:05Z"`, `,"body":"W10="}`
			var d webhook.Delivery
			require.NoError(t, json.Unmarshal([]byte(head+`,"trace":`+c.text+rest), &d), "a delivery is not lost for its trace")
			again, err := json.Marshal(d)
			require.NoError(t, err)
			assert.Equal(t, head+c.want+rest, string(again))
		})
	}
	given, err := json.Marshal(webhook.Delivery{Source: "s", Key: "k", Trace: webhook.Trace{"tracestate": strings.Repeat("x", 2000)}})
	require.NoError(t, err)
	assert.NotContains(t, string(given), "trace")
}

func FuzzTrace(f *testing.F) {
	f.Add([]byte(`{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}`))
	f.Add([]byte(`{"a":"\u001b"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		trace := webhook.Trace{"old": "x"}
		require.NoError(t, trace.UnmarshalJSON(text))
		size := 0
		for name, value := range trace {
			size += len(name) + len(value)
		}
		require.LessOrEqual(t, size, 1024)
		require.NotContains(t, trace, "old")
		require.Equal(t, trace, trace.Bounded())
	})
}

type traceKey struct{}

// TestTheObserverStartsADelivery: what the observers begin reaches the sink, the delivery and the observers again, and
// nothing of it comes from the request.
func TestTheObserverStartsADelivery(t *testing.T) {
	var started []webhook.Start
	shared := webhook.Trace{"traceparent": "first"}
	observer := func(add string, trace webhook.Trace, told *[]any) webhook.Option {
		return webhook.WithObserver(webhook.Observer{
			Start: func(ctx context.Context, s webhook.Start) (context.Context, webhook.Trace) {
				started = append(started, s)
				before, _ := ctx.Value(traceKey{}).(string)
				return context.WithValue(ctx, traceKey{}, before+add), trace
			},
			Received: func(ctx context.Context, _ webhook.Received) { *told = append(*told, ctx.Value(traceKey{})) },
		})
	}
	var told []any
	var got webhook.Trace
	sink := webhook.Func(func(ctx context.Context, d *webhook.Delivery) error {
		got = d.Trace
		assert.Equal(t, "ab", ctx.Value(traceKey{}))
		_, bounded := ctx.Deadline()
		assert.True(t, bounded)
		return nil
	})
	h := newHandler(t, newHMAC(t, bodyScheme(), testSecret), sink, observer("a", shared, &told), observer("b", webhook.Trace{"own": "second"}, &told),
		webhook.WithObserver(webhook.Observer{Start: func(context.Context, webhook.Start) (context.Context, webhook.Trace) { panic("of an observer") }}),
		webhook.WithObserver(webhook.Observer{Start: func(context.Context, webhook.Start) (context.Context, webhook.Trace) { return nil, shared }}))
	r := signedRequest(t, testNotice)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, webhook.Trace{"traceparent": "first", "own": "second"}, got)
	assert.Equal(t, webhook.Trace{"traceparent": "first"}, shared)
	assert.Equal(t, []any{"ab", "ab"}, told)
	require.Len(t, started, 2)
	assert.Equal(t, "signed", started[0].Label)
	assert.Equal(t, 1, started[0].Events)
	assert.WithinDuration(t, time.Now(), started[0].Began, time.Minute)

	h.ServeHTTP(httptest.NewRecorder(), noticePost())
	assert.Len(t, started, 2, "of strangers nothing begins")
	assert.Equal(t, []any{"ab", "ab", nil, nil}, told)
}
