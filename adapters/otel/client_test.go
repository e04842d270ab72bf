package otel_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestAttemptsFollowTheConventions(t *testing.T) {
	for name, c := range map[string]struct {
		attempt api.Attempt
		span    string
		attrs   string
	}{
		"done": {
			api.Attempt{Op: api.Op{Method: "GET", Route: "/v2/people/{id}"}, Number: 1, Server: "https://api.example.com", Status: 200},
			"GET /v2/people/{id}",
			"http.request.method=GET server.address=api.example.com server.port=443 http.response.status_code=200 url.template=/v2/people/{id} url.full=https://api.example.com/v2/people/{id}",
		},
		"the third, refused": {
			api.Attempt{Op: api.Op{Method: "POST", Route: "/a"}, Number: 3, Server: "http://[::1]:8080", Status: 429},
			"POST /a",
			"http.request.method=POST server.address=::1 server.port=8080 http.response.status_code=429 error.type=429 url.template=/a url.full=http://[::1]:8080/a http.request.resend_count=2",
		},
		"lost": {
			api.Attempt{Op: api.Op{Method: "POST", Route: "/a"}, Number: 1, Server: "http://api.example.com", Err: netError{true}},
			"POST /a",
			"http.request.method=POST server.address=api.example.com server.port=80 error.type=timeout url.template=/a url.full=http://api.example.com/a",
		},
		"cut": {
			api.Attempt{Op: api.Op{Method: "GET", Route: "/a"}, Number: 1, Server: "https://api.example.com", Status: 200, Err: netError{false}},
			"GET /a",
			"http.request.method=GET server.address=api.example.com server.port=443 http.response.status_code=200 error.type=network url.template=/a url.full=https://api.example.com/a",
		},
		"of a caller's route with an id": {
			api.Attempt{Op: api.Op{Method: "GET", Route: "/v2/people/12345/of-987/v2026"}, Number: 1, Server: "https://api.example.com", Status: 204},
			"GET /v2/people/{}/{}/{}",
			"http.request.method=GET server.address=api.example.com server.port=443 http.response.status_code=204 url.template=/v2/people/{}/{}/{} url.full=https://api.example.com/v2/people/{}/{}/{}",
		},
		"without a route": {
			api.Attempt{Op: api.Op{Method: "PUT"}, Number: 1, Status: 201, RequestID: "not told"}, "PUT", "http.request.method=PUT http.response.status_code=201",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProcess(t, "all", pronetotel.Options{})
			client := p.Client()
			c.attempt.Began, c.attempt.Duration = time.Unix(100, 0), time.Second
			ctx := client.Start(t.Context(), c.attempt.Op)
			client.Attempt(ctx, c.attempt)
			client.End(ctx, api.End{Op: c.attempt.Op, Err: c.attempt.Err, CreditsRemaining: -1})
			spans := p.spans.GetSpans()
			require.Len(t, spans, 2)
			assert.Equal(t, c.span, spans[0].Name)
			assert.Equal(t, c.attrs, text(spans[0].Attributes))
			assert.Equal(t, c.attempt.Began, spans[0].StartTime)
			assert.Equal(t, c.attempt.Began.Add(time.Second), spans[0].EndTime)
			assert.Equal(t, spans[1].SpanContext.SpanID(), spans[0].Parent.SpanID())
			failed := strings.Contains(c.attrs, "error.type")
			assert.Equal(t, failed, spans[0].Status.Code != 0)
		})
	}
}

// TestTimesOfACall: spans and metrics have the times of the requests and of the waits, and what the account has left.
func TestTimesOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := true
		sb, options := inMemory(t, func(*http.Request) *http.Response {
			time.Sleep(2 * time.Second)
			if refuse {
				refuse = false
				return respond(http.StatusTooManyRequests, `{"message":"slow down"}`, "Retry-After", "30")
			}
			return nil
		}, coresignal.WithPeople(3), coresignal.WithCredits(500))
		p := newProcess(t, "all", pronetotel.Options{})
		client, err := pronet.New(append(options, pronet.WithObserver(p.Client()))...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		start := time.Now()
		_, err = client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
		spans := p.spans.GetSpans()
		require.Len(t, spans, 3)
		first, second, call := spans[0], spans[1], spans[2]
		assert.Equal(t, start, first.StartTime)
		assert.Equal(t, 2*time.Second, first.EndTime.Sub(first.StartTime))
		assert.GreaterOrEqual(t, second.StartTime.Sub(first.EndTime), 30*time.Second)
		assert.Equal(t, 2*time.Second, second.EndTime.Sub(second.StartTime))
		assert.Equal(t, start, call.StartTime)
		assert.Equal(t, second.EndTime, call.EndTime)
		assert.Equal(t, []string{"pronet.operation=Employees.Base.Collect pronet.provider=coresignal 10"}, p.points(t, "pronet.client.credits.spent"))
		assert.Equal(t, []string{"pronet.provider=coresignal 490"}, p.points(t, "pronet.client.credits.remaining"))
		assert.Equal(t, []string{"pronet.operation=Employees.Base.Collect pronet.provider=coresignal 1"}, p.points(t, "pronet.client.retries"))
		assert.Len(t, p.points(t, "pronet.client.wait.duration"), 1)
		assert.Len(t, p.points(t, "http.client.request.duration"), 2)
	})
}
