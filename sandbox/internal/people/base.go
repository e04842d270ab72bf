package people

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// baseBuilder makes one Base record: in the form in which records were found, or in the one of the documents.
type baseBuilder struct {
	person     *Person
	documented bool
	created    string
	rows       uint64
}

func buildBase(p *Person, f *profile, documented bool) *baseRecord {
	b := &baseBuilder{person: p, documented: documented}
	b.created = b.time(p.created)
	drawn := p.drawDetails(f)
	updated := b.time(f.updated)
	r := &baseRecord{
		ID: p.ID, ParentID: p.parentID(f), IsParent: flagOf(p.parentID(f) == 0),
		FullName: f.name(), FirstName: f.first, LastName: f.last, Headline: orNull(f.headline),
		CreatedAt: b.created, UpdatedAt: updated, CheckedAt: updated, ProcessedAt: updated,
		PublicProfileID: strconv.FormatInt(p.publicID(), 10), ProfileURL: p.ProfileURL(),
		Location: f.location(), City: orNull(f.city.name), State: orNull(f.city.state),
		Country: f.home.name, CountryISO2: f.home.iso2, CountryISO3: f.home.iso3,
		Industry: orNull(p.industry), Summary: orNull(drawn.summary), Services: orNull(drawn.services), ProfilePhotoURL: orNull(drawn.photo),
		Deleted: flagOf(f.deleted), IsHidden: flagOf(f.hidden),
		RecommendationsCount: orNull(len(drawn.recommendations)), ConnectionsCount: drawn.connections, FollowerCount: drawn.followers,
		ExperienceCount: len(f.positions),
		Organizations:   []struct{}{}, Patents: []struct{}{}, Projects: []struct{}{}, Publications: []struct{}{},
		OthersNamed: []struct{}{}, TestScores: []struct{}{}, CourseSuggestions: []struct{}{}, Activity: []struct{}{},
		InferredSkills: append([]string{}, drawn.skills...),
	}
	for _, region := range f.home.marketRegions() {
		r.Regions = append(r.Regions, baseRegion{region})
	}
	if at := f.openPosition(); at != nil && f.headline == "" {
		r.GeneratedHeadline = orNull(headlineAt(at.title, at.company))
	}
	b.names(r, f)
	b.experience(r, f)
	b.fill(r, &drawn)
	if !documented {
		b.fillSeen(r, &drawn)
	}
	return r
}

// time prints a time: as found without T and Z, by the documents with both.
func (b *baseBuilder) time(t time.Time) string {
	if b.documented {
		return t.Format(baseTime)
	}
	return t.Format(time.DateTime)
}

// names are the profile's present and former names and IDs.
func (b *baseBuilder) names(r *baseRecord, f *profile) {
	ids, names := b.person.ids(f), b.person.shorthands(f)
	if b.documented {
		r.ShorthandNames, r.HistoricalIDs = names, ids
		return
	}
	r.baseSeenNames = &baseSeenNames{ShorthandName: names[0], CanonicalShorthandName: names[0]}
	var shorthands []baseShorthand
	for _, name := range names {
		shorthands = append(shorthands, baseShorthand{name})
	}
	var historical []baseHistoricalID
	for _, id := range ids {
		historical = append(historical, baseHistoricalID{id})
	}
	r.ShorthandNames, r.HistoricalIDs = shorthands, historical
}

// row is the beginning of the next row of a collection.
func (b *baseBuilder) row() *baseRowID {
	b.rows++
	return b.rowNumbered(b.rows << 32)
}

// rowNumbered is the beginning of a row that has a number within its person.
func (b *baseBuilder) rowNumbered(n uint64) *baseRowID {
	if b.documented {
		return nil
	}
	d := newDice(b.person.ownSeed, 'b', n)
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], d.next())
	binary.BigEndian.PutUint64(id[8:], d.next())
	return &baseRowID{hex.EncodeToString(id[:])}
}

// place is that of the i-th row of a collection that never changes.
func (b *baseBuilder) place(i int) basePlace {
	place := basePlace{OrderInProfile: orNull(i + 1)}
	if !b.documented {
		place.baseRowTimes = &baseRowTimes{b.created, b.created}
	}
	return place
}

