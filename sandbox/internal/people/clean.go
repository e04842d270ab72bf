package people

import (
	"strings"
	"time"
)

func buildClean(p *Person, f *profile) *cleanRecord {
	drawn := p.drawDetails(f)
	first, middle := f.givenNames()
	r := &cleanRecord{
		LastUpdated: f.updated.Format(time.DateOnly), IsDeleted: flagOf(f.deleted), ID: p.ID,
		FullName: f.name(), NameFirst: first, NameMiddle: orNull(middle), NameLast: f.last,
		ProfessionalNetwork: p.ProfileURL(), ShorthandNames: p.shorthands(f),
		PictureURL: orNull(drawn.photo), FollowerCount: drawn.followers, Skills: lowered(drawn.skills),
		PublicProfileID: p.publicID(), Description: orNull(drawn.summary),
		Headline: orNull(f.headline), IsHidden: flagOf(f.hidden),
		LocationCountry: f.home.name, LocationRegions: []string{f.home.regions[0]},
		Experience: make([]cleanExperience, 0, len(f.positions)), Education: make([]cleanEducation, 0, len(drawn.education)),
	}
	if at := f.openPosition(); at != nil {
		level, rank := seniority(at.title)
		r.CompanyID, r.JobTitle = orNull(at.company.ID), orNull(at.title)
		r.ManagementLevel, r.Department = orNull(level), orNull(p.career.departmentOf(at.title))
		r.IsWorking, r.IsDecisionMaker = 1, flagOf(rank >= leastDeciding)
		if f.headline == "" {
			r.GeneratedHeadline = orNull(headlineAt(at.title, at.company))
		}
	}
	for i := range f.positions {
		r.Experience = append(r.Experience, cleanExperienceOf(p, f, i))
	}
	for i, s := range drawn.education {
		r.Education = append(r.Education, cleanEducation{
			Degree: orNull(s.degree), InstitutionName: s.school, InstitutionURL: orNull(s.url()),
			DateFromYear: orNull(s.from.year), DateToYear: orNull(s.to.year), OrderInProfile: i + 1,
		})
	}
	return r
}

func cleanExperienceOf(p *Person, f *profile, i int) cleanExperience {
	at := &f.positions[i]
	level, _ := seniority(at.title)
	return cleanExperience{
		CompanyID: orNull(at.company.ID), CompanyName: at.company.Name,
		CompanyURL: orNull(at.company.URL), CompanyShorthandName: orNull(at.company.Shorthand),
		CompanyWebsite: orNull(withoutScheme(at.company.Website)),
		Title:          at.title, Department: p.career.departmentOf(at.title), ManagementLevel: level,
		DateFrom: at.from.numeric(), DateTo: orNull(at.to.numeric()), Duration: orNull(at.months(f.updated)),
		Location: orNull(at.location), OrderInProfile: i + 1,
	}
}

// indexClean brings the addresses of a document into the form in which Clean's
// are indexed.
func indexClean(doc map[string]any) {
	bare := func(in map[string]any, name string) {
		if url, ok := in[name].(string); ok {
			in[name] = withoutScheme(url)
		}
	}
	bare(doc, "websites_professional_network")
	rows, _ := doc["experience"].([]any)
	for _, row := range rows {
		if row, ok := row.(map[string]any); ok {
			bare(row, "company_professional_network_url")
			bare(row, "company_website")
		}
	}
}

// withoutScheme is an address without its scheme and "www.".
func withoutScheme(url string) string {
	return strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "www.")
}

// lowered is a list in lower-case letters, never nil.
func lowered(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, strings.ToLower(s))
	}
	return out
}
