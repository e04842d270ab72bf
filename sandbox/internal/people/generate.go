package people

import (
	"fmt"
	"strings"
	"time"
)

// duplicatePercent is how many of a hundred profiles are duplicates of another one.
const duplicatePercent = 6

// Generate draws n people as they are at now. Person i depends on seed, now and
// i alone, so a longer list starts with the shorter one. About 6 in 100 are
// duplicates: a second profile of a person earlier in the list.
// n below 1 gives none. Ids are unique for up to 2^29 people.
func Generate(seed uint64, n int, now time.Time) []*Person {
	now = now.UTC().Truncate(time.Second)
	all := make([]*Person, max(n, 0))
	for i := range all {
		all[i] = generate(seed, uint64(i), now)
	}
	return all
}

func generate(seed, i uint64, now time.Time) *Person {
	original := originalOf(seed, i)
	d := newDice(seed, original, 'p')
	own := newDice(seed, i, 'o')

	p := &Person{ID: idOf(seed, i), detailSeed: newDice(seed, original, 'd').next(), ownSeed: own.next()}
	if original != i {
		p.ParentID = idOf(seed, original)
	}
	p.home = &countries[d.below(len(countries))]
	p.first, p.last = pick(d, p.home.first), pick(d, p.home.last)
	p.city = pick(d, p.home.cities)
	p.career = &careers[d.below(len(careers))]
	p.shorthand, p.former = shorthands(p.bio.name(), seed, i, own)
	p.created = now.Add(-time.Duration(own.between(400, 1500)*24*3600+own.below(86400)) * time.Second)
	deleted := i > 0 && own.percent(1)
	hidden := i > 0 && own.percent(1)

	updated := between(p.created, now, own.between(30, 99))
	f := drawPositions(d, p, now, updated)
	f.hidden, f.deleted = hidden, deleted
	if original != i && len(f.positions) > 1 && own.percent(50) { // left behind when the person moved on
		f.positions = f.positions[1:]
		f.positions[0].to = month{}
	}
	newest := &f.positions[0]
	if d.percent(88) {
		p.industry = newest.company.Industry
	}
	f.headline = drawHeadline(d, p.career, newest)
	if own.percent(40) {
		f.lastMove = newest.created
	}
	f.bio = p.bio
	p.current.Store(f)
	return p
}

// originalOf is the index of the person that i shows: i itself for a main
// profile, an earlier index for a duplicate.
func originalOf(seed, i uint64) uint64 {
	original := i
	for original > 0 {
		d := newDice(seed, original, 'c')
		if !d.percent(duplicatePercent) {
			break
		}
		original -= 1 + uint64(d.below(int(min(original, 20))))
	}
	return original
}

// idOf permutes the indexes below 2^29, so that ids look unordered and never meet.
func idOf(seed, i uint64) int64 {
	const bits, low = 29, 10_000_000
	const mask = 1<<bits - 1
	key := newDice(seed, 'i')
	x := i
	for range 3 {
		x = (x*(key.next()|1) + key.next()) & mask
		x ^= x >> (bits / 2)
	}
	return int64(x + low)
}

// shorthands makes the current shorthand name and perhaps a former one. No two
// people share one: the number in it is a person's own, and the three forms
// differ in their hyphens or in the length of the number.
func shorthands(name string, seed, i uint64, d *dice) (current string, former []string) {
	slug := slugOf(name)
	number := uint64(idOf(seed, i)) ^ 0x15a4e35
	current = fmt.Sprintf("%s-%08x", slug, number)
	if d.percent(25) {
		current = fmt.Sprintf("%s%d", strings.ReplaceAll(slug, "-", ""), number)
	}
	if d.percent(15) {
		former = []string{fmt.Sprintf("%s-%09x", slug, number*3)}
	}
	return current, former
}

// between is the time at a percentage of the way.
func between(from, to time.Time, percent int) time.Time {
	return from.Add(to.Sub(from) / 100 * time.Duration(percent)).Truncate(time.Second)
}

func drawHeadline(d *dice, c *career, newest *position) string {
	switch roll := d.below(100); {
	case roll < 4:
		return ""
	case roll < 70:
		return headlineAt(newest.title, newest.company)
	case roll < 90:
		skills := pickSome(d, c.skills, 2)
		return newest.title + " | " + skills[0] + " | " + skills[1]
	default:
		return newest.title
	}
}

func headlineAt(title string, at *Company) string { return title + " at " + at.Name }
