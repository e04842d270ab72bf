package otel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

const prose = "prose-of-the-provider about jane.doe@example.com"

// exported is all that a process exports, as text: spans with events and links, and metrics.
func exported(t *testing.T, p *process) string {
	t.Helper()
	spans, metrics := p.spans.GetSpans(), p.measured(t)
	require.NotEmpty(t, spans)
	inJSON, err := json.Marshal(spans)
	require.NoError(t, err)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%+v\n", inJSON, spans)
	for name, m := range metrics {
		fmt.Fprintf(&b, "%s %v\n%+v\n", name, p.points(t, name), m)
	}
	for _, span := range spans {
		fmt.Fprintln(&b, span.Name, text(span.Attributes), span.Status, span.SpanContext.TraceState())
		for _, link := range span.Links {
			fmt.Fprintln(&b, link.SpanContext.TraceState(), text(link.Attributes))
		}
		for _, event := range span.Events {
			fmt.Fprintln(&b, event.Name, text(event.Attributes))
		}
	}
	return b.String()
}

// TestNothingSecretOrPersonalIsExported runs a pipeline with failures of every kind, and calls of all providers, and looks
// for keys, tokens, people, labels, texts of errors and what came in, over everything that is exported. No request to a
// provider has a trace, either.
func TestNothingSecretOrPersonalIsExported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wrong []*http.Response
		requests := 0
		sb, options := inMemory(t, func(r *http.Request) *http.Response {
			requests++
			for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
				assert.Empty(t, r.Header.Values(name), r.URL.Path)
			}
			if len(wrong) == 0 || strings.Contains(r.URL.Path, "oauth") {
				return nil
			}
			response := wrong[0]
			wrong = wrong[1:]
			return response
		}, coresignal.WithPeople(8))
		p := newProcess(t, "all", pronetotel.Options{})
		client, err := pronet.New(append(options, pronet.WithObserver(p.Client()))...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		member, err := baggage.NewMember("user", "baggage-of-jane")
		require.NoError(t, err)
		carried, err := baggage.New(member)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(baggage.ContextWithBaggage(t.Context(), carried))
		defer cancel()

		token := webhook.NewPathToken()
		sender, err := webhook.Coresignal(webhook.Endpoint{Label: "label-of-jane", Token: token})
		require.NoError(t, err)
		people := sb.Coresignal.PersonIDs()
		calls := make(map[int64]int)
		pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, t.TempDir(), sender, func(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
			calls[u.ID]++
			switch {
			case u.Record == nil:
				return fmt.Errorf("nothing of %d: %w", u.ID, webhook.ErrGiveUp)
			case calls[u.ID] == 1:
				return fmt.Errorf("%s could not be stored: %w", u.Record.FullName, context.DeadlineExceeded)
			case calls[u.ID] == 2:
				panic(errors.New(u.Record.FullName))
			}
			return nil
		}, p.Pipeline(refresh.PipelineOptions{CreditsPerDay: 1000, Window: -1, Logger: slog.New(slog.DiscardHandler)}))
		require.NoError(t, err)
		watching, err := p.Watch("customers", pronetotel.Parts{Pipeline: pipeline.Status})
		require.NoError(t, err)
		stopped := make(chan error, 1)
		go func() { stopped <- pipeline.Run(ctx) }()
		const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		for i, id := range append(people[:4:4], 987654321) {
			if i == 1 {
				require.NoError(t, sb.Coresignal.HideForPrivacy(id))
			}
			if i == 2 {
				wrong = []*http.Response{respond(http.StatusTooManyRequests, prose, "Retry-After", "3", "X-Request-Id", "request-of-jane"), respond(http.StatusInternalServerError, prose)}
			}
			status := post(pipeline, "/"+token, fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, id), "Traceparent", parent, "Tracestate", "vendor=state-of-a-stranger", "Baggage", "a=baggage-of-a-stranger")
			require.Equal(t, http.StatusOK, status)
			synctest.Wait()
			time.Sleep(time.Minute)
		}
		assert.Equal(t, http.StatusNotFound, post(pipeline, "/token-of-a-stranger", "[]", "Traceparent", parent))
		assert.Equal(t, http.StatusOK, post(pipeline, "/"+token, "body-of-a-stranger"))
		time.Sleep(time.Hour)

		sales, err := sb.SalesWebhooks.Subscribe("contact", "https://linkedin.com/in/jane.doe")
		require.NoError(t, err)
		everyCall := func() {
			short, stop := context.WithTimeout(ctx, time.Second)
			defer stop()
			_, err := client.Employees.Base.Collect(short, employee.Shorthand("shorthand-of-jane"))
			_, ofSales := client.SalesWebhooks.Subscriptions.Get(short, sales)
			_, ofLinkedIn := client.LinkedIn.Members.Me(short, members.WithPicture)
			require.Error(t, errors.Join(err, ofSales, ofLinkedIn))
		}
		everyCall()
		for _, status := range []int{200, 302, 400, 401, 402, 403, 404, 409, 422, 500} {
			for range 9 {
				wrong = append(wrong, respond(status, `{"detail":"`+prose+`"}`, "Location", "https://elsewhere.example.com/prose-of-the-provider", "X-Request-Id", "request-of-jane"))
			}
			everyCall()
			wrong = nil
		}
		err = client.Do(ctx, api.Request{Provider: api.Coresignal, Method: http.MethodGet, Route: "/cdapi/v2/employee_base/collect/" + strconv.FormatInt(people[5], 10)}, nil)
		require.NoError(t, err)

		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled)
		all := exported(t, p)
		assert.Len(t, p.begun.Ended(), len(p.begun.Started()), "each span that begins has an end")
		require.NoError(t, watching.Unregister())
		status := pipeline.Status()
		assert.Positive(t, status.Notices.Dead)
		require.NoError(t, pipeline.Close())
		require.Greater(t, requests, 20)
		require.Greater(t, len(all), 50_000)
		app := sb.LinkedIn.App()
		canaries := []string{
			sb.Coresignal.APIKey(), sb.Coresignal.JWT(), sb.SalesWebhooks.APIKey(), app.ClientID, app.ClientSecret, token, sales,
			"prose", "jane", "stranger", "elsewhere", "987654321", parent[3:35], sb.LinkedIn.Member().ID,
		}
		for _, id := range people {
			person, _ := sb.Coresignal.Person(id)
			canaries = append(canaries, strconv.FormatInt(id, 10), person.Shorthand, person.ProfileURL, person.Name)
		}
		for _, canary := range canaries {
			require.NotEmpty(t, canary)
			if i := strings.Index(all, canary); i >= 0 {
				t.Errorf("%q is exported: ...%s...", canary, all[max(0, i-100):min(len(all), i+100)])
			}
		}
		for _, class := range []string{"timeout", "given_up", "not_found", "429", "500", "unknown_endpoint", "_OTHER"} {
			assert.True(t, strings.Contains(all, "error.type="+class), class) //nolint:testifylint // the text is long
		}
	})
}

