package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// provider is a provider of these tests alone.
func provider(t testing.TB, handler http.HandlerFunc) *pronet.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return connect(t, pronet.WithCoresignal("0123456789abcdef0123456789abcdef", pronet.BaseURL(server.URL), pronet.RateLimit("", 10_000, time.Second)))
}

// jobOf responds with a job whose one file has the lines.
func jobOf(lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			_, _ = io.WriteString(w, `{"request_id":"j1"}`)
		case strings.HasSuffix(r.URL.Path, "/files"):
			_, _ = io.WriteString(w, `{"data_request_files":["a.json"]}`)
		default:
			_, _ = io.WriteString(w, strings.Join(lines, "\n")+"\n")
		}
	}
}

// TestR49RecordsThatCannotBeMatchedMakeNobodyGone: what a file holds instead of an employee may be that employee.
func TestR49RecordsThatCannotBeMatchedMakeNobodyGone(t *testing.T) {
	for name, line := range map[string]string{
		"another name of the id":  `{"employee_id":2,"full_name":"B"}`,
		"an id that is an object": `{"id":{"value":2},"full_name":"B"}`,
		"an error in a line":      `{"detail":"Internal error"}`,
		"merged into another":     `{"id":7,"full_name":"B"}`,
	} {
		t.Run(name, func(t *testing.T) {
			budget := employee.NewBudget(1000)
			r, c := refresher(t, provider(t, jobOf(`{"id":1,"full_name":"A"}`, line)), refresh.Options{Budget: budget})
			err := r.Handle(t.Context(), delivery("d", 1, 2))
			require.ErrorIs(t, err, api.ErrUnexpectedResponse)
			require.NotErrorIs(t, err, webhook.ErrRetryLater, "its attempts count, so that it ends among the dead")
			assert.Equal(t, []int64{1}, c.stored())
			assert.EqualValues(t, 980, budget.Left(), "both may have been charged")
		})
	}
	t.Run("twice in the file", func(t *testing.T) {
		r, c := refresher(t, provider(t, jobOf(`{"id":1}`, `{"id":1}`)), refresh.Options{})
		require.NoError(t, r.Handle(t.Context(), delivery("d", 1, 2)))
		assert.Equal(t, []int64{1, 2}, c.stored())
		assert.ErrorIs(t, c.outcomes[1].Err, api.ErrNotFound)
	})
}

// TestR49OnlyTheProvidersOwnFormIsFinal: what a proxy or a gateway says is not said of an employee.
func TestR49OnlyTheProvidersOwnFormIsFinal(t *testing.T) {
	for _, status := range []int{400, 404, 422} {
		for body, final := range map[string]bool{
			"": false, "{}": false, "null": false, `"x"`: false, `{"detail":null}`: false, "<html><h1>Not Found</h1>nginx</html>": false,
			`{"message":"no Route matched with those values"}`: false, `{"error":"x"}`: false,
			`{"detail":"Not found"}`: true, `{"detail":[{"loc":["path"],"msg":"x"}]}`: true,
		} {
			client := provider(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			})
			r, c := refresher(t, client, refresh.Options{})
			err := r.Handle(t.Context(), delivery("d", 5))
			if final {
				require.NoError(t, err, "%d %s", status, body)
				assert.Len(t, c.stored(), 1)
				continue
			}
			require.ErrorIs(t, err, webhook.ErrRetryLater, "%d %s", status, body)
			assert.Empty(t, c.stored(), "%d %s", status, body)
		}
	}
}

// TestR59WhatIsNotUnderstoodIsToldAndTheRestIsDone, and nothing is bought again when the delivery is put back.
func TestR59WhatIsNotUnderstoodIsToldAndTheRestIsDone(t *testing.T) {
	var collected atomic.Int64
	client := provider(t, func(w http.ResponseWriter, _ *http.Request) {
		collected.Add(1)
		_, _ = io.WriteString(w, `{"id":5,"full_name":"A"}`)
	})
	for body, known := range map[string]int{
		`[{"employee_id":5,"status":"changed"}]`:                   0,
		`{"data":[{"member_id":5,"status":"changed"}]}`:            0,
		`[[{"member_id":5,"status":"changed"}]]`:                   0,
		`[{"member_id":5,"status":"changed"},{"profile":"x"}, 12]`: 1,
	} {
		var log bytes.Buffer
		collected.Store(0)
		r, c := refresher(t, client, refresh.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		d := &webhook.Delivery{Source: webhook.SourceCoresignal, Key: "k", Body: []byte(body)}
		for range 2 {
			err := r.Handle(t.Context(), d)
			require.ErrorIs(t, err, webhook.ErrNotUnderstood, body)
			require.NotErrorIs(t, err, webhook.ErrRetryLater, body)
		}
		assert.Len(t, c.stored(), known, body)
		assert.EqualValues(t, known, collected.Load(), body)
		assert.Contains(t, log.String(), "level=WARN", body)
	}
}

// TestTheFirstOutcomeInDoubtIsTheDocumentedError, as each further one.
func TestTheFirstOutcomeInDoubtIsTheDocumentedError(t *testing.T) {
	for name, respond := range map[string]http.HandlerFunc{
		"the response is lost": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no id":                func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) },
		"an unknown twin": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"detail":"Identical data request is already in progress."}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
			told := 0
			client := provider(t, respond)
			r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
				told++
				doubt, ok := errors.AsType[*bulkcollect.DoubtError](o.Err)
				if assert.True(t, ok, "%T", o.Err) {
					assert.NotEmpty(t, doubt.Entry.Request)
				}
				assert.ErrorIs(t, o.Err, api.ErrMaybeApplied)
				return errStore
			}, refresh.Options{Ledger: ledger})
			require.NoError(t, err)
			for n := range 2 {
				require.ErrorIs(t, r.Handle(t.Context(), delivery("d", 1, 2)), errStore)
				assert.Equal(t, 2*(n+1), told)
			}
		})
	}
}
