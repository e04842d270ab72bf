package people

import (
	"fmt"
	"time"
)

func multiExperienceOf(p *Person, f *profile, i int, documented bool) multiExperience {
	at := &f.positions[i]
	level, _ := seniority(at.title)
	return multiExperience{
		ID:               hashOf(fmt.Sprint("experience", p.ID, at.row)),
		ActiveExperience: flagOf(at.isOpen()), PositionTitle: at.title,
		Department: p.career.departmentOf(at.title), ManagementLevel: level,
		Location: orNull(at.location), Description: orNull(at.description),
		DateFrom: orNull(at.from.String()), DateFromYear: orNull(at.from.year), DateFromMonth: orNull(int(at.from.of)),
		DateTo: orNull(at.to.String()), DateToYear: orNull(at.to.year), DateToMonth: orNull(int(at.to.of)),
		DurationMonths: orNull(at.months(f.updated)),
		CompanyID:      orNull(at.company.ID), CompanyName: at.company.Name,
		multiCompany: firmographics(at.company, documented), OrderInProfile: i + 1,
	}
}

func (r *multiRecord) fillEducation(p *Person, drawn *details) {
	r.Education, r.EducationDegrees = make([]multiEducation, 0, len(drawn.education)), []string{}
	last := 0
	for i := range drawn.education {
		s := &drawn.education[i]
		last = max(last, s.to.year)
		r.EducationDegrees = append(r.EducationDegrees, s.degree)
		row := multiEducation{
			ID:     hashOf(fmt.Sprint("education", p.ID, i)),
			Degree: orNull(s.degree), Description: orNull(s.description),
			InstitutionURL: orNull(s.url()), InstitutionName: s.school,
			DateFromYear: orNull(s.from.year), DateToYear: orNull(s.to.year),
			Activities: orNull(s.activities), Regions: []string{}, OrderInProfile: i + 1,
		}
		if s.linked { // the school is known
			at := drawAddress(newDice(p.detailSeed, 'e', uint64(i)), p.home, p.city)
			row.FullAddress, row.Street, row.Zipcode = orNull(at.full), orNull(at.street), orNull(at.zipcode)
			row.City, row.State = orNull(at.city.name), orNull(at.city.state)
			row.ISO2, row.ISO3, row.Regions = orNull(p.home.iso2), orNull(p.home.iso3), p.home.marketRegions()
		}
		r.Education = append(r.Education, row)
	}
	r.LastGraduationDate = orNull(last)
}

// fillAchievements fills in the collections that a person does not work in. A
// count without rows is null.
func (r *multiRecord) fillAchievements(p *Person, drawn *details, more *extras) {
	r.fillOthersWords(drawn, more)
	r.Languages = []multiLanguage{}
	for i, l := range drawn.languages {
		r.Languages = append(r.Languages, multiLanguage{l.language, orNull(l.proficiency), i + 1})
	}
	r.Courses = []multiCourse{}
	for i, c := range drawn.courses {
		r.Courses = append(r.Courses, multiCourse{orNull(more.organizer), c, i + 1})
	}
	r.Certifications = []multiCertification{}
	for i := range drawn.certifications {
		c := &drawn.certifications[i]
		row := multiCertification{
			Title: c.title, Issuer: orNull(c.issuer), CertificateURL: orNull(c.url),
			multiSpan: spanOf(c.from, c.to), OrderInProfile: i + 1,
		}
		if c.url != "" {
			row.IssuerURL = orNull("https://www." + slugOf(c.issuer) + ".example")
			row.CredentialID = orNull(more.credential)
		}
		r.Certifications = append(r.Certifications, row)
	}
	r.fillWorks(p, more)
}

