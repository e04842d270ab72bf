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

func TestEveryMultiSourceFieldIsTyped(t *testing.T) {
	r := sampled[employee.MultiSourceRecord](t, "multisource_complete.json")
	assert.Empty(t, r.Unknown())
	assert.Empty(t, r.Mismatched())
	assert.Equal(t, []string{".CollectionFieldChanges[].ChangeType"}, unfilled(reflect.ValueOf(*r), ""), "collections are not told how they changed")
	assert.Equal(t, string(sample(t, "multisource_complete.json")), string(r.Raw()))
}

func TestMultiSourceRecord(t *testing.T) {
	r := sampled[employee.MultiSourceRecord](t, "multisource_complete.json")
	assert.EqualValues(t, 7700000001, r.EmployeeID())
	assert.Equal(t, employee.Number(7700000001), r.ParentID)
	assert.Equal(t, employee.Numbers{7700000001, 7700000002}, r.HistoricalIDs)
	assert.Equal(t, "lena@kanal.example", r.PrimaryProfessionalEmail)
	assert.Equal(t, []employee.MultiSourceEmail{{ProfessionalEmail: "lena@kanal.example", ProfessionalEmailStatus: "matched_pattern", OrderOfPriority: 1}}, r.ProfessionalEmails)
	assert.Equal(t, []employee.MultiSourceDepartmentDuration{{Department: "Operations", TotalExperienceDurationMonths: 129}}, r.DurationsByDepartment)
	assert.Equal(t, []employee.MultiSourceManagementLevelDuration{{ManagementLevel: "Senior", TotalExperienceDurationMonths: 70}}, r.DurationsByManagementLevel)
	assert.InDelta(t, 45430.78, float64(r.ProjectedBaseSalaryP75), 0)
	assert.Equal(t, employee.MultiSourceAdditionalSalary{Type: "Cash Bonus", P25: 654.21, Median: 1234.56, P75: 4123.78}, r.ProjectedAdditionalSalary[0])
	assert.Equal(t, employee.MultiSourceTenure{AverageMonths: 26.5, MedianMonths: 24, CurrentMonths: 13, LongestMonths: 38}, r.TenureStats)
	assert.Equal(t, employee.MultiSourcePromotions{Count: 2, AverageMonths: 19.5, Recent: true}, r.InternalPromotionRate)
	assert.Equal(t, employee.Text("12"), r.EngagementPerPost)
	assert.Equal(t, employee.MultiSourceAward{
		MultiSourceRow: employee.MultiSourceRow{OrderInProfile: 1}, Title: "Golden anchor", Issuer: "Kanal Muster", Description: "Ten years.", Date: "March 15, 2024", DateYear: 2024, DateMonth: 3,
	}, r.Awards[0])
	assert.Equal(t, employee.Number(7), r.GitHubRepositories[0].Stars, `the field is spelled "starts"`)
	assert.Equal(t, employee.Texts{"knots"}, r.HistoricalSkills)

	first := r.Experience[0]
	assert.Equal(t, employee.Text("5f2c9d"), first.ID)
	assert.InDelta(t, 17.4322, float64(first.CompanyEmployeesCountChangeYearlyPercentage), 0)
	assert.InDelta(t, 878728373.5, float64(first.CompanyAnnualRevenueSource1), 0)
	assert.Equal(t, employee.Number(32590000), first.CompanyAnnualRevenueSource5)
	year, month, day, ok := first.CompanyLastFundingRoundDate.Parse()
	assert.True(t, ok)
	assert.Equal(t, [3]int{2014, 3, 25}, [3]int{year, month, day})
	assert.Equal(t, []employee.Region{"Europe", "EMEA"}, first.CompanyHQRegions)

	current := r.CurrentExperience()
	require.Len(t, current, 1)
	assert.Equal(t, first, current[0])
}

