package people

import "time"

// details are the parts of a profile that no change touches, but for the schools
// that were added. They are drawn again whenever a record is built, which keeps people small.
type details struct {
	summary            string // "" when not given
	services           string // "" when not given
	connections        int    // up to 500, where counting stops
	followers          int
	photo              string
	skills             []string
	interests          []string
	education          []schooling
	languages          []spoken
	certifications     []certified
	recommendations    []string
	awards             []award
	groups             []string
	courses            []string
	websites           []string
	volunteering       []volunteered
	similar            []string // shorthand names of other profiles
	firstLastSeparated bool     // newer V1 records have first_name and last_name
}

type schooling struct {
	school, degree, description, activities string
	from, to                                month
	linked                                  bool // the school has a page
	added                                   int  // the number of one that was added, from 1
}

type spoken struct{ language, proficiency string }

type certified struct {
	certification
	from, to month
	url      string
}

type award struct {
	title, issuer string
	at            month
}

type volunteered struct {
	organization, role, cause string
	from                      month
}

var (
	proficiencies = []string{"", "Elementary proficiency", "Limited working proficiency", "Professional working proficiency", "Full professional proficiency"}
	interests     = []string{"Hiking", "Open Source", "Chess", "Photography", "Sailing", "Cooking", "Startups", "Renewable Energy"}
	groups        = []string{"Remote Work Network", "Women in Technology", "Supply Chain Forum", "Startup Founders", "Data Community"}
	courses       = []string{"Linear Algebra", "Operating Systems", "Corporate Finance", "Human Anatomy", "Constitutional Law"}
	praise        = []string{
		"A pleasure to work with and always well prepared.",
		"Knows the subject and shares that knowledge freely.",
		"Calm under pressure; I would hire them again.",
	}
	summaries = []string{
		"Curious about how things work and how to make them work better.",
		"More than ten years of experience with teams of every size.",
		"I like hard problems, plain words and good colleagues.",
		"Looking for ways to make technology useful. Speaker and mentor.",
	}
	causes = []string{"Education", "Environment", "Health", "Children"}
)

func (p *Person) drawDetails(f *profile) details {
	d := newDice(p.detailSeed)
	out := details{
		connections:        min(500, d.below(900)),
		photo:              "https://media.example.com/profile-displayphoto/" + hashOf(p.shorthand)[:12],
		firstLastSeparated: d.percent(50),
	}
	if d.percent(6) {
		out.connections = 0
	}
	out.followers = out.connections + d.below(400)
	if d.percent(45) {
		out.summary = pick(d, summaries)
	}
	if d.percent(20) {
		out.services = pick(d, p.career.skills) + ", Consulting, Training"
	}
	out.skills = pickSome(d, p.career.skills, d.between(2, 7))
	out.interests = pickSome(d, interests, d.below(4))
	out.drawEducation(d, p)
	out.education = append(out.education, f.schools...)
	out.drawLanguages(d, p)
	for _, c := range pickSome(d, p.career.certifications, d.below(3)) {
		from := month{d.between(2012, 2023), time.Month(d.between(1, 12))}
		got := certified{certification: c, from: from}
		if d.percent(50) {
			got.url = "https://certificates.example/" + hashOf(p.shorthand + c.title)[:10]
		}
		if d.percent(20) {
			got.to = from.add(36)
		}
		out.certifications = append(out.certifications, got)
	}
	out.recommendations = pickSome(d, praise, max(0, d.below(5)-2))
	out.groups = pickSome(d, groups, d.below(3))
	out.courses = pickSome(d, courses, max(0, d.below(4)-2))
	if d.percent(15) {
		out.awards = []award{{"Employee of the Year", "The Management Board", month{year: d.between(2010, 2023)}}}
	}
	if d.percent(20) {
		out.websites = []string{"http://" + slugOf(p.bio.name()) + ".example"}
	}
	if d.percent(15) {
		v := volunteered{organization: p.city.name + " Food Bank", role: "Volunteer", from: month{d.between(2010, 2022), time.March}}
		if d.percent(70) {
			v.cause = pick(d, causes)
		}
		out.volunteering = []volunteered{v}
	}
	for range d.below(3) {
		other := &countries[d.below(len(countries))]
		name := pick(d, other.first) + " " + pick(d, other.last)
		out.similar = append(out.similar, slugOf(name)+"-"+hashOf(name)[:7])
	}
	return out
}

func (out *details) drawEducation(d *dice, p *Person) {
	end := p.created.Year() - d.between(5, 25)
	for range d.between(0, 2) {
		s := schooling{
			school: "University of " + p.city.name, degree: pick(d, p.career.degrees),
			from: month{year: end - d.between(2, 4)}, to: month{year: end}, linked: d.percent(80),
		}
		if d.percent(25) {
			s.activities = "Debating society, rowing"
		}
		if d.percent(25) {
			s.description = "Graduated with honours."
		}
		out.education = append(out.education, s)
		end = s.from.year
	}
}

func (out *details) drawLanguages(d *dice, p *Person) {
	out.languages = []spoken{{p.home.language, "Native or bilingual proficiency"}}
	if p.home.language != "English" {
		out.languages = append(out.languages, spoken{"English", pick(d, proficiencies)})
	}
	if other := countries[d.below(len(countries))].language; d.percent(30) && other != "English" && other != p.home.language {
		out.languages = append(out.languages, spoken{other, pick(d, proficiencies)})
	}
}
