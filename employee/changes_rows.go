package employee

import (
	"fmt"
	"reflect"
	"slices"
)

// rowPairs are which rows of a list are the same, by their numbers.
type rowPairs struct {
	oldOf []int // for each new row, the old one; -1 for none, skipRow for one that takes no part
	newOf []int
}

const skipRow = -2

// rows tells how a list of structs differs that has no types of its own.
func (c *comparison) rows(f *fieldPlan) {
	was, is := c.old.FieldByIndex(f.index), c.new.FieldByIndex(f.index)
	pairs := c.pair(f, was, is, nil)
	for j, i := range pairs.oldOf {
		switch {
		case i >= 0:
			c.rowFields(f, was.Index(i), is.Index(j), i, j)
		case i == -1 && !c.isMain(f, is.Index(j), c.new, rowPath(f.name, j)):
			c.field(difference{path: rowPath(f.name, j), new: c.rowValue(is.Index(j))})
		}
	}
	for i, j := range pairs.newOf {
		if j == -1 && !c.isMain(f, was.Index(i), c.old, rowPath(f.name, i)) {
			c.field(difference{path: rowPath(f.name, i), old: c.rowValue(was.Index(i))})
		}
	}
}

// isMain reports whether a row is the one that a field of the root shows, such as the primary email, and joins it with
// the difference of that field.
func (c *comparison) isMain(f *fieldPlan, row, in reflect.Value, path string) bool {
	main := c.plan.mainRows[f.name]
	i := slices.IndexFunc(c.fields, func(d difference) bool { return d.name == main && main != "" })
	if i < 0 || f.sub.name(row) != readable(c.text(in, main)) {
		return false
	}
	if !slices.Contains(c.fields[i].also, path) {
		c.fields[i].also = append(c.fields[i].also, path)
	}
	return true
}

// rowValue is a row as it stands in a change: not nil, so that it shows that there was one.
func (c *comparison) rowValue(row reflect.Value) []byte {
	if value := valueOf(row); value != nil {
		return value
	}
	return []byte("{}")
}

func (c *comparison) rowFields(f *fieldPlan, a, b reflect.Value, i, j int) {
	path := rowPath(f.name, j)
	for _, d := range f.sub.differences(a, b, path, rowFollows) {
		c.field(d)
	}
	for _, d := range c.unknownOfRows(f, i, j, path) {
		c.field(d)
	}
}

// schools tells how the education differs, and whether it does.
func (c *comparison) schools() bool {
	f := c.plan.fields.named(c.plan.education)
	if f == nil || f.volatile {
		return false
	}
	before := len(c.told) + len(c.fields)
	was, is := c.old.FieldByIndex(f.index), c.new.FieldByIndex(f.index)
	old, now := c.old.Addr().Interface(), c.new.Addr().Interface()
	pairs := c.pair(f, was, is, func(i, j int) bool { return related(c.plan.school(old, i), c.plan.school(now, j)) })
	for j, i := range pairs.oldOf {
		switch {
		case i >= 0:
			c.rowFields(f, was.Index(i), is.Index(j), i, j)
		case i == -1:
			school := c.plan.school(now, j)
			school.Path = rowPath(f.name, j)
			c.tell(EducationAdded{c.person, school})
		}
	}
	for i, j := range pairs.newOf {
		if j == -1 {
			c.field(difference{path: rowPath(f.name, i), old: c.rowValue(was.Index(i))})
		}
	}
	return len(c.told)+len(c.fields) > before
}

// related reports whether two different rows may be one degree at one school.
func related(a, b School) bool {
	x, y := readable(a.Program), readable(b.Program)
	if x == "" || y == "" || x == y || len(x) > len(y) && x[:len(y)] == y || len(y) > len(x) && y[:len(x)] == x {
		return true
	}
	from, to := dateOf(a.From, 0, 0), dateOf(b.From, 0, 0)
	return from.known() && to.known() && from.same(to)
}

// pair finds out which rows are the same: first those without a difference, then those with the same ID, then those
// that have the same name and, if it is given, are related.
func (c *comparison) pair(f *fieldPlan, was, is reflect.Value, related func(i, j int) bool) rowPairs {
	p := rowPairs{make([]int, is.Len()), make([]int, was.Len())}
	left := 0
	for j := range p.oldOf {
		p.oldOf[j] = -1
		if f.sub.isDeleted(is.Index(j)) {
			p.oldOf[j] = skipRow
		}
	}
	for i := range p.newOf {
		p.newOf[i] = -1
		switch {
		case f.sub.isDeleted(was.Index(i)):
			p.newOf[i] = skipRow
		case i < len(p.oldOf) && p.oldOf[i] == -1 && c.sameRow(f, was.Index(i), is.Index(i), i, i):
			p.oldOf[i], p.newOf[i] = i, i
		default:
			left++
		}
	}
	if left > 0 {
		c.pairMoved(&p, f, was, is)
		c.pairChanged(&p, f, was, is, related)
	}
	c.passRewritten(&p, f, was, is)
	return p
}

