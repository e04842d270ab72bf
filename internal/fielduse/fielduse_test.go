package fielduse_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/fielduse"
)

// forbidden are fields that subscriptions of V1 refuse.
var forbidden = []string{
	"created", "last_updated", "member_experience_collection.date_from", "member_experience_collection.date_to",
	"member_education_collection.date_from", "member_education_collection.date_to",
}

// refused returns the forbidden uses as "path: field".
func refused(t testing.TB, query string) (found []string) {
	t.Helper()
	uses, err := fielduse.InQuery([]byte(query))
	require.NoError(t, err, query)
	for _, u := range uses {
		if slices.ContainsFunc(forbidden, u.Uses) {
			found = append(found, u.Path+": "+u.Field)
		}
	}
	return found
}

func TestInQueryFindsForbiddenFields(t *testing.T) {
	wrapped := base64.StdEncoding.EncodeToString([]byte(`{"term":{"created":"x"}}`))
	for name, tc := range map[string]struct{ query, want string }{
		"range":            {`{"query":{"range":{"created":{"gte":"2020"}}}}`, "query.range.created: created"},
		"bare clause":      {`{"range":{"created":{"gte":"2020"}}}`, "range.created: created"},
		"match":            {`{"query":{"match":{"name":"x","last_updated":"y"}}}`, "query.match.last_updated: last_updated"},
		"term":             {`{"query":{"term":{"created":{"value":1,"boost":2}}}}`, "query.term.created: created"},
		"terms":            {`{"query":{"terms":{"created":["a"],"boost":1}}}`, "query.terms.created: created"},
		"terms_set":        {`{"query":{"terms_set":{"x":{"terms":["a"],"minimum_should_match_field":"created"}}}}`, "query.terms_set.x.minimum_should_match_field: created"},
		"terms_set script": {`{"query":{"terms_set":{"x":{"terms":["a"],"minimum_should_match_script":{"source":"doc['created'].size()"}}}}}`, "query.terms_set.x.minimum_should_match_script.source: created"},
		"match_phrase":     {`{"query":{"match_phrase":{"created":"x"}}}`, "query.match_phrase.created: created"},
		"phrase prefix":    {`{"query":{"match_phrase_prefix":{"created":"x"}}}`, "query.match_phrase_prefix.created: created"},
		"bool prefix":      {`{"query":{"match_bool_prefix":{"created":"x"}}}`, "query.match_bool_prefix.created: created"},
		"prefix":           {`{"query":{"prefix":{"created":"20"}}}`, "query.prefix.created: created"},
		"wildcard":         {`{"query":{"wildcard":{"created":"20*"}}}`, "query.wildcard.created: created"},
		"regexp":           {`{"query":{"regexp":{"created":"20.*"}}}`, "query.regexp.created: created"},
		"fuzzy":            {`{"query":{"fuzzy":{"created":"20"}}}`, "query.fuzzy.created: created"},
		"subfield":         {`{"query":{"term":{"created.keyword":"20"}}}`, `query.term["created.keyword"]: created.keyword`},
		"in a collection":  {`{"query":{"term":{"member_skills_collection.last_updated":"20"}}}`, `query.term["member_skills_collection.last_updated"]: member_skills_collection.last_updated`},
		"escaped name":     {`{"query":{"term":{"cr\u0065ated":"20"}}}`, "query.term.created: created"},
		"escaped kind":     {`{"query":{"r\u0061nge":{"created":{}}}}`, "query.range.created: created"},
		"name twice":       {`{"query":{"range":{"created":{"gte":"2020"}},"range":{"id":{"gte":1}}}}`, "query.range.created: created"},
		"query twice":      {`{"query":{"range":{"created":{"gte":"2020"}}},"query":{"match_all":{}}}`, "query.range.created: created"},
		"exists":           {`{"query":{"exists":{"field":"created"}}}`, "query.exists.field: created"},
		"exists pattern":   {`{"query":{"exists":{"field":"cre*"}}}`, "query.exists.field: cre*"},

		"bool":           {`{"query":{"bool":{"must":[{"match_all":{}},{"range":{"created":{}}}]}}}`, "query.bool.must[1].range.created: created"},
		"bool object":    {`{"query":{"bool":{"must_not":{"range":{"created":{}}}}}}`, "query.bool.must_not.range.created: created"},
		"bool in bool":   {`{"query":{"bool":{"filter":{"bool":{"should":[{"exists":{"field":"created"}}]}}}}}`, "query.bool.filter.bool.should[0].exists.field: created"},
		"constant_score": {`{"query":{"constant_score":{"filter":{"term":{"created":1}},"boost":2}}}`, "query.constant_score.filter.term.created: created"},
		"dis_max":        {`{"query":{"dis_max":{"queries":[{"term":{"created":1}}]}}}`, "query.dis_max.queries[0].term.created: created"},
		"boosting":       {`{"query":{"boosting":{"positive":{"match_all":{}},"negative":{"term":{"created":1}},"negative_boost":0.5}}}`, "query.boosting.negative.term.created: created"},
		"function query": {`{"query":{"function_score":{"query":{"term":{"created":1}}}}}`, "query.function_score.query.term.created: created"},
		"factor":         {`{"query":{"function_score":{"field_value_factor":{"field":"created","factor":1}}}}`, "query.function_score.field_value_factor.field: created"},
		"decay":          {`{"query":{"function_score":{"functions":[{"weight":1,"filter":{"match_all":{}}},{"gauss":{"created":{"origin":"now","scale":"1d"},"multi_value_mode":"min"}}]}}}`, "query.function_score.functions[1].gauss.created: created"},
		"function part":  {`{"query":{"function_score":{"functions":[{"filter":{"range":{"created":{}}},"weight":2}]}}}`, "query.function_score.functions[0].filter.range.created: created"},
		"random":         {`{"query":{"function_score":{"random_score":{"seed":1,"field":"created"}}}}`, "query.function_score.random_score.field: created"},
		"score script":   {`{"query":{"function_score":{"script_score":{"script":{"source":"_score*doc['created'].value.millis"}}}}}`, "query.function_score.script_score.script.source: created"},
		"script_score":   {`{"query":{"script_score":{"query":{"match_all":{}},"script":{"source":"params._source.created"}}}}`, "query.script_score.script.source: params._source.created"},
		"script":         {`{"query":{"script":{"script":"doc[\"created\"].value > 1"}}}`, "query.script.script: created"},
		"script params":  {`{"query":{"script":{"script":{"source":"doc[params.f].value","params":{"f":"created"}}}}}`, "query.script.script.params.f: created"},
		"distance":       {`{"query":{"distance_feature":{"field":"created","origin":"now","pivot":"7d"}}}`, "query.distance_feature.field: created"},
		"rank_feature":   {`{"query":{"rank_feature":{"field":"created"}}}`, "query.rank_feature.field: created"},
		"knn filter":     {`{"query":{"knn":{"field":"v","query_vector":[1],"filter":{"term":{"created":1}}}}}`, "query.knn.filter.term.created: created"},
		"intervals":      {`{"query":{"intervals":{"created":{"match":{"query":"x"}}}}}`, "query.intervals.created: created"},
		"intervals use":  {`{"query":{"intervals":{"t":{"any_of":{"intervals":[{"match":{"query":"x","use_field":"created"}}]}}}}}`, "query.intervals.t.any_of.intervals[0].match.use_field: created"},
		"spans":          {`{"query":{"span_near":{"clauses":[{"span_term":{"created":"x"}}]}}}`, "query.span_near.clauses[0].span_term.created: created"},
		"span mask":      {`{"query":{"field_masking_span":{"query":{"span_term":{"a":"x"}},"field":"created"}}}`, "query.field_masking_span.field: created"},
		"has_child":      {`{"query":{"has_child":{"type":"a","query":{"term":{"created":1}}}}}`, "query.has_child.query.term.created: created"},
		"pinned":         {`{"query":{"pinned":{"ids":["1"],"organic":{"term":{"created":1}}}}}`, "query.pinned.organic.term.created: created"},
		"more_like_this": {`{"query":{"more_like_this":{"fields":["a","created"],"like":"x"}}}`, "query.more_like_this.fields[1]: created"},
		"like document":  {`{"query":{"more_like_this":{"like":[{"doc":{"created":"x"}}]}}}`, "query.more_like_this.like[0].doc.created: created"},
		"wrapper":        {`{"query":{"wrapper":{"query":"` + wrapped + `"}}}`, "query.wrapper.query.term.created: created"},
		"filtered":       {`{"query":{"filtered":{"filter":{"and":[{"range":{"created":{}}}]}}}}`, "query.filtered.filter.and[0].range.created: created"},

		"multi_match":       {`{"query":{"multi_match":{"query":"x","fields":["name","created^3"]}}}`, "query.multi_match.fields[1]: created"},
		"multi_match all":   {`{"query":{"multi_match":{"query":"x","fields":["*"]}}}`, "query.multi_match.fields[0]: *"},
		"multi_match stars": {`{"query":{"multi_match":{"query":"x","fields":"*_upd*ed^2"}}}`, "query.multi_match.fields: *_upd*ed"},
		"combined_fields":   {`{"query":{"combined_fields":{"query":"x","fields":["created"]}}}`, "query.combined_fields.fields[0]: created"},
		"simple":            {`{"query":{"simple_query_string":{"query":"x","fields":["created"]}}}`, "query.simple_query_string.fields[0]: created"},
		"query_string":      {`{"query":{"query_string":{"query":"name:jo AND created:[2020 TO *]"}}}`, "query.query_string.query: created"},
		"_exists_":          {`{"query":{"query_string":{"query":"_exists_:created"}}}`, "query.query_string.query: created"},
		"default_field":     {`{"query":{"query_string":{"query":"2020","default_field":"created"}}}`, "query.query_string.default_field: created"},
		"string fields":     {`{"query":{"query_string":{"query":"2020","fields":["a^2","cre*"]}}}`, "query.query_string.fields[1]: cre*"},

		"nested full":       {`{"query":{"nested":{"path":"member_experience_collection","query":{"range":{"member_experience_collection.date_from":{}}}}}}`, `query.nested.query.range["member_experience_collection.date_from"]: member_experience_collection.date_from`},
		"nested relative":   {`{"query":{"nested":{"path":"member_education_collection","query":{"bool":{"must":[{"exists":{"field":"date_to"}}]}}}}}`, "query.nested.query.bool.must[0].exists.field: member_education_collection.date_to"},
		"nested, path last": {`{"query":{"nested":{"query":{"range":{"date_to":{}}},"path":"member_education_collection"}}}`, "query.nested.query.range.date_to: member_education_collection.date_to"},
		"nested string":     {`{"query":{"nested":{"path":"member_education_collection","query":{"query_string":{"query":"date_from:2020"}}}}}`, "query.nested.query.query_string.query: member_education_collection.date_from"},
		"nested pattern":    {`{"query":{"nested":{"path":"member_education_collection","query":{"query_string":{"query":"x","fields":["date_*"]}}}}}`, "query.nested.query.query_string.fields[0]: member_education_collection.date_*"},
		"collection.*":      {`{"query":{"multi_match":{"query":"x","fields":["member_education_collection.*"]}}}`, "query.multi_match.fields[0]: member_education_collection.*"},
		"nested sort":       {`{"query":{"nested":{"path":"a","query":{"match_all":{}},"inner_hits":{"sort":["created"]}}}}`, "query.nested.inner_hits.sort[0]: a.created"},

		"sort":          {`{"query":{"match_all":{}},"sort":["created:desc"]}`, "sort[0]: created"},
		"sort object":   {`{"query":{"match_all":{}},"sort":{"created":{"order":"asc"}}}`, "sort.created: created"},
		"sort filter":   {`{"query":{"match_all":{}},"sort":[{"x":{"nested":{"path":"p","filter":{"term":{"created":1}}}}}]}`, "sort[0].x.nested.filter.term.created: p.created"},
		"sort filter 5": {`{"query":{"match_all":{}},"sort":[{"x":{"nested_path":"p","nested_filter":{"term":{"created":1}}}}]}`, "sort[0].x.nested_filter.term.created: created"},
		"sort script":   {`{"query":{"match_all":{}},"sort":{"_script":{"type":"number","script":{"source":"doc['created'].value"}}}}`, "sort._script.script.source: created"},
		"sort distance": {`{"query":{"match_all":{}},"sort":{"_geo_distance":{"created":[1,2],"order":"asc"}}}`, "sort._geo_distance.created: created"},
		"post_filter":   {`{"query":{"match_all":{}},"post_filter":{"term":{"created":1}}}`, "post_filter.term.created: created"},
		"aggregation":   {`{"query":{"match_all":{}},"aggs":{"a":{"terms":{"field":"created"}}}}`, "aggs.a.terms.field: created"},

		"unknown kind, key":          {`{"query":{"brand_new":{"deep":[{"created":1}]}}}`, "query.brand_new.deep[0].created: created"},
		"unknown kind, text":         {`{"query":{"brand_new":{"on":"created"}}}`, "query.brand_new.on: created"},
		"unknown kind, query string": {`{"query":{"brand_new":{"query_string":{"query":"created:1"}}}}`, "query.brand_new.query_string.query: created"},
		"unknown kind, nested":       {`{"query":{"brand_new":{"nested":{"path":"member_education_collection","query":{"term":{"date_to":1}}}}}}`, "query.brand_new.nested.query.term.date_to: member_education_collection.date_to"},
		"unknown part":               {`{"query":{"bool":{"new_part":[{"term":{"created":1}}]}}}`, "query.bool.new_part[0].term.created: created"},
		"string, no text":            {`{"query":{"query_string":{"query":{"a":"created"}}}}`, "query.query_string.query.a: created"},
		"string, no object":          {`{"query":{"query_string":["created"]}}`, "query.query_string[0]: created"},
		"names in an object":         {`{"query":{"exists":{"field":{"a":"created"}}}}`, "query.exists.field.a: created"},
		"array of scripts":           {`{"query":{"script":{"script":["doc.created"]}}}`, "query.script.script[0]: doc.created"},
		"sort of inner hits":         {`{"query":{"has_child":{"type":"a","sort":"created"}}}`, "query.has_child.sort: created"},
		"array for an object":        {`{"query":{"range":[{"created":1}]}}`, "query.range[0].created: created"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, refused(t, tc.query), tc.want)
		})
	}
}

