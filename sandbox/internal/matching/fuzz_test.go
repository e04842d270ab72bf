package matching_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// documents is what fuzzed queries are tried on.
func documents() []map[string]any {
	var docs []map[string]any
	for _, p := range generated(6) {
		docs = append(docs, p.Document(people.V1), p.Document(people.Base), p.Document(people.Clean), p.Document(people.MultiSource))
	}
	return append(docs, nil, map[string]any{"id": json.Number("x"), "headline": []any{nil, 1, int64(2), true, []any{"x"}}, "experience": "no rows"})
}

// checkAnswer fails when a query and an error come together, neither comes, or
// the error is of no known kind.
func checkAnswer(t *testing.T, q matching.Query, err error) {
	t.Helper()
	var unsupported *matching.UnsupportedError
	var invalid *matching.InvalidError
	var limit *matching.LimitError
	var mapping *matching.MappingError
	known := errors.As(err, &unsupported) || errors.As(err, &invalid) || errors.As(err, &limit) || errors.As(err, &mapping)
	if (q == nil) != (err != nil) || (err != nil) != known {
		t.Fatalf("query %v with error %v", q, err)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{
		`{"match_all": {}}`,
		`{"match": {"headline": {"query": "senior nurse", "operator": "and", "minimum_should_match": "-25%"}}}`,
		`{"match_phrase_prefix": {"headline": "senior nur"}}`,
		`{"nested": {"path": "experience", "query": {"range": {"experience.date_from": {"from": "March 2020", "to": 1577836800000, "include_lower": false}}}}}`,
		`{"query_string": {"query": "id:12* OR is_working:abc", "lenient": true}}`,
		`{"multi_match": {"query": "x", "fields": ["headline^2", "summary"], "type": "phrase"}}`,
		`{"terms": {"id": [1, "2", 3.5e2]}}`,
		`{"range": {"updated_at": {"gte": "2020-01-01", "lt": "2026-01-01T00:00:00Z", "format": "yyyy-MM-dd"}}}`,
		`{"exists": {"field": "member_skills_collection.member_skill_list"}}`,
		`{"wildcard": {"headline.exact": "*a*b?\\*"}}`,
		`{"regexp": {"headline": "(a|b)+[c-e]{2,5}\\."}}`,
		`{"ids": {"values": [5]}}`,
		`{"bool": {"must": [{"term": {"is_parent": 1}}], "should": {"match_all": {}}, "must_not": [], "minimum_should_match": 1}}`,
		`{"nested": {"path": "experience", "query": {"prefix": {"experience.title": {"value": "s", "case_insensitive": true}}}}}`,
		`{"constant_score": {"filter": {"dis_max": {"queries": [{"term": {"country": "France"}}]}}}}`,
		`{"query_string": {"query": "+a -b (c OR \"d e\"^2) f:[1 TO *} g:>=5 h* _exists_:i NOT x\\:y AND *:*", "default_field": "headline"}}`,
		`{"simple_query_string": {"query": "a + (b | -c) \"d e\" f*", "fields": ["headline"], "default_operator": "and"}}`,
		`{"bool": {"must": {"bool": {"must": {"bool": {"must": {}}}}}}}`,
		`{"match": {"headline": {"query": "Senior CTO", "operator": "and"}}}`,
		`{"nested": {"path": "experience", "query": {"term": {"experience.company_website.domain_only": "a.example"}}}}`,
	} {
		f.Add([]byte(seed))
	}
	docs := documents()
	f.Fuzz(func(t *testing.T, clause []byte) {
		q, err := matching.ParseQuery(clause)
		checkAnswer(t, q, err)
		if err != nil {
			return
		}
		q.Fields()
		typed, err := matching.ParseQueryOf(people.MultiSource, clause)
		checkAnswer(t, typed, err)
		if err == nil {
			typed.Matches(docs[0])
		}
		if semantic, err := matching.ParseSemanticQuery("", clause); err == nil {
			for _, doc := range docs {
				semantic.Matches(doc)
			}
		}
		for _, doc := range docs {
			if first := q.Matches(doc); first != q.Matches(doc) {
				t.Fatal("two answers for one document")
			}
		}
	})
}

func FuzzParseFilters(f *testing.F) {
	for _, seed := range []string{
		`{}`,
		`{"headline": "(Data Engineer) OR \"Product Manager\" OR NOT x", "active_experience": true}`,
		`{"summary": "Py* AND (a b)", "country": "United States", "deleted": false}`,
		`{"experience_company_employees_count_gte": 10, "experience_company_id": 600001, "experience_company_exact_name": "X"}`,
		`{"created_at_gte": "2018-01-01 00:00:01", "keyword": "nurse", "education_date_from": "2010"}`,
	} {
		f.Add([]byte(seed))
	}
	docs := documents()
	f.Fuzz(func(t *testing.T, filters []byte) {
		for _, ds := range []people.Dataset{people.V1, people.Base} {
			q, err := matching.ParseFilters(ds, filters)
			checkAnswer(t, q, err)
			if err != nil {
				continue
			}
			q.Fields()
			for _, doc := range docs {
				q.Matches(doc)
			}
		}
	})
}