// pairMoved pairs the rows without a difference.
func (c *comparison) pairMoved(p *rowPairs, f *fieldPlan, was, is reflect.Value) {
	byName := c.byName(p.newOf, -1, f, was, c.oldUnknown)
	for j := range p.oldOf {
		if p.oldOf[j] != -1 {
			continue
		}
		if i := first(p.free(byName, c.nameOf(f, is.Index(j), j, c.newUnknown)), func(i int) bool {
			return p.newOf[i] == -1 && c.sameRow(f, was.Index(i), is.Index(j), i, j)
		}); i >= 0 {
			p.oldOf[j], p.newOf[i] = i, j
		}
	}
}

// pairChanged pairs the rows that differ.
func (c *comparison) pairChanged(p *rowPairs, f *fieldPlan, was, is reflect.Value, related func(i, j int) bool) {
	byID := map[string]int{}
	for i := range p.newOf {
		if id := f.sub.idOf(was.Index(i)); id != "" && p.newOf[i] == -1 {
			byID[id] = i
		}
	}
	for j := range p.oldOf {
		if p.oldOf[j] != -1 {
			continue
		}
		if i, ok := byID[f.sub.idOf(is.Index(j))]; ok && p.newOf[i] == -1 {
			p.oldOf[j], p.newOf[i] = i, j
		}
	}
	byName := c.byName(p.newOf, -1, f, was, c.oldUnknown)
	for j := range p.oldOf {
		if p.oldOf[j] != -1 {
			continue
		}
		if i := first(p.free(byName, c.nameOf(f, is.Index(j), j, c.newUnknown)), func(i int) bool {
			return p.newOf[i] == -1 && (related == nil || related(i, j))
		}); i >= 0 {
			p.oldOf[j], p.newOf[i] = i, j
		}
	}
}

// passRewritten passes over new rows that stand in the old record as deleted ones: they were written again.
func (c *comparison) passRewritten(p *rowPairs, f *fieldPlan, was, is reflect.Value) {
	if f.sub.deleted == nil {
		return
	}
	var byName map[string][]int
	for j := range p.oldOf {
		if p.oldOf[j] != -1 {
			continue
		}
		if byName == nil {
			byName = c.byName(p.newOf, skipRow, f, was, c.oldUnknown)
		}
		if first(byName[c.nameOf(f, is.Index(j), j, c.newUnknown)], func(i int) bool {
			return c.sameRow(f, was.Index(i), is.Index(j), i, j)
		}) >= 0 {
			p.oldOf[j] = skipRow
		}
	}
}

// free are the old rows of a name from the first on that is not paired.
func (p *rowPairs) free(byName map[string][]int, name string) []int {
	rows := byName[name]
	for len(rows) > 0 && p.newOf[rows[0]] != -1 {
		rows = rows[1:]
	}
	byName[name] = rows
	return rows
}

// first is the first of some rows that fits, -1 for none of the first ones.
func first(rows []int, fits func(i int) bool) int {
	for n, i := range rows {
		if n >= maxTries {
			break
		}
		if fits(i) {
			return i
		}
	}
	return -1
}

// byName are the old rows in a state, by what names them.
func (c *comparison) byName(states []int, state int, f *fieldPlan, rows reflect.Value, known unknowns) map[string][]int {
	found := map[string][]int{}
	for i := range states {
		if states[i] == state {
			name := c.nameOf(f, rows.Index(i), i, known)
			found[name] = append(found[name], i)
		}
	}
	return found
}

// nameOf is what names a row: its first text. A row whose texts the package does not know is named by those fields.
func (c *comparison) nameOf(f *fieldPlan, row reflect.Value, i int, known unknowns) string {
	if f.sub.identity >= 0 {
		if name := f.sub.name(row); name != "" {
			return name
		}
	}
	for _, s := range known[whereabouts{f.name, i}] {
		if len(s.Value) > 0 && s.Value[0] == '"' && !c.plan.isVolatile(f.name+"."+s.Name) {
			return s.Name + string(s.Value)
		}
	}
	return ""
}

func (p *structPlan) name(row reflect.Value) string {
	if p.identity < 0 {
		return ""
	}
	f := &p.fields[p.identity]
	switch v := row.FieldByIndex(f.index); f.kind {
	case leafObject:
		return f.sub.name(v)
	case leafURL:
		return address(v.String())
	default:
		return readable(v.String())
	}
}

func (p *structPlan) isDeleted(row reflect.Value) bool {
	return p.deleted != nil && row.FieldByIndex(p.deleted).Bool()
}

func (p *structPlan) idOf(row reflect.Value) string {
	if p.id == nil {
		return ""
	}
	if id := row.FieldByIndex(p.id); !id.IsZero() {
		return fmt.Sprint(id.Interface())
	}
	return ""
}

func (c *comparison) sameRow(f *fieldPlan, a, b reflect.Value, i, j int) bool {
	return f.sub.same(a, b) && len(c.unknownOfRows(f, i, j, "")) == 0
}
