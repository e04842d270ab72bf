package employee

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// matched are two lists of positions and which of them are the same.
type matched struct {
	old, new []place
	newOf    []int // for each old position, the new one, or -1
	oldOf    []int
	at       index // the old positions that were free after those that are told by their words, by company
	selfOf   []int // for each new position without an old one, the deleted row that it was written again from, or -1
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
	m.lostCompanies()
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

// byID matches rows with the same ID. A row that was filled with another position is not the same: its company is
// another, or it is not known to be the same and the start is another. Where title and start stay, the company of the
// row was corrected.
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
		i, ok := rows[m.new[j].id]
		if !ok || !m.freeOld(i) {
			continue
		}
		a, b := &m.old[i], &m.new[j]
		if a.companyIs(b) || a.from.same(b.from) && !a.companyDiffers(b) || sameTitle(a, b) && sameStart(a, b) {
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
			m.at = indexOf(m.old, (*place).companyKeys, m.freeOld)
		}
		if i := m.at.find(m.new[j].companyKeys(), m.freeOld, func(i int) bool { return fits(&m.old[i], &m.new[j]) }); i >= 0 {
			m.set(i, j)
		}
	}
}

// lostCompanies matches positions whose company one record does not have or not by its ID and address, by title and
// start.
func (m *matched) lostCompanies() {
	var at index
	titles := func(p *place) []string { return []string{readable(p.Title)} }
	for j := range m.new {
		if !m.freeNew(j) {
			continue
		}
		if at == nil {
			at = indexOf(m.old, titles, m.freeOld)
		}
		b := &m.new[j]
		if i := at.find(titles(b), m.freeOld, func(i int) bool {
			a := &m.old[i]
			switch {
			case b.Current && !a.Current:
				return false
			case !a.companyDiffers(b):
				return sameStart(a, b) || b.Title != "" && a.from.same(b.from)
			}
			return !a.linkDiffers(b) && sameStart(a, b) && a.from.month != 0 && b.from.month != 0
		}); i >= 0 {
			m.set(i, j)
		}
	}
}

// formerSelves finds new rows that were written again from what the old record has as deleted.
func (m *matched) formerSelves() {
	var at index
	deleted := func(i int) bool { return m.old[i].deleted }
	for j := range m.new {
		if !m.freeNew(j) {
			continue
		}
		if at == nil {
			at = indexOf(m.old, (*place).companyKeys, deleted)
		}
		b := &m.new[j]
		m.selfOf[j] = at.find(b.companyKeys(), deleted, func(i int) bool {
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
	case p.Company == "" || q.Company == "":
		return !p.hasCompany() && !q.hasCompany()
	}
	return p.Company == q.Company || companyName(p.Company) == companyName(q.Company)
}

// companyDiffers reports whether two companies are known to be different. Where one of them is not known, or only by
// what the other does not have, that is not known either.
func (p *place) companyDiffers(q *place) bool {
	return p.linkDiffers(q) || p.Company != "" && q.Company != "" && !p.companyIs(q)
}

// linkDiffers reports whether the IDs or addresses of two companies tell that they are different.
func (p *place) linkDiffers(q *place) bool {
	linked := p.CompanyID != 0 && q.CompanyID != 0 || slug(p.CompanyURL) != "" && slug(q.CompanyURL) != ""
	return linked && !p.companyIs(q)
}

// hasCompany reports whether anything is known of the company.
func (p *place) hasCompany() bool { return p.CompanyID != 0 || p.Company != "" || p.CompanyURL != "" }

// companyForms are the forms of companies that people write behind a name or leave out.
var companyForms = []string{
	"ab", "ag", "as", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "kgaa", "kk", "limited", "llc", "llp", "lp",
	"ltd", "nv", "oy", "oyj", "plc", "pte", "pty", "sa", "sarl", "sas", "se", "sl", "spa", "srl", "ug",
}

// companyName is the name of a company without case, punctuation and the form at its end.
func companyName(name string) string {
	name = strings.ToLower(readable(name))
	words := strings.FieldsFunc(strings.ReplaceAll(name, ".", ""), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) })
	for len(words) > 1 && slices.Contains(companyForms, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return name
	}
	return strings.Join(words, " ")
}

// index is where positions are by what they may be known by.
type index map[string][]int

func indexOf(places []place, keys func(p *place) []string, take func(i int) bool) index {
	at := index{}
	for i := range places {
		if take(i) {
			at.add(i, keys(&places[i]))
		}
	}
	return at
}

func (at index) add(i int, keys []string) {
	for _, key := range keys {
		at[key] = append(at[key], i)
	}
}

func (p *place) companyKeys() []string {
	if p.keys != nil {
		return p.keys
	}
	keys := make([]string, 0, 3)
	if p.CompanyID != 0 {
		keys = append(keys, "#"+strconv.FormatInt(p.CompanyID, 10))
	}
	if name := slug(p.CompanyURL); name != "" {
		keys = append(keys, "/"+name)
	}
	if p.Company != "" || len(keys) == 0 {
		keys = append(keys, "="+companyName(p.Company))
	}
	p.keys = keys
	return keys
}

// find is the first position with one of the keys that is still free and fits; -1 for none. It tries a bounded number
// of them.
func (at index) find(keys []string, free, fits func(i int) bool) int {
	for _, key := range keys {
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
