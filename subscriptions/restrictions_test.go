package subscriptions_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// requireForbidden checks that exactly these fields were refused, each with its place, in the value and in the text.
func requireForbidden(t *testing.T, err error, want ...string) {
	t.Helper()
	require.ErrorIs(t, err, api.ErrInvalid)
	forbidden, ok := errors.AsType[*subscriptions.ForbiddenFieldsError](err)
	require.True(t, ok, "%v", err)
	var got []string
	for _, use := range forbidden.Uses {
		got = append(got, use.Field+" at "+use.Path)
		assert.Contains(t, err.Error(), fmt.Sprintf("%q at %s", use.Field, use.Path))
	}
	assert.ElementsMatch(t, want, got)
	assert.Contains(t, err.Error(), "SkipFieldCheck")
}

func TestForbiddenFilters(t *testing.T) {
	p, client := answering(t, `"id-1"`)
	at := employee.FilterTime{Time: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}
	base := func(f employee.BaseFilter) error {
		_, err := client.Subscriptions.Base.CreateFromFilter(t.Context(), f, hook)
		return err
	}
	v1 := func(f employee.V1Filter) error {
		_, err := client.Subscriptions.V1.CreateFromFilter(t.Context(), f, hook)
		return err
	}
	for want, err := range map[string]error{
		"created_at_gte":       base(employee.BaseFilter{CreatedAtGTE: at}),
		"created_at_lte":       base(employee.BaseFilter{CreatedAtLTE: at}),
		"updated_at_gte":       base(employee.BaseFilter{UpdatedAtGTE: at}),
		"updated_at_lte":       base(employee.BaseFilter{UpdatedAtLTE: at, Country: "Spain"}),
		"experience_date_from": base(employee.BaseFilter{ExperienceDateFrom: "2020"}),
		"experience_date_to":   base(employee.BaseFilter{ExperienceDateTo: "2020"}),
		"education_date_from":  base(employee.BaseFilter{EducationDateFrom: "2020"}),
		"education_date_to":    base(employee.BaseFilter{EducationDateTo: "2020"}),
	} {
		requireForbidden(t, err, want+" at "+want)
	}
	for want, err := range map[string]error{
		"created_at_gte":       v1(employee.V1Filter{CreatedAtGTE: at}),
		"created_at_lte":       v1(employee.V1Filter{CreatedAtLTE: at}),
		"last_updated_gte":     v1(employee.V1Filter{LastUpdatedGTE: at}),
		"last_updated_lte":     v1(employee.V1Filter{LastUpdatedLTE: at, Name: "Ann"}),
		"experience_date_from": v1(employee.V1Filter{ExperienceDateFrom: "2020"}),
		"experience_date_to":   v1(employee.V1Filter{ExperienceDateTo: "2020"}),
		"education_date_from":  v1(employee.V1Filter{EducationDateFrom: "2020"}),
		"education_date_to":    v1(employee.V1Filter{EducationDateTo: "2020"}),
	} {
		requireForbidden(t, err, want+" at "+want)
	}
	for _, name := range []string{"last_updated_gte", "checked_at_lte", "created_at_gte", "experience_date_to"} {
		requireForbidden(t, base(employee.BaseFilter{Extra: map[string]any{name: "2020"}}), name+" at "+name)
	}
	for _, name := range []string{"last_updated_at_lte", "last_updated_at_gte", "created_at_lte", "education_date_from"} {
		requireForbidden(t, v1(employee.V1Filter{Extra: map[string]any{name: "2020"}}), name+" at "+name)
	}
	requireForbidden(t, base(employee.BaseFilter{CreatedAtGTE: at, EducationDateTo: "2020", Extra: map[string]any{"checked_at_gte": 1}}),
		"created_at_gte at created_at_gte", "education_date_to at education_date_to", "checked_at_gte at checked_at_gte")
	assert.Zero(t, p.count())
}

