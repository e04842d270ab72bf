package people

import (
	"strconv"
	"strings"
)

// v1Builder fills the collections of one V1 record.
type v1Builder struct {
	person *Person
	seen   string // created and last_updated of rows that never change
	rows   int64
}

func buildV1(p *Person, f *profile) *v1Record {
	drawn := p.drawDetails(f)
	b := &v1Builder{person: p, seen: p.created.Format(v1Time)}
	url := p.ProfileURL()
	canonical := "https://" + strings.ToLower(p.home.iso2) + ".linkedin.com/in/" + p.shorthand
	r := &v1Record{
		ID: p.ID, Name: f.name(), Title: orNull(f.headline), URL: url, Hash: hashOf(url),
		Location: f.location(), Industry: orNull(p.industry), Summary: orNull(drawn.summary),
		Connections: orNull(v1Connections(drawn.connections)), ConnectionsCount: drawn.connections,
		RecommendationsCount: strconv.Itoa(len(drawn.recommendations)),
		LogoURL:              drawn.photo, LastResponseCode: 200,
		Created: b.seen, LastUpdated: f.updated.Format(v1Time), LastUpdatedUx: f.updated.Unix(),
		Deleted: flagOf(f.deleted), Country: f.home.name, ExperienceCount: len(f.positions),
		ShorthandName: p.shorthand, ShorthandNameHash: hashOf(p.shorthand),
		CanonicalURL: canonical, CanonicalHash: hashOf(canonical),
		CanonicalShorthandName: p.shorthand, CanonicalShorthandHash: hashOf(p.shorthand),
		CoursesSuggestion: []struct{}{}, Organizations: []struct{}{}, Patents: []struct{}{}, PostsSeeMoreURLs: []struct{}{},
		Projects: []struct{}{}, Publications: []struct{}{}, TestScores: []struct{}{}, VolunteeringCares: []struct{}{},
		VolunteeringOpportunities: []struct{}{}, VolunteeringSupports: []struct{}{},
	}
	if drawn.firstLastSeparated {
		r.FirstName, r.LastName = f.first, f.last
	}
	r.Experience = b.experience(f)
	b.fill(r, &drawn)
	b.fillTerms(r, &drawn)
	return r
}

// v1Connections is the count in words, "" for none.
func v1Connections(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 connection"
	case 500:
		return "500+ connections"
	default:
		return strconv.Itoa(n) + " connections"
	}
}

// experience is every row of the person: the live ones, then the deleted ones.
func (b *v1Builder) experience(f *profile) []v1Experience {
	out := make([]v1Experience, 0, len(f.positions)+len(f.past))
	add := func(p *position, order int, deleted flag) {
		row := v1Experience{
			v1Row:       v1Row{b.person.ID*1000 + int64(p.row), b.person.ID},
			Title:       orNull(p.title),
			Location:    orNull(p.location),
			CompanyName: p.company.Name,
			CompanyURL:  orNull(p.company.URL),
			DateFrom:    orNull(p.from.String()),
			DateTo:      orNull(p.to.String()),
			Description: orNull(p.description),
			v1Times:     v1Times{p.created.Format(v1Time), p.updated.Format(v1Time), deleted},
			CompanyID:   orNull(p.company.ID),
		}
		if !p.isOpen() {
			row.Duration = orNull(duration(p.from, p.to))
		}
		row.OrderInProfile = orNull(order)
		out = append(out, row)
	}
	for i := range f.positions {
		add(&f.positions[i], i+1, 0)
	}
	for i := range f.past {
		add(&f.past[i], f.past[i].row%2*f.past[i].row, 1) // half of the old rows have lost their place
	}
	return out
}

func (b *v1Builder) row() v1Row {
	b.rows++
	return v1Row{b.person.ID*100 + b.rows, b.person.ID}
}

func (b *v1Builder) times(deleted flag) v1Times { return v1Times{b.seen, b.seen, deleted} }

func (b *v1Builder) term(dictionary, word string) v1Term {
	const loaded = "2016-08-09 15:04:05"
	return v1Term{termID(dictionary, word), hashOf(word), loaded, loaded}
}