func (r *multiRecord) fillOthersWords(drawn *details, more *extras) {
	r.Recommendations, r.Activity, r.Awards = []multiRecommendation{}, []multiActivity{}, []multiAward{}
	r.RecommendationsCount = orNull(len(drawn.recommendations))
	for i, text := range drawn.recommendations {
		referee := more.referees[i]
		r.Recommendations = append(r.Recommendations, multiRecommendation{
			text, orNull(referee), orNull(profileAddress + slugOf(referee) + "-" + hashOf(referee)[:7]), i + 1,
		})
	}
	for i, title := range more.activity {
		r.Activity = append(r.Activity, multiActivity{
			"https://www.linkedin.com/posts/" + hashOf(fmt.Sprint(title, r.ID, i))[:19], orNull(title), "Liked by", i + 1,
		})
	}
	for range drawn.awards {
		at := more.award.at
		row := multiAward{
			Title: more.award.title, Issuer: orNull(more.award.issuer), Description: orNull(more.awardText),
			Date: orNull(at.String()), DateYear: orNull(at.year), DateMonth: orNull(int(at.of)), OrderInProfile: 1,
		}
		if at.of != 0 && at.of%2 == 0 { // some dates have a day
			row.Date = orNull(time.Date(at.year, at.of, 15, 0, 0, 0, 0, time.UTC).Format("January 2, 2006"))
		}
		r.Awards = append(r.Awards, row)
	}
}

func (r *multiRecord) fillWorks(p *Person, more *extras) {
	link := func(w *work, kind string) *string {
		if !w.linked {
			return nil
		}
		return orNull(fmt.Sprintf("https://www.%s.example/%d", kind, w.number))
	}
	r.Patents, r.PatentsTopics, r.PatentsCount = []multiPatent{}, []string{}, orNull(len(more.patents))
	for i := range more.patents {
		w := &more.patents[i]
		r.PatentsTopics = append(r.PatentsTopics, w.topic)
		r.Patents = append(r.Patents, multiPatent{
			w.title, orNull("Issued"), orNull(w.text), link(w, "patents"), orNull(w.from.String()), orNull(w.from.year),
			orNull(int(w.from.of)), orNull(fmt.Sprintf("%s %d", p.home.iso2, w.number)), i + 1,
		})
	}
	r.Publications, r.PublicationsTopics, r.PublicationsCount = []multiPublication{}, []string{}, orNull(len(more.publications))
	for i := range more.publications {
		w := &more.publications[i]
		r.PublicationsTopics = append(r.PublicationsTopics, w.topic)
		r.Publications = append(r.Publications, multiPublication{
			w.title, orNull(w.text), link(w, "papers"), []string{p.bio.name()}, orNull(w.from.String()), orNull(w.from.year), orNull(int(w.from.of)), i + 1,
		})
	}
	r.Projects, r.ProjectsTopics, r.ProjectsCount = []multiProject{}, []string{}, orNull(len(more.projects))
	for i := range more.projects {
		w := &more.projects[i]
		r.ProjectsTopics = append(r.ProjectsTopics, w.topic)
		r.Projects = append(r.Projects, multiProject{w.title, orNull(w.text), link(w, "projects"), spanOf(w.from, w.to), i + 1})
	}
	r.Organizations = []multiOrganization{}
	for i := range more.organizations {
		w := &more.organizations[i]
		r.Organizations = append(r.Organizations, multiOrganization{w.title, orNull(w.topic), orNull(w.text), spanOf(w.from, w.to), i + 1})
	}
}

func spanOf(from, to month) multiSpan {
	return multiSpan{
		orNull(from.short()), orNull(from.year), orNull(int(from.of)), orNull(to.short()), orNull(to.year), orNull(int(to.of)),
	}
}

func (r *multiRecord) fillGithub(g *githubAccount) {
	r.GithubRepositories = []multiRepository{}
	if g == nil {
		return
	}
	r.GithubURL, r.GithubUsername = orNull("https://github.com/"+g.username), orNull(g.username)
	r.GithubConfidence, r.GithubContributions = orNull(g.confidence), orNull(g.contributions)
	for i, name := range g.repositories {
		r.GithubRepositories = append(r.GithubRepositories, multiRepository{
			name, orNull("Tools for " + name + "."), g.stars[i], g.stars[i] % 40,
		})
	}
}
