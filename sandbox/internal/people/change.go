package people

import (
	"slices"
	"strings"
	"time"
)

// Promote gives the person a new title at the same company: the current
// position is closed and a new one opened in the month of now. An empty title
// takes the next one of the person's career. Someone without a position changes
// the headline only. The title that the person has already changes nothing.
func (p *Person) Promote(title string, now time.Time) Changed {
	before := p.current.Load()
	at := before.openPosition()
	if at == nil {
		if title == "" {
			title = p.career.higherTitle(before.positions[0].title)
		}
		return p.publish(before, before.withHeadline(title, now))
	}
	if title == "" {
		title = p.career.higherTitle(at.title)
	}
	if title == at.title {
		return Changed{}
	}
	return p.publish(before, before.moved(*at, title, at.company, now))
}

// ChangeCompany closes the current position and opens one with the same title
// at another company in the month of now. A name of the pool (or its shorthand,
// page or website) brings that company; another name makes one that has only
// its name; an empty one draws from the pool. The company that the person works
// for already changes nothing.
func (p *Person) ChangeCompany(company string, now time.Time) Changed {
	before := p.current.Load()
	at := before.openPosition()
	last := before.positions[0]
	if at != nil {
		last = *at
	}
	var next *Company
	if company == "" {
		d := newDice(p.ownSeed, uint64(before.nextRow))
		for next == nil || next.Name == last.company.Name {
			next = &pool().all[d.below(len(pool().all))]
		}
	} else {
		next = companyNamed(company)
	}
	if at != nil && next.Name == at.company.Name {
		return Changed{}
	}
	return p.publish(before, before.moved(last, last.title, next, now))
}

// Leave closes the current position in the month of now and opens none. Someone
// without a position stays as they are.
func (p *Person) Leave(now time.Time) Changed {
	before := p.current.Load()
	at := before.openPosition()
	if at == nil {
		return Changed{}
	}
	after := before.next(now)
	after.close(*at)
	after.headline = "Former " + headlineAt(at.title, at.company)
	return p.publish(before, after)
}

// Rename gives the person another full name, whose last word is the family name. An empty one takes another family name
// of the person's country. The address of the profile stays.
func (p *Person) Rename(name string, now time.Time) Changed {
	before := p.current.Load()
	name = strings.TrimSpace(name)
	first, last := before.first, before.last
	if name == "" {
		for d := newDice(p.ownSeed, 'n', uint64(now.UnixNano())); last == before.last; {
			last = pick(d, p.home.last)
		}
	} else {
		family := strings.LastIndexByte(name, ' ') + 1
		first, last = strings.TrimSpace(name[:family]), name[family:]
	}
	if first == before.first && last == before.last {
		return Changed{}
	}
	after := before.next(now)
	after.first, after.last = first, last
	return p.publish(before, after)
}

// Relocate moves the person to a city, which is known to the sandbox or else is not done. An empty one takes another. The
// city that the person lives in already changes nothing.
func (p *Person) Relocate(to string, now time.Time) (changed Changed, known bool) {
	before := p.current.Load()
	var home *country
	var found city
	for d := newDice(p.ownSeed, 'r', uint64(now.UnixNano())); to == ""; {
		if at := pick(d, countries); at.name != before.home.name {
			to = pick(d, at.cities).name
		}
	}
	for i := range countries {
		for _, c := range countries[i].cities {
			if strings.EqualFold(c.name, to) {
				home, found = &countries[i], c
			}
		}
	}
	if home == nil || found == before.city {
		return Changed{}, home != nil
	}
	after := before.next(now)
	after.home, after.city = home, found
	return p.publish(before, after), true
}

