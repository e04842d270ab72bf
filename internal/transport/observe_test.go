package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

type startKey struct{}

// recording is an observer that writes down what it is told, and checks that all of it comes with Start's context.
func recording(t *testing.T, told *[]string) api.Observer {
	add := func(ctx context.Context, op api.Op, format string, args ...any) {
		assert.Equal(t, "mine", ctx.Value(startKey{}))
		assert.Equal(t, "test.Things", op.Name)
		*told = append(*told, fmt.Sprintf(format, args...))
	}
	return api.Observer{
		Start: func(ctx context.Context, op api.Op) context.Context {
			ctx = context.WithValue(ctx, startKey{}, "mine")
			add(ctx, op, "start")
			return ctx
		},
		Wait: func(ctx context.Context, w api.Wait) { add(ctx, w.Op, "wait %s %s", w.Reason, w.Duration) },
		Attempt: func(ctx context.Context, a api.Attempt) {
			assert.Equal(t, "https://api.example.com", a.Server)
			assert.False(t, a.Began.IsZero() || a.Began.Add(a.Duration).After(time.Now()), "from the sending to the header")
			add(ctx, a.Op, "attempt %d: %d %q %s %s", a.Number, a.Status, a.RequestID, api.Describe(a.Err), a.Duration)
		},
		End: func(ctx context.Context, e api.End) {
			add(ctx, e.Op, "end: %d sent, %d, %v, %s", e.Attempts, e.Status, e.Err, e.Duration)
		},
	}
}

func TestObserverSeesTheCallInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		sends := 0
		p := newPipeline(t, "https://api.example.com",
			over(func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, "mine", r.Context().Value(startKey{}), "the context goes down to the transport")
				sends++
				time.Sleep(time.Duration(sends) * time.Second)
				switch sends {
				case 1:
					return answer(503, "", "Retry-After", "5", "X-Request-Id", "r-1"), nil
				case 2:
					return nil, io.ErrUnexpectedEOF
				}
				response := answer(200, "{}", "X-Request-Id", "r-3")
				response.Body = slowSource{response.Body, time.Minute / 4}
				return response, nil
			}),
			func(c *transport.Config) {
				c.Observers = []api.Observer{recording(t, &told)}
				c.Providers[0].Limiter, _ = limit.New(limit.Policy{N: 2, Window: 10 * time.Second})
				credential := c.Providers[0].Credential
				c.Providers[0].Credential = func(ctx context.Context) (api.Secret, error) {
					assert.Equal(t, "mine", ctx.Value(startKey{}))
					return credential(ctx)
				}
			})
		var meta api.Meta
		require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent), api.WithMeta(&meta))))
		assert.Equal(t, []string{
			"start",
			`attempt 1: 503 "r-1"  1s`,
			"wait retry 5s",
			`attempt 2: 0 "" the connection was closed in the middle of the response 2s`,
			"wait retry 0s",
			"wait limit 3.02s",
			`attempt 3: 200 "r-3"  3s`, // until the header, not the body
			"end: 3 sent, 200, <nil>, 44.02s",
		}, told)
		assert.Equal(t, api.Meta{Status: 200, RequestID: "r-3", Attempts: 3, Duration: 44020 * time.Millisecond, Header: meta.Header}, meta)
		assert.Equal(t, "r-3", meta.Header.Get("X-Request-Id"))
	})
}

// TestObserverOfCallsThatFail has a failure before anything is sent, one after, and one of decoding.
func TestObserverOfCallsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		keys := 0
		body := "no JSON"
		status := 429
		var config transport.Config
		p := newPipeline(t, "https://api.example.com",
			over(func(*http.Request) (*http.Response, error) { return answer(status, body), nil }),
			func(c *transport.Config) {
				c.Observers = []api.Observer{recording(t, &told)}
				c.Providers[0].Credential = failingAfter(c.Providers[0].Credential, 1, &keys)
				config = *c
			})
		c := call(operation(http.MethodPost, api.RetryUnsent))
		c.Into = &struct{}{}
		var meta api.Meta
		c.Options = []api.CallOption{api.WithMeta(&meta)}
		require.ErrorIs(t, do(t.Context(), p, c), errVault)
		assert.Equal(t, []string{
			"start", `attempt 1: 429 ""  0s`, "wait retry 0s",
			"end: 1 sent, 0, test.Things: coresignal: the credential function failed, 0s",
		}, told, "an attempt is told of once, and only if it was one")
		assert.Equal(t, 1, meta.Attempts)

		told = nil
		require.ErrorIs(t, do(t.Context(), p, c), errVault)
		assert.Equal(t, []string{"start", "end: 0 sent, 0, test.Things: coresignal: the credential function failed, 0s"}, told)
		assert.Equal(t, api.Meta{}, meta)

		told, keys, status = nil, 0, 200
		require.ErrorIs(t, do(t.Context(), p, c), api.ErrUnexpectedResponse)
		require.Len(t, told, 3)
		assert.Contains(t, told[2], "end: 1 sent, 200, test.Things: coresignal responded with 200, unexpected response")
		assert.Equal(t, 200, meta.Status)

		config.Observers = []api.Observer{{Start: func(context.Context, api.Op) context.Context { return nil }}}
		keys, body = 0, "{}"
		require.NoError(t, do(t.Context(), p.Clone(config), c), "no context from Start is the caller's context")
	})
}

