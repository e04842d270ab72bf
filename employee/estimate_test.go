package employee_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// finished counts the records of a job.
func finished[R any](t *testing.T, d *bulkcollect.Dataset[R], job *bulkcollect.Job, err error) (records int64) {
	t.Helper()
	require.NoError(t, err)
	_, err = d.Wait(t.Context(), job.ID, bulkcollect.WaitOptions{FirstPoll: time.Millisecond, MaxPoll: time.Millisecond})
	require.NoError(t, err)
	for _, err := range d.Records(t.Context(), job.ID) {
		require.NoError(t, err)
		records++
	}
	return records
}

// TestEstimateIsWhatAJobHas compares records and price with those of a job by the same query or filters.
func TestEstimateIsWhatAJobHas(t *testing.T) {
	var (
		none  bulkcollect.Options
		query = employee.Query{Clause: employee.All(employee.Term("is_deleted", 0), employee.MatchPhrase("location_country", "Germany"))}
		base  = employee.Query{Clause: employee.All(employee.Term("deleted", 0), employee.MatchPhrase("country", "Germany"))}
	)
	for name, tt := range map[string]struct {
		estimate func(*pronet.Client) (employee.Estimate, error)
		job      func(*pronet.Client) int64
		cost     int64
	}{
		"V1 by query": {
			func(c *pronet.Client) (employee.Estimate, error) {
				return c.Employees.V1.EstimateByQuery(t.Context(), base)
			},
			func(c *pronet.Client) int64 {
				job, err := c.BulkCollect.V1.RequestByQuery(t.Context(), base, none)
				return finished(t, &c.BulkCollect.V1.Dataset, job, err)
			}, 1,
		},
		"V1 by filter": {
			func(c *pronet.Client) (employee.Estimate, error) {
				return c.Employees.V1.EstimateByFilter(t.Context(), employee.V1Filter{Country: "Germany"})
			},
			func(c *pronet.Client) int64 {
				job, err := c.BulkCollect.V1.RequestByFilter(t.Context(), employee.V1Filter{Country: "Germany"}, none)
				return finished(t, &c.BulkCollect.V1.Dataset, job, err)
			}, 1,
		},
		"Base by query": {
			func(c *pronet.Client) (employee.Estimate, error) {
				return c.Employees.Base.EstimateByQuery(t.Context(), base)
			},
			func(c *pronet.Client) int64 {
				job, err := c.BulkCollect.Base.RequestByQuery(t.Context(), base, none)
				return finished(t, &c.BulkCollect.Base.Dataset, job, err)
			}, 10,
		},
		"Base by filter": {
			func(c *pronet.Client) (employee.Estimate, error) {
				return c.Employees.Base.EstimateByFilter(t.Context(), employee.BaseFilter{Country: "Germany"})
			},
			func(c *pronet.Client) int64 {
				job, err := c.BulkCollect.Base.RequestByFilter(t.Context(), employee.BaseFilter{Country: "Germany"}, none)
				return finished(t, &c.BulkCollect.Base.Dataset, job, err)
			}, 10,
		},
		"Clean": {
			func(c *pronet.Client) (employee.Estimate, error) {
				return c.Employees.Clean.EstimateByQuery(t.Context(), query)
			},
			func(c *pronet.Client) int64 {
				job, err := c.BulkCollect.Clean.RequestByQuery(t.Context(), query, none)
				return finished(t, &c.BulkCollect.Clean.Dataset, job, err)
			}, 10,
		},
		"MultiSource": {
			func(c *pronet.Client) (employee.Estimate, error) {
				return c.Employees.MultiSource.EstimateByQuery(t.Context(), query)
			},
			func(c *pronet.Client) int64 {
				job, err := c.BulkCollect.MultiSource.RequestByQuery(t.Context(), query, none)
				return finished(t, c.BulkCollect.MultiSource, job, err)
			}, 20,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(300), coresignal.WithRateLimit(0))
			estimate, err := tt.estimate(client)
			require.NoError(t, err)
			require.Greater(t, estimate.Records, int64(1), "more than the page that was asked for")
			assert.Less(t, estimate.Records, int64(300))
			assert.Equal(t, estimate.Records*tt.cost, estimate.Credits)
			assert.Zero(t, sb.Coresignal.CreditsSpent(), "it is free")
			searches := sb.Coresignal.V1CreditsSpent() // but in V1

			assert.Equal(t, estimate.Records, tt.job(client))
			assert.EqualValues(t, estimate.Credits, sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent()-searches)
			if tt.cost == 1 {
				assert.Equal(t, 1, searches)
			} else {
				assert.Zero(t, searches)
			}
		})
	}
}

