package webhook_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// TestR59WhatIsNotUnderstoodIsKept: it was verified, so it reaches the sink as it came, with a warning; nobody will send
// it again.
func TestR59WhatIsNotUnderstoodIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		body    string
		header  http.Header
		decoded bool // The decoder made events, of which so many are unknown.
		unknown string
	}{
		"other id name":    {`[{"employee_id":5,"status":"changed"}]`, nil, true, "unknown=1"},
		"envelope":         {`{"data":[{"member_id":5,"status":"changed"}]}`, nil, true, "unknown=1"},
		"array in array":   {`[[{"member_id":5}],{"member_id":6}]`, nil, true, "unknown=1"},
		"no JSON":          {`member_id=5`, nil, false, ""},
		"cut":              {`[{"member_id":5},{"mem`, nil, false, ""},
		"a text":           {`"changed"`, nil, false, ""},
		"nothing":          {``, nil, false, ""},
		"form":             {`payload=%5B%5D`, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, false, ""},
		"compressed":       {"\x1f\x8b\x08", http.Header{"Content-Encoding": {"gzip"}}, false, ""},
		"JSON called HTML": {`[{"id":5}]`, http.Header{"Content-Type": {"text/html"}}, true, "unknown=1"},
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			log := webhook.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn})))
			request := func() *http.Request {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
				r.Header = test.header.Clone()
				return r
			}
			sink := new(spySink)
			assert.Equal(t, http.StatusOK, serve(newHandler(t, webhook.Unsigned("base"), sink, log), request()).StatusCode)
			require.Len(t, sink.all(), 1)
			d := sink.all()[0]
			assert.Equal(t, test.body, string(d.Body))
			assert.NotEmpty(t, d.Key)
			assert.Equal(t, test.decoded, d.Events != nil)
			assert.Contains(t, logged.String(), "level=WARN")
			assert.Contains(t, logged.String(), test.unknown)

			var got []webhook.Event
			inline := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
				got = d.Events
				return nil
			}), log)
			assert.Equal(t, http.StatusOK, serve(inline, request()).StatusCode)
			if !test.decoded {
				require.Len(t, got, 1)
				assert.Equal(t, test.body, string(got[0].(webhook.Unknown).Raw))
			}
		})
	}
}

// TestADecoderThatFailsChangesNothing: neither key nor label are of its making.
func TestADecoderThatFailsChangesNothing(t *testing.T) {
	sender := sends(webhook.Unsigned("base"))
	sender.Decoder = func(d *webhook.Delivery) error {
		d.Key, d.Label, d.Events = "k", "l", []webhook.Event{webhook.Unknown{}}
		return webhook.ErrMalformed
	}
	sink := new(spySink)
	require.Equal(t, http.StatusOK, serve(newHandlerOf(t, sender, sink), noticePost()).StatusCode)
	d := sink.all()[0]
	assert.Regexp(t, `^base:[0-9a-f]{64}$`, d.Key)
	assert.Equal(t, "base", d.Label)
	assert.Nil(t, d.Events)
}

// TestR52TheDefaultLoggerIsSlogsDefault, resolved when something is logged; a repetition says why it was dropped.
func TestR52TheDefaultLoggerIsSlogsDefault(t *testing.T) {
	h := newHandler(t, webhook.Unsigned("base"), new(spySink))
	raw := sends(webhook.Unsigned("jobs"))
	raw.Decoder = webhook.DecodeRaw
	expected := newHandlerOf(t, raw, new(spySink))
	var logged bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	simulated := func() *http.Request {
		return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"member_id":18330245,"change_type":"changed"}`))
	}
	serve(h, simulated())
	serve(expected, simulated())
	assert.Empty(t, logged.String(), "what went well is not told at INFO, and raw deliveries are as expected")
	assert.Equal(t, http.StatusOK, serve(h, simulated()).StatusCode)
	assert.Contains(t, logged.String(), "level=INFO")
	assert.Contains(t, logged.String(), "dropped")
}
