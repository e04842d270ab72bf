package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestJudge is the whole table of what follows from an outcome: for each retry rule whether the call is retried (r), and
// whether it is in doubt (d).
func TestJudge(t *testing.T) {
	rules := []api.Retry{api.RetryNever, api.RetryIdempotent, api.RetryPaidRead, api.RetryUnsent, api.RetryConflictSafe}
	op := &wire.Op{Name: "Things.Do", Provider: "test"}
	responded := func(status int, more ...func(*outcome)) outcome {
		o := outcome{sent: true, status: status, failure: wire.NewStatusError(op, status)}
		for _, m := range more {
			m(&o)
		}
		return o
	}
	silent := func(cause error, more ...func(*outcome)) outcome {
		o := outcome{sent: true, failure: wire.NewError(op, api.ErrUnavailable, cause)}
		for _, m := range more {
			m(&o)
		}
		return o
	}
	unsent := func(o *outcome) { o.unsent = true }
	final := func(o *outcome) { o.final = true }
	inside := func(o *outcome) { o.inside, o.status = true, 200 }
	wait := func(o *outcome) { o.failure.RetryAfter = time.Second }
	cut := func(o *outcome) { o.status, o.failure.Status = 200, 200 }
	for name, c := range map[string]struct {
		o    outcome
		want [5]string // never, idempotent, paid read, unsent, conflict-safe
	}{
		"a good response":           {outcome{sent: true, status: 200}, [5]string{"", "", "", "", ""}},
		"no response":               {silent(io.ErrUnexpectedEOF), [5]string{"d", "r", "d", "d", "rd"}},
		"no response, unsent":       {silent(io.ErrUnexpectedEOF, unsent), [5]string{"", "r", "r", "r", "r"}},
		"never begun":               {notBegun(&plan{op: op}, context.Canceled), [5]string{"", "", "", "", ""}},
		"unknown authority, unsent": {silent(x509.UnknownAuthorityError{}, unsent), [5]string{"", "", "", "", ""}},
		"the body cannot be read":   {silent(&bodyError{io.ErrClosedPipe}, final), [5]string{"d", "", "d", "d", "d"}},
		"a response that was cut":   {silent(io.ErrUnexpectedEOF, cut), [5]string{"d", "r", "d", "d", "rd"}},
		"too large":                 {silent(api.ErrTooLarge, cut), [5]string{"d", "", "d", "d", "d"}},
		"202, still pending":        {responded(202, func(o *outcome) { o.pending = true }), [5]string{"", "", "", "", ""}},
		"202, unexpected":           {responded(202, final), [5]string{"d", "", "d", "d", "d"}},
		"302":                       {responded(302), [5]string{"", "", "", "", ""}},
		"400":                       {responded(400), [5]string{"", "", "", "", ""}},
		"401":                       {responded(401), [5]string{"", "", "", "", ""}},
		"404":                       {responded(404), [5]string{"", "", "", "", ""}},
		"408":                       {responded(408), [5]string{"d", "r", "r", "d", "rd"}},
		"409":                       {responded(409), [5]string{"", "", "", "", ""}},
		"429":                       {responded(429), [5]string{"", "r", "r", "r", "r"}},
		"500":                       {responded(500), [5]string{"d", "r", "r", "d", "rd"}},
		"501":                       {responded(501), [5]string{"", "", "", "", ""}},
		"503":                       {responded(503), [5]string{"d", "r", "r", "d", "rd"}},
		"503 with Retry-After":      {responded(503, wait), [5]string{"", "r", "r", "r", "r"}},
		"404 inside a 200":          {responded(404, inside), [5]string{"", "", "", "", ""}},
		"429 inside a 200":          {responded(429, inside), [5]string{"", "r", "r", "r", "r"}},
		"an error inside a 200":     {responded(200, inside), [5]string{"", "", "", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, rule := range rules {
				o := c.o
				v := judge(&plan{op: &wire.Op{Retry: rule}, provider: &provider{}}, &o)
				got := ""
				if v.retry {
					got = "r"
				}
				if v.doubt {
					got += "d"
				}
				assert.Equal(t, c.want[i], got, "%s", rule)
				assert.Equal(t, o.failure != nil && o.failure.Status == http.StatusTooManyRequests, v.limited)
				assert.False(t, v.expired)
			}
		})
	}
}

// TestJudgeOfAnExpiredCredential: the provider did nothing, so even a call that spends is retried, but one that never is.
func TestJudgeOfAnExpiredCredential(t *testing.T) {
	p := &provider{Provider: Provider{Provider: wire.Provider{Expired: func(e *api.Error) bool { return e.Code == "65601" }}}}
	for rule, want := range map[api.Retry]verdict{
		api.RetryNever:      {expired: true},
		api.RetryIdempotent: {retry: true, expired: true},
		api.RetryUnsent:     {retry: true, expired: true},
	} {
		op := &wire.Op{Retry: rule}
		failure := wire.NewStatusError(op, 401)
		failure.Code = "65601"
		assert.Equal(t, want, judge(&plan{op: op, provider: p}, &outcome{sent: true, status: 401, failure: failure}), "%s", rule)
		failure.Code = "65600"
		assert.Equal(t, verdict{}, judge(&plan{op: op, provider: p}, &outcome{sent: true, status: 401, failure: failure}), "%s", rule)
	}
}

// TestNotProcessedIsStrict: what a server may put into an error's text does not make a request unsent.
func TestNotProcessedIsStrict(t *testing.T) {
	for text, want := range map[string]bool{
		"http: server closed idle connection":                                    true,
		"stream error: stream ID 3; REFUSED_STREAM; received from peer":          true,
		"http2: Transport received Server's graceful shutdown GOAWAY":            true,
		"http2: Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM": true,
		"http2: Transport: cannot retry err [stream error: stream ID 1; REFUSED_STREAM; received from peer] after Request.Body was written; define Request.GetBody to avoid this error": true,
		"stream error: stream ID 3; CANCEL; received from peer":                                                           false,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="; REFUSED_STREAM"`: false,
		"stream error: stream ID 3; INTERNAL_ERROR; REFUSED_STREAM":                                                       false,
		"EOF": false,
	} {
		assert.Equal(t, want, notProcessed(errors.New(text)), text)
	}
	assert.True(t, notProcessed(streamError{Code: refusedStream}))
	assert.False(t, notProcessed(streamError{Code: 8}))
}