func TestEstimateOfNobody(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(3))
	estimate, err := client.Employees.Base.EstimateByQuery(t.Context(), employee.Query{Clause: employee.Term("id", 1)})
	require.NoError(t, err)
	assert.Zero(t, estimate)
}

func TestEstimateRequests(t *testing.T) {
	requests, client := recording(t, `[]`)
	q := employee.Query{Clause: employee.Term("is_parent", 1)}
	_, err := client.Employees.MultiSource.EstimateByQuery(t.Context(), q)
	require.NoError(t, err)
	_, err = client.Employees.Base.EstimateByFilter(t.Context(), employee.BaseFilter{Country: "Spain"})
	require.NoError(t, err)
	_, err = client.Employees.V1.EstimateByFilter(t.Context(), employee.V1Filter{Country: "Spain"})
	require.NoError(t, err)
	const one, query, filter = "items_per_page=1", `{"query":{"term":{"is_parent":1}}}`, `{"country":"Spain"}`
	assert.Equal(t, []sent{
		{"POST", "/cdapi/v2/employee_multi_source/search/es_dsl", one, query},
		{"POST", "/cdapi/v2/employee_base/search/filter", one, filter},
		{"POST", "/cdapi/v1/professional_network/employee/search/filter", one, filter},
	}, *requests)
}

// TestEstimateOfWhatTheProviderSays takes a total that can be, or the only page.
func TestEstimateOfWhatTheProviderSays(t *testing.T) {
	for _, tt := range []struct {
		total, next, body string
		want              employee.Estimate
	}{
		{"812345678", "7", `[5]`, employee.Estimate{Records: 812345678, Credits: 8123456780}},
		{"0", "", `[]`, employee.Estimate{}},
		{"", "", `[5]`, employee.Estimate{Records: 1, Credits: 10}},
		{"", "", `[]`, employee.Estimate{}},
		{"many", "", `[5,6]`, employee.Estimate{Records: 2, Credits: 20}},
		{"", "7", `[5]`, employee.Estimate{Records: -1, Credits: -1}},
		{"-3", "7", `[5]`, employee.Estimate{Records: -1, Credits: -1}},
		{"922337203685477580", "7", `[5]`, employee.Estimate{Records: 922337203685477580, Credits: 9223372036854775800}},
		{"922337203685477581", "7", `[5]`, employee.Estimate{Records: -1, Credits: -1}},
		{"9223372036854775807", "", `[5]`, employee.Estimate{Records: -1, Credits: -1}},
	} {
		client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Total-Results", tt.total)
			w.Header().Set("X-Next-Page-After", tt.next)
			_, _ = w.Write([]byte(tt.body))
		})
		got, err := client.Employees.Base.EstimateByQuery(t.Context(), everyone)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%q and %q", tt.total, tt.next)
		got, err = client.Employees.Base.EstimateByFilter(t.Context(), employee.BaseFilter{})
		require.NoError(t, err)
		assert.Equal(t, tt.want, got)
	}
}

func TestEstimateErrors(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1), coresignal.WithV1Credits(0))
	bad := employee.BaseFilter{Country: "Spain", Extra: map[string]any{"country": "Italy"}}
	_, err := client.Employees.Base.EstimateByFilter(t.Context(), bad)
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Contains(t, err.Error(), "employee.Base.ListByFilter: ")
	_, err = client.Employees.Clean.EstimateByQuery(t.Context(), employee.Query{})
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Zero(t, sb.Requests())

	_, err = client.Employees.V1.EstimateByQuery(t.Context(), everyone)
	require.ErrorIs(t, err, api.ErrNoCredits, "a search of V1 is not free")
	sb.Fail(sandbox.Fault{Status: 422})
	estimate, err := client.Employees.Base.EstimateByQuery(t.Context(), everyone)
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Zero(t, estimate)
}

// Ask what it would cost to collect everybody whom a query finds.
func ExampleDataset_EstimateByQuery() {
	sb, err := sandbox.Start(coresignal.WithPeople(100), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	query := employee.Query{Clause: employee.MatchPhrase("location_country", "Germany")}
	estimate, err := client.Employees.MultiSource.EstimateByQuery(context.Background(), query)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(estimate.Records, "records,", estimate.Credits, "credits")
	// Output:
	// 2 records, 40 credits
}
