package people

import "time"

var descriptions = []string{
	"Responsible for planning and delivery across two teams.",
	"Built the function from scratch and hired the first five colleagues.",
	"Worked with customers in the region and reported to the management board.",
	"Improved the main processes and cut costs by a fifth.",
	"Part of a small team that looked after the core product.",
}

// drawPositions draws a career of one to eight positions that ends at now, with
// former versions of some rows.
func drawPositions(d *dice, p *Person, now, updated time.Time) *profile {
	f := &profile{updated: updated}
	count := 1 + min(d.below(6), d.below(8)+d.below(3))
	level := d.between(min(count-1, len(p.career.titles)-1), len(p.career.titles)-1)
	company := drawCompany(d)
	to := month{}
	from := monthOf(now).add(-d.between(1, 60))
	if !d.percent(88) { // between jobs
		to = monthOf(now).add(-d.between(1, 8))
		from = to.add(-d.between(3, 60))
	}
	for range count {
		row := position{
			title:   p.career.titles[max(level, 0)],
			company: company,
			from:    from,
			to:      to,
			created: between(p.created, updated, d.below(90)),
		}
		row.updated = row.created
		if d.percent(80) {
			row.location = p.city.in(p.home)
		}
		if d.percent(60) {
			row.description = pick(d, descriptions)
		}
		if d.percent(12) && row.from.year < row.to.year {
			row.from.of = 0
		}
		f.add(row)
		f.drawPast(d, row)
		if !d.percent(25) {
			company = drawCompany(d)
		}
		level--
		to = from.add(-d.below(4))
		from = to.add(-d.between(8, 50))
	}
	return f
}

// drawPast adds former versions of a row: as it was before it was closed, and
// before its text was edited.
func (f *profile) drawPast(d *dice, row position) {
	if !row.isOpen() && d.percent(70) {
		before := row
		before.to = month{}
		f.addPast(before)
	}
	for range d.below(3) {
		before := row
		before.description = pick(d, descriptions)
		f.addPast(before)
	}
}

func (f *profile) add(row position) {
	f.nextRow++
	row.row = f.nextRow
	f.positions = append(f.positions, row)
}

func (f *profile) addPast(row position) {
	f.nextRow++
	row.row = f.nextRow
	f.past = append(f.past, row)
}

// drawCompany draws from the pool, and now and then a company outside it.
func drawCompany(d *dice) *Company {
	if d.percent(10) {
		return &Company{Name: pick(d, []string{"Freelance", "Self-employed", "Family Business", "Unlinked Startup"})}
	}
	return &pool().all[d.below(len(pool().all))]
}
