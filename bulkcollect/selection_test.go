package bulkcollect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
)

// attempt is a request for a job with some options.
type attempt func(o bulkcollect.Options) (*bulkcollect.Job, error)

var engineers = employee.Query{Clause: employee.Match("headline", "engineer")}

const profile = "https://www.linkedin.com/in/"

// requests are all requests for jobs but those by IDs, by the path that they are sent to.
func requests(t *testing.T, client *pronet.Client, names ...string) map[string]attempt {
	t.Helper()
	b, ctx := client.BulkCollect, t.Context()
	var urls []string
	for _, name := range names {
		urls = append(urls, profile+name)
	}
	const v1, root = "/cdapi/v1/professional_network/employee/bulk_collect/", "/cdapi/v2/data_requests/"
	return map[string]attempt{
		v1 + "es_dsl": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.V1.RequestByQuery(ctx, engineers, o)
		},
		v1 + "filter": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.V1.RequestByFilter(ctx, employee.V1Filter{Country: "Spain"}, o)
		},
		root + "employee_base/es_dsl": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Base.RequestByQuery(ctx, engineers, o)
		},
		root + "employee_base/filter": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Base.RequestByFilter(ctx, employee.BaseFilter{Country: "Spain"}, o)
		},
		root + "employee_base/shorthand_names": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Base.RequestByShorthandNames(ctx, names, o)
		},
		root + "employee_base/urls": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Base.RequestByURLs(ctx, urls, o)
		},
		root + "employee_clean/es_dsl": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Clean.RequestByQuery(ctx, engineers, o)
		},
		root + "employee_clean/shorthand_names": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Clean.RequestByShorthandNames(ctx, names, o)
		},
		root + "employee_clean/urls": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.Clean.RequestByURLs(ctx, urls, o)
		},
		root + "employee_multi_source/es_dsl": func(o bulkcollect.Options) (*bulkcollect.Job, error) {
			return b.MultiSource.RequestByQuery(ctx, engineers, o)
		},
	}
}

