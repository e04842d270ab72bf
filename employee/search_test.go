package employee_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

var everyone = employee.Query{Clause: employee.Clause{"match_all": employee.Clause{}}}

func TestListOfOnePage(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20))
	ids := slices.Sorted(slices.Values(sb.Coresignal.PersonIDs()))
	page, err := client.Employees.Base.ListByQuery(t.Context(), employee.Query{Clause: everyone.Clause, Sort: []string{"id"}}, employee.SearchOptions{})
	require.NoError(t, err)
	assert.Equal(t, ids, page.Items)
	assert.Empty(t, page.Next)
	assert.EqualValues(t, 20, page.Total)

	person, _ := sb.Coresignal.Person(ids[0])
	found, err := client.Employees.Base.ListByFilter(t.Context(), employee.BaseFilter{FullName: `"` + person.Name + `"`}, employee.SearchOptions{})
	require.NoError(t, err)
	assert.Contains(t, found.Items, person.ID)
	assert.Less(t, len(found.Items), 20)
	assert.Zero(t, sb.Coresignal.CreditsSpent(), "a search of Base is free")

	found, err = client.Employees.V1.ListByFilter(t.Context(), employee.V1Filter{Name: `"` + person.Name + `"`}, employee.SearchOptions{})
	require.NoError(t, err)
	assert.Contains(t, found.Items, person.ID)
	page, err = client.Employees.V1.ListByQuery(t.Context(), everyone, employee.SearchOptions{PageSize: 3})
	require.NoError(t, err)
	assert.Len(t, page.Items, 3)
	assert.NotEmpty(t, page.Next)
	assert.EqualValues(t, 20, page.Total)
	assert.Equal(t, 2, sb.Coresignal.V1CreditsSpent(), "one credit a search")
}

func TestAllFindsEachIDOnce(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(53))
	want := slices.Sorted(slices.Values(sb.Coresignal.PersonIDs()))
	for _, size := range []int{6, 7, 53, 54, 1000, 0} {
		for _, sort := range [][]string{nil, {"id"}, {"_score"}} {
			var got []int64
			q := employee.Query{Clause: everyone.Clause, Sort: sort}
			for id, err := range client.Employees.Base.AllByQuery(t.Context(), q, employee.SearchOptions{PageSize: size}) {
				require.NoError(t, err)
				got = append(got, id)
			}
			slices.Sort(got)
			assert.Equal(t, want, got, "PageSize %d, sort %v", size, sort)
		}
	}
	var v1, base []int64
	for id, err := range client.Employees.V1.AllByFilter(t.Context(), employee.V1Filter{}, employee.SearchOptions{PageSize: 20}) {
		require.NoError(t, err)
		v1 = append(v1, id)
	}
	for id, err := range client.Employees.Base.AllByFilter(t.Context(), employee.BaseFilter{}, employee.SearchOptions{PageSize: 20}) {
		require.NoError(t, err)
		base = append(base, id)
	}
	assert.ElementsMatch(t, want, v1)
	assert.ElementsMatch(t, want, base)
	assert.Equal(t, 3, sb.Coresignal.V1CreditsSpent())
}

func TestAllIsLazyAndCanBeginAnew(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(30))
	filter := employee.BaseFilter{Extra: map[string]any{"deleted": false}}
	walk := client.Employees.Base.AllByFilter(t.Context(), filter, employee.SearchOptions{PageSize: 10})
	filter.Extra["shoe_size"] = 44 // after the call: must not matter
	assert.Zero(t, sb.Requests(), "nothing is sent before the loop")
	take := func(n int) (ids []int64) {
		for id, err := range walk {
			require.NoError(t, err)
			if ids = append(ids, id); len(ids) == n {
				break
			}
		}
		return ids
	}
	first := take(10)
	assert.Equal(t, 1, sb.Requests(), "the second page was not needed")
	assert.Equal(t, first, take(10))
	assert.Equal(t, 2, sb.Requests())
	assert.Equal(t, first, take(11)[:10])
	assert.Equal(t, 4, sb.Requests())
}