func TestInQueryLeavesAllowedQueriesAlone(t *testing.T) {
	for _, query := range []string{
		`{"query":{"match":{"summary":"created last_updated"}}}`,
		`{"query":{"match":{"summary":{"query":"created","operator":"and"}}}}`,
		`{"query":{"term":{"name":"created"}}}`,
		`{"query":{"terms":{"name":["created","last_updated"]}}}`,
		`{"query":{"range":{"date_from":{"gte":1}}}}`,
		`{"query":{"term":{"created_by":"x"}}}`,
		`{"query":{"term":{"recreated":"x"}}}`,
		`{"query":{"nested":{"path":"member_awards_collection","query":{"exists":{"field":"member_awards_collection.date_from"}}}}}`,
		`{"query":{"nested":{"path":"member_experience_collection","query":{"match":{"member_experience_collection.title":"created date_from"}}}}}`,
		`{"query":{"query_string":{"query":"\"created: by hand\" AND summary:created","default_operator":"AND"}}}`,
		`{"query":{"query_string":{"query":"created OR date_from","fields":["summary^2","member_awards_collection.*","ti*"]}}}`,
		`{"query":{"simple_query_string":{"query":"created:2020","fields":["summary"]}}}`,
		`{"query":{"multi_match":{"query":"created","fields":["exp*title","*.keyword"],"type":"created","tie_breaker":0.1}}}`,
		`{"query":{"bool":{"must":[{"match_all":{}},{"ids":{"values":["created"]}}],"minimum_should_match":"1","_name":"created","boost":1}}}`,
		`{"query":{"more_like_this":{"fields":["summary"],"like":"created"}}}`,
		`{"query":{"function_score":{"query":{"match_all":{}},"functions":[{"weight":1,"filter":{"term":{"name":"created"}}}],"score_mode":"sum"}}}`,
		`{"query":{"script_score":{"query":{"match_all":{}},"script":{"source":"_score * 2"}}}}`,
		`{"query":{"match_all":{}},"sort":["_score"]}`,
		`{"query":{"match_all":{}},"sort":{"x":{"order":"asc","unmapped_type":"created"}}}`,
		`{"query":{}}`,
		`{}`,
	} {
		assert.Empty(t, refused(t, query), query)
	}
}