// fill fills the collections that carry their own text.
func (b *v1Builder) fill(r *v1Record, drawn *details) {
	r.AlsoViewed = make([]v1AlsoViewed, 0)
	r.SimilarProfiles = make([]v1SimilarProfile, 0)
	for i, shorthand := range drawn.similar {
		url := profileAddress + shorthand
		if i == 0 {
			r.SimilarProfiles = append(r.SimilarProfiles, v1SimilarProfile{b.row(), url, b.times(0)})
			continue
		}
		r.AlsoViewed = append(r.AlsoViewed, v1AlsoViewed{b.row(), url, nil, nil, b.times(0)})
	}
	r.Awards = make([]v1Award, 0)
	for _, a := range drawn.awards {
		r.Awards = append(r.Awards, v1Award{b.row(), &a.title, &a.issuer, nil, orNull(a.at.String()), b.times(0)})
	}
	r.Certifications = make([]v1Certification, 0)
	for _, c := range drawn.certifications {
		r.Certifications = append(r.Certifications, v1Certification{
			b.row(), &c.title, &c.issuer, orNull(c.url), orNull(c.from.String()), orNull(c.to.String()), b.times(0),
		})
	}
	r.Courses = make([]v1Course, 0)
	for _, c := range drawn.courses {
		r.Courses = append(r.Courses, v1Course{b.row(), nil, c, b.times(0)})
	}
	r.Education = make([]v1Education, 0)
	for _, s := range drawn.education {
		id := v1Row{b.person.ID*1000 + 900 + int64(s.added), b.person.ID}
		if s.added == 0 {
			id = b.row()
		}
		row := v1Education{
			v1Row: id, Title: &s.school, Subtitle: &s.degree, DateFrom: orNull(s.from.String()), DateTo: orNull(s.to.String()),
			Activities: orNull(s.activities), Description: orNull(s.description), v1Times: b.times(0),
		}
		row.SchoolURL = orNull(s.url())
		r.Education = append(r.Education, row)
	}
	r.Groups = make([]v1Group, 0)
	for _, name := range drawn.groups {
		r.Groups = append(r.Groups, v1Group{b.row(), name, "https://www.linkedin.com/groups/" + strconv.FormatInt(termID("group", name), 10), b.times(0)})
	}
	r.Recommendations = make([]v1Recommendation, 0)
	for _, text := range drawn.recommendations {
		r.Recommendations = append(r.Recommendations, v1Recommendation{b.row(), text, b.times(0)})
	}
	r.Websites = make([]v1Website, 0)
	for _, url := range drawn.websites {
		r.Websites = append(r.Websites, v1Website{b.row(), url, b.times(0)})
	}
}

// fillTerms fills the collections whose words are in the provider's
// dictionaries. All rows of skills and interests are deleted, as observed.
func (b *v1Builder) fillTerms(r *v1Record, drawn *details) {
	r.Interests = make([]v1Interest, 0)
	for _, word := range drawn.interests {
		row := v1Interest{v1Row: b.row(), v1Times: b.times(1)}
		row.List.v1Term, row.List.Interest = b.term("interest", word), word
		row.InterestID = row.List.ID
		r.Interests = append(r.Interests, row)
	}
	r.Languages = make([]v1Language, 0)
	for _, l := range drawn.languages {
		row := v1Language{v1Row: b.row(), v1Times: b.times(0)}
		row.List.v1Term, row.List.Language = b.term("language", l.language), l.language
		row.LanguageID = row.List.ID
		if l.proficiency != "" {
			term := b.term("proficiency", l.proficiency)
			row.Proficiency = v1Proficiency{&term, l.proficiency}
			row.ProficiencyID = &term.ID
		}
		r.Languages = append(r.Languages, row)
	}
	r.Skills = make([]v1Skill, 0)
	for _, word := range drawn.skills {
		row := v1Skill{v1Row: b.row(), v1Times: b.times(1)}
		row.List.v1Term, row.List.Skill = b.term("skill", word), word
		row.SkillID = row.List.ID
		r.Skills = append(r.Skills, row)
	}
	r.VolunteeringPositions = make([]v1VolunteeringJob, 0)
	for _, v := range drawn.volunteering {
		row := v1VolunteeringJob{v1Row: b.row(), Organization: &v.organization, Role: &v.role, DateFrom: orNull(v.from.String()), v1Times: b.times(0)}
		if v.cause != "" {
			term := b.term("cause", v.cause)
			row.Cause = v1Cause{&term, v.cause}
			row.CauseID = &term.ID
		}
		r.VolunteeringPositions = append(r.VolunteeringPositions, row)
	}
}

// url is the school's page, "" when it has none.
func (s *schooling) url() string {
	if !s.linked {
		return ""
	}
	return "https://www.linkedin.com/school/" + slugOf(s.school)
}
