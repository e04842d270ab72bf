package employee_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// semanticSearcher is what the datasets with a semantic search have in common.
type semanticSearcher interface {
	ListByQuery(ctx context.Context, q employee.Query, o employee.SearchOptions, options ...api.CallOption) (*api.Page[int64], error)
	AllByQuery(ctx context.Context, q employee.Query, o employee.SearchOptions, options ...api.CallOption) iter.Seq2[int64, error]
	ListBySemanticQuery(ctx context.Context, q employee.Query, o employee.SearchOptions, options ...api.CallOption) (*api.Page[int64], error)
	AllBySemanticQuery(ctx context.Context, q employee.Query, o employee.SearchOptions, options ...api.CallOption) iter.Seq2[int64, error]
}

func semanticSearchers(client *pronet.Client) map[string]semanticSearcher {
	return map[string]semanticSearcher{"Clean": client.Employees.Clean, "MultiSource": client.Employees.MultiSource}
}

func TestSemanticSearchFindsSynonyms(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(30))
	person := sb.Coresignal.PersonIDs()[0]
	require.NoError(t, sb.Coresignal.Promote(person, "Principal Software Developer"))
	for name, title := range map[string]string{"Clean": "job_title", "MultiSource": "active_experience_title"} {
		d := semanticSearchers(client)[name]
		q := employee.Query{Clause: employee.MatchPhrase(title, "principal software engineer")}
		exact, err := d.ListByQuery(t.Context(), q, employee.SearchOptions{})
		require.NoError(t, err)
		assert.Empty(t, exact.Items)
		found, err := d.ListBySemanticQuery(t.Context(), q, employee.SearchOptions{})
		require.NoError(t, err)
		assert.Equal(t, &api.Page[int64]{Items: []int64{person}, Total: 1}, found)
		all, err := walk(d.AllBySemanticQuery(t.Context(), q, employee.SearchOptions{}))
		require.NoError(t, err)
		assert.Equal(t, []int64{person}, all)
	}
	assert.Zero(t, sb.Coresignal.CreditsSpent(), "searching is free")
}

func TestSemanticWalkFindsEachIDOnce(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(53))
	want := slices.Sorted(slices.Values(sb.Coresignal.PersonIDs()))
	for name, d := range semanticSearchers(client) {
		for _, sort := range [][]string{nil, {"id"}, {"_score"}} {
			q := employee.Query{Clause: everyone.Clause, Sort: sort}
			for _, rows := range []iter.Seq2[int64, error]{
				d.AllBySemanticQuery(t.Context(), q, employee.SearchOptions{PageSize: 10}),
				d.AllByQuery(t.Context(), q, employee.SearchOptions{PageSize: 10}),
			} {
				before := sb.Requests()
				all, err := walk(rows)
				require.NoError(t, err)
				assert.ElementsMatch(t, want, all, "%s, sort %v", name, sort)
				assert.Equal(t, 6, sb.Requests()-before)
			}
		}
		page, err := d.ListBySemanticQuery(t.Context(), everyone, employee.SearchOptions{PageSize: 50})
		require.NoError(t, err)
		assert.EqualValues(t, 53, page.Total)
		rest, err := d.ListBySemanticQuery(t.Context(), everyone, employee.SearchOptions{PageSize: 50, Cursor: page.Next})
		require.NoError(t, err)
		assert.ElementsMatch(t, want, slices.Concat(page.Items, rest.Items))
		assert.Empty(t, rest.Next)
	}
}

func TestSemanticRequests(t *testing.T) {
	requests, client := recording(t, `[2,1]`)
	q := employee.Query{Clause: employee.Term("is_working", 1), Sort: []string{"id"}}
	o := employee.SearchOptions{PageSize: 2, Cursor: `26.8,"2025-02-25",6428995`}
	_, err := client.Employees.Clean.ListBySemanticQuery(t.Context(), q, o)
	require.NoError(t, err)
	_, err = walk(client.Employees.MultiSource.AllBySemanticQuery(t.Context(), q, employee.SearchOptions{}))
	require.NoError(t, err)
	const body = `{"query":{"term":{"is_working":1}},"sort":["id"]}`
	assert.Equal(t, []sent{
		{"POST", "/cdapi/v2/employee_clean/semantic_search/es_dsl", "after=26.8%2C%222025-02-25%22%2C6428995&items_per_page=2", body},
		{"POST", "/cdapi/v2/employee_multi_source/semantic_search/es_dsl", "", body},
	}, *requests)
}

func TestSemanticSearchRefusesBeforeSending(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	for name, d := range semanticSearchers(client) {
		for _, tt := range []struct {
			q employee.Query
			o employee.SearchOptions
		}{
			{employee.Query{}, employee.SearchOptions{}},
			{employee.Query{Clause: everyone.Clause, Sort: []string{"name"}}, employee.SearchOptions{}},
			{everyone, employee.SearchOptions{PageSize: -1}},
			{everyone, employee.SearchOptions{PageSize: 1001}},
			{everyone, employee.SearchOptions{Cursor: "a\nb"}},
		} {
			_, err := d.ListBySemanticQuery(t.Context(), tt.q, tt.o)
			require.ErrorIs(t, err, api.ErrInvalid)
			assert.Contains(t, err.Error(), "employee."+name+".ListBySemanticQuery: ")
			errs := failures(d.AllBySemanticQuery(t.Context(), tt.q, tt.o))
			require.Len(t, errs, 1)
			require.ErrorIs(t, errs[0], api.ErrInvalid)
		}
	}
	assert.Zero(t, sb.Requests())
	_, err := connect(t).Employees.Clean.ListBySemanticQuery(t.Context(), everyone, employee.SearchOptions{})
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

func TestSemanticSearchErrors(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(30))
	sb.Fail(sandbox.Fault{After: 1, Status: 422})
	errs := 0
	for id, err := range client.Employees.MultiSource.AllBySemanticQuery(t.Context(), everyone, employee.SearchOptions{PageSize: 10}) {
		if err != nil {
			require.ErrorIs(t, err, api.ErrInvalid)
			assert.Zero(t, id)
			errs++
		}
	}
	assert.Equal(t, 1, errs)
	assert.Equal(t, 2, sb.Requests())
	sb.ClearFaults()
	sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
	_, err := client.Employees.MultiSource.ListBySemanticQuery(t.Context(), everyone, employee.SearchOptions{})
	require.NoError(t, err, "a free search is asked again when its answer was lost")
}
