package matching_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func limited(t *testing.T, err error, of string, limit int) {
	t.Helper()
	var e *matching.LimitError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, matching.LimitError{Of: of, Limit: limit}, *e)
	assert.ErrorContains(t, err, of)
}

func ofLength(n int) json.RawMessage {
	const frame = `{"term":{"headline":""}}`
	return json.RawMessage(strings.Replace(frame, `""`, `"`+strings.Repeat("é", n-len(frame))+`"`, 1))
}

func TestLengthIsBounded(t *testing.T) {
	_, err := matching.ParseQuery(ofLength(matching.MaxCharacters))
	require.NoError(t, err)
	_, err = matching.ParseQuery(ofLength(matching.MaxCharacters + 1))
	limited(t, err, "characters", matching.MaxCharacters)
	_, err = matching.ParseQuery(make(json.RawMessage, 100_000))
	limited(t, err, "characters", matching.MaxCharacters)
	_, err = matching.ParseFilters(people.Base, make(json.RawMessage, matching.MaxCharacters+1))
	limited(t, err, "characters", matching.MaxCharacters)
}

func TestDepthIsBounded(t *testing.T) {
	clauses := func(n int) json.RawMessage {
		return json.RawMessage(strings.Repeat(`{"bool":{"must":`, n-1) + `{"match_all":{}}` + strings.Repeat(`}}`, n-1))
	}
	_, err := matching.ParseQuery(clauses(matching.MaxDepth))
	require.NoError(t, err)
	_, err = matching.ParseQuery(clauses(matching.MaxDepth + 1))
	limited(t, err, "levels", matching.MaxDepth)

	parentheses := func(n int) string { return strings.Repeat("(", n) + "nurse" + strings.Repeat(")", n) }
	for _, kind := range []string{"query_string", "simple_query_string"} {
		of := func(n int) json.RawMessage {
			return json.RawMessage(`{"` + kind + `": {"fields": ["headline"], "query": "` + parentheses(n) + `"}}`)
		}
		_, err = matching.ParseQuery(of(matching.MaxDepth - 2))
		require.NoError(t, err, kind)
		_, err = matching.ParseQuery(of(matching.MaxDepth))
		limited(t, err, "levels", matching.MaxDepth)
	}
	_, err = matching.ParseFilters(people.Base, json.RawMessage(`{"headline": "`+parentheses(matching.MaxDepth-1)+`"}`))
	require.NoError(t, err)
	for _, deep := range []string{parentheses(matching.MaxDepth), strings.Repeat("NOT ", matching.MaxDepth) + "nurse"} {
		_, err = matching.ParseFilters(people.Base, json.RawMessage(`{"headline": "`+deep+`"}`))
		limited(t, err, "levels", matching.MaxDepth)
	}
}

func TestClausesAreBounded(t *testing.T) {
	list := func(n int) json.RawMessage {
		return json.RawMessage(`{"bool":{"must":[` + strings.TrimSuffix(strings.Repeat(`{"bool":{}},`, n-1), ",") + `]}}`)
	}
	_, err := matching.ParseQuery(list(matching.MaxClauses))
	require.NoError(t, err)
	_, err = matching.ParseQuery(list(matching.MaxClauses + 1))
	limited(t, err, "clauses", matching.MaxClauses)

	words := strings.Repeat("a ", matching.MaxClauses+1)
	for _, clause := range []string{
		`{"match": {"headline": "` + words + `"}}`,
		`{"match_phrase": {"headline": "` + words + `"}}`,
		`{"multi_match": {"query": "` + strings.Repeat("a ", 300) + `", "fields": ["a", "b", "c", "d"]}}`,
		`{"query_string": {"default_field": "headline", "query": "` + words + `"}}`,
		`{"simple_query_string": {"fields": ["headline"], "query": "` + words + `"}}`,
	} {
		_, err = matching.ParseQuery(json.RawMessage(clause))
		limited(t, err, "clauses", matching.MaxClauses)
	}
	for _, value := range []string{words, `\"` + words + `\"`} {
		_, err = matching.ParseFilters(people.V1, json.RawMessage(`{"title": "`+value+`"}`))
		limited(t, err, "clauses", matching.MaxClauses)
	}
}

func TestErrorsNameThePlaceOnlyIfThereIsOne(t *testing.T) {
	assert.EqualError(t, &matching.UnsupportedError{Reason: "no"}, "matching: unsupported query: no")
	assert.EqualError(t, &matching.InvalidError{Path: "bool.must[1]", Reason: "no"}, "matching: invalid query at bool.must[1]: no")
}