// AddSchool adds a degree that the person has got at a school by now. What is empty is drawn. One that the person has
// already changes nothing.
func (p *Person) AddSchool(school, degree string, now time.Time) Changed {
	before := p.current.Load()
	d := newDice(p.ownSeed, 's', uint64(len(before.schools)))
	if school == "" {
		school = "Evening School of " + before.city.name
	}
	if degree == "" {
		degree = pick(d, p.career.degrees)
	}
	if slices.ContainsFunc(p.drawDetails(before).education, func(s schooling) bool { return s.school == school && s.degree == degree }) {
		return Changed{}
	}
	after := before.next(now)
	year := after.updated.Year()
	after.schools = append(after.schools, schooling{
		school: school, degree: degree, from: month{year: year - 2}, to: month{year: year}, added: len(after.schools) + 1,
	})
	return p.publish(before, after)
}

// Hide removes the profile for privacy, which its records show from then on.
// Someone hidden stays as they are.
func (p *Person) Hide(now time.Time) Changed {
	before := p.current.Load()
	if before.hidden {
		return Changed{}
	}
	after := before.next(now)
	after.hidden = true
	return p.publish(before, after)
}

// Delete marks the profile as gone at its source. Someone who is gone stays so.
func (p *Person) Delete(now time.Time) Changed {
	before := p.current.Load()
	if before.deleted {
		return Changed{}
	}
	after := before.next(now)
	after.deleted = true
	return p.publish(before, after)
}

// Merge makes the profile a part of another one, which takes over its ID and names as former ones. It returns what that
// did to both. Someone who was merged before stays so, and nobody is merged into oneself.
func (p *Person) Merge(into *Person, now time.Time) (gone, grown Changed) {
	if further := into.MergedInto(); further != nil {
		into = further
	}
	before := p.current.Load()
	if into == p || before.merged != nil {
		return Changed{}, Changed{}
	}
	after := before.next(now)
	after.merged, after.deleted, after.absorbed = into, true, nil
	gone = p.publish(before, after)
	other := into.current.Load()
	more := other.next(now)
	more.absorbed = append(append(more.absorbed, p), before.absorbed...)
	return gone, into.publish(other, more)
}

func (p *Person) publish(before, after *profile) Changed {
	if before == after {
		return Changed{}
	}
	p.current.Store(after)
	return Changed{person: p, before: before, after: after}
}

// next is a copy to change; the time never runs backwards.
func (f *profile) next(now time.Time) *profile {
	now = now.UTC().Truncate(time.Second)
	if now.Before(f.updated) {
		now = f.updated
	}
	return &profile{
		bio:       f.bio,
		schools:   slices.Clone(f.schools),
		headline:  f.headline,
		positions: slices.Clone(f.positions),
		past:      slices.Clone(f.past),
		nextRow:   f.nextRow,
		hidden:    f.hidden,
		deleted:   f.deleted,
		merged:    f.merged,
		absorbed:  slices.Clone(f.absorbed),
		updated:   now,
		lastMove:  f.lastMove,
	}
}

func (f *profile) withHeadline(headline string, now time.Time) *profile {
	if headline == f.headline {
		return f
	}
	after := f.next(now)
	after.headline = headline
	return after
}

// moved closes the position, when it is open, and opens a new one.
func (f *profile) moved(from position, title string, to *Company, now time.Time) *profile {
	after := f.next(now)
	if from.isOpen() {
		after.close(from)
	}
	after.nextRow++
	after.lastMove = after.updated
	after.positions = slices.Insert(after.positions, 0, position{
		row: after.nextRow, title: title, company: to, location: from.location,
		from: monthOf(after.updated), created: after.updated, updated: after.updated,
	})
	after.headline = headlineAt(title, to)
	return after
}

// close replaces a position by its closed version and keeps the open one as past.
func (f *profile) close(open position) {
	i := slices.IndexFunc(f.positions, func(p position) bool { return p.row == open.row })
	f.nextRow++
	f.lastMove = f.updated
	f.positions[i] = open.closedAt(f.updated, f.nextRow)
	open.updated = f.updated
	f.past = append(f.past, open)
}
