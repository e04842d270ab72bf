package jobs_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// TestWaitWithoutAStatus ends for a task of which no response has one, outlives some of them, and waits for the others.
func TestWaitWithoutAStatus(t *testing.T) {
	const silent, slow = "urn:li:simpleJobPostingTask:silent", "urn:li:simpleJobPostingTask:slow"
	for name, c := range map[string]struct {
		row    string        // what the responses have of the silent task
		until  time.Duration // when it is told after all
		legacy bool
		ends   bool
	}{
		"an object, for a while":     {`"status":{}`, 4 * time.Minute, false, false},
		"no status, for ever":        {`"location":"Dublin"`, time.Hour, false, true},
		"another type, for ever":     {`"status":[]`, time.Hour, false, true},
		"older: no status, for ever": {`"status":null`, time.Hour, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, asked := time.Now(), 0
				transport := roundTripper(func(r *http.Request) (*http.Response, error) {
					var rows []string
					for _, id := range r.URL.Query()["ids"] {
						row := `"status":"IN_PROGRESS"`
						switch {
						case id == silent && time.Since(began) < c.until:
							row = c.row
							asked++
						case id == silent, time.Since(began) > 20*time.Minute:
							row = `"status":"SUCCEEDED"`
						}
						rows = append(rows, fmt.Sprintf("%q:{%s}", id, row))
					}
					return &http.Response{
						StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, ProtoMajor: 1, ProtoMinor: 1,
						Body: io.NopCloser(strings.NewReader(`{"results":{` + strings.Join(rows, ",") + `}}`)),
					}, nil
				})
				s := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t")), pronet.WithTransport(transport)).LinkedIn.Jobs
				wait := s.Wait
				if c.legacy {
					wait = s.Legacy.Wait
				}
				ctx, end := context.WithTimeout(t.Context(), time.Hour)
				defer end()
				tasks, err := wait(ctx, []urn.URN{parse(t, silent), parse(t, slow)}, nil)
				require.Len(t, tasks, 2)
				assert.Equal(t, jobs.Succeeded, tasks[1].Status, "the other is waited for")
				assert.Greater(t, asked, 5)
				if !c.ends {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, api.ErrUnexpectedResponse)
				require.ErrorIs(t, tasks[0].Err, api.ErrUnexpectedResponse)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, "1 of 2 tasks failed")
				assert.NotEmpty(t, tasks[0].Raw)
				assert.Less(t, asked, 12, "it is not asked for any more")
			})
		})
	}
}
