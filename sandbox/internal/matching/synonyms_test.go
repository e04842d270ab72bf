package matching_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestSemanticQueryFindsSynonymsOfTitles(t *testing.T) {
	doc := map[string]any{
		"active_experience_title": "Senior Software Developer",
		"headline":                "Vice President of Sales",
		"summary":                 "Programmer at heart",
		"experience": []any{
			map[string]any{"position_title": "CTO", "company_name": "Programmer Ltd"},
		},
	}
	for clause, want := range map[string]struct{ plain, semantic bool }{
		`{"match_phrase": {"active_experience_title": "software engineer"}}`:                                                                              {false, true},
		`{"match_phrase": {"active_experience_title": "Senior Software Engineer"}}`:                                                                       {false, true},
		`{"match_phrase": {"active_experience_title": {"query": "software engineer", "slop": 0}}}`:                                                        {false, true},
		`{"match": {"active_experience_title": {"query": "programmer", "operator": "and"}}}`:                                                              {false, true},
		`{"match": {"active_experience_title": {"query": "lead programmer", "operator": "and"}}}`:                                                         {false, false},
		`{"match_phrase": {"headline": "VP of Sales"}}`:                                                                                                   {false, true},
		`{"match_phrase": {"headline": "VP of Marketing"}}`:                                                                                               {false, false},
		`{"match_phrase": {"summary": "software engineer"}}`:                                                                                              {false, false},
		`{"term": {"active_experience_title.exact": "Software Engineer"}}`:                                                                                {false, false},
		`{"nested": {"path": "experience", "query": {"match": {"experience.position_title": "programmer"}}}}`:                                             {false, false},
		`{"nested": {"path": "experience", "query": {"match_phrase": {"experience.company_name": "software developer"}}}}`:                                {false, false},
		`{"nested": {"path": "experience", "query": {"match": {"experience.position_title": {"query": "chief technology officer", "operator": "and"}}}}}`: {false, true},
		`{"bool": {"must_not": {"match_phrase": {"headline": "vp of sales"}}}}`:                                                                           {true, false},
		`{"match": {"headline": 5}}`: {false, false},
	} {
		plain, err := matching.ParseQueryOf(people.MultiSource, json.RawMessage(clause))
		require.NoError(t, err, clause)
		assert.Equal(t, want.plain, plain.Matches(doc), clause)
		semantic, err := matching.ParseSemanticQuery(people.MultiSource, json.RawMessage(clause))
		require.NoError(t, err, clause)
		assert.Equal(t, want.semantic, semantic.Matches(doc), clause)
		assert.Equal(t, plain.Fields(), semantic.Fields())
	}
	_, err := matching.ParseSemanticQuery(people.MultiSource, json.RawMessage(`{"match_phrase": {"headline": {"query": "ceo", "slop": 3}}}`))
	require.Error(t, err)
}