// TestLogHoldsWhatIsAllowed pins the fields of every line. The values of a call are canaries, see TestR4.
func TestLogHoldsWhatIsAllowed(t *testing.T) { synctest.Test(t, testLog) }

func testLog(t *testing.T) {
	var logged bytes.Buffer
	sends := 0
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) {
			if sends++; sends == 1 {
				return answer(500, "CANARY", "X-Request-Id", "r-1"), nil
			}
			return answer(404, "CANARY"), nil
		}),
		func(c *transport.Config) {
			c.Logger = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c.Providers[0].Limiter, _ = limit.New(limit.Policy{N: 1, Window: time.Millisecond})
		})
	c := call(operation(http.MethodGet, api.RetryIdempotent), api.WithHeader("X-Mine", "CANARY"))
	c.Path, c.Query = []string{"CANARY"}, "CANARY=CANARY"
	require.ErrorIs(t, do(t.Context(), p, c), api.ErrNotFound)
	allowed := []string{
		"time", "level", "msg", "operation", "provider", "method", "route", "reason", "wait", "attempt", "attempts", "status", "duration", "failure",
	}
	var lines []string
	for line := range strings.Lines(logged.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		for name := range fields {
			assert.Contains(t, allowed, name)
		}
		assert.Equal(t, "/v1/things/{thing}", fields["route"])
		assert.Equal(t, "test.Things", fields["operation"])
		lines = append(lines, fmt.Sprint(fields["level"], " ", fields["msg"], " ", fields["reason"], " ", fields["status"], " ", fields["failure"]))
	}
	assert.Equal(t, []string{
		"INFO pronet: attempt <nil> 500 test.Things: coresignal responded with 500, provider unavailable (request r-1)",
		"DEBUG pronet: waiting retry <nil> <nil>",
		"DEBUG pronet: waiting limit <nil> <nil>",
		"INFO pronet: attempt <nil> 404 test.Things: coresignal responded with 404, not found, after 2 attempts",
		"DEBUG pronet: call ended <nil> 404 test.Things: coresignal responded with 404, not found, after 2 attempts",
	}, lines)
	assert.NotContains(t, strings.ToUpper(logged.String()), "CANARY")
}

// TestObserverOfAResponseThatIsCut: it began well, and was no success.
func TestObserverOfAResponseThatIsCut(t *testing.T) {
	var told []string
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		a := answer(200, "")
		a.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"na`), iotest.ErrReader(io.ErrUnexpectedEOF)))
		return a, nil
	}), func(c *transport.Config) {
		c.Observers = []api.Observer{{Attempt: func(_ context.Context, a api.Attempt) {
			told = append(told, fmt.Sprint(a.Status, " ", api.Describe(a.Err)))
		}}}
	})
	require.ErrorIs(t, do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent))), api.ErrMaybeApplied)
	assert.Equal(t, []string{"200 the connection was closed in the middle of the response"}, told)
}

// TestDoubtOfAnEarlierAttemptStaysWithAStream whose redirect is refused afterwards.
func TestDoubtOfAnEarlierAttemptStaysWithAStream(t *testing.T) {
	sends := 0
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		if sends++; sends == 1 {
			return nil, io.ErrUnexpectedEOF
		}
		return answer(302, "", "Location", "http://elsewhere.example.com/"), nil
	}))
	one := call(operation(http.MethodGet, api.RetryConflictSafe))
	one.MayRedirect = true
	_, err := p.Open(t.Context(), one)
	require.ErrorIs(t, err, api.ErrRedirect)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
}

// TestCreditsOfACall: what it spent by the price list, and what the account has left as the response states it.
func TestCreditsOfACall(t *testing.T) {
	for _, c := range []struct {
		name            string
		cost            string
		price           int64
		status          int
		body, left      string
		credits, remain int64
	}{
		{"paid", "10 credits", 10, 200, "{}", "90", 10, 90},
		{"free", "", 0, 200, "{}", "90", 0, 90},
		{"priced by its records", "10 credits a record", 0, 200, "{}", "", -1, -1},
		{"refused", "10 credits", 10, 404, "{}", "90", 0, 90},
		{"refused, priced by its records", "10 credits a record", 0, 402, "{}", "0", 0, 0},
		{"in doubt", "10 credits", 10, 200, "<html>", "", 10, -1},
		{"no number", "10 credits", 10, 200, "{}", "many", 10, -1},
		{"negative", "10 credits", 10, 200, "{}", "-5", 10, -1},
		{"long", "10 credits", 10, 200, "{}", "000000000000000000001", 10, -1},
	} {
		var end api.End
		var meta api.Meta
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			return answer(c.status, c.body, "X-Left", c.left), nil
		}), func(config *transport.Config) {
			config.Observers = []api.Observer{{End: func(_ context.Context, e api.End) { end = e }}}
			config.Providers[0].CreditsHeader = "X-Left"
		})
		op := operation(http.MethodGet, api.RetryPaidRead)
		op.Cost, op.Price = c.cost, c.price
		into := map[string]any{}
		paid := call(op, api.WithMeta(&meta))
		paid.Into = &into
		_ = do(t.Context(), p, paid)
		assert.Equal(t, c.credits, end.Credits, c.name)
		assert.Equal(t, c.credits, meta.Credits, c.name)
		assert.Equal(t, c.remain, end.CreditsRemaining, c.name)
	}
}
