package employee

import "strconv"

// matched are two lists of positions and which of them are the same.
type matched struct {
	old, new []place
	newOf    []int // for each old position, the new one, or -1
	oldOf    []int
	at       companies // the old positions that were free after those that are told by their words
	selfOf   []int     // for each new position without an old one, the deleted row that it was written again from, or -1
}

// match finds out which positions are the same.
func match(old, new []place) *matched {
	m := &matched{old: old, new: new, newOf: unset(len(old)), oldOf: unset(len(new)), selfOf: unset(len(new))}
	m.identical()
	m.byID()
	if !m.open() {
		return m
	}
	for _, fits := range []func(a, b *place) bool{
		func(a, b *place) bool { return sameTitle(a, b) && sameStart(a, b) },
		func(a, b *place) bool {
			return sameTitle(a, b) && a.from.same(b.from) && (a.Current || !b.Current) && a.companyIs(b)
		},
		// The start was corrected, or rows were merged or split.
		func(a, b *place) bool { return sameTitle(a, b) && a.Current == b.Current && a.companyIs(b) },
		func(a, b *place) bool {
			undated := !a.from.known() && !b.from.known() && a.Current && b.Current
			return (undated || sameStart(a, b) && (a.Current || !b.Current)) && a.companyIs(b) && a.hasCompany()
		},
		func(a, b *place) bool { return sameTitle(a, b) && a.Current && !b.Current && a.companyIs(b) },
	} {
		m.pair(fits)
	}
	m.formerSelves()
	return m
}

func unset(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = -1
	}
	return list
}

func (m *matched) set(i, j int) { m.newOf[i], m.oldOf[j] = j, i }

func (m *matched) freeOld(i int) bool { return m.newOf[i] < 0 && !m.old[i].deleted }

func (m *matched) freeNew(j int) bool { return m.oldOf[j] < 0 && !m.new[j].deleted }

// open reports whether there are positions on both sides that are not matched, or a new one and deleted old ones.
func (m *matched) open() bool {
	for j := range m.new {
		if m.freeNew(j) {
			return true
		}
	}
	return false
}

// identical matches what stands in the same place, or anywhere, with the same words.
func (m *matched) identical() {
	type words struct {
		id, title, company string
		companyID          int64
		from, to           day
		current            bool
	}
	of := func(p *place) words {
		return words{p.id, p.Title, p.Company, p.CompanyID, p.from, p.to, p.Current}
	}
	left := 0
	for j := range m.new {
		switch {
		case j < len(m.old) && m.freeOld(j) && m.freeNew(j) && of(&m.old[j]) == of(&m.new[j]):
			m.set(j, j)
		case m.freeNew(j):
			left++
		}
	}
	if left == 0 {
		return
	}
	places := map[words][]int{}
	for i := range m.old {
		if m.freeOld(i) {
			places[of(&m.old[i])] = append(places[of(&m.old[i])], i)
		}
	}
	for j := range m.new {
		if !m.freeNew(j) {
			continue
		}
		if free := places[of(&m.new[j])]; len(free) > 0 {
			m.set(free[0], j)
			places[of(&m.new[j])] = free[1:]
		}
	}
}

// byID matches rows with the same ID. One whose company and start are others too is another position.
func (m *matched) byID() {
	rows := map[string]int{}
	for i := range m.old {
		if m.freeOld(i) && m.old[i].id != "" {
			rows[m.old[i].id] = i
		}
	}
	if len(rows) == 0 {
		return
	}
	for j := range m.new {
		if !m.freeNew(j) || m.new[j].id == "" {
			continue
		}
		if i, ok := rows[m.new[j].id]; ok && m.newOf[i] < 0 && (m.old[i].companyIs(&m.new[j]) || m.old[i].from.same(m.new[j].from)) {
			m.set(i, j)
		}
	}
}

// pair matches the positions of one company that fit.
func (m *matched) pair(fits func(a, b *place) bool) {
	for j := range m.new {
		if !m.freeNew(j) {
			continue
		}
		if m.at == nil {
			m.at = companiesOf(m.old, m.freeOld)
		}
		if i := m.at.find(&m.new[j], m.freeOld, func(i int) bool { return fits(&m.old[i], &m.new[j]) }); i >= 0 {
			m.set(i, j)
		}
	}
}

// formerSelves finds new rows that were written again from what the old record has as deleted.
func (m *matched) formerSelves() {
	var at companies
	deleted := func(i int) bool { return m.old[i].deleted }
	for j := range m.new {
		if !m.freeNew(j) {
			continue
		}
		if at == nil {
			at = companiesOf(m.old, deleted)
		}
		b := &m.new[j]
		m.selfOf[j] = at.find(b, deleted, func(i int) bool {
			a := &m.old[i]
			return sameTitle(a, b) && (sameStart(a, b) || !a.from.known() && !b.from.known())
		})
	}
}

func sameTitle(a, b *place) bool { return sameText(a.Title, b.Title) }

// sameStart reports whether both starts are known and do not contradict each other.
func sameStart(a, b *place) bool { return a.from.known() && b.from.known() && a.from.same(b.from) }

// companyIs compares companies by ID, then by address, then by name. Nothing known is nothing known.
func (p *place) companyIs(q *place) bool {
	x, y := slug(p.CompanyURL), slug(q.CompanyURL)
	switch {
	case p.CompanyID != 0 && q.CompanyID != 0:
		return p.CompanyID == q.CompanyID || x != "" && x == y
	case x != "" && x == y:
		return true
	}
	return (p.Company != "" || !p.hasCompany() && !q.hasCompany()) && sameText(p.Company, q.Company)
}

// hasCompany reports whether anything is known of the company.
func (p *place) hasCompany() bool { return p.CompanyID != 0 || p.Company != "" || p.CompanyURL != "" }

// companies are positions by what their company may be known by.
type companies map[string][]int

func companiesOf(places []place, take func(i int) bool) companies {
	at := companies{}
	for i := range places {
		if take(i) {
			for _, key := range places[i].companyKeys() {
				at[key] = append(at[key], i)
			}
		}
	}
	return at
}

func (p *place) companyKeys() []string {
	keys := make([]string, 0, 3)
	if p.CompanyID != 0 {
		keys = append(keys, "#"+strconv.FormatInt(p.CompanyID, 10))
	}
	if name := slug(p.CompanyURL); name != "" {
		keys = append(keys, "/"+name)
	}
	if p.Company != "" || len(keys) == 0 {
		keys = append(keys, "="+readable(p.Company))
	}
	return keys
}

// find is the first position that is still free and fits, of those whose company may be that of p; -1 for none. It
// tries a bounded number of them.
func (at companies) find(p *place, free, fits func(i int) bool) int {
	for _, key := range p.companyKeys() {
		list := at[key]
		for len(list) > 0 && !free(list[0]) {
			list = list[1:]
		}
		at[key] = list
		if i := first(list, func(i int) bool { return free(i) && fits(i) }); i >= 0 {
			return i
		}
	}
	return -1
}
