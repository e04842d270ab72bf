package employee_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// previewer is what the datasets with previews have in common.
type previewer interface {
	PreviewCost() int64
	PreviewByQuery(ctx context.Context, q employee.Query, page int, options ...api.CallOption) ([]employee.Preview, error)
	AllPreviewsByQuery(ctx context.Context, q employee.Query, o employee.PreviewOptions, options ...api.CallOption) iter.Seq2[employee.Preview, error]
}

func previewers(client *pronet.Client) map[string]previewer {
	return map[string]previewer{"Base": client.Employees.Base, "Clean": client.Employees.Clean, "MultiSource": client.Employees.MultiSource}
}

var previewCosts = map[string]int64{"Base": 10, "Clean": 10, "MultiSource": 20}

func TestPreviewOfEachDataset(t *testing.T) {
	for name, cost := range previewCosts {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(47), coresignal.WithCredits(int(3*cost)))
			d := previewers(client)[name]
			assert.Equal(t, cost, d.PreviewCost())
			seen := make(map[int64]bool)
			for page, rows := range []int{20, 20, 7} {
				got, err := d.PreviewByQuery(t.Context(), everyone, page+1)
				require.NoError(t, err)
				require.Len(t, got, rows)
				for _, row := range got {
					person, ok := sb.Coresignal.Person(row.EmployeeID())
					require.True(t, ok)
					assert.False(t, seen[row.ID])
					seen[row.ID] = true
					assert.Equal(t, person.Name, row.FullName)
					assert.Equal(t, person.Company, row.CompanyName)
					if name != "Clean" { // of which no address is known
						assert.Equal(t, person.ProfileURL, row.NetworkURL())
					}
					assert.NotEmpty(t, row.CountryName())
					assert.Empty(t, row.Mismatched())
					assert.Empty(t, row.Unknown())
					assert.NotEmpty(t, row.Raw())
					_, ok = row.Score()
					assert.True(t, ok)
				}
				assert.EqualValues(t, int64(page+1)*cost, sb.Coresignal.CreditsSpent())
			}
			assert.Len(t, seen, 47)
			_, err := d.PreviewByQuery(t.Context(), everyone, 1)
			require.ErrorIs(t, err, api.ErrNoCredits)
		})
	}
}

func TestPreviewByFilterFindsWhatTheSearchFinds(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(100))
	filter := employee.BaseFilter{Country: "(Germany) OR (France)"}
	page, err := client.Employees.Base.ListByFilter(t.Context(), filter, employee.SearchOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, page.Items)
	require.Less(t, len(page.Items), employee.PreviewPageSize)
	rows, err := client.Employees.Base.PreviewByFilter(t.Context(), filter, 1)
	require.NoError(t, err)
	all, err := walk(client.Employees.Base.AllPreviewsByFilter(t.Context(), filter, employee.PreviewOptions{}))
	require.NoError(t, err)
	assert.Equal(t, rows, all)
	var ids []int64
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	assert.Equal(t, page.Items, ids)
	assert.Equal(t, 20, sb.Coresignal.CreditsSpent(), "a page each")
	assert.Equal(t, 3, sb.Requests(), "a short page is the last one")
}

func TestPreviewRequests(t *testing.T) {
	const path, byFilter, byQuery = "/cdapi/v2/employee_base/search/", `{"country":"(Spain) OR (Italy)"}`, `{"query":{"match_phrase":{"headline":"<Head> & Sales"}},"sort":["_score"]}`
	requests, client := recording(t, `[{"id":7,"_score":1.5,"followers_count":{},"shoe":44}]`)
	filter := employee.BaseFilter{Country: "(Spain) OR (Italy)"}
	q := employee.Query{Clause: employee.MatchPhrase("headline", "<Head> & Sales"), Sort: []string{"_score"}}
	base := client.Employees.Base
	rows, err := base.PreviewByFilter(t.Context(), filter, 5)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	assert.Equal(t, []string{"followers_count"}, rows[0].Mismatched(), "one field that drifted costs no other")
	assert.JSONEq(t, "44", string(rows[0].Unknown()["shoe"]))
	assert.Equal(t, employee.Decimal(1.5), rows[0].RelevanceScore)
	_, err = walk(base.AllPreviewsByFilter(t.Context(), filter, employee.PreviewOptions{}))
	require.NoError(t, err)
	for _, d := range []previewer{base, client.Employees.Clean, client.Employees.MultiSource} {
		_, err = d.PreviewByQuery(t.Context(), q, 2)
		require.NoError(t, err)
	}
	assert.Equal(t, []sent{
		{"POST", path + "filter/preview", "page=5", byFilter},
		{"POST", path + "filter/preview", "page=1", byFilter},
		{"POST", path + "es_dsl/preview", "page=2", byQuery},
		{"POST", "/cdapi/v2/employee_clean/search/es_dsl/preview", "page=2", byQuery},
		{"POST", "/cdapi/v2/employee_multi_source/search/es_dsl/preview", "page=2", byQuery},
	}, *requests)
}