func TestMultiSourceRecordOfNulls(t *testing.T) {
	r := sampled[employee.MultiSourceRecord](t, "multisource_sparse.json")
	assert.Empty(t, r.Unknown())
	assert.Empty(t, r.Mismatched())
	assert.Empty(t, r.CurrentExperience())
	assert.Equal(t, "https://www.example.com/in/emil-leer", r.NetworkURL())
	assert.Equal(t, []string{"emil-leer"}, r.ShorthandNames())
	assert.Zero(t, r.ProjectedTotalSalaryMedian)
	assert.Zero(t, r.MultiSourceSignals)
	r.FullName = "Emil Voll"
	assert.Equal(t, strings.Replace(string(compact(t, "multisource_sparse.json")), "Emil Leer", "Emil Voll", 1), written(t, r))
}

// compact is a sample without white space.
func compact(t testing.TB, name string) []byte {
	t.Helper()
	var raw json.RawMessage = sample(t, name)
	text, err := json.Marshal(raw)
	require.NoError(t, err)
	return text
}

func TestMultiSourceRecordKeepsItsJSON(t *testing.T) {
	const text = `{"id":7,"investments":[{"x":1.0}],"projected_base_salary_p25":105432.560,"projected_base_salary_median":"low","tenure_stats":{"median_tenure":24.0,"shortest":1},"internal_promotion_rate":0.5,` +
		`"experience":[{"position_title":"t","company_twitter_url":"https://x.example/1","company_facebook_url":["a",{}],"tenure":1e1}]}`
	r, err := employee.Decode[employee.MultiSourceRecord]([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, map[string]json.RawMessage{
		"investments": json.RawMessage(`[{"x":1.0}]`), "experience[0].tenure": json.RawMessage("1e1"), "tenure_stats.shortest": json.RawMessage("1"),
	}, r.Unknown())
	assert.Equal(t, []string{"projected_base_salary_median", "internal_promotion_rate", "experience[0].company_facebook_url[1]"}, r.Mismatched())
	assert.InDelta(t, 105432.56, float64(r.ProjectedBaseSalaryP25), 0, "what fits is kept")
	assert.Equal(t, employee.Texts{"a", ""}, r.Experience[0].CompanyFacebookURL)
	assert.Equal(t, text, written(t, r))

	r.TenureStats.CurrentMonths = 2.5
	r.Experience[0].CompanyTwitterURL = append(r.Experience[0].CompanyTwitterURL, "https://x.example/2")
	assert.Equal(t, strings.NewReplacer(
		`"shortest":1`, `"shortest":1,"current_tenure":2.5`,
		`"https://x.example/1"`, `["https://x.example/1","https://x.example/2"]`,
	).Replace(text), written(t, r))
}

func TestMultiSourceRecordWithoutJSON(t *testing.T) {
	r := employee.MultiSourceRecord{ID: 1, MultiSourceSalaries: employee.MultiSourceSalaries{ProjectedBaseSalaryP25: 1.5}, Experience: []employee.MultiSourceExperience{{MultiSourceRow: employee.MultiSourceRow{OrderInProfile: 2}, CompanyTwitterURL: employee.Texts{"a"}}}}
	out := written(t, r)
	assert.Equal(t, `{"id":1,"experience":[{"order_in_profile":2,"company_twitter_url":["a"]}],"projected_base_salary_p25":1.5}`, out)
	var back employee.MultiSourceRecord
	require.NoError(t, json.Unmarshal([]byte(out), &back))
	assert.Equal(t, r, back, "a plain decoder fills the fields and keeps no text")
}

func ExampleMultiSourceRecord_NetworkURL() {
	for _, text := range []string{
		`{"id": 7700000001, "linkedin_url": "https://www.example.com/in/lena"}`,
		`{"id": 7700000001, "professional_network_url": "https://www.example.com/in/lena"}`,
	} {
		rec, err := employee.Decode[employee.MultiSourceRecord]([]byte(text))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(rec.NetworkURL())
	}
	// Output:
	// https://www.example.com/in/lena
	// https://www.example.com/in/lena
}