func TestInQueryRefuses(t *testing.T) {
	deep := func(n int) string {
		return `{"query":` + strings.Repeat(`{"bool":{"must":[`, n) + `{"match_all":{}}` + strings.Repeat(`]}}`, n) + `}`
	}
	_, err := fielduse.InQuery([]byte(deep(65)))
	require.NoError(t, err)
	inner := `{"match_all":{}}`
	for range 12 {
		inner = `{"wrapper":{"query":"` + base64.URLEncoding.EncodeToString([]byte(inner)) + `"}}`
	}
	for name, query := range map[string]string{
		"deep":           deep(70),
		"very deep":      deep(100_000),
		"array":          `[{"query":{}}]`,
		"no JSON":        `{"query":`,
		"text after":     `{} {}`,
		"nothing":        ``,
		"large":          `{"query":"` + strings.Repeat("x", 1<<20) + `"}`,
		"wrapper":        `{"query":{"wrapper":{"query":"%%%"}}}`,
		"wrapped text":   `{"query":{"wrapper":{"query":"` + base64.StdEncoding.EncodeToString([]byte("[1]")) + `"}}}`,
		"wrapper key":    `{"query":{"wrapper":{"other":""}}}`,
		"wrappers":       `{"query":` + inner + `}`,
		"two paths":      `{"query":{"nested":{"path":"a","query":{"match_all":{}},"path":"b"}}}`,
		"two paths deep": `{"query":{"bool":{"must":[{"nested":{"path":"a","path":"b"}}]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fielduse.InQuery([]byte(query))
			require.Error(t, err)
		})
	}
}

func TestInFilter(t *testing.T) {
	encoded, err := employee.V1Filter{Country: "created_at_gte", Extra: map[string]any{"experience_date_from": "2020", "group": map[string]any{"list": []any{map[string]any{"deep": 1}}}}}.MarshalJSON()
	require.NoError(t, err)
	uses, err := fielduse.InFilter(encoded)
	require.NoError(t, err)
	assert.Equal(t, []fielduse.Use{
		{Field: "country", Path: "country"},
		{Field: "experience_date_from", Path: "experience_date_from"},
		{Field: "group", Path: "group"},
		{Field: "list", Path: "group.list"},
		{Field: "deep", Path: "group.list[0].deep"},
	}, uses)
	assert.True(t, uses[1].Uses("experience_date_from"))
	assert.False(t, uses[0].Uses("created_at_gte"))

	uses, err = fielduse.InFilter([]byte(`{"created\u005fat_gte":1,"created_at_gte":2}`))
	require.NoError(t, err)
	assert.Len(t, uses, 2)
	for _, u := range uses {
		assert.True(t, u.Uses("created_at_gte"))
	}
	for _, text := range []string{"", "[]", "null", "{", strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)} {
		_, err = fielduse.InFilter([]byte(text))
		require.Error(t, err)
	}
}

func TestUse(t *testing.T) {
	for _, tc := range []struct {
		use  string
		name string
		want bool
	}{
		{"created", "created", true},
		{"created.keyword", "created", true},
		{"a.created", "created", true},
		{"a.created.keyword", "created", true},
		{"a.b.date_from", "b.date_from", true},
		{"created_at", "created", false},
		{"date_from", "b.date_from", false},
		{"Created", "created", false},
		{"*", "created", true},
		{"*", "b.date_from", true},
		{"cre*", "created", true},
		{"*ated", "created", true},
		{"c*r*d", "created", true},
		{"created.*", "created", true},
		{"cre*.key*", "created", true},
		{"a.cre*", "created", true},
		{"*.created", "created", true},
		{"b.*", "b.date_from", true},
		{"*date_from", "b.date_from", true},
		{"*.date_*", "b.date_from", true},
		{"b.*", "created", false},
		{"*.keyword", "created", false},
		{"exp*title", "created", false},
		{"cre*x", "created", false},
		{"date_*", "b.date_from", false},
		{"c*.b.date_from", "b.date_from", true},
	} {
		use := fielduse.Use{Field: tc.use, Pattern: strings.Contains(tc.use, "*")}
		assert.Equal(t, tc.want, use.Uses(tc.name), "%s and %s", tc.use, tc.name)
	}
}

func ExampleInQuery() {
	encoded, err := employee.Query{Clause: employee.All(
		employee.MatchPhrase("headline", "Data Engineer"),
		employee.Range("updated_at", employee.Bounds{GTE: "2026-01-01"}),
	)}.MarshalJSON()
	if err != nil {
		fmt.Println(err)
		return
	}
	uses, err := fielduse.InQuery(encoded)
	for _, u := range uses {
		fmt.Println(u.Path, u.Uses("updated_at"))
	}
	fmt.Println(err)
	// Output:
	// query.bool.must[0].match_phrase.headline false
	// query.bool.must[1].range.updated_at true
	// <nil>
}

func FuzzInQuery(f *testing.F) {
	for _, text := range []string{
		`{"query":{"bool":{"must":[{"range":{"created":{}}},{"nested":{"path":"a","query":{"query_string":{"query":"_exists_:(b OR c)","fields":["x*"]}}}}]}},"sort":["id"]}`,
		`{"wrapper":{"query":"e30="}}`, `{"query":{"function_score":{"functions":[{"gauss":{"a":{}}}],"script_score":{"script":"doc['x']"}}}}`, `{"new":{"a":["b",{"c":null}]}}`, `[]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		uses, err := fielduse.InQuery(text)
		if err != nil {
			return
		}
		for _, u := range uses {
			if u.Field == "" || u.Path == "" || u.Pattern != strings.Contains(u.Field, "*") {
				t.Fatalf("%+v", u)
			}
		}
		// The same query inside another one uses at least as much.
		around, err := fielduse.InQuery([]byte(`{"unheard_of":` + string(text) + `}`))
		if err == nil && len(around) < len(uses) {
			t.Fatalf("%d uses, %d inside another query", len(uses), len(around))
		}
	})
}
