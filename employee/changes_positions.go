package employee

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// ending is a current position of the old record that the new one does not have as current.
type ending struct {
	old     int
	new     int // the row that shows the end, -1 for a position that was removed
	rests   []string
	settled bool
}

// beginning is a current position of the new record that the old one does not have as current.
type beginning struct {
	new     int
	settled bool
}

// maxJoined is how many ends and starts are joined to changes of jobs and titles. Beyond, they are told apart.
const maxJoined = 100

// positions tells how the positions differ.
func (c *comparison) positions(old, new []place) {
	list := c.plan.experience
	f := c.plan.fields.named(list)
	if f.volatile {
		return
	}
	for _, places := range [][]place{old, new} {
		for i := range places {
			places[i].Path = rowPath(list, i)
		}
	}
	m := match(old, new)
	p := &positionChanges{comparison: c, m: m, f: f, was: c.old.FieldByIndex(f.index), is: c.new.FieldByIndex(f.index)}
	p.matchedRows()
	p.newRows()
	p.goneRows()
	p.join()
	p.rest()
	c.oldPlaces, c.newPlaces = old, new
	c.positionsTold = len(p.ends)+len(p.begins)+p.retitled > 0
	c.mergeCompanyFacts(p.fields)
}

// positionChanges is the part of a comparison that is about positions.
type positionChanges struct {
	*comparison

	m        *matched
	f        *fieldPlan
	was, is  reflect.Value
	ends     []ending
	begins   []beginning
	current  index // those of the new record, by company
	retitled int
	fields   []difference
}

// matchedRows tells of the positions that both records have.
func (p *positionChanges) matchedRows() {
	for j, i := range p.m.oldOf {
		if i < 0 {
			continue
		}
		a, b := &p.m.old[i], &p.m.new[j]
		found := p.f.sub.differences(p.was.Index(i), p.is.Index(j), b.Path, rowFollows)
		var rests []string
		if a.Current != b.Current {
			for _, name := range []string{p.plan.current, "date_to"} {
				if d, ok := found.take(name); ok {
					rests = append(rests, d.path)
				} else if name == "date_to" && (a.To == "") != (b.To == "") {
					rests = append(rests, b.Path+".date_to") // a date that was not known before
				}
			}
			if len(rests) == 0 {
				rests = []string{b.Path}
			}
		}
		switch {
		case a.Current && !b.Current:
			p.ends = append(p.ends, ending{old: i, new: j, rests: rests})
		case !a.Current && b.Current:
			p.begins = append(p.begins, beginning{new: j})
		case a.Current:
			if d, ok := found.take(p.plan.title); ok {
				p.retitled++
				p.tell(p.retitle(a.Position, b.Position, d.paths()))
			}
		}
		p.fields = append(p.fields, found...)
		p.fields = append(p.fields, p.unknownOfRows(p.f, i, j, b.Path)...)
	}
}

// newRows sorts the positions that the old record does not have.
func (p *positionChanges) newRows() {
	for j := range p.m.new {
		if !p.m.freeNew(j) {
			continue
		}
		b := &p.m.new[j]
		switch self := p.m.selfOf[j]; {
		case self >= 0 && (!b.Current || p.m.old[self].To == ""):
			found := p.f.sub.differences(p.was.Index(self), p.is.Index(j), b.Path, rowFollows)
			found.take(p.plan.current)
			found.take("date_to")
			p.fields = append(p.fields, found...)
		case b.Current && !p.isDouble(p.m.new, j, p.m.oldOf):
			p.begins = append(p.begins, beginning{new: j})
		default:
			p.fields = append(p.fields, difference{path: b.Path, new: p.rowValue(p.is.Index(j))})
		}
	}
}

// goneRows sorts the positions that the new record does not have.
func (p *positionChanges) goneRows() {
	var at index
	for i := range p.m.old {
		if !p.m.freeOld(i) {
			continue
		}
		if at == nil {
			at = indexOf(p.m.new, (*place).companyKeys, func(j int) bool { return !p.m.new[j].deleted })
		}
		a := &p.m.old[i]
		switch {
		case p.isDouble(p.m.old, i, p.m.newOf) || p.isMerged(a, at):
			p.fields = append(p.fields, difference{path: a.Path, old: p.rowValue(p.was.Index(i))})
		case a.Current:
			p.ends = append(p.ends, ending{old: i, new: -1, rests: []string{a.Path}})
		default:
			p.tell(PositionRemoved{p.person, a.Position})
		}
	}
}

