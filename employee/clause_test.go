package employee_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestClauses(t *testing.T) {
	a, b := employee.Term("a", 1), employee.Term("b", "x")
	for want, clause := range map[string]employee.Clause{
		`{"match":{"headline":"go engineer"}}`:                             employee.Match("headline", "go engineer"),
		`{"match_phrase":{"headline":"go engineer"}}`:                      employee.MatchPhrase("headline", "go engineer"),
		`{"term":{"a":1}}`:                                                 a,
		`{"terms":{"id":[1,2]}}`:                                           employee.Terms("id", int64(1), int64(2)),
		`{"terms":{"id":[]}}`:                                              employee.Terms[string]("id"),
		`{"range":{"n":{"gte":0,"lt":10}}}`:                                employee.Range("n", employee.Bounds{GTE: 0, LT: 10}),
		`{"range":{"n":{"gt":"a","lte":"b"}}}`:                             employee.Range("n", employee.Bounds{GT: "a", LTE: "b"}),
		`{"exists":{"field":"email"}}`:                                     employee.Exists("email"),
		`{"nested":{"path":"experience","query":{"term":{"a":1}}}}`:        employee.Nested("experience", a),
		`{"bool":{"must":[{"term":{"a":1}},{"term":{"b":"x"}}]}}`:          employee.All(a, b),
		`{"bool":{"must":[]}}`:                                             employee.All(),
		`{"bool":{"minimum_should_match":1,"should":[{"term":{"a":1}}]}}`:  employee.Any(a),
		`{"bool":{"must_not":[{"bool":{"must_not":[{"term":{"a":1}}]}}]}}`: employee.Not(employee.Not(a)),
	} {
		got, err := employee.Query{Clause: clause}.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, `{"query":`+want+`}`, string(got))
	}
}

func TestClauseListsAreCopied(t *testing.T) {
	list := []employee.Clause{employee.Term("a", 1)}
	q := employee.All(list...)
	list[0] = employee.Term("b", 2)
	got, err := employee.Query{Clause: q}.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"query":{"bool":{"must":[{"term":{"a":1}}]}}}`, string(got))
}
