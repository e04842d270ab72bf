package employee_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
)

// base is a record of Base that was not decoded.
func base(change func(r *employee.BaseRecord)) *employee.BaseRecord {
	r := &employee.BaseRecord{ID: 7, FullName: "Jane Doe", Experience: []employee.BaseExperience{
		{Title: "Manager", CompanyName: "A", CompanyID: 1, DateFrom: "March 2020", IsCurrent: true},
	}}
	change(r)
	return r
}

func same(*employee.BaseRecord) {}

func TestChangesOfRecordsWithoutJSON(t *testing.T) {
	assert.Empty(t, employee.Changes(base(same), base(same)))
	assert.Equal(t, []employee.Change{employee.FirstSeen{Person: employee.Person{ID: 7, Name: "Jane Doe"}}}, employee.Changes(nil, base(same)))
	assert.Nil(t, employee.Changes(base(same), nil))
	assert.Nil(t, employee.Changes[employee.V1Record](nil, nil))
	told := employee.Changes(base(same), base(func(r *employee.BaseRecord) {
		r.Experience[0].IsCurrent, r.Experience[0].DateTo = false, "May 2026"
		r.Experience = append(r.Experience, employee.BaseExperience{Title: "Director", CompanyName: "B", CompanyID: 2, DateFrom: "May 2026", IsCurrent: true})
	}))
	assert.Len(t, told, 1)
	job := told[0].(employee.JobChanged)
	assert.Equal(t, employee.Position{Path: "experience[0]", Title: "Manager", Company: "A", CompanyID: 1, From: "March 2020", To: "May 2026"}, job.From)
	assert.Equal(t, employee.Position{Path: "experience[1]", Title: "Director", Company: "B", CompanyID: 2, From: "May 2026", Current: true}, job.To)
	assert.Equal(t, []string{"experience[1]", "experience[0].is_current", "experience[0].date_to"}, job.Paths())
	assert.Equal(t, employee.Person{ID: 7, Name: "Jane Doe"}, job.Who())
}

// TestChangesSeeWhatWasChangedAfterDecoding: fields count, not the text that they came from.
func TestChangesSeeWhatWasChangedAfterDecoding(t *testing.T) {
	old, err := employee.Decode[employee.BaseRecord]([]byte(`{"id":7,"full_name":"Jane Doe","headline":"a","pronouns":"she"}`))
	assert.NoError(t, err)
	now, err := employee.Decode[employee.BaseRecord]([]byte(`{"id":7,"full_name":"Jane Doe","headline":"a","pronouns":"she"}`))
	assert.NoError(t, err)
	now.Headline = "b"
	assert.Equal(t, []string{"headline_changed Jane Doe: headline a -> b"}, toldOf(employee.Changes(old, now)))
}