// experience is every row of the person: the live ones, then the deleted ones, which stay in the record.
func (b *baseBuilder) experience(r *baseRecord, f *profile) {
	r.Experience = make([]baseExperience, 0, len(f.positions)+len(f.past))
	for i := range f.positions {
		r.Experience = append(r.Experience, b.position(&f.positions[i], i+1, false))
	}
	for i := range f.past {
		// Half of the old rows have lost their place.
		r.Experience = append(r.Experience, b.position(&f.past[i], f.past[i].row%2*f.past[i].row, true))
	}
}

func (b *baseBuilder) position(p *position, order int, deleted bool) baseExperience {
	row := baseExperience{
		baseRowID: b.rowNumbered(uint64(p.row)), Title: orNull(p.title), Location: orNull(p.location), Description: orNull(p.description),
		CompanyID: orNull(p.company.ID), CompanyName: p.company.Name, CompanyURL: orNull(p.company.URL), CompanyWebsite: orNull(p.company.Website),
		DateFrom: orNull(p.from.String()), DateFromYear: orNull(p.from.year), DateFromMonth: orNull(int(p.from.of)),
		DateTo: orNull(p.to.String()), DateToYear: orNull(p.to.year), DateToMonth: orNull(int(p.to.of)),
		IsCurrent: flagOf(p.isOpen() && !deleted),
		basePlace: basePlace{OrderInProfile: orNull(order), Deleted: flagOf(deleted)},
	}
	switch {
	case !p.isOpen():
		row.Duration = orNull(duration(p.from, p.to))
	case !deleted && !b.documented:
		row.Duration = orNull(duration(p.from, monthOf(p.updated)))
	}
	if deleted {
		row.DeletedAt = orNull(b.time(p.updated))
	}
	if b.documented {
		row.baseDocumentedCompany = &baseDocumentedCompany{ShorthandName: orNull(p.company.Shorthand)}
		if p.company.SourceID != 0 {
			row.SourceID = strconv.FormatInt(p.company.SourceID, 10)
		}
		return row
	}
	row.baseRowTimes = &baseRowTimes{b.time(p.created), b.time(p.updated)}
	row.SourceID = orNull(p.company.SourceID)
	row.baseSeenCompany = &baseSeenCompany{
		orNull(p.company.Shorthand), orNull(p.company.Shorthand),
		orNull(p.company.Industry), orNull(p.company.EmployeesCount), orNull(p.company.Size),
	}
	return row
}

// fill fills the collections that the documents have.
func (b *baseBuilder) fill(r *baseRecord, drawn *details) {
	r.Education = make([]baseEducation, 0)
	for i, s := range drawn.education {
		r.Education = append(r.Education, b.school(&s, i))
	}
	r.Languages = make([]baseLanguage, 0)
	for i, l := range drawn.languages {
		r.Languages = append(r.Languages, baseLanguage{b.row(), l.language, orNull(l.proficiency), b.place(i)})
	}
	r.Certifications = make([]baseCertification, 0)
	for i, c := range drawn.certifications {
		row := baseCertification{
			b.row(), c.title, orNull(c.issuer), orNull(c.url), orNull(c.from.String()), orNull(c.to.String()), nil, b.place(i),
		}
		if !b.documented {
			row.baseSeenCertification = &baseSeenCertification{
				nil, nil, orNull(c.from.year), orNull(int(c.from.of)), orNull(c.to.year), orNull(int(c.to.of)),
			}
		}
		r.Certifications = append(r.Certifications, row)
	}
	r.Awards = make([]baseAward, 0)
	for i, a := range drawn.awards {
		r.Awards = append(r.Awards, baseAward{b.row(), a.title, orNull(a.issuer), nil, orNull(a.at.String()), b.place(i)})
	}
	r.Courses = make([]baseCourse, 0)
	for i, c := range drawn.courses {
		r.Courses = append(r.Courses, baseCourse{b.row(), c, nil, b.place(i)})
	}
	r.Recommendations = make([]baseRecommendation, 0)
	for i, text := range drawn.recommendations {
		r.Recommendations = append(r.Recommendations, baseRecommendation{b.row(), text, b.place(i)})
	}
	r.SimilarProfiles = make([]baseSimilarProfile, 0)
	for i, shorthand := range drawn.similar {
		r.SimilarProfiles = append(r.SimilarProfiles, baseSimilarProfile{b.row(), profileAddress + shorthand, b.place(i)})
	}
	r.VolunteeringPositions = make([]baseVolunteeringJob, 0)
	for i, v := range drawn.volunteering {
		r.VolunteeringPositions = append(r.VolunteeringPositions, baseVolunteeringJob{
			b.row(), orNull(v.organization), orNull(v.role), orNull(v.cause), orNull(v.from.String()), nil, b.place(i),
		})
	}
	r.Websites = make([]baseWebsite, 0)
	for i, url := range drawn.websites {
		row := baseWebsite{baseRowID: b.row(), basePlace: b.place(i)}
		if b.documented {
			row.baseDocumentedWebsite = &baseDocumentedWebsite{url}
		} else {
			row.baseSeenWebsite = &baseSeenWebsite{url}
		}
		r.Websites = append(r.Websites, row)
	}
}

