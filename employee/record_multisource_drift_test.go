package employee_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

// TestDocumentedAndSentForms reads each field that the documents show in one form and records have in another: all
// forms are read alike, and none is unknown or mismatched.
func TestDocumentedAndSentForms(t *testing.T) {
	for name, tc := range map[string]struct {
		forms []string
		read  func(r *employee.MultiSourceRecord) any
		want  any
	}{
		"profile address": {
			[]string{`{"professional_network_url":"https://n.example/in/a"}`, `{"linkedin_url":"https://n.example/in/a"}`, `{"linkedin_url":"https://n.example/in/old","professional_network_url":"https://n.example/in/a"}`},
			func(r *employee.MultiSourceRecord) any { return r.NetworkURL() }, "https://n.example/in/a",
		},
		"shorthand names": {
			[]string{`{"professional_network_shorthand_names":["a","b"]}`, `{"linkedin_shorthand_names":["a","b"]}`, `{"linkedin_shorthand_names":["c"],"professional_network_shorthand_names":["a","b"]}`, `{"linkedin_shorthand_names":["a","b"],"professional_network_shorthand_names":[]}`},
			func(r *employee.MultiSourceRecord) any { return r.ShorthandNames() },
			[]string{"a", "b"},
		},
		"company address": {
			[]string{`{"experience":[{"company_professional_network_url":"c"}]}`, `{"experience":[{"company_linkedin_url":"c"}]}`, `{"experience":[{"company_linkedin_url":"old","company_professional_network_url":"c"}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].CompanyNetworkURL() }, "c",
		},
		"historical_ids": {
			[]string{`{"historical_ids":["12","13"]}`, `{"historical_ids":[12,13]}`},
			func(r *employee.MultiSourceRecord) any { return r.HistoricalIDs },
			employee.Numbers{12, 13},
		},
		"company_founded_year": {
			[]string{`{"experience":[{"company_founded_year":"2023"}]}`, `{"experience":[{"company_founded_year":2023}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].CompanyFoundedYear }, employee.Number(2023),
		},
		"company_founded_year, not known": {
			[]string{`{"experience":[{"company_founded_year":null}]}`, `{"experience":[{}]}`, `{"experience":[{"company_founded_year":""}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].CompanyFoundedYear }, employee.Number(0),
		},
		"last_graduation_date": {
			[]string{`{"last_graduation_date":"2022"}`, `{"last_graduation_date":2022}`, `{"last_graduation_date":"2022-07-01"}`},
			func(r *employee.MultiSourceRecord) any {
				year, _, _, ok := r.LastGraduationDate.Parse()
				return []any{year, ok}
			},
			[]any{2022, true},
		},
		"location_regions": {
			[]string{`{"location_regions":[{"region":"Americas"},{"region":"AMER"}]}`, `{"location_regions":["Americas","AMER"]}`},
			func(r *employee.MultiSourceRecord) any { return r.LocationRegions },
			[]employee.Region{"Americas", "AMER"},
		},
		"company_facebook_url": {
			[]string{`{"experience":[{"company_facebook_url":["f"]}]}`, `{"experience":[{"company_facebook_url":"f"}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].CompanyFacebookURL },
			employee.Texts{"f"},
		},
		"company_twitter_url": {
			[]string{`{"experience":[{"company_twitter_url":["t"]}]}`, `{"experience":[{"company_twitter_url":"t"}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].CompanyTwitterURL },
			employee.Texts{"t"},
		},
		"company_twitter_url, none": {
			[]string{`{"experience":[{"company_twitter_url":[]}]}`, `{"experience":[{"company_twitter_url":null}]}`, `{"experience":[{}]}`},
			func(r *employee.MultiSourceRecord) any { return len(r.Experience[0].CompanyTwitterURL) }, 0,
		},
		"company_stock_ticker": {
			[]string{`{"experience":[{"company_stock_ticker":[{"exchange":"X","ticker":"T"}]}]}`, `{"experience":[{"stock_ticker":[{"exchange":"X","ticker":"T"}]}]}`, `{"experience":[{"stock_ticker":[{"ticker":"old"}],"company_stock_ticker":[{"exchange":"X","ticker":"T"}]}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].StockTickers() },
			[]employee.StockTicker{{Exchange: "X", Ticker: "T"}},
		},
		"company_stock_ticker, texts": {
			[]string{`{"experience":[{"company_stock_ticker":["T"]}]}`, `{"experience":[{"stock_ticker":["T"]}]}`},
			func(r *employee.MultiSourceRecord) any { return r.Experience[0].StockTickers() },
			[]employee.StockTicker{{Ticker: "T"}},
		},
		"timestamps": {
			[]string{
				`{"updated_at":"2024-07-27T01:56:27.250"}`, `{"updated_at":"2024-07-27T01:56:27.250Z"}`, `{"updated_at":"2024-07-27T01:56:27.250000"}`, `{"updated_at":"2024-07-27T01:56:27.250000Z"}`, `{"updated_at":"2024-07-27 01:56:27.250000"}`,
			},
			func(r *employee.MultiSourceRecord) any { at, ok := r.UpdatedAt.Time(); return []any{at, ok} },
			[]any{time.Date(2024, 7, 27, 1, 56, 27, 250_000_000, time.UTC), true},
		},
		"change summaries": {
			[]string{`{"profile_root_field_changes_summary":[{"field_name":"summary","last_changed_at":"2025-02-18T09:22:45.567"}]}`, `{"profile_root_field_changes_summary":[{"field_name":"summary","last_changed_at":"2025-02-18 09:22:45.567000"}]}`},
			func(r *employee.MultiSourceRecord) any {
				at, ok := r.RootFieldChanges[0].LastChangedAt.Time()
				return []any{at, ok}
			},
			[]any{time.Date(2025, 2, 18, 9, 22, 45, 567_000_000, time.UTC), true},
		},
		"date_from": {
			[]string{`{"experience":[{"date_from":"March 2020"}]}`, `{"experience":[{"date_from":"Mar 2020"}]}`},
			func(r *employee.MultiSourceRecord) any {
				year, month, day, ok := r.Experience[0].DateFrom.Parse()
				return []any{year, month, day, ok}
			},
			[]any{2020, 3, 0, true},
		},
		"date_from, a year": {
			[]string{`{"experience":[{"date_from":"2020"}]}`, `{"experience":[{"date_from":2020}]}`},
			func(r *employee.MultiSourceRecord) any {
				year, month, day, ok := r.Experience[0].DateFrom.Parse()
				return []any{year, month, day, ok}
			},
			[]any{2020, 0, 0, true},
		},
		"experience_recently_started": {
			[]string{`{"experience_recently_started":[{"company_id":"7","date_from":"Nov 2024"}]}`, `{"experience_recently_started":[{"company_id":7,"date_from":"November 2024"}]}`},
			func(r *employee.MultiSourceRecord) any {
				year, month, _, ok := r.ExperienceRecentlyStarted[0].DateFrom.Parse()
				return []any{r.ExperienceRecentlyStarted[0].CompanyID, year, month, ok}
			},
			[]any{employee.Number(7), 2024, 11, true},
		},
		"salaries": {
			[]string{`{"projected_base_salary_p25":105432.56}`, `{"projected_base_salary_p25":"105432.56"}`},
			func(r *employee.MultiSourceRecord) any { return r.ProjectedBaseSalaryP25 }, employee.Decimal(105432.56),
		},
		"active_experience": {
			[]string{`{"experience":[{"active_experience":1}]}`, `{"experience":[{"active_experience":"1"}]}`, `{"experience":[{"active_experience":true}]}`},
			func(r *employee.MultiSourceRecord) any { return len(r.CurrentExperience()) }, 1,
		},
		"skills": {
			[]string{`{"inferred_skills":["radio"]}`, `{"inferred_skills":"radio"}`},
			func(r *employee.MultiSourceRecord) any { return r.InferredSkills },
			employee.Texts{"radio"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, form := range tc.forms {
				r, err := employee.Decode[employee.MultiSourceRecord]([]byte(form))
				require.NoError(t, err, form)
				assert.Equal(t, tc.want, tc.read(r), form)
				assert.Empty(t, r.Mismatched(), form)
				assert.Empty(t, r.Unknown(), form)
				assert.Equal(t, form, written(t, r))
			}
		})
	}
}

func TestAccessorsOfNothing(t *testing.T) {
	r := employee.MultiSourceRecord{Experience: []employee.MultiSourceExperience{{}}}
	assert.Empty(t, r.NetworkURL())
	assert.Empty(t, r.ShorthandNames())
	assert.Empty(t, r.CurrentExperience())
	assert.Empty(t, r.Experience[0].CompanyNetworkURL())
	assert.Empty(t, r.Experience[0].StockTickers())
}
