package record

import "reflect"

// Where an element of a changed slice comes from, if it is not the place of an equal one.
const (
	changed = -1 // from the element in the same place
	created = -2
)

// origins tells for every element of a slice where it stood before.
func (m *merger) origins(before, now reflect.Value) []int {
	from := make([]int, now.Len())
	taken := make([]bool, before.Len())
	for i := range from {
		from[i] = created
		if i < len(taken) && m.same(before.Index(i), now.Index(i)) {
			from[i], taken[i] = i, true
		}
	}
	m.moved(from, taken, before, now)
	if len(from) != len(taken) {
		return from
	}
	for i := range from {
		if from[i] == created && !taken[i] && !m.otherID(before.Index(i), now.Index(i)) {
			from[i] = changed
		}
	}
	return from
}

// moved finds equal elements in other places, in one pass over both slices.
func (m *merger) moved(from []int, taken []bool, before, now reflect.Value) {
	if !now.Type().Elem().Comparable() {
		return
	}
	places := map[any][]int{}
	for i := range taken {
		if !taken[i] {
			key := before.Index(i).Interface()
			places[key] = append(places[key], i)
		}
	}
	for i := range from {
		if from[i] != created {
			continue
		}
		key := now.Index(i).Interface()
		if free := places[key]; len(free) > 0 {
			from[i], taken[free[0]], places[key] = free[0], true, free[1:]
		}
	}
}

// otherID tells whether both rows have an "id" and not the same one.
func (m *merger) otherID(before, now reflect.Value) bool {
	if now.Kind() != reflect.Struct {
		return false
	}
	f, ok := m.fields.of(now.Type()).byName["id"]
	if !ok {
		return false
	}
	a, b := before.FieldByIndex(f.index), now.FieldByIndex(f.index)
	return !a.IsZero() && !b.IsZero() && !m.same(a, b)
}