func TestChangeOptions(t *testing.T) {
	promoted := func(r *employee.BaseRecord) { r.Experience[0].Title = "Director" }
	ladder := func(title string) (int, bool) {
		rank, known := map[string]int{"Manager": 1, "Director": 2}[title]
		return rank, known
	}
	level := func(title, level string) *employee.CleanRecord {
		return &employee.CleanRecord{ID: 7, FullName: "Jane Doe", Experience: []employee.CleanExperience{{Title: title, CompanyName: "A", DateFrom: "2020-03", ManagementLevel: level}}}
	}
	noisy := func(r *employee.BaseRecord) { r.FollowerCount, r.Experience[0].Duration, r.Summary = 9, "2 years", "x" }
	for name, tc := range map[string]struct{ told, want []employee.Change }{
		"a ladder of titles": {
			kinds(employee.ChangesWith(base(same), base(promoted), employee.ChangeOptions{TitleRank: ladder})), kinds([]employee.Change{employee.Promoted{}}),
		},
		"down the ladder": {
			kinds(employee.ChangesWith(base(promoted), base(same), employee.ChangeOptions{TitleRank: ladder})), kinds([]employee.Change{employee.TitleChanged{}}),
		},
		"a title that it does not have": {
			kinds(employee.ChangesWith(base(same), base(func(r *employee.BaseRecord) { r.Experience[0].Title = "Head" }), employee.ChangeOptions{TitleRank: ladder})),
			kinds([]employee.Change{employee.TitleChanged{}}),
		},
		"a level decides before the ladder": {
			kinds(employee.ChangesWith(level("Manager", "Manager"), level("Director", "Manager"), employee.ChangeOptions{TitleRank: ladder})), kinds([]employee.Change{employee.TitleChanged{}}),
		},
		"the ladder, where there is no level": {
			kinds(employee.ChangesWith(level("Manager", "Manager"), level("Director", ""), employee.ChangeOptions{TitleRank: ladder})), kinds([]employee.Change{employee.Promoted{}}),
		},
		"an order of levels": {
			kinds(employee.ChangesWith(level("A", "grey"), level("B", " Blue"), employee.ChangeOptions{Levels: []string{"Grey", "blue"}})), kinds([]employee.Change{employee.Promoted{}}),
		},
		"an order of levels without these": {
			kinds(employee.ChangesWith(level("A", "Manager"), level("B", "Director"), employee.ChangeOptions{Levels: []string{}})), kinds([]employee.Change{employee.TitleChanged{}}),
		},
		"volatile fields": {kinds(employee.Changes(base(same), base(noisy))), kinds([]employee.Change{employee.FieldChanged{}})},
		"other volatile fields": {
			kinds(employee.ChangesWith(base(same), base(noisy), employee.ChangeOptions{Volatile: []string{"summary", "experience.dur*"}})), kinds([]employee.Change{employee.FieldChanged{}}),
		},
		"more volatile fields": {
			kinds(employee.ChangesWith(base(same), base(noisy), employee.ChangeOptions{Volatile: append(employee.VolatileFields(), "summary")})), kinds(nil),
		},
		"positions are volatile": {kinds(employee.ChangesWith(base(same), base(promoted), employee.ChangeOptions{Volatile: []string{"experience"}})), kinds(nil)},
		"none are volatile": {
			kinds(employee.ChangesWith(base(same), base(noisy), employee.ChangeOptions{Volatile: []string{}})),
			kinds([]employee.Change{employee.FieldChanged{}, employee.FieldChanged{}, employee.FieldChanged{}}),
		},
	} {
		assert.Equal(t, tc.want, tc.told, name)
	}
}

// kinds are changes without what is in them.
func kinds(changes []employee.Change) (bare []employee.Change) {
	for _, c := range changes {
		switch c.(type) {
		case employee.Promoted:
			bare = append(bare, employee.Promoted{})
		case employee.TitleChanged:
			bare = append(bare, employee.TitleChanged{})
		case employee.FieldChanged:
			bare = append(bare, employee.FieldChanged{})
		default:
			bare = append(bare, c)
		}
	}
	return bare
}

// TestPromisedChanges: what a notice named is told, also when the records do not show it.
func TestPromisedChanges(t *testing.T) {
	old := `{"id":7,"full_name":"Jane Doe","headline":"a","skills":[{"skill":"go"}],"experience":[{"title":"Manager","company_name":"A","is_current":1,"date_from":"2020"}],"follower_count":3}`
	now := strings.Replace(strings.Replace(old, `"headline":"a"`, `"headline":"b"`, 1), `Manager`, `Director`, 1)
	promised := func(new string, names ...string) []string {
		return toldOf(changesOf(t, "base", []byte(old), []byte(new), employee.ChangeOptions{Promised: names}))
	}
	assert.Equal(t, []string{
		"title_changed Jane Doe: new title at A, Manager -> Director",
		"headline_changed Jane Doe: headline a -> b",
		"promised_change Jane Doe: skills changed by the notice, but not in the record",
		"promised_change Jane Doe: brand_new changed by the notice, but not in the record",
	}, promised(now, "headline", "experience", "skills", "brand_new", "skills", "follower_count", "updated_at"))
	assert.Equal(t, []string{"profile_deleted Jane Doe: the profile is deleted"}, promised(strings.Replace(old, `{"id":7`, `{"id":7,"deleted":1`, 1), "deleted"))
	assert.Equal(t, []string{"profile_hidden Jane Doe: the profile is hidden for privacy"}, promised(`{"id":7,"is_hidden":1}`, "headline"))
	assert.Equal(t, []string{"promised_change Jane Doe: experience changed by the notice, but not in the record"},
		promised(strings.Replace(old, `"is_current":1`, `"is_current":1,"duration":"1 year"`, 1), "experience"))
}

