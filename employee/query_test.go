package employee_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestQueryMarshalJSON(t *testing.T) {
	type match struct {
		Match map[string]string `json:"match"`
		Boost int               `json:"boost,omitempty"`
	}
	for name, tc := range map[string]struct {
		query employee.Query
		want  string
	}{
		"clause":  {employee.Query{Clause: employee.Match("a", "x < y")}, `{"query":{"match":{"a":"x < y"}}}`},
		"sort":    {employee.Query{Clause: employee.Exists("a"), Sort: []string{"_score"}}, `{"query":{"exists":{"field":"a"}},"sort":["_score"]}`},
		"id":      {employee.Query{Clause: employee.Exists("a"), Sort: []string{"id"}}, `{"query":{"exists":{"field":"a"}},"sort":["id"]}`},
		"map":     {employee.Query{Clause: map[string]any{"b": 1, "a": 2}}, `{"query":{"a":2,"b":1}}`},
		"struct":  {employee.Query{Clause: match{Match: map[string]string{"a": "b"}}}, `{"query":{"match":{"a":"b"}}}`},
		"raw":     {employee.RawQuery([]byte(" {\"match\": {\"a\":\n1.0}} ")), `{"query":{"match":{"a":1.0}}}`},
		"message": {employee.Query{Clause: json.RawMessage(`{"match_all":{}}`)}, `{"query":{"match_all":{}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.query.MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got))
		})
	}
}

func TestQueryRefuses(t *testing.T) {
	deep := strings.Repeat(`{"bool":{"must":[`, 70) + `{"match_all":{}}` + strings.Repeat(`]}}`, 70)
	wide := make([]employee.Clause, 1025)
	for i := range wide {
		wide[i] = employee.Clause{"a": i}
	}
	for name, tc := range map[string]struct {
		query employee.Query
		is    error
		text  string
	}{
		"nothing":      {employee.Query{}, employee.ErrInvalidQuery, "not a JSON object"},
		"array":        {employee.Query{Clause: []int{1}}, employee.ErrInvalidQuery, "not a JSON object"},
		"bytes":        {employee.Query{Clause: []byte(`{"a":1}`)}, employee.ErrInvalidQuery, "not a JSON object"},
		"empty":        {employee.Query{Clause: employee.Clause{}}, employee.ErrInvalidQuery, "empty"},
		"wrapped":      {employee.RawQuery([]byte(`{"query":{"match_all":{}}}`)), employee.ErrInvalidQuery, "without that key"},
		"no JSON":      {employee.RawQuery([]byte(`{"a":`)), employee.ErrInvalidQuery, ""},
		"empty text":   {employee.RawQuery(nil), employee.ErrInvalidQuery, ""},
		"key twice":    {employee.RawQuery([]byte(`{"bool":{"must":[],"must":[]}}`)), employee.ErrInvalidQuery, "duplicate"},
		"function":     {employee.Query{Clause: func() {}}, employee.ErrInvalidQuery, "unsupported type"},
		"deep":         {employee.RawQuery([]byte(deep)), employee.ErrInvalidQuery, "deeper than 200"},
		"sort":         {employee.Query{Clause: employee.Exists("a"), Sort: []string{"updated_at"}}, employee.ErrInvalidQuery, "sort"},
		"two sorts":    {employee.Query{Clause: employee.Exists("a"), Sort: []string{"id", "_score"}}, employee.ErrInvalidQuery, "sort"},
		"long":         {employee.Query{Clause: employee.Match("a", strings.Repeat("é", 15_000))}, employee.ErrQueryTooLarge, "15000"},
		"many":         {employee.Query{Clause: employee.Any(wide...)}, employee.ErrQueryTooLarge, "1025 clauses"},
		"many nested":  {employee.Query{Clause: employee.All(employee.Any(wide[:1000]...), employee.Any(wide[:30]...))}, employee.ErrQueryTooLarge, "1032 clauses"},
		"many objects": {employee.Query{Clause: employee.All(append(wide[:1023:1023], employee.Clause{"bool": employee.Clause{"filter": employee.Exists("a"), "must_not": employee.Exists("b")}})...)}, employee.ErrQueryTooLarge, "1026 clauses"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.query.MarshalJSON()
			require.ErrorIs(t, err, tc.is)
			assert.ErrorContains(t, err, tc.text)
		})
	}
}

func TestQueryLimitsAreReached(t *testing.T) {
	const around = len(`{"query":{"match":{"a":""}}}`)
	got, err := employee.Query{Clause: employee.Match("a", strings.Repeat("é", employee.MaxQueryLength-around))}.MarshalJSON()
	require.NoError(t, err)
	assert.Len(t, []rune(string(got)), employee.MaxQueryLength)

	clauses := make([]employee.Clause, employee.MaxBoolClauses)
	for i := range clauses {
		clauses[i] = employee.Clause{"a": i}
	}
	_, err = employee.Query{Clause: employee.All(clauses...)}.MarshalJSON()
	require.NoError(t, err)
}

func TestRawQueryIsCopied(t *testing.T) {
	text := []byte(`{"a":1}`)
	q := employee.RawQuery(text)
	copy(text, "xxxx")
	got, err := q.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"query":{"a":1}}`, string(got))
}

func ExampleQuery_MarshalJSON() {
	encoded, err := employee.Query{
		Clause: employee.All(
			employee.Term("is_parent", 1),
			employee.MatchPhrase("headline", "Data Engineer"),
		),
		Sort: []string{"id"},
	}.MarshalJSON()
	fmt.Println(string(encoded), err)
	// Output:
	// {"query":{"bool":{"must":[{"term":{"is_parent":1}},{"match_phrase":{"headline":"Data Engineer"}}]}},"sort":["id"]} <nil>
}
