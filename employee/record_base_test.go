package employee_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

// TestObservedBaseRecord reads a record in the shape in which the provider was seen to send them.
func TestObservedBaseRecord(t *testing.T) {
	text := sample(t, "base_observed.json")
	r, err := employee.Decode[employee.BaseRecord](text)
	require.NoError(t, err)
	assert.Empty(t, r.Unknown())
	assert.Empty(t, r.Mismatched())

	assert.Equal(t, employee.Texts{"ole-probe-8a1b2", "oleprobe"}, r.ShorthandNames)
	assert.Equal(t, employee.Numbers{9100000011, 9000000012}, r.HistoricalIDs)
	assert.Equal(t, "ole-probe-8a1b2", r.ShorthandName)
	assert.Equal(t, "oleprobe", r.CanonicalShorthandName)
	assert.Equal(t, "https://ole.example.com/me", r.Websites[0].Website)
	assert.Equal(t, "https://ole.example.com/me", r.Websites[0].PersonalWebsite)
	job := r.Experience[0]
	assert.Equal(t, "werft-muster", job.CompanyShorthandName)
	assert.Equal(t, "werft-muster-gmbh", job.CompanyURLCanonicalShorthandName)
	assert.Equal(t, "Shipbuilding", job.CompanyIndustry)
	assert.Equal(t, employee.Text("11-50 employees"), job.CompanySize)
	assert.Equal(t, employee.Number(31), job.CompanyEmployeesCount)
	assert.Equal(t, employee.Text("720001"), job.CompanySourceID)
	assert.Equal(t, "Epoxy", r.Skills[0].Skill)
	assert.Equal(t, employee.Timestamp("2026-06-01 00:00:00"), r.Experience[1].DeletedAt)
	assert.Zero(t, r.RecommendationsCount)
	assert.Len(t, r.CurrentExperience(), 1)
	assert.Zero(t, r.Standing(), "the parent of the record is the record itself")
	made, ok := r.CreatedAt.Time()
	assert.True(t, ok)
	assert.Equal(t, time.Date(2023, 3, 4, 5, 6, 7, 0, time.UTC), made)

	same, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Equal(t, tree(t, string(text)), tree(t, string(same)))

	r.ShorthandNames = append(r.ShorthandNames, "ole")
	r.Websites[0].Website = "https://new.example.com"
	r.HistoricalIDs = r.HistoricalIDs[1:]
	changed, err := json.Marshal(r)
	require.NoError(t, err)
	want := tree(t, string(text))
	want["shorthand_names"] = append(want["shorthand_names"].([]any), "ole")
	want["historical_ids"] = want["historical_ids"].([]any)[1:]
	want["websites"].([]any)[0].(map[string]any)["website"] = "https://new.example.com"
	assert.Equal(t, want, tree(t, string(changed)), "what was not changed stays as it came")
}

