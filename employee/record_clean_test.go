package employee_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestEveryCleanFieldIsTyped(t *testing.T) {
	r := sampled[employee.CleanRecord](t, "clean_complete.json")
	assert.Empty(t, r.Unknown())
	assert.Empty(t, r.Mismatched())
	assert.Empty(t, unfilled(reflect.ValueOf(*r), ""))
	assert.Equal(t, string(sample(t, "clean_complete.json")), string(r.Raw()))
}

func TestCleanRecord(t *testing.T) {
	r := sampled[employee.CleanRecord](t, "clean_complete.json")
	assert.EqualValues(t, 4400000001, r.EmployeeID())
	assert.Equal(t, "Ida", r.FirstName)
	assert.Equal(t, "Maria", r.MiddleName)
	assert.Equal(t, "Probe", r.LastName)
	assert.Equal(t, "https://www.example.com/in/ida-probe", r.ProfessionalNetworkURL)
	assert.Equal(t, employee.Texts{"ida-probe", "ida-p"}, r.ShorthandNames)
	assert.Equal(t, employee.Text("88123456"), r.PublicProfileID)
	assert.Equal(t, employee.Number(321), r.FollowerCount)
	assert.Equal(t, employee.Texts{"baking", "milling & more"}, r.Skills)
	assert.Equal(t, []employee.Region{"Europe", "Western Europe"}, r.LocationRegions)
	assert.Equal(t, employee.CleanExperience{
		CompanyID: 610002, CompanyName: "Bäckerei Beispiel", CompanyProfessionalNetworkURL: "example.com/company/baeckerei-beispiel", CompanyShorthandName: "baeckerei-beispiel",
		CompanyWebsite: "baeckerei.example", Title: "Baker", Department: "Production", ManagementLevel: "Specialist", DateFrom: "2015-04", DateTo: "2019-12", Duration: "57", Location: "Linz", OrderInProfile: 3,
	}, r.Experience[0])
	assert.Equal(t, employee.Text("6 years"), r.Experience[1].Duration)
	assert.Equal(t, []employee.CleanEducation{{Title: "Meisterschule Muster", Major: "Baking", DateFrom: "2012", DateTo: "2014", OrderInProfile: 1}}, r.Education)
	year, month, _, ok := r.Experience[0].DateFrom.Parse()
	assert.True(t, ok)
	assert.Equal(t, [2]int{2015, 4}, [2]int{year, month})
	at, ok := r.LastUpdated.Time()
	assert.True(t, ok)
	assert.Equal(t, "2026-02-14", at.Format("2006-01-02"))

	sparse := sampled[employee.CleanRecord](t, "clean_sparse.json")
	assert.Empty(t, sparse.CurrentExperience())
	assert.Empty(t, sparse.Unknown())
	assert.Empty(t, sparse.Mismatched())
	assert.False(t, bool(sparse.IsWorking))
	assert.Empty(t, sparse.MiddleName)
}

func TestCleanCurrentExperience(t *testing.T) {
	r := sampled[employee.CleanRecord](t, "clean_complete.json")
	assert.Equal(t, r.Experience[1:], r.CurrentExperience(), "an open position lacks date_to or has null")
}

func TestCleanRecordKeepsItsJSON(t *testing.T) {
	const text = `{"id":7,"languages":[{"language":"a"}],"follower_count":"12","location_regions":[{"region":"Europe","code":1},"EMEA"],"experience":[{"title":"t","tenure":1e1,"company_id":{}}]}`
	r, err := employee.Decode[employee.CleanRecord]([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, map[string]json.RawMessage{"languages": json.RawMessage(`[{"language":"a"}]`), "experience[0].tenure": json.RawMessage("1e1")}, r.Unknown())
	assert.Equal(t, []string{"experience[0].company_id"}, r.Mismatched())
	assert.Equal(t, text, written(t, r))

	r.LocationRegions = append(r.LocationRegions, "Asia")
	r.Experience[0].Title = "u"
	assert.Equal(t, strings.NewReplacer(`"EMEA"]`, `"EMEA","Asia"]`, `"t"`, `"u"`).Replace(text), written(t, r))
}

func ExampleCleanRecord_CurrentExperience() {
	rec, err := employee.Decode[employee.CleanRecord]([]byte(`{"id": 4400000001, "full_name": "Ida Probe", "experience": [
		{"title": "Baker", "company_name": "Bäckerei Beispiel", "date_from": "2015-04", "date_to": "2019-12"},
		{"title": "Head of the mill", "company_name": "Mühle Muster", "date_from": "2020-01"}
	]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range rec.CurrentExperience() {
		fmt.Println(e.Title, "at", e.CompanyName)
	}
	// Output: Head of the mill at Mühle Muster
}