func TestAllEndsAfterAnError(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(30))
	sb.Fail(sandbox.Fault{After: 1, Status: 422})
	var ids []int64
	var failures []error
	for id, err := range client.Employees.Base.AllByQuery(t.Context(), everyone, employee.SearchOptions{PageSize: 10}) {
		if err != nil {
			failures = append(failures, err)
			continue
		}
		ids = append(ids, id)
	}
	assert.Len(t, ids, 10)
	require.Len(t, failures, 1)
	assert.ErrorIs(t, failures[0], api.ErrInvalid)
	assert.Equal(t, 2, sb.Requests())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range client.Employees.Base.AllByQuery(ctx, everyone, employee.SearchOptions{}) {
		assert.ErrorIs(t, err, context.Canceled)
	}
	assert.Equal(t, 2, sb.Requests())
}

func TestSearchRefusesBeforeSending(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	base := client.Employees.Base
	check := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	for _, o := range []employee.SearchOptions{
		{PageSize: -1}, {PageSize: 1001}, {Cursor: "a\nb"}, {Cursor: "\x7f"}, {Cursor: strings.Repeat("9", 2049)},
	} {
		_, err := base.ListByQuery(t.Context(), everyone, o)
		check(err)
		_, err = base.ListByFilter(t.Context(), employee.BaseFilter{}, o)
		check(err)
	}
	for _, q := range []employee.Query{{}, {Clause: 1}, {Clause: employee.Clause{"query": everyone}}, {Clause: everyone.Clause, Sort: []string{"name"}}} {
		_, err := base.ListByQuery(t.Context(), q, employee.SearchOptions{})
		check(err)
		failures := 0
		for _, err := range base.AllByQuery(t.Context(), q, employee.SearchOptions{}) {
			check(err)
			failures++
		}
		assert.Equal(t, 1, failures)
	}
	bad := employee.BaseFilter{Country: "Spain", Extra: map[string]any{"country": "Italy"}}
	_, err := base.ListByFilter(t.Context(), bad, employee.SearchOptions{})
	check(err)
	for _, err := range base.AllByFilter(t.Context(), bad, employee.SearchOptions{}) {
		check(err)
	}
	assert.Zero(t, sb.Requests())
}

// TestSearchRequests checks what is sent: body, path, page size, and the cursor to the letter.
func TestSearchRequests(t *testing.T) {
	const cursor = `26.806067,"2025-02-25 04:46:18",6428995+&%/ü`
	var bodies, queries, paths []string
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		queries = append(queries, r.URL.Query().Get("after")+"|"+r.URL.Query().Get("items_per_page"))
		paths = append(paths, r.URL.Path)
		if len(bodies) == 1 {
			w.Header().Set("X-Next-Page-After", cursor)
		}
		w.Header().Set("X-Total-Results", "nonsense")
		_, _ = io.WriteString(w, `[2,1]`)
	})
	var got []int64
	q := employee.Query{Clause: employee.MatchPhrase("headline", "<Head> & Sales"), Sort: []string{"_score"}}
	for id, err := range client.Employees.Base.AllByQuery(t.Context(), q, employee.SearchOptions{PageSize: 2}) {
		require.NoError(t, err)
		got = append(got, id)
	}
	assert.Equal(t, []int64{2, 1, 2, 1}, got)
	assert.Equal(t, []string{"|2", cursor + "|2"}, queries)
	want := `{"query":{"match_phrase":{"headline":"<Head> & Sales"}},"sort":["_score"]}`
	assert.Equal(t, []string{want, want}, bodies)

	page, err := client.Employees.V1.ListByFilter(t.Context(), employee.V1Filter{Country: "(Spain) OR (Italy)"}, employee.SearchOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, -1, page.Total)
	assert.Equal(t, `{"country":"(Spain) OR (Italy)"}`, bodies[2])
	assert.Equal(t, "|", queries[2])
	assert.Equal(t, []string{
		"/cdapi/v2/employee_base/search/es_dsl", "/cdapi/v2/employee_base/search/es_dsl", "/cdapi/v1/professional_network/employee/search/filter",
	}, paths)
}

func TestSearchMistrustsTheAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		cursor, body string
		kind         error
	}{
		"same cursor":     {`"2025",1`, `[1]`, api.ErrSameCursor},
		"control byte":    {"a\x01b", `[1]`, api.ErrUnexpectedResponse},
		"too long":        {strings.Repeat("7", 2049), `[1]`, api.ErrUnexpectedResponse},
		"an object":       {"", `{"ids":[1]}`, api.ErrUnexpectedResponse},
		"strings":         {"", `["1","x"]`, api.ErrUnexpectedResponse},
		"null":            {"", `[1,null]`, api.ErrUnexpectedResponse},
		"a fraction":      {"", `[1.5]`, api.ErrUnexpectedResponse},
		"a list of lists": {"", `[[1]]`, api.ErrUnexpectedResponse},
		"HTML":            {"", `<html>`, api.ErrUnexpectedResponse},
		"number too big":  {"", `[9223372036854775808]`, api.ErrUnexpectedResponse},
		"more than asked": {"", `[1] [2]`, api.ErrUnexpectedResponse},
	} {
		t.Run(name, func(t *testing.T) {
			transport := roundTripper(func(r *http.Request) (*http.Response, error) { // net/http refuses control bytes
				header := http.Header{"X-Next-Page-After": {tt.cursor}}
				return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(tt.body)), ContentLength: -1, Request: r}, nil
			})
			client := connectTo(t, transport)
			page, err := client.Employees.Base.ListByQuery(t.Context(), everyone, employee.SearchOptions{Cursor: `"2025",1`})
			require.ErrorIs(t, err, tt.kind)
			require.ErrorIs(t, err, api.ErrUnexpectedResponse)
			assert.Nil(t, page)
			e, ok := errors.AsType[*api.Error](err)
			require.True(t, ok)
			assert.Equal(t, "Employees.Base.ListByQuery", e.Op)
			if tt.cursor != "" {
				assert.NotContains(t, err.Error(), tt.cursor)
			}
			n := 0
			for _, err := range client.Employees.Base.AllByQuery(t.Context(), everyone, employee.SearchOptions{Cursor: `"2025",1`}) {
				require.ErrorIs(t, err, tt.kind)
				n++
			}
			assert.Equal(t, 1, n, "no endless loop")
		})
	}
}

// TestAllStopsAtAnEmptyPage does so whatever the cursor says.
func TestAllStopsAtAnEmptyPage(t *testing.T) {
	requests := 0
	client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.Header().Set("X-Next-Page-After", strings.Repeat("1", requests))
		answer, _ := json.Marshal(slices.Repeat([]int64{7}, max(0, 3-requests)))
		_, _ = w.Write(answer)
	})
	n := 0
	for _, err := range client.Employees.Base.AllByQuery(t.Context(), everyone, employee.SearchOptions{}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 3, n)
	assert.Equal(t, 3, requests)
}

// TestIDsOfASearchAsText reads IDs in every form that numbers are sent in.
func TestIDsOfASearchAsText(t *testing.T) {
	for body, want := range map[string][]int64{
		`["1", 2, 3.0, "4.0", 1e3]`: {1, 2, 3, 4, 1000}, `["9223372036854775807"]`: {1<<63 - 1}, `[7]`: {7}, `[]`: {},
	} {
		_, client := recording(t, body)
		page, err := client.Employees.Base.ListByQuery(t.Context(), everyone, employee.SearchOptions{})
		require.NoError(t, err, body)
		assert.Equal(t, want, page.Items)
		_, client = recording(t, body)
		page, err = client.Employees.V1.ListByFilter(t.Context(), employee.V1Filter{Name: "x"}, employee.SearchOptions{})
		require.NoError(t, err, body)
		assert.Equal(t, want, page.Items)
	}
}

// TestASearchListsIDsOnly: one that is none would be missing without a word, or be collected in vain.
func TestASearchListsIDsOnly(t *testing.T) {
	for response, want := range map[string][]int64{
		`[1,2]`: {1, 2}, `["1",2.0]`: {1, 2}, `[]`: {},
		`[0]`: nil, `[1,-2]`: nil, `["0"]`: nil, `[1,null]`: nil, `["x"]`: nil, `[1.5]`: nil, `[{"id":1}]`: nil, `{"detail":"x"}`: nil,
	} {
		_, client := sandboxtest.Responding(t, response)
		page, err := client.Employees.Base.ListByQuery(t.Context(), employee.Query{Clause: employee.Match("headline", "x")}, employee.SearchOptions{})
		if want == nil {
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, response)
			continue
		}
		require.NoError(t, err, response)
		assert.Equal(t, want, append([]int64{}, page.Items...), response)
	}
}
