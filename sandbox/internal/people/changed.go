package people

import (
	"maps"
	"reflect"
	"slices"
)

// Changed is what one change did to a person. The zero value is no change.
type Changed struct {
	person        *Person
	before, after *profile
}

// Fields returns the names of the root fields of the person's record that
// differ, sorted. Times of update and the like are left out. It is empty when
// nothing changed or the dataset is unknown.
func (c Changed) Fields(ds Dataset) []string {
	if c.person == nil || c.before == c.after {
		return nil
	}
	before, after := c.person.document(c.before, ds), c.person.document(c.after, ds)
	names := maps.Clone(before)
	maps.Copy(names, after)
	var fields []string
	for name := range names {
		if !ds.upkeep(name) && !reflect.DeepEqual(before[name], after[name]) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

// Moved says whether the person started or left a position. A promotion closes
// one position and opens another, so it counts.
func (c Changed) Moved() bool { return c.person != nil && c.before.nextRow != c.after.nextRow }

// Before is the person's document as it was, to judge what a change moved in or
// out of a query.
func (c Changed) Before(ds Dataset) map[string]any {
	if c.person == nil {
		return nil
	}
	return c.person.document(c.before, ds)
}

// After is the person's document as the change left it, whatever came later.
func (c Changed) After(ds Dataset) map[string]any {
	if c.person == nil {
		return nil
	}
	return c.person.document(c.after, ds)
}