// TestChangesAreForTerminals: the owner of a profile writes what stands in a change.
func TestChangesAreForTerminals(t *testing.T) {
	hostile := "\x1b[2JJane\r\n\u202eDoe\u2028" + strings.Repeat("x", 500)
	for _, change := range employee.Changes(base(same), base(func(r *employee.BaseRecord) {
		r.FullName, r.Headline, r.Location, r.Summary, r.Experience[0].Title, r.Experience[0].CompanyName = hostile, hostile, hostile, hostile, hostile, hostile
		r.Experience[0].IsCurrent = false
		r.Education = []employee.BaseEducation{{Institution: hostile, Program: hostile}}
	})) {
		assert.False(t, strings.ContainsAny(change.String(), "\x1b\r\n\u202e\u2028"), "%q", change)
		assert.Less(t, len(change.String()), 600)
	}
}

// TestFactsOfACompanyAreToldOnce, in however many positions they stand.
func TestFactsOfACompanyAreToldOnce(t *testing.T) {
	record := func(industry string) *employee.BaseRecord {
		return base(func(r *employee.BaseRecord) {
			r.Experience = append(r.Experience, employee.BaseExperience{Title: "Clerk", CompanyName: "A", CompanyID: 1, DateFrom: "2018", DateTo: "2019"})
			for i := range r.Experience {
				r.Experience[i].CompanyIndustry = industry
			}
		})
	}
	told := employee.Changes(record("Retail"), record("Banking"))
	assert.Equal(t, []string{`field_changed Jane Doe: experience[0].company_industry "Retail" -> "Banking"`}, toldOf(told))
	assert.Equal(t, []string{"experience[0].company_industry", "experience[1].company_industry"}, told[0].Paths())
}

// TestHugeRecordsAreCompared in a time that grows with their size: 3,000 rows that all differ on each side.
func TestHugeRecordsAreCompared(t *testing.T) {
	record := func(title string) *employee.BaseRecord {
		return base(func(r *employee.BaseRecord) {
			for i := range 3_000 {
				date := employee.Number(1900 + i%90)
				r.Experience = append(r.Experience, employee.BaseExperience{Title: title, CompanyName: title + "A", DateFromYear: date, IsCurrent: i%2 == 0})
				r.Languages = append(r.Languages, employee.BaseLanguage{Language: "English", Proficiency: title + strings.Repeat("x", i%90)})
			}
		})
	}
	assert.NotEmpty(t, employee.Changes(record("a"), record("b")))
}

// TestWhatFollowsIsInThePaths of what it follows from: a notice that names it has its change.
func TestWhatFollowsIsInThePaths(t *testing.T) {
	told := changesOf(t, "base", []byte(`{"id":7,"location":"Austin","regions":[{"region":"Americas"}]}`), []byte(`{"id":7,"location":"Berlin","regions":[{"region":"Europe"}]}`),
		employee.ChangeOptions{Promised: []string{"location", "regions"}})
	assert.Len(t, told, 1)
	assert.Equal(t, []string{"location", "regions"}, told[0].Paths())
	const row = `{"id":7,"primary_professional_email":"j@%[1]s.example","professional_emails_collection":[{"professional_email":"j@%[1]s.example"}]}`
	told = changesOf(t, "multisource", fmt.Appendf(nil, row, "a"), fmt.Appendf(nil, row, "b"), employee.ChangeOptions{})
	assert.Len(t, told, 1)
	assert.Equal(t, []string{"primary_professional_email", "professional_emails_collection[0]"}, told[0].Paths())
}