func method(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// TestWhatIsSentForASelection compares the requests with the exact bytes that the provider is to get. Duplicates are
// sent once.
func TestWhatIsSentForASelection(t *testing.T) {
	p, client := responding(t, accepted)
	selections := map[string]string{
		"es_dsl":          `"es_dsl_query":{"query":{"match":{"headline":"engineer"}}}}`,
		"filter":          `"filters":{"country":"Spain"}}`,
		"shorthand_names": `"shorthand_names":["b-b","a-a"]}`,
		"urls":            `"urls":["https://www.linkedin.com/in/b-b","https://www.linkedin.com/in/a-a"]}`,
	}
	for path, request := range requests(t, client, "b-b", "a-a", "b-b") {
		v1 := strings.HasPrefix(path, "/cdapi/v1/")
		full := bulkcollect.Options{WebhookURL: "https://hooks.example.com/job", MaxRecords: 7}
		prefix := `{"webhook_url":"https://hooks.example.com/job","limit":7,`
		if v1 {
			full.MaxRecords, prefix = 0, `{"webhook_url":"https://hooks.example.com/job",`
		}
		for begin, o := range map[string]bulkcollect.Options{"{": {}, prefix: full} {
			job, err := request(o)
			require.NoError(t, err, path)
			assert.Equal(t, "433869ec-0a98-4dcd-9b13-db4df58260f5", job.ID)
			got := p.Last(t)
			assert.Equal(t, "POST "+path, got.Method+" "+got.Target)
			assert.Equal(t, "application/json", got.ContentType)
			assert.Equal(t, begin+selections[method(path)], string(got.Body), path)
			want := 0
			if listed := method(path) == "urls" || method(path) == "shorthand_names"; listed {
				want = 2
			}
			assert.Equal(t, want, job.IDs, path)
		}
	}
	_, err := client.BulkCollect.Clean.RequestIDs(t.Context(), employee.IDs(3, 1, 3), bulkcollect.Options{MaxRecords: 7})
	require.NoError(t, err)
	assert.Equal(t, "/cdapi/v2/data_requests/employee_clean/id_file", p.Last(t).Target)
	assert.Equal(t, []part{{"limit", "", "", "7"}, {"ids_file", "ids.csv", "text/csv", "3\n1\n"}}, p.Last(t).Form(t))
	_, err = client.BulkCollect.MultiSource.RequestIDs(t.Context(), employee.IDs(3, 1, 3), bulkcollect.Options{})
	require.NoError(t, err)
	assert.Equal(t, "/cdapi/v2/data_requests/employee_multi_source/ids", p.Last(t).Target)
	assert.JSONEq(t, `{"ids":[3,1]}`, string(p.Last(t).Body))
}

func TestSelectionsAreRefusedBeforeSending(t *testing.T) {
	p, client := responding(t, accepted)
	for path, request := range requests(t, client, "a-a") {
		for name, o := range map[string]bulkcollect.Options{
			"negative cap":      {MaxRecords: -1},
			"webhook not https": {WebhookURL: "http://hooks.example.com/x"},
			"webhook private":   {WebhookURL: "https://10.0.0.1/x"},
		} {
			_, err := request(o)
			require.ErrorIs(t, err, api.ErrInvalid, "%s: %s", path, name)
		}
		_, err := request(bulkcollect.Options{Budget: employee.NewBudget(0)})
		switch method(path) {
		case "es_dsl", "filter":
			require.ErrorIs(t, err, api.ErrInvalid, path)
			assert.ErrorContains(t, err, "MaxRecords") // V1 knows none, so a Budget cannot bound its jobs
		default:
			require.ErrorIs(t, err, api.ErrBudget, path)
		}
		_, err = request(bulkcollect.Options{Budget: employee.NewBudget(9), MaxRecords: 1})
		if strings.HasPrefix(path, "/cdapi/v1/") {
			require.ErrorIs(t, err, api.ErrInvalid, path)
		} else {
			require.ErrorIs(t, err, api.ErrBudget, path)
		}
	}
	b, none := client.BulkCollect, bulkcollect.Options{}
	var errs []error
	keep := func(_ *bulkcollect.Job, err error) { errs = append(errs, err) }
	keep(b.Base.RequestByFilter(t.Context(), employee.BaseFilter{}, none))
	keep(b.Base.RequestByFilter(t.Context(), employee.BaseFilter{Country: "a", Extra: map[string]any{"country": "b"}}, none))
	keep(b.V1.RequestByFilter(t.Context(), employee.V1Filter{}, none))
	for _, q := range []employee.Query{{}, {Clause: engineers.Clause, Sort: []string{"id"}}} {
		keep(b.V1.RequestByQuery(t.Context(), q, none))
		keep(b.Base.RequestByQuery(t.Context(), q, none))
		keep(b.Clean.RequestByQuery(t.Context(), q, none))
		keep(b.MultiSource.RequestByQuery(t.Context(), q, none))
	}
	for _, names := range [][]string{nil, {""}, {"a-a", "a/b"}, {"123"}, {"a\nb"}, {strings.Repeat("x", 513)}} {
		keep(b.Base.RequestByShorthandNames(t.Context(), names, none))
		keep(b.Clean.RequestByShorthandNames(t.Context(), names, none))
	}
	for _, urls := range [][]string{{}, {profile + "a-a", "linkedin.com/in/a-a"}, {"https:///in/a"}, {"ftp://www.linkedin.com/in/a"}, {"https://u:p@www.linkedin.com/in/a"}} {
		keep(b.Base.RequestByURLs(t.Context(), urls, none))
		keep(b.Clean.RequestByURLs(t.Context(), urls, none))
	}
	for i, err := range errs {
		require.ErrorIs(t, err, api.ErrInvalid, i)
	}
	_, err := b.Clean.RequestByShorthandNames(t.Context(), []string{"a-a", "a-a", "the/third"}, none)
	require.ErrorIs(t, err, employee.ErrInvalidRef)
	require.ErrorContains(t, err, "item 3")
	assert.NotContains(t, err.Error(), "the/third", "it is personal data")
	assert.Zero(t, p.Count())

	for path, request := range requests(t, connect(t), "a-a") {
		_, err := request(none)
		require.ErrorIs(t, err, api.ErrNotConfigured, path)
	}
}

// TestLongListsOfNames: 10,000 different ones are taken, however often each is listed, and one more is not.
func TestLongListsOfNames(t *testing.T) {
	p, client := responding(t, accepted)
	var names, urls []string
	for i := range bulkcollect.MaxIDs + 1 {
		names = append(names, fmt.Sprint("name-", i))
		urls = append(urls, fmt.Sprint(profile, "name-", i))
	}
	const most = bulkcollect.MaxIDs
	for _, tt := range []struct {
		request func(context []string) (*bulkcollect.Job, error)
		list    []string
	}{
		{func(list []string) (*bulkcollect.Job, error) {
			return client.BulkCollect.Base.RequestByShorthandNames(t.Context(), list, bulkcollect.Options{})
		}, names},
		{func(list []string) (*bulkcollect.Job, error) {
			return client.BulkCollect.Clean.RequestByURLs(t.Context(), list, bulkcollect.Options{})
		}, urls},
	} {
		sent := p.Count()
		_, err := tt.request(tt.list)
		require.ErrorIs(t, err, api.ErrInvalid)
		require.ErrorContains(t, err, "10001 items, more than the 10000")
		assert.Equal(t, sent, p.Count())
		job, err := tt.request(append(tt.list[:most:most], tt.list[:most]...))
		require.NoError(t, err)
		assert.Equal(t, most, job.IDs)
		assert.Equal(t, most, strings.Count(string(p.Last(t).Body), "name-"))
	}
}
