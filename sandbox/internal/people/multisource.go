package people

import (
	"strings"
	"time"
	"unicode/utf8"
)

// stampLayouts are the precisions in which Multi-source prints times, with and
// without a zone.
var stampLayouts = []string{"2006-01-02T15:04:05.000000Z", "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05.000", "2006-01-02T15:04:05Z"}

// summaryLayouts are those of its summaries of changes.
var summaryLayouts = []string{"2006-01-02 15:04:05.000000", "2006-01-02T15:04:05.000"}

// stamp prints a time in one of several layouts, for one person always the same.
func (p *Person) stamp(t time.Time, layouts []string) string {
	fraction := time.Duration(p.ownSeed%1_000_000) * time.Microsecond
	return t.Add(fraction).Format(layouts[p.ownSeed>>32%uint64(len(layouts))])
}

func buildMulti(p *Person, f *profile, documented bool) *multiRecord {
	drawn := p.drawDetails(f)
	more := p.drawExtras(&drawn)
	first, middle := f.givenNames()
	updated := p.stamp(f.updated, stampLayouts)
	r := &multiRecord{
		ID: p.ID, ParentID: p.parentID(f), CreatedAt: p.created.Format("2006-01-02T15:04:05.000Z"),
		UpdatedAt: updated, CheckedAt: updated, ChangedAt: updated, ProcessedAt: updated,
		IsDeleted: flagOf(f.deleted), IsParent: flagOf(p.parentID(f) == 0), PublicProfileID: p.publicID(),
		HistoricalIDs: p.ids(f), FullName: f.name(), FirstName: first, FirstNameInitial: initial(first),
		MiddleName: orNull(middle), MiddleNameInitial: orNull(initial(middle)), LastName: f.last, LastNameInitial: initial(f.last),
		Headline: orNull(f.headline), PictureURL: orNull(drawn.photo),
		LocationCountry: f.home.name, LocationState: orNull(f.city.state), LocationCity: orNull(f.city.name),
		LocationISO2: f.home.iso2, LocationISO3: f.home.iso3, LocationFull: f.location(), LocationRegions: f.home.marketRegions(),
		Interests: lowered(drawn.interests), InferredSkills: lowered(drawn.skills), HistoricalSkills: lowered(more.historicalSkills),
		ConnectionsCount: drawn.connections, FollowersCount: drawn.followers, InfluenceScore: orNull(more.influence),
		Services: orNull(drawn.services), Emails: []multiEmail{},
	}
	if r.ParentID == 0 {
		r.ParentID = p.ID
	}
	if drawn.summary != "" {
		r.Summary = orNull("<p>" + drawn.summary + "</p>")
	}
	if !f.lastMove.IsZero() {
		r.ExperienceChangeAt = orNull(p.stamp(f.lastMove, stampLayouts))
	}
	names := p.shorthands(f)
	if documented {
		r.multiDocumentedNames = &multiDocumentedNames{p.ProfileURL(), names}
	} else {
		r.multiLiveNames = &multiLiveNames{p.ProfileURL(), names}
	}
	r.fillWork(p, f, &more, documented)
	r.fillEducation(p, &drawn)
	r.fillAchievements(p, &drawn, &more)
	r.fillGithub(more.github)
	r.fillChanges(p, f)
	return r
}

// initial is the first letter of a name, "" of none.
func initial(name string) string {
	letter, n := utf8.DecodeRuneInString(name)
	if n == 0 {
		return ""
	}
	return strings.ToUpper(string(letter))
}

// fillWork fills in the positions and what follows from them.
func (r *multiRecord) fillWork(p *Person, f *profile, more *extras, documented bool) {
	r.MonthsByDepartment, r.MonthsByLevel = []multiDepartmentMonths{}, []multiLevelMonths{}
	r.Experience = make([]multiExperience, 0, len(f.positions))
	departments, levels := tally{}, tally{}
	total := 0
	for i := range f.positions {
		row := multiExperienceOf(p, f, i, documented)
		r.Experience = append(r.Experience, row)
		months := f.positions[i].months(f.updated)
		total += months
		departments.add(row.Department, months)
		levels.add(row.ManagementLevel, months)
	}
	r.TotalMonths = orNull(total)
	for _, name := range departments.names {
		r.MonthsByDepartment = append(r.MonthsByDepartment, multiDepartmentMonths{name, departments.months[name]})
	}
	for _, name := range levels.names {
		r.MonthsByLevel = append(r.MonthsByLevel, multiLevelMonths{name, levels.months[name]})
	}
	title := ""
	if at := f.openPosition(); at != nil {
		title = at.title
		level, rank := seniority(title)
		r.IsWorking, r.IsDecisionMaker = 1, flagOf(rank >= leastDeciding)
		r.ActiveCompanyID, r.ActiveTitle, r.ActiveDescription = orNull(at.company.ID), orNull(title), orNull(at.description)
		r.ActiveDepartment, r.ActiveLevel = orNull(p.career.departmentOf(title)), orNull(level)
		r.fillEmails(p, at.company, more.emailStatus)
	}
	r.multiSalary = p.salaryOf(title, more.salaryPercent)
}

// tally sums months by name, in the order in which the names came.
type tally struct {
	names  []string
	months map[string]int
}

func (t *tally) add(name string, months int) {
	if t.months == nil {
		t.months = make(map[string]int)
	}
	if _, known := t.months[name]; !known {
		t.names = append(t.names, name)
	}
	t.months[name] += months
}

func (r *multiRecord) fillEmails(p *Person, at *Company, status string) {
	if at.Website == "" {
		return
	}
	domain := withoutScheme(at.Website)
	for i, local := range []string{slugOf(p.first) + "." + slugOf(p.last), slugOf(p.first)[:1] + slugOf(p.last)} {
		r.Emails = append(r.Emails, multiEmail{local + "@" + domain, status, i + 1})
	}
	r.PrimaryEmail, r.PrimaryEmailStatus = orNull(r.Emails[0].Email), orNull(status)
}

// fillChanges summarises what changed lately.
func (r *multiRecord) fillChanges(p *Person, f *profile) {
	const recently = 18 // months (assumed)
	at := p.stamp(f.updated, summaryLayouts)
	r.RootChanges = []multiRootChange{{"followers_count", "updated", at}}
	r.CollectionChanges, r.RecentlyStarted, r.RecentlyClosed = []multiCollectionChange{}, []multiRecent{}, []multiRecent{}
	if !f.lastMove.IsZero() {
		at := p.stamp(f.lastMove, summaryLayouts)
		r.RootChanges = append(r.RootChanges, multiRootChange{"headline", "updated", at})
		r.CollectionChanges = append(r.CollectionChanges, multiCollectionChange{"experience", at})
	}
	horizon := monthOf(f.updated).index() - recently
	for i := range f.positions {
		at := &f.positions[i]
		row := multiRecent{
			CompanyID: orNull(at.company.ID), CompanyName: at.company.Name, CompanyURL: orNull(at.company.URL),
			CompanyShorthandName: orNull(at.company.Shorthand), DateFrom: orNull(at.from.short()), DateTo: orNull(at.to.short()),
			Title: at.title, IdentificationDate: p.stamp(at.created, summaryLayouts),
		}
		if at.from.index() > horizon {
			r.RecentlyStarted = append(r.RecentlyStarted, row)
		}
		if !at.isOpen() && at.to.index() > horizon {
			r.RecentlyClosed = append(r.RecentlyClosed, row)
		}
	}
}
