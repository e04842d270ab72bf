package people

import "strconv"

func buildBase(p *Person, f *profile) *baseRecord {
	drawn := p.drawDetails()
	r := &baseRecord{
		ID: p.ID, ParentID: p.ParentID, IsParent: flagOf(p.IsParent()),
		FullName: p.Name(), FirstName: p.first, LastName: p.last, Headline: orNull(f.headline),
		CreatedAt: p.created.Format(baseTime), UpdatedAt: f.updated.Format(baseTime),
		CheckedAt: f.updated.Format(baseTime), ProcessedAt: f.updated.Format(baseTime),
		PublicProfileID: strconv.FormatInt(p.publicID(), 10), ProfileURL: p.ProfileURL(),
		Location: p.city.in(p.home), City: orNull(p.city.name), State: orNull(p.city.state),
		Country: p.home.name, CountryISO2: p.home.iso2, CountryISO3: p.home.iso3,
		Regions:  []baseRegion{{p.home.regions[0]}, {p.home.regions[1]}},
		Industry: orNull(p.industry), Summary: orNull(drawn.summary), Services: orNull(drawn.services), ProfilePhotoURL: orNull(drawn.photo),
		Deleted: flagOf(p.deleted), IsHidden: flagOf(f.hidden),
		RecommendationsCount: len(drawn.recommendations), ConnectionsCount: drawn.connections, FollowerCount: drawn.followers,
		ExperienceCount: len(f.positions), HistoricalIDs: []int64{p.ID},
		ShorthandNames: append([]string{p.shorthand}, p.former...),
		Organizations:  []struct{}{}, Patents: []struct{}{}, Projects: []struct{}{}, Publications: []struct{}{},
		OthersNamed: []struct{}{}, TestScores: []struct{}{}, CourseSuggestions: []struct{}{}, Activity: []struct{}{},
		InferredSkills: append([]string{}, drawn.skills...),
	}
	if at := f.openPosition(); at != nil && f.headline == "" {
		r.GeneratedHeadline = orNull(headlineAt(at.title, at.company))
	}
	r.Experience = baseExperienceOf(f)
	fillBase(r, &drawn)
	return r
}

// baseExperienceOf is every row of the person: the live ones, then the deleted ones.
func baseExperienceOf(f *profile) []baseExperience {
	out := make([]baseExperience, 0, len(f.positions)+len(f.past))
	add := func(p *position, place basePlace) {
		row := baseExperience{
			Title: orNull(p.title), CompanyID: orNull(p.company.ID), CompanyName: p.company.Name,
			CompanyURL: orNull(p.company.URL), CompanyWebsite: orNull(p.company.Website),
			CompanyShorthandName: orNull(p.company.Shorthand),
			Location:             orNull(p.location), Description: orNull(p.description),
			DateFrom: orNull(p.from.String()), DateFromYear: orNull(p.from.year), DateFromMonth: orNull(int(p.from.of)),
			DateTo: orNull(p.to.String()), DateToYear: orNull(p.to.year), DateToMonth: orNull(int(p.to.of)),
			IsCurrent: flagOf(p.isOpen() && place.Deleted == 0),
			basePlace: place,
		}
		if p.company.SourceID != 0 {
			row.CompanySourceID = orNull(strconv.FormatInt(p.company.SourceID, 10))
		}
		if !p.isOpen() {
			row.Duration = orNull(duration(p.from, p.to))
		}
		out = append(out, row)
	}
	for i := range f.positions {
		add(&f.positions[i], live(i))
	}
	for i := range f.past {
		add(&f.past[i], basePlace{orNull(f.past[i].row % 2 * f.past[i].row), 1})
	}
	return out
}

// live is the place of the i-th live row of a collection.
func live(i int) basePlace { return basePlace{orNull(i + 1), 0} }

func fillBase(r *baseRecord, drawn *details) {
	r.Education = make([]baseEducation, 0)
	for i, s := range drawn.education {
		r.Education = append(r.Education, baseEducation{
			Institution: s.school, Program: orNull(s.degree), InstitutionURL: orNull(s.url()),
			DateFromYear: orNull(s.from.year), DateToYear: orNull(s.to.year),
			Activities: orNull(s.activities), Description: orNull(s.description), basePlace: live(i),
		})
	}
	r.Languages = make([]baseLanguage, 0)
	for i, l := range drawn.languages {
		r.Languages = append(r.Languages, baseLanguage{l.language, orNull(l.proficiency), live(i)})
	}
	r.Certifications = make([]baseCertification, 0)
	for i, c := range drawn.certifications {
		r.Certifications = append(r.Certifications, baseCertification{
			c.title, orNull(c.issuer), orNull(c.url), orNull(c.from.String()), orNull(c.to.String()), live(i),
		})
	}
	r.Awards = make([]baseAward, 0)
	for i, a := range drawn.awards {
		r.Awards = append(r.Awards, baseAward{a.title, orNull(a.issuer), nil, orNull(a.at.String()), live(i)})
	}
	r.Courses = make([]baseCourse, 0)
	for i, c := range drawn.courses {
		r.Courses = append(r.Courses, baseCourse{c, nil, live(i)})
	}
	r.Recommendations = make([]baseRecommendation, 0)
	for i, text := range drawn.recommendations {
		r.Recommendations = append(r.Recommendations, baseRecommendation{text, live(i)})
	}
	r.SimilarProfiles = make([]baseSimilarProfile, 0)
	for i, shorthand := range drawn.similar {
		r.SimilarProfiles = append(r.SimilarProfiles, baseSimilarProfile{"https://www.linkedin.com/in/" + shorthand, live(i)})
	}
	r.VolunteeringPositions = make([]baseVolunteeringJob, 0)
	for i, v := range drawn.volunteering {
		r.VolunteeringPositions = append(r.VolunteeringPositions, baseVolunteeringJob{
			orNull(v.organization), orNull(v.role), orNull(v.cause), orNull(v.from.String()), nil, live(i),
		})
	}
	r.Websites = make([]baseWebsite, 0)
	for i, url := range drawn.websites {
		r.Websites = append(r.Websites, baseWebsite{url, live(i)})
	}
}
