package people

import "time"

// position is one experience row. Rows are never changed in place: a change
// marks the old row deleted and adds its new version, as the provider does.
type position struct {
	row         int // number of the row within its person
	title       string
	company     *Company
	location    string // "" when not given
	description string // "" when not given
	from, to    month  // to is zero while the position is open
	created     time.Time
	updated     time.Time
}

func (p *position) isOpen() bool { return p.to.isZero() }

// closedAt is the next version of an open position, closed in the month of now.
func (p *position) closedAt(now time.Time, row int) position {
	closed := *p
	closed.row = row
	closed.to = monthOf(now)
	closed.created, closed.updated = now, now
	return closed
}

// months is how long the position lasted, or has lasted at a time, both ends
// included.
func (p *position) months(at time.Time) int {
	to := p.to
	if p.isOpen() {
		to = monthOf(at)
	}
	return max(0, to.index()-p.from.index()+1)
}