// TestListsOfValuesAndOfObjects reads the lists of each dataset in both forms, and one with an element that is neither.
func TestListsOfValuesAndOfObjects(t *testing.T) {
	base := decoded[employee.BaseRecord](t, `{
		"shorthand_names":[{"shorthand_name":"a"},"b",{"id":7,"shorthand_name":"c","deleted":0}], "historical_ids":[{"id":1},2,"3",{"id":"4"}], "inferred_skills":[{"skill":"x"},{"inferred_skill":"y"}],
		"regions":["Europe",{"region":"EMEA"}], "skills":["Go",{"skill":"SQL"}], "languages":["German"], "websites":["https://a.example",{"website":"b"}], "interests":["Ships"], "certifications":["Rigging"]}`)
	assert.Empty(t, base.Mismatched())
	assert.Equal(t, employee.Texts{"a", "b", "c"}, base.ShorthandNames)
	assert.Equal(t, employee.Numbers{1, 2, 3, 4}, base.HistoricalIDs)
	assert.Equal(t, employee.Texts{"x", "y"}, base.InferredSkills)
	assert.Equal(t, []employee.BaseRegion{{Region: "Europe"}, {Region: "EMEA"}}, base.Regions)
	assert.Equal(t, []employee.BaseSkill{{Skill: "Go"}, {Skill: "SQL"}}, base.Skills)
	assert.Equal(t, "German", base.Languages[0].Language)
	assert.Equal(t, "https://a.example", base.Websites[0].Website)
	assert.Equal(t, "Ships", base.Interests[0].Interest)
	assert.Equal(t, "Rigging", base.Certifications[0].Title)

	clean := decoded[employee.CleanRecord](t, `{"shorthand_names":[{"shorthand_name":"a"}],"skills":[{"skill":"x"},"y"],"location_regions":[{"region":"r"},"s"]}`)
	assert.Empty(t, clean.Mismatched())
	assert.Equal(t, employee.Texts{"a"}, clean.ShorthandNames)
	assert.Equal(t, employee.Texts{"x", "y"}, clean.Skills)
	multi := decoded[employee.MultiSourceRecord](t, `{"linkedin_shorthand_names":[{"shorthand_name":"a"}],"historical_ids":[{"id":5}],"education_degrees":[{"degree":"BSc"}]}`)
	assert.Empty(t, multi.Mismatched())
	assert.Equal(t, []string{"a"}, multi.ShorthandNames())
	assert.Equal(t, employee.Numbers{5}, multi.HistoricalIDs)
	assert.Equal(t, employee.Texts{"BSc"}, multi.EducationDegrees)

	odd := decoded[employee.BaseRecord](t, `{"shorthand_names":[{"shorthand_name":"a"},["b"],{"one":"c","two":"d"},"e"],"historical_ids":[{"id":1},{"no":2},3]}`)
	assert.Equal(t, []string{"shorthand_names[1]", "shorthand_names[2]", "historical_ids[1]"}, odd.Mismatched())
	assert.Equal(t, employee.Texts{"a", "", "", "e"}, odd.ShorthandNames)
	assert.Equal(t, employee.Numbers{1, 0, 3}, odd.HistoricalIDs)
}

// TestIDsAsTextOrNumber reads the ID of each record in every form that a number may have, and tells what is no ID.
func TestIDsAsTextOrNumber(t *testing.T) {
	t.Run("Base", ids[employee.BaseRecord])
	t.Run("Clean", ids[employee.CleanRecord])
	t.Run("MultiSource", ids[employee.MultiSourceRecord])
	t.Run("V1", ids[employee.V1Record])
	t.Run("Preview", ids[employee.Preview])

	v1 := decoded[employee.V1Record](t, `{"id":"7","connections_count":"1e2","last_updated_ux":"1700000000","member_skills_collection":[{"id":"1","member_id":"7","skill_id":2.0}]}`)
	assert.Empty(t, v1.Mismatched())
	assert.EqualValues(t, 100, v1.ConnectionsCount)
	assert.EqualValues(t, 1, v1.Skills[0].ID)
	assert.EqualValues(t, 2, v1.Skills[0].SkillID)
	base := decoded[employee.BaseRecord](t, `{"id":"7","parent_id":"8"}`)
	assert.Equal(t, employee.Standing{MergedInto: 8}, base.Standing())
}

func ids[R any, P interface {
	*R
	employee.Record
	Mismatched() []string
	json.Marshaler
}](t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, `"1"`: 1, "1.0": 1, `"1.0"`: 1, "1e3": 1000, `"1e3"`: 1000, `" 12 "`: 12, "9223372036854775807": 1<<63 - 1, `"9223372036854775807"`: 1<<63 - 1,
	} {
		record := `{"id":` + text + `,"full_name":"A"}`
		r := P(decoded[R](t, record))
		assert.Equal(t, want, r.EmployeeID(), text)
		assert.Empty(t, r.Mismatched(), text)
		same, err := r.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, record, string(same))
	}
	for _, text := range []string{`""`, `"x"`, `"1.5"`, "1.5", "{}", `{"id":1}`, "[1]", "true", `"0x10"`, "9223372036854775808", `"1e300"`} {
		r := P(decoded[R](t, `{"id":`+text+`}`))
		assert.Zero(t, r.EmployeeID(), text)
		assert.Equal(t, []string{"id"}, r.Mismatched(), text)
	}
}

func decoded[R any](t *testing.T, text string) *R {
	t.Helper()
	r, err := employee.Decode[R]([]byte(text))
	require.NoError(t, err)
	return r
}