// TestLabelsAndRequestIDsAreExportedIfTheOptionsSaySo: and no more than a bounded number of them in metrics.
func TestLabelsAndRequestIDsAreExportedIfTheOptionsSaySo(t *testing.T) {
	p := newProcess(t, "all", pronetotel.Options{Labels: true, RequestIDs: true})
	work := p.Process(func(context.Context, *webhook.Delivery) error { return nil })
	for i := range 1500 {
		d := &webhook.Delivery{Source: fmt.Sprint("source ", i), Label: fmt.Sprint("label ", i), ReceivedAt: time.Now()}
		require.NoError(t, work(t.Context(), d))
	}
	points := p.points(t, "pronet.delivery.attempts")
	assert.Contains(t, strings.Join(points, "\n"), "pronet.label=label 7 ")
	assert.Contains(t, strings.Join(points, "\n"), "pronet.label=_OTHER")
	assert.Contains(t, strings.Join(points, "\n"), "pronet.source=_OTHER")
	assert.LessOrEqual(t, len(points), 1001)

	observer := p.Client()
	ctx := observer.Start(t.Context(), api.Op{Name: "Name", Method: http.MethodGet, Route: "/a/b"})
	observer.Attempt(ctx, api.Attempt{Number: 1, Status: 200, RequestID: "request-1", Server: "https://api.example.com:8443"})
	observer.End(ctx, api.End{CreditsRemaining: -1})
	assert.Contains(t, exported(t, p), "pronet.request_id=request-1")
	assert.Contains(t, exported(t, p), "server.address=api.example.com server.port=8443")

	watched := p.Spool()
	watched.Attempt(t.Context(), spool.Attempt{Source: strings.Repeat("x", 10_000), Outcome: spool.OutcomeDead, Err: spool.ErrCorrupt})
	assert.NotContains(t, exported(t, p), "xxx")
}
