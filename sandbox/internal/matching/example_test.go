package matching_test

import (
	"encoding/json"
	"fmt"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func ExampleParseQuery() {
	q, err := matching.ParseQuery(json.RawMessage(
		`{"nested": {"path": "experience", "query": {"match_phrase": {"experience.title": "data engineer"}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	doc := map[string]any{"experience": []any{map[string]any{"title": "Senior Data Engineer"}}}
	fmt.Println(q.Matches(doc), q.Fields())

	_, err = matching.ParseQuery(json.RawMessage(`{"match": {"headline": {"query": "nurse", "fuzziness": 1}}}`))
	fmt.Println(err)
	// Output:
	// true [experience experience.title]
	// matching: unsupported query at match.headline.fuzziness: the sandbox does not evaluate this option
}

func ExampleParseFilters() {
	q, err := matching.ParseFilters(people.Base, json.RawMessage(`{"country": "(France) OR (Spain)", "headline": "\"Product Manager\""}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q.Matches(map[string]any{"country": "Spain", "headline": "Senior Product Manager"}))
	// Output: true
}