func TestPreviewRefusesBeforeSending(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	base := client.Employees.Base
	bad := employee.BaseFilter{Country: "Spain", Extra: map[string]any{"country": "Italy"}}
	for name, d := range previewers(client) {
		for _, page := range []int{-1, 0, 6} {
			_, err := d.PreviewByQuery(t.Context(), everyone, page)
			require.ErrorIs(t, err, api.ErrInvalid)
			assert.Contains(t, err.Error(), "Employees."+name+".PreviewByQuery: ")
		}
		_, err := d.PreviewByQuery(t.Context(), employee.Query{}, 1)
		require.ErrorIs(t, err, api.ErrInvalid)
		require.ErrorIs(t, err, employee.ErrInvalidQuery)
		for _, rows := range []iter.Seq2[employee.Preview, error]{
			d.AllPreviewsByQuery(t.Context(), employee.Query{}, employee.PreviewOptions{}),
			d.AllPreviewsByQuery(t.Context(), everyone, employee.PreviewOptions{Pages: -1}),
		} {
			errs := failures(rows)
			require.Len(t, errs, 1)
			require.ErrorIs(t, errs[0], api.ErrInvalid)
		}
	}
	_, err := base.PreviewByFilter(t.Context(), bad, 1)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = base.PreviewByFilter(t.Context(), employee.BaseFilter{}, 6)
	require.ErrorIs(t, err, api.ErrInvalid)
	errs := failures(base.AllPreviewsByFilter(t.Context(), bad, employee.PreviewOptions{}))
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], api.ErrInvalid)
	assert.Zero(t, sb.Requests())

	_, err = connect(t).Employees.Base.PreviewByQuery(t.Context(), everyone, 1)
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

// TestPreviewErrorsAreTyped also pins what becomes of the credits: returned unless the page may have been charged.
func TestPreviewErrorsAreTyped(t *testing.T) {
	for name, tt := range map[string]struct {
		fault       sandbox.Fault
		kind        error
		attempts    int
		kept, spent int
	}{
		"400":           {sandbox.Fault{Status: 400}, api.ErrInvalid, 1, 0, 0},
		"401":           {sandbox.Fault{Status: 401}, api.ErrUnauthorized, 1, 0, 0},
		"402":           {sandbox.Fault{Status: 402}, api.ErrNoCredits, 1, 0, 0},
		"403":           {sandbox.Fault{Status: 403}, api.ErrForbidden, 1, 0, 0},
		"404":           {sandbox.Fault{Status: 404}, api.ErrNotFound, 1, 0, 0},
		"429":           {sandbox.Fault{Status: 429}, api.ErrRateLimited, 4, 0, 0},
		"503":           {sandbox.Fault{Status: 503}, api.ErrUnavailable, 4, 0, 0},
		"an object":     {sandbox.Fault{Status: 200, Body: `{"rows":[]}`}, api.ErrUnexpectedResponse, 1, 10, 0},
		"a row of text": {sandbox.Fault{Status: 200, Body: `[{"id":1},"x"]`}, api.ErrUnexpectedResponse, 1, 10, 0},
		"lost answer":   {sandbox.Fault{Drop: sandbox.DropAfterAct}, api.ErrMaybeApplied, 1, 10, 10},
		"half a page":   {sandbox.Fault{Drop: sandbox.DropMidBody}, api.ErrMaybeApplied, 1, 10, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(30))
				sb.Fail(tt.fault)
				budget := employee.NewBudget(100)
				paid := 0
				o := employee.PreviewOptions{Budget: budget, OnPage: func(employee.PreviewPage) { paid++ }}
				errs := failures(client.Employees.Base.AllPreviewsByQuery(t.Context(), everyone, o))
				require.Len(t, errs, 1, "it ends after an error")
				require.ErrorIs(t, errs[0], tt.kind)
				e, ok := errors.AsType[*api.Error](errs[0])
				require.True(t, ok)
				assert.Equal(t, "Employees.Base.PreviewByQuery", e.Op)
				assert.Equal(t, "/cdapi/v2/employee_base/search/es_dsl/preview", e.Route)
				assert.Equal(t, tt.attempts, e.Attempts)
				assert.Equal(t, tt.attempts, sb.Requests())
				assert.Equal(t, tt.kept != 0, errors.Is(e, api.ErrMaybeApplied))
				assert.EqualValues(t, 100-tt.kept, budget.Left())
				assert.Equal(t, tt.spent, sb.Coresignal.CreditsSpent())
				assert.Zero(t, paid)
			})
		})
	}
}

// TestPreviewMistrustsTheAnswer takes whatever decodes and refuses the rest.
func TestPreviewMistrustsTheAnswer(t *testing.T) {
	for body, rows := range map[string]int{`[]`: 0, `[{"full_name":"A"}]`: 1, `[{"id":"1"}]`: 1, "[" + strings.Repeat(`{"id":1},`, 29) + `{"id":2}]`: 30} {
		_, client := recording(t, body)
		got, err := client.Employees.Clean.PreviewByQuery(t.Context(), everyone, 1)
		require.NoError(t, err, body)
		assert.Len(t, got, rows)
	}
	for _, body := range []string{`null`, `{}`, `[{}]`, `[{"id":1},{"detail":"Internal error"}]`, `{"detail":"Internal error"}`, `[1]`, `[null]`, `[[]]`, `[{]`, `"x"`, `<html>`, ` `} {
		_, client := recording(t, body)
		got, err := client.Employees.Clean.PreviewByQuery(t.Context(), everyone, 1)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
		assert.Nil(t, got)
	}
}
