package employee_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

var baseFilterNames = strings.Fields(`
	full_name headline location industry summary country keyword skill certification_title
	created_at_gte created_at_lte updated_at_gte updated_at_lte
	experience_title experience_company_name experience_company_exact_name experience_company_website_url experience_company_website_exact_url
	experience_company_professional_network_url experience_company_industry experience_company_size experience_description experience_date_from experience_date_to
	education_institution_name education_institution_exact_name education_program_name education_description education_date_from education_date_to
	education_institution_professional_network_url
	experience_company_id experience_company_employees_count_gte experience_company_employees_count_lte
	deleted experience_deleted active_experience is_hidden`)

var v1FilterNames = strings.Fields(`
	name title location industry summary created_at_gte created_at_lte last_updated_gte last_updated_lte country skill certification_name experience_title
	experience_company_name experience_company_exact_name experience_company_website_url experience_company_website_exact_url experience_company_linkedin_url
	experience_company_professional_network_url experience_company_industry experience_date_from experience_date_to experience_description experience_deleted
	experience_company_id active_experience keyword education_date_from education_date_to`)

// TestFiltersHaveEveryDocumentedName sets every field and looks at the names that come out, with both JSON packages.
func TestFiltersHaveEveryDocumentedName(t *testing.T) {
	for _, tc := range []struct {
		filter any
		names  []string
	}{
		{&employee.BaseFilter{}, baseFilterNames},
		{&employee.V1Filter{}, v1FilterNames},
	} {
		empty, err := json.Marshal(tc.filter)
		require.NoError(t, err)
		assert.Equal(t, "{}", string(empty))

		fillFilter(reflect.ValueOf(tc.filter).Elem())
		encoded, err := json.Marshal(tc.filter)
		require.NoError(t, err)
		again, err := jsonv2.Marshal(tc.filter)
		require.NoError(t, err)
		assert.JSONEq(t, string(encoded), string(again))

		var got map[string]any
		require.NoError(t, json.Unmarshal(encoded, &got))
		var names []string
		for name, value := range got {
			names = append(names, name)
			switch {
			case strings.HasSuffix(name, "count_gte"), strings.HasSuffix(name, "count_lte"), name == "experience_company_id":
				assert.Equal(t, 7.0, value, name)
			case strings.HasSuffix(name, "_gte"), strings.HasSuffix(name, "_lte"):
				assert.Equal(t, "2024-02-29 23:59:58", value, name)
			case name == "deleted", name == "experience_deleted", name == "active_experience", name == "is_hidden":
				assert.Equal(t, false, value, name)
			default:
				assert.Equal(t, "text", value, name)
			}
		}
		assert.ElementsMatch(t, tc.names, names)
	}
}

func fillFilter(v reflect.Value) {
	when := time.Date(2024, 3, 1, 1, 59, 58, 999, time.FixedZone("", 2*3600))
	for _, f := range v.Fields() {
		switch f.Interface().(type) {
		case string:
			f.SetString("text")
		case int64:
			f.SetInt(7)
		case *bool:
			f.Set(reflect.ValueOf(new(false)))
		case employee.FilterTime:
			f.Set(reflect.ValueOf(employee.FilterTime{Time: when}))
		}
	}
}

func TestFilterExtra(t *testing.T) {
	for name, tc := range map[string]struct {
		filter any
		want   string
	}{
		"alone":                       {employee.BaseFilter{Extra: map[string]any{"b": 1, "a": []string{"<x>"}}}, `{"a":["<x>"],"b":1}`},
		"with others":                 {employee.V1Filter{Name: "J", Extra: map[string]any{"new \"one\"": nil}}, `{"name":"J","new \"one\"":null}`},
		"a name whose field is empty": {employee.V1Filter{Extra: map[string]any{"experience_company_id": 0}}, `{"experience_company_id":0}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := jsonv2.Marshal(tc.filter)
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got))
		})
	}
	for name, tc := range map[string]struct {
		filter any
		text   string
	}{
		"twice":          {employee.BaseFilter{Country: "Spain", Extra: map[string]any{"country": "Italy"}}, `"country" is set in a field and in Extra`},
		"not a value":    {employee.V1Filter{Extra: map[string]any{"a": make(chan int)}}, `Extra "a"`},
		"bad name":       {employee.V1Filter{Extra: map[string]any{"a\xff": 1}}, "a name in Extra"},
		"bad text":       {employee.V1Filter{Name: "a\xff"}, "invalid"},
		"key twice":      {employee.V1Filter{Extra: map[string]any{"a": json.RawMessage(`{"b":1,"b":2}`)}}, "twice"},
		"a year too big": {employee.V1Filter{CreatedAtGTE: employee.FilterTime{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}, "the year 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := json.Marshal(tc.filter)
			require.ErrorIs(t, err, employee.ErrInvalidFilter)
			assert.ErrorContains(t, err, tc.text)
		})
	}
}

func ExampleBaseFilter() {
	encoded, err := json.Marshal(employee.BaseFilter{
		Country:          "(Spain) OR (Italy)",
		ExperienceTitle:  `"Data Engineer"`,
		ActiveExperience: new(true),
		Extra:            map[string]any{"pets_gte": 1},
	})
	fmt.Println(string(encoded), err)
	// Output:
	// {"country":"(Spain) OR (Italy)","experience_title":"\"Data Engineer\"","active_experience":true,"pets_gte":1} <nil>
}