// isDouble reports whether a position without a partner says the same as one of its record that has one.
func (p *positionChanges) isDouble(places []place, i int, partner []int) bool {
	n := 0
	return slices.IndexFunc(places, func(q place) bool {
		n++
		return n <= maxJoined && partner[n-1] >= 0 && q.Current == places[i].Current && q.Title == places[i].Title && q.from == places[i].from && q.to == places[i].to &&
			q.companyIs(&places[i])
	}) >= 0
}

// isMerged reports whether a new position has taken in an old one of the same company: it covers its time, and did not
// do so before.
func (p *positionChanges) isMerged(a *place, at index) bool {
	return a.hasCompany() && at.find(a.companyKeys(), func(int) bool { return true }, func(j int) bool {
		b := &p.m.new[j]
		if !b.companyIs(a) || !a.from.known() || !b.from.known() || a.from.before(b.from) {
			return false
		}
		if !b.Current && (a.Current || !a.to.known() || b.to.before(a.to)) {
			return false
		}
		i := p.m.oldOf[j]
		if i < 0 {
			return !a.Current && sameStart(a, b)
		}
		q := &p.m.old[i]
		return b.from.before(q.from) || b.Current && !q.Current || !b.Current && q.to.before(b.to)
	}) >= 0
}

// join tells what an end and a start are together.
func (p *positionChanges) join() {
	if len(p.ends) > maxJoined || len(p.begins) > maxJoined {
		return
	}
	for e := range p.ends {
		from := &p.m.old[p.ends[e].old]
		if !from.hasCompany() {
			continue
		}
		begun, ended := 0, 0
		for b := range p.begins {
			if p.m.new[p.begins[b].new].companyIs(from) {
				begun++
			}
		}
		for o := range p.ends {
			if p.m.old[p.ends[o].old].companyIs(from) {
				ended++
			}
		}
		b := slices.IndexFunc(p.begins, func(b beginning) bool { return p.m.new[b.new].companyIs(from) })
		if begun != 1 || ended != 1 || sameTitle(from, &p.m.new[p.begins[b].new]) {
			continue
		}
		to := &p.m.new[p.begins[b].new]
		p.tell(p.retitle(p.ended(p.ends[e]), to.Position, joined(to.Path, p.ends[e].rests)))
		p.ends[e].settled, p.begins[b].settled = true, true
	}
	e, one := only(p.ends, func(e ending) bool { return !e.settled })
	b, other := only(p.begins, func(b beginning) bool { return !b.settled })
	if !one || !other {
		return
	}
	from, to := &p.m.old[p.ends[e].old], &p.m.new[p.begins[b].new]
	if !from.companyDiffers(to) || p.stillAt(from) {
		return
	}
	p.tell(JobChanged{p.person, p.ended(p.ends[e]), to.Position, p.ends[e].rests})
	p.ends[e].settled, p.begins[b].settled = true, true
}

// only is the one element that fits, if there is one and no other.
func only[E any](list []E, fits func(E) bool) (int, bool) {
	i := slices.IndexFunc(list, fits)
	return i, i >= 0 && !slices.ContainsFunc(list[i+1:], fits)
}

// ended is a position that is over, as the new record has it if it does, at the company that the old one knew if the new
// one has lost it.
func (p *positionChanges) ended(e ending) Position {
	was := p.m.old[e.old].Position
	if e.new < 0 {
		return was
	}
	is := p.m.new[e.new].Position
	if !p.m.new[e.new].hasCompany() {
		is.Company, is.CompanyID, is.CompanyURL = was.Company, was.CompanyID, was.CompanyURL
	}
	return is
}

// stillAt reports whether a current position is left at the company of another one. A position whose company the new
// record has lost or renamed is where it was.
func (p *positionChanges) stillAt(q *place) bool {
	if p.current == nil {
		p.current = index{}
		for j := range p.m.new {
			if !p.m.new[j].Current {
				continue
			}
			p.current.add(j, p.m.new[j].companyKeys())
			if i := p.m.oldOf[j]; i >= 0 {
				p.current.add(j, p.m.old[i].companyKeys())
			}
		}
	}
	return p.current.find(q.companyKeys(), func(int) bool { return true }, func(j int) bool {
		i := p.m.oldOf[j]
		return p.m.new[j].companyIs(q) || i >= 0 && p.m.old[i].companyIs(q)
	}) >= 0
}

