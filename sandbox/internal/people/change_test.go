package people_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

var later = now.Add(40 * 24 * time.Hour)

// employed is someone with a position, with a headline.
func employed(t *testing.T) *people.Person {
	t.Helper()
	return found(t, func(p *people.Person) bool {
		return p.Title() != "" && p.Document(people.Base)["headline"] != nil && p.Document(people.Base)["generated_headline"] == nil
	})
}

func unemployed(t *testing.T) *people.Person {
	t.Helper()
	return found(t, func(p *people.Person) bool { return p.Title() == "" })
}

func found(t *testing.T, wanted func(p *people.Person) bool) *people.Person {
	t.Helper()
	all := people.Generate(1, 200, now)
	i := slices.IndexFunc(all, wanted)
	require.GreaterOrEqual(t, i, 0)
	return all[i]
}

// jobs are the rows of a collection that meet a condition.
func jobs(doc map[string]any, name string, wanted func(row map[string]any) bool) []map[string]any {
	var rows []map[string]any
	for _, row := range doc[name].([]any) {
		if row := row.(map[string]any); wanted(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

func isCurrent(row map[string]any) bool { return row["is_current"] == float64(1) }
func isLive(row map[string]any) bool    { return row["deleted"] == float64(0) }

func TestPromote(t *testing.T) {
	p := employed(t)
	company, before := p.Company(), p.Document(people.Base)
	changed := p.Promote("Chief Happiness Officer", later)

	assert.Equal(t, "Chief Happiness Officer", p.Title())
	assert.Equal(t, company, p.Company())
	assert.Equal(t, []string{"experience", "experience_count", "headline"}, changed.Fields(people.Base))
	assert.Equal(t, []string{"experience_count", "member_experience_collection", "title"}, changed.Fields(people.V1))
	assert.Empty(t, changed.Fields("nowhere"))

	after := p.Document(people.Base)
	assert.Equal(t, "Chief Happiness Officer at "+company, after["headline"])
	assert.Equal(t, before["experience_count"].(float64)+1, after["experience_count"])
	assert.Equal(t, later.Format(time.DateTime), after["updated_at"])
	current := jobs(after, "experience", isCurrent)
	require.Len(t, current, 1)
	assert.Equal(t, "February 2026", current[0]["date_from"])
	assert.Nil(t, current[0]["date_to"])
	assert.Equal(t, float64(1), current[0]["order_in_profile"])
	closed := jobs(after, "experience", isLive)[1]
	assert.Equal(t, "February 2026", closed["date_to"])
	assert.Equal(t, company, closed["company_name"])

	v1 := p.Document(people.V1)
	assert.Equal(t, later.Format(time.DateTime), v1["last_updated"])
	assert.Equal(t, float64(later.Unix()), v1["last_updated_ux"])
	history := jobs(v1, "member_experience_collection", func(row map[string]any) bool {
		return row["deleted"] == float64(1) && row["last_updated"] == later.Format(time.DateTime)
	})
	require.Len(t, history, 1, "the open version of the closed row is kept as deleted")
	assert.Nil(t, history[0]["date_to"])
}

func TestPromoteByCareer(t *testing.T) {
	p := employed(t)
	seen := map[string]bool{p.Title(): true}
	for range 12 {
		changed := p.Promote("", later)
		assert.NotEmpty(t, changed.Fields(people.Base))
		assert.False(t, seen[p.Title()], "%q comes twice", p.Title())
		seen[p.Title()] = true
	}
}

func TestPromoteToTheSameTitleChangesNothing(t *testing.T) {
	p := employed(t)
	before := p.Record(people.Base)
	changed := p.Promote(p.Title(), later)
	assert.Empty(t, changed.Fields(people.Base))
	assert.Equal(t, people.Changed{}, changed)
	assert.Equal(t, string(before), string(p.Record(people.Base)))
}

func TestPromoteWithoutPositionChangesTheHeadline(t *testing.T) {
	p := unemployed(t)
	changed := p.Promote("Volunteer", later)
	assert.Equal(t, []string{"headline"}, changed.Fields(people.Base))
	assert.Equal(t, []string{"title"}, changed.Fields(people.V1))
	assert.Equal(t, "", p.Title())
	assert.Empty(t, p.Promote("Volunteer", later).Fields(people.V1))
	assert.Equal(t, []string{"headline"}, p.Promote("", later).Fields(people.Base))
}

func TestChangeCompany(t *testing.T) {
	p := employed(t)
	title, old := p.Title(), p.Company()
	changed := p.ChangeCompany("", later)
	assert.Equal(t, title, p.Title())
	assert.NotEqual(t, old, p.Company())
	assert.Equal(t, []string{"experience", "experience_count", "headline"}, changed.Fields(people.Base))
	current := jobs(p.Document(people.Base), "experience", isCurrent)
	require.Len(t, current, 1)
	company, ok := people.CompanyByID(int64(current[0]["company_id"].(float64)))
	require.True(t, ok)
	assert.Equal(t, p.Company(), company.Name)
	assert.Equal(t, company.Website, current[0]["company_website"])
}

func TestChangeCompanyByName(t *testing.T) {
	c := people.Companies()[30]
	for _, name := range []string{c.Name, c.Shorthand, c.URL, c.Website} {
		p := employed(t)
		p.ChangeCompany(name, later)
		assert.Equal(t, c.Name, p.Company())
		assert.Equal(t, float64(c.ID), jobs(p.Document(people.Base), "experience", isCurrent)[0]["company_id"])
		assert.Equal(t, people.Changed{}, p.ChangeCompany(name, later), "already there")
	}
	p := employed(t)
	p.ChangeCompany("Somewhere Else Ltd", later)
	assert.Equal(t, "Somewhere Else Ltd", p.Company())
	row := jobs(p.Document(people.Base), "experience", isCurrent)[0]
	assert.Nil(t, row["company_id"])
	assert.Nil(t, row["company_url"])
	assert.Nil(t, row["company_source_id"])
}

func TestChangeCompanyAfterABreak(t *testing.T) {
	p := unemployed(t)
	before := len(jobs(p.Document(people.Base), "experience", isLive))
	changed := p.ChangeCompany("", later)
	assert.NotEmpty(t, p.Title())
	assert.Contains(t, changed.Fields(people.Base), "experience")
	assert.Len(t, jobs(p.Document(people.Base), "experience", isLive), before+1)
}

func TestLeave(t *testing.T) {
	p := employed(t)
	title, company := p.Title(), p.Company()
	changed := p.Leave(later)
	assert.Equal(t, "", p.Title())
	assert.Equal(t, "", p.Company())
	assert.Equal(t, []string{"experience", "headline"}, changed.Fields(people.Base))
	assert.Equal(t, []string{"member_experience_collection", "title"}, changed.Fields(people.V1))
	doc := p.Document(people.Base)
	assert.Empty(t, jobs(doc, "experience", isCurrent))
	assert.Equal(t, "Former "+title+" at "+company, doc["headline"])
	assert.Equal(t, "February 2026", jobs(doc, "experience", isLive)[0]["date_to"])
	assert.NotNil(t, jobs(doc, "experience", isLive)[0]["duration"])
	assert.Equal(t, people.Changed{}, p.Leave(later), "nothing to leave")
}

func TestChangesKeepWhatWasReadBefore(t *testing.T) {
	p := employed(t)
	record, doc := string(p.Record(people.Base)), p.Document(people.Base)
	shared := p.Record(people.Base)
	changed := p.Leave(later)
	assert.Equal(t, record, string(shared))
	assert.Equal(t, doc, changed.Before(people.Base))
	assert.Equal(t, p.Document(people.Base), changed.After(people.Base))
	left := p.Document(people.Base)
	p.ChangeCompany("", later)
	assert.Equal(t, left, changed.After(people.Base), "whatever came later")
	assert.NotEqual(t, left["headline"], p.Document(people.Base)["headline"])
}

func TestNoChange(t *testing.T) {
	var none people.Changed
	assert.Empty(t, none.Fields(people.Base))
	assert.Nil(t, none.Before(people.Base))
	assert.Nil(t, none.After(people.Base))
}

func TestTimeDoesNotRunBackwards(t *testing.T) {
	p := employed(t)
	before := p.Document(people.Base)["updated_at"]
	p.Promote("Time Traveller", now.AddDate(-20, 0, 0))
	assert.Equal(t, before, p.Document(people.Base)["updated_at"])
	assert.Equal(t, "Time Traveller", p.Title())
}

func TestIDsOfRowsStayUnique(t *testing.T) {
	p := employed(t)
	for i := range 10 {
		p.Promote("", later.AddDate(0, i, 0))
		p.ChangeCompany("", later.AddDate(0, i, 1))
	}
	seen := map[any]bool{}
	for _, row := range p.Document(people.V1)["member_experience_collection"].([]any) {
		id := row.(map[string]any)["id"]
		assert.False(t, seen[id], "row %v comes twice", id)
		seen[id] = true
	}
}

func TestMoved(t *testing.T) {
	p := employed(t)
	assert.False(t, people.Changed{}.Moved())
	assert.True(t, p.Promote("Keeper", later).Moved(), "a promotion closes one position and opens another")
	assert.True(t, p.ChangeCompany("", later).Moved())
	assert.False(t, p.Hide(later).Moved())
	assert.True(t, p.Leave(later).Moved())
	assert.False(t, p.Promote("Keeper", later).Moved(), "only the headline changes")
	assert.True(t, p.ChangeCompany("", later).Moved())
}

func TestHide(t *testing.T) {
	p := found(t, func(p *people.Person) bool { return !p.IsHidden() && p.Title() == "" })
	changed := p.Hide(later)
	assert.True(t, p.IsHidden())
	assert.Equal(t, []string{"is_hidden"}, changed.Fields(people.Base))
	assert.Equal(t, []string{"is_hidden"}, changed.Fields(people.Clean))
	assert.Empty(t, changed.Fields(people.V1))
	assert.Equal(t, float64(1), p.Document(people.Base)["is_hidden"])
	assert.Equal(t, people.Changed{}, p.Hide(later), "hidden already")
}

func TestSomeProfilesAreDeleted(t *testing.T) {
	p := found(t, func(p *people.Person) bool { return p.IsDeleted() })
	assert.Equal(t, float64(1), p.Document(people.Base)["deleted"])
	assert.Equal(t, float64(1), p.Document(people.Clean)["is_deleted"])
	assert.Equal(t, float64(1), p.Document(people.MultiSource)["is_deleted"])
}

func TestDeleteMarksEveryRecord(t *testing.T) {
	p := employed(t)
	changed := p.Delete(later)
	assert.True(t, p.IsDeleted())
	assert.Equal(t, []string{"deleted"}, changed.Fields(people.Base))
	assert.Equal(t, []string{"deleted"}, changed.Fields(people.V1))
	for _, ds := range []people.Dataset{people.Clean, people.MultiSource} {
		assert.Contains(t, changed.Fields(ds), "is_deleted")
		assert.Equal(t, float64(1), p.Document(ds)["is_deleted"])
	}
	assert.Equal(t, people.Changed{}, p.Delete(later))
	p.Promote("Chief Happiness Officer", later)
	assert.True(t, p.IsDeleted(), "no other change undoes it")
}

func TestMergeMakesOneOfTwo(t *testing.T) {
	all := people.Generate(1, 200, now)
	a, b, c := all[0], all[1], all[2]
	gone, grown := a.Merge(b, later)
	assert.Same(t, b, a.MergedInto())
	assert.Equal(t, []string{"deleted", "is_parent", "parent_id"}, gone.Fields(people.Base))
	assert.Equal(t, float64(b.ID), a.Document(people.Base)["parent_id"])
	assert.Equal(t, []string{"historical_ids", "shorthand_names"}, grown.Fields(people.Base))
	assert.Subset(t, grown.Fields(people.MultiSource), []string{"historical_ids", "linkedin_shorthand_names"})
	assert.Contains(t, grown.Fields(people.Clean), "shorthand_names")
	assert.Equal(t, []any{float64(b.ID), float64(a.ID)}, b.Document(people.BaseDocumented)["historical_ids"])
	assert.Contains(t, b.Document(people.BaseDocumented)["shorthand_names"], a.Shorthand())

	for name, again := range map[string]func() (people.Changed, people.Changed){
		"once more":                   func() (people.Changed, people.Changed) { return a.Merge(c, later) },
		"into oneself":                func() (people.Changed, people.Changed) { return b.Merge(b, later) },
		"into what one has become of": func() (people.Changed, people.Changed) { return b.Merge(a, later) },
	} {
		gone, grown := again()
		assert.Equal(t, people.Changed{}, gone, name)
		assert.Equal(t, people.Changed{}, grown, name)
	}
	assert.Nil(t, b.MergedInto())

	b.Merge(c, later)
	assert.Same(t, c, a.MergedInto(), "at the end of the chain")
	assert.Equal(t, []any{float64(c.ID), float64(b.ID), float64(a.ID)}, c.Document(people.MultiSource)["historical_ids"])
}

func TestRename(t *testing.T) {
	p := employed(t)
	url, first := p.ProfileURL(), p.Document(people.Base)["first_name"]
	changed := p.Rename(" Mary Ann  Example ", later)
	assert.Equal(t, "Mary Ann Example", p.Name())
	assert.Equal(t, url, p.ProfileURL())
	assert.Equal(t, []string{"first_name", "full_name", "last_name"}, changed.Fields(people.Base))
	assert.Subset(t, changed.Fields(people.MultiSource), []string{"full_name", "last_name", "middle_name", "middle_name_initial"})
	assert.Equal(t, "Ann", p.Document(people.Clean)["name_middle"])
	assert.Equal(t, "Mary Ann Example", p.Document(people.V1)["name"])
	assert.Equal(t, people.Changed{}, p.Rename("Mary Ann Example", later))
	p.Rename("Mary", later)
	assert.Equal(t, "Mary", p.Name())

	p = employed(t)
	before := p.Name()
	assert.Equal(t, []string{"full_name", "last_name"}, p.Rename("", later).Fields(people.Base), "another family name")
	assert.NotEqual(t, before, p.Name())
	assert.Equal(t, first, p.Document(people.Base)["first_name"])
}

func TestRelocate(t *testing.T) {
	p := found(t, func(p *people.Person) bool { return p.Document(people.Base)["country"] == "Canada" })
	changed, known := p.Relocate("berlin", later)
	assert.True(t, known)
	assert.Equal(t, "Berlin, Berlin, Germany", p.Location())
	assert.Equal(t, []string{"city", "country", "country_iso_2", "country_iso_3", "location", "regions", "state"}, changed.Fields(people.Base))
	assert.Subset(t, changed.Fields(people.Clean), []string{"location_country", "location_regions"})
	assert.Equal(t, []string{"country", "location"}, changed.Fields(people.V1))
	assert.Equal(t, "Berlin, Berlin, Germany", p.Document(people.MultiSource)["location_full"])

	changed, known = p.Relocate("Berlin", later)
	assert.Equal(t, people.Changed{}, changed)
	assert.True(t, known)
	changed, known = p.Relocate("Atlantis", later)
	assert.Equal(t, people.Changed{}, changed)
	assert.False(t, known)
	changed, _ = p.Relocate("", later)
	assert.Contains(t, changed.Fields(people.Base), "country")
}

func TestAddSchool(t *testing.T) {
	for _, ds := range []people.Dataset{people.Base, people.BaseDocumented, people.Clean, people.MultiSource, people.V1} {
		name := map[people.Dataset]string{people.V1: "member_education_collection"}[ds]
		if name == "" {
			name = "education"
		}
		p := employed(t)
		before := p.Document(ds)
		changed := p.AddSchool("Example University", "MBA", later)
		rows := p.Document(ds)[name].([]any)
		require.Len(t, rows, len(before[name].([]any))+1, ds)
		assert.Contains(t, changed.Fields(ds), name)
		assert.False(t, changed.Moved())
		assert.Equal(t, before[name], rows[:len(rows)-1], "the others stay as they are")
		for _, other := range []string{"languages", "member_languages_collection", "certifications", "member_certifications_collection"} {
			assert.Equal(t, before[other], p.Document(ds)[other], "%s: %s", ds, other)
		}
		assert.Equal(t, people.Changed{}, p.AddSchool("Example University", "MBA", later))
		p.AddSchool("", "", later)
		assert.Len(t, p.Document(ds)[name], len(rows)+1)
	}
}