func (b *baseBuilder) school(s *schooling, i int) baseEducation {
	id := b.rowNumbered(1<<31 | uint64(s.added))
	if s.added == 0 {
		id = b.row()
	}
	row := baseEducation{
		baseRowID: id, Institution: s.school, Program: orNull(s.degree), InstitutionURL: orNull(s.url()),
		DateFromYear: orNull(s.from.year), DateToYear: orNull(s.to.year),
		Activities: orNull(s.activities), Description: orNull(s.description), basePlace: b.place(i),
	}
	if b.documented {
		row.baseDocumentedSchool = &baseDocumentedSchool{}
		return row
	}
	row.baseSeenSchool = &baseSeenSchool{
		DateFrom: orNull(s.from.String()), DateFromMonth: orNull(int(s.from.of)),
		DateTo: orNull(s.to.String()), DateToMonth: orNull(int(s.to.of)),
	}
	if s.linked {
		row.baseSeenSchool.ShorthandName = orNull(slugOf(s.school))
	}
	return row
}

// fillSeen fills the collections that are in no document.
func (b *baseBuilder) fillSeen(r *baseRecord, drawn *details) {
	seen := &baseSeenCollections{
		AlsoViewed: []baseAlsoViewed{}, Groups: []baseGroup{}, Interests: []baseInterest{}, PostsSeeMoreURLs: []basePostURL{},
		Skills: []baseSkill{}, VolunteeringCares: []baseCare{}, VolunteeringOpportunities: []struct{}{}, VolunteeringSupports: []struct{}{},
		HiddenDetails: []struct{}{},
	}
	r.baseSeenCollections = seen
	for i, shorthand := range drawn.similar {
		seen.AlsoViewed = append(seen.AlsoViewed, baseAlsoViewed{b.row(), profileAddress + shorthand, b.place(i)})
	}
	for i, name := range drawn.groups {
		url := "https://www.linkedin.com/groups/" + strconv.FormatInt(termID("group", name), 10)
		seen.Groups = append(seen.Groups, baseGroup{b.row(), name, url, b.place(i)})
	}
	for i, word := range drawn.interests {
		seen.Interests = append(seen.Interests, baseInterest{b.row(), word, b.place(i)})
	}
	for i, word := range drawn.skills {
		seen.Skills = append(seen.Skills, baseSkill{b.row(), word, b.place(i)})
	}
	for i, v := range drawn.volunteering {
		seen.PostsSeeMoreURLs = append(seen.PostsSeeMoreURLs, basePostURL{b.row(), b.person.ProfileURL() + "/recent-activity", b.place(i)})
		if v.cause != "" {
			seen.VolunteeringCares = append(seen.VolunteeringCares, baseCare{b.row(), v.cause, b.place(len(seen.VolunteeringCares))})
		}
	}
}
