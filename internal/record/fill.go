package record

import (
	"reflect"
	"sync"
)

// filling says that a field that came empty takes the value of another one, which is the same under another name.
type filling struct {
	rows     []int // the collection whose rows have both, nil for the record itself
	to, from []int
}

var fillings sync.Map // of reflect.Type to []filling

// fill gives each field with a tag such as or:"personal_website" that is zero the value of the field of that name. It
// knows the fields of the record and of the rows of its collections.
func fill(record reflect.Value) {
	known, ok := fillings.Load(record.Type())
	if !ok {
		known, _ = fillings.LoadOrStore(record.Type(), fillingsOf(record.Type()))
	}
	for _, f := range known.([]filling) {
		if f.rows == nil {
			f.of(record)
			continue
		}
		rows := record.FieldByIndex(f.rows)
		for i := range rows.Len() {
			f.of(rows.Index(i))
		}
	}
}

func (f *filling) of(row reflect.Value) {
	if to := row.FieldByIndex(f.to); to.IsZero() {
		to.Set(row.FieldByIndex(f.from))
	}
}

func fillingsOf(t reflect.Type) (found []filling) {
	fields := fieldCache{}
	find := func(t reflect.Type, rows []int) {
		set := fields.of(t)
		for _, f := range set.inOrder {
			if from, ok := set.byName[f.or]; ok {
				found = append(found, filling{rows, f.index, from.index})
			}
		}
	}
	find(t, nil)
	for _, f := range fields.of(t).inOrder {
		if f.typ.Kind() == reflect.Slice && f.typ.Elem().Kind() == reflect.Struct {
			find(f.typ.Elem(), f.index)
		}
	}
	return found
}