// beganSomewhere reports whether a position began without a word about its company, which may be any.
func (p *positionChanges) beganSomewhere() bool {
	return slices.ContainsFunc(p.begins, func(b beginning) bool { return !b.settled && !p.m.new[b.new].hasCompany() })
}

// rest tells of the ends and starts that were not joined.
func (p *positionChanges) rest() {
	for _, e := range p.ends {
		switch {
		case e.settled:
		case e.new < 0:
			p.tell(PositionRemoved{p.person, p.ended(e)})
		case p.stillAt(&p.m.new[e.new]) || p.stillAt(&p.m.old[e.old]) || p.beganSomewhere():
			p.tell(PositionEnded{p.person, p.ended(e), e.rests})
		default:
			p.tell(LeftCompany{p.person, p.ended(e), e.rests})
		}
	}
	for _, b := range p.begins {
		if !b.settled {
			p.tell(PositionStarted{p.person, p.m.new[b.new].Position})
		}
	}
}

// retitle is a new title in the same company, a promotion only where that is known.
func (c *comparison) retitle(from, to Position, rests []string) Change {
	levels := c.options.Levels
	if levels == nil {
		levels = ManagementLevels()
	}
	rank := func(level string) int {
		return slices.IndexFunc(levels, func(l string) bool {
			return level != "" && strings.EqualFold(strings.TrimSpace(l), strings.TrimSpace(level))
		})
	}
	before, after := rank(from.Level), rank(to.Level)
	rises := after > before
	if before < 0 || after < 0 {
		rises = c.ranksHigher(from.Title, to.Title)
	}
	if rises {
		return Promoted{c.person, from, to, rests}
	}
	return TitleChanged{c.person, from, to, rests}
}

func (c *comparison) ranksHigher(from, to string) bool {
	if c.options.TitleRank == nil {
		return false
	}
	before, known := c.options.TitleRank(from)
	after, too := c.options.TitleRank(to)
	return known && too && after > before
}

// mergeCompanyFacts tells of the fields of positions. What is about a company stands in each position there: it is told
// once.
func (c *comparison) mergeCompanyFacts(found []difference) {
	type fact struct{ name, old, new string }
	told := map[fact]int{}
	for _, d := range found {
		key := fact{d.name, string(d.old), string(d.new)}
		if i, again := told[key]; again && strings.HasPrefix(d.name, "company_") {
			f := c.fields[i]
			f.also = append(slices.Clone(f.also), d.paths()...)
			c.fields[i] = f
			continue
		}
		told[key] = len(c.fields)
		c.fields = append(c.fields, d)
	}
}

// positionsHave reports whether a field that follows from the positions differs only as they do.
func (c *comparison) positionsHave(name string) bool {
	short := strings.TrimPrefix(strings.TrimPrefix(name, "active_experience_"), "job_")
	var of func(p *place) string
	switch short {
	case "title":
		of = func(p *place) string { return readable(p.Title) }
	case "department":
		of = func(p *place) string { return readable(p.Department) }
	case "management_level":
		of = func(p *place) string { return readable(p.Level) }
	default:
		return c.companyHeld(name)
	}
	f := c.plan.fields.named(name)
	return holds(c.oldPlaces, of, readable(c.old.FieldByIndex(f.index).String())) && holds(c.newPlaces, of, readable(c.new.FieldByIndex(f.index).String()))
}

func (c *comparison) companyHeld(name string) bool {
	if name != "company_id" && name != "active_experience_company_id" {
		return false
	}
	f := c.plan.fields.named(name)
	of := func(p *place) int64 { return p.CompanyID }
	return holds(c.oldPlaces, of, c.old.FieldByIndex(f.index).Int()) && holds(c.newPlaces, of, c.new.FieldByIndex(f.index).Int())
}

// holds reports whether a current position has a value, or there is none and the value is empty.
func holds[V cmp.Ordered](places []place, of func(p *place) V, value V) bool {
	var none V
	any := false
	for i := range places {
		if places[i].Current {
			if any = true; of(&places[i]) == value {
				return true
			}
		}
	}
	return !any && value == none
}