func TestForbiddenFieldsOfQueries(t *testing.T) {
	p, client := answering(t, `"id-1"`)
	for name, tt := range map[string]struct {
		clause string
		v1     []string
		base   []string
	}{
		"a range":               {`{"range":{"created":{"gte":"2020"}}}`, []string{"created at query.range.created"}, []string{"created at query.range.created"}},
		"the name of today":     {`{"range":{"updated_at":{"gte":"2020"}}}`, nil, []string{"updated_at at query.range.updated_at"}},
		"checked_at":            {`{"exists":{"field":"checked_at"}}`, nil, []string{"checked_at at query.exists.field"}},
		"last_updated":          {`{"term":{"last_updated":"2020"}}`, []string{"last_updated at query.term.last_updated"}, []string{"last_updated at query.term.last_updated"}},
		"deep in bools":         {`{"bool":{"must":[{"match":{"headline":"a"}},{"bool":{"should":[{"range":{"created":{}}}]}}]}}`, []string{"created at query.bool.must[1].bool.should[0].range.created"}, []string{"created at query.bool.must[1].bool.should[0].range.created"}},
		"in a nested query":     {`{"nested":{"path":"member_experience_collection","query":{"range":{"member_experience_collection.date_from":{}}}}}`, []string{`member_experience_collection.date_from at query.nested.query.range["member_experience_collection.date_from"]`}, nil},
		"nested, short":         {`{"nested":{"path":"member_education_collection","query":{"range":{"date_to":{}}}}}`, []string{`member_education_collection.date_to at query.nested.query.range.date_to`}, nil},
		"a query string":        {`{"query_string":{"query":"created:[2020 TO *] AND engineer"}}`, []string{"created at query.query_string.query"}, []string{"created at query.query_string.query"}},
		"its default field":     {`{"query_string":{"query":"x","default_field":"last_updated"}}`, []string{"last_updated at query.query_string.default_field"}, []string{"last_updated at query.query_string.default_field"}},
		"a wildcard":            {`{"multi_match":{"query":"x","fields":["cre*"]}}`, []string{"cre* at query.multi_match.fields[0]"}, []string{"cre* at query.multi_match.fields[0]"}},
		"two at once":           {`{"bool":{"must":[{"range":{"created":{}}}],"must_not":[{"term":{"last_updated":1}}]}}`, []string{"created at query.bool.must[0].range.created", "last_updated at query.bool.must_not[0].term.last_updated"}, []string{"created at query.bool.must[0].range.created", "last_updated at query.bool.must_not[0].term.last_updated"}},
		"an allowed field":      {`{"match":{"headline":"created last_updated"}}`, nil, nil},
		"a name that begins so": {`{"match":{"created_by_me":"x"}}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := employee.RawQuery([]byte(tt.clause))
			for d, want := range map[*subscriptions.Dataset][]string{&client.Subscriptions.V1.Dataset: tt.v1, &client.Subscriptions.Base.Dataset: tt.base} {
				sent := p.count()
				_, err := d.CreateFromQuery(t.Context(), q, hook)
				if want == nil {
					require.NoError(t, err)
					assert.Equal(t, sent+1, p.count())
					continue
				}
				requireForbidden(t, err, want...)
				assert.Equal(t, sent, p.count())
				skip := hook
				skip.SkipFieldCheck = true
				_, err = d.CreateFromQuery(t.Context(), q, skip)
				require.NoError(t, err)
				assert.Equal(t, sent+1, p.count())
			}
		})
	}
}

// TestSkipFieldCheckLeavesItToTheProvider, whose refusal is typed as well.
func TestSkipFieldCheckLeavesItToTheProvider(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	o := hook
	o.SkipFieldCheck = true
	_, err := client.Subscriptions.Base.CreateFromFilter(t.Context(), employee.BaseFilter{ExperienceDateFrom: "2020"}, o)
	require.ErrorIs(t, err, api.ErrInvalid)
	answered, ok := errors.AsType[*api.Error](err)
	require.True(t, ok)
	assert.Equal(t, 422, answered.Status)
	assert.Contains(t, answered.Message, "experience_date_from")
	assert.Equal(t, 1, sb.Requests())
	assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
}

func TestForbiddenFieldsErrorIsBounded(t *testing.T) {
	_, client := answering(t, `"id-1"`)
	var clauses []employee.Clause
	for range 500 {
		clauses = append(clauses, employee.Exists("created"))
	}
	_, err := client.Subscriptions.V1.CreateFromQuery(t.Context(), employee.Query{Clause: employee.All(clauses[:300]...)}, hook)
	forbidden, ok := errors.AsType[*subscriptions.ForbiddenFieldsError](err)
	require.True(t, ok)
	assert.Len(t, forbidden.Uses, 300)
	assert.Equal(t, 20, strings.Count(err.Error(), `"created" at`))
	assert.Contains(t, err.Error(), "and 280 more")
}
