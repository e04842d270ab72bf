package people

import (
	"strings"
	"time"
)

// extras is what only Multi-source tells about a person. Like details they never
// change and are drawn when a record is built.
type extras struct {
	historicalSkills []string
	emailStatus      string
	influence        int
	referees         []string // full names, one for each recommendation
	activity         []string // titles; "" when not given
	award            award    // description and month of the details' award
	awardText        string
	organizer        string // of courses
	credential       string
	patents          []work
	publications     []work
	projects         []work
	organizations    []work
	github           *githubAccount
	salaryPercent    int // of what is usual; 0 when nothing is projected
}

// work is a patent, publication, project or organisation: one thing with a text,
// an address and a date or span.
type work struct {
	title, text, topic string
	from, to           month
	number             int
	linked             bool
}

type githubAccount struct {
	username      string
	confidence    int
	contributions int
	repositories  []string
	stars         []int
}

var (
	workNouns  = []string{"Route Planning", "Patient Records", "Demand Forecasting", "Energy Metering", "Fraud Detection", "Classroom Scheduling"}
	workForms  = []string{"A Method for ", "Lessons from ", "An Open Toolkit for ", "A Field Study of "}
	workTexts  = []string{"Work done with two colleagues.", "Started as a side project and now in daily use."}
	clubs      = []string{"City Debating Club", "Regional Chamber of Commerce", "Young Professionals Circle"}
	clubRoles  = []string{"Treasurer", "Member of the Board", "Event Coordinator"}
	postTitles = []string{"Glad to share that our team is growing.", "What I learned in my first year here.", ""}
)

func (p *Person) drawExtras(drawn *details) extras {
	d := newDice(p.detailSeed, 'm')
	var out extras
	out.historicalSkills = pickSome(d, p.career.skills, d.below(3))
	out.emailStatus = pick(d, []string{"matched_pattern", "matched_pattern", "verified"})
	out.influence = d.below(101)
	for range drawn.recommendations {
		other := &countries[d.below(len(countries))]
		out.referees = append(out.referees, pick(d, other.first)+" "+pick(d, other.last))
	}
	for range d.below(3) {
		out.activity = append(out.activity, pick(d, postTitles))
	}
	if len(drawn.awards) > 0 {
		out.award = drawn.awards[0]
		out.award.at.of = time.Month(d.between(0, 12))
		out.awardText = pick(d, []string{"", "For the best result of the year."})
	}
	out.organizer = pick(d, []string{"", "Open Learning College"})
	out.credential = strings.ToUpper(hashOf(p.shorthand + "credential")[:12])
	out.patents = drawWorks(d, 6)
	out.publications = drawWorks(d, 12)
	out.projects = drawWorks(d, 18)
	if d.percent(12) {
		w := drawWork(d)
		w.title, w.topic = pick(d, clubs), pick(d, clubRoles)
		out.organizations = []work{w}
	}
	if p.career == &careers[0] && d.percent(40) {
		out.github = drawGithub(d, p)
	}
	if d.percent(70) {
		out.salaryPercent = d.between(80, 125)
	}
	return out
}

// drawWorks draws one or two works for some percent of people.
func drawWorks(d *dice, percent int) []work {
	var works []work
	if d.percent(percent) {
		for range d.between(1, 2) {
			works = append(works, drawWork(d))
		}
	}
	return works
}

func drawWork(d *dice) work {
	noun := pick(d, workNouns)
	w := work{title: pick(d, workForms) + noun, topic: noun, number: d.between(1_000_000, 9_999_999), linked: d.percent(60)}
	if d.percent(60) {
		w.text = pick(d, workTexts)
	}
	w.from = month{d.between(2010, 2022), time.Month(d.between(1, 12))}
	if d.percent(60) {
		w.to = w.from.add(d.between(3, 30))
	}
	return w
}

func drawGithub(d *dice, p *Person) *githubAccount {
	g := &githubAccount{
		username:      strings.ReplaceAll(slugOf(p.bio.name()), "-", "") + hashOf(p.shorthand)[:3],
		confidence:    d.between(1, 5),
		contributions: d.below(3000),
	}
	for _, noun := range pickSome(d, workNouns, d.below(3)) {
		g.repositories = append(g.repositories, slugOf(noun))
		g.stars = append(g.stars, d.below(200))
	}
	return g
}
