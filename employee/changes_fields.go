package employee

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
)

// difference is a field that differs.
type difference struct {
	name, path string
	old, new   json.RawMessage
	also       []string // paths of fields that follow from it
}

func (d difference) paths() []string { return joined(d.path, d.also) }

type differences []difference

// take removes the difference of a field.
func (d *differences) take(name string) (difference, bool) {
	i := slices.IndexFunc(*d, func(d difference) bool { return d.name == name && name != "" })
	if i < 0 {
		return difference{}, false
	}
	taken := (*d)[i]
	*d = slices.Delete(*d, i, i+1)
	return taken, true
}

// differences compares the fields of two structs, but for lists of structs at the root that follow from no other field.
// One that follows from another which differs is told with it.
func (p *structPlan) differences(a, b reflect.Value, at string, follows map[string]string) (found differences) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.skipped || f.volatile || f.kind == leafRows && at == "" && follows[f.name] == "" {
			continue
		}
		if f.kind == leafObject {
			inside := f.sub.differences(a.FieldByIndex(f.index), b.FieldByIndex(f.index), record.Member(at, f.name), nil)
			found = append(found, inside...)
			continue
		}
		if !f.same(a, b) {
			found = append(found, f.difference(a, b, at))
		}
	}
	if len(found) < 2 {
		return found
	}
	places := make(map[string]int, len(found))
	for i := range found {
		places[found[i].name] = i
	}
	gone := map[string]bool{}
	for i := range found {
		leader := -1
		for name := follows[found[i].name]; name != ""; name = follows[name] {
			if j, ok := places[name]; ok {
				leader = j
			}
		}
		if leader >= 0 {
			found[leader].also = append(found[leader].also, found[i].path)
			gone[found[i].name] = true
		}
	}
	return slices.DeleteFunc(found, func(d difference) bool { return gone[d.name] })
}

// difference is that of a field of two structs.
func (f *fieldPlan) difference(a, b reflect.Value, at string) difference {
	_, old := f.filled(a)
	name, now := f.filled(b)
	if now.IsZero() {
		name, _ = f.filled(a)
	}
	return difference{name: f.name, path: record.Member(at, name), old: valueOf(old), new: valueOf(now)}
}

// filled is the value of a field and its name, or of the other one with the same content if it is empty.
func (f *fieldPlan) filled(in reflect.Value) (string, reflect.Value) {
	v := in.FieldByIndex(f.index)
	switch {
	case f.other != nil && v.IsZero():
		if other := in.FieldByIndex(f.other.index); !other.IsZero() {
			return f.other.name, other
		}
	case f.kind == leafDate && f.year != nil && v.IsZero():
		return f.name + "_year", in.FieldByIndex(f.year)
	}
	return f.name, v
}

// same compares a field of two structs.
func (f *fieldPlan) same(a, b reflect.Value) bool {
	if f.kind == leafDate {
		if a.FieldByIndex(f.index).String() == b.FieldByIndex(f.index).String() && f.sameNumber(a, b, f.year) && f.sameNumber(a, b, f.month) {
			return true
		}
		x, y := f.day(a), f.day(b)
		return x == y || x.same(y)
	}
	var x, y reflect.Value
	if f.other != nil {
		_, x = f.filled(a)
		_, y = f.filled(b)
	} else {
		x, y = a.FieldByIndex(f.index), b.FieldByIndex(f.index)
	}
	if f.isOther && (x.IsZero() || y.IsZero()) {
		return true
	}
	switch f.kind {
	case leafText:
		return sameText(x.String(), y.String())
	case leafURL:
		return sameURL(x.String(), y.String())
	case leafNumber:
		return x.Int() == y.Int()
	case leafYear:
		return x.Int() == 0 || y.Int() == 0 || x.Int() == y.Int()
	case leafObject:
		return f.sub.same(x, y)
	case leafList:
		return sameList(x, y, strings.HasSuffix(f.name, "_url"))
	case leafRows:
		return f.sub.sameRows(x, y)
	}
	return x.Equal(y)
}

func (f *fieldPlan) sameNumber(a, b reflect.Value, index []int) bool {
	return index == nil || a.FieldByIndex(index).Int() == b.FieldByIndex(index).Int()
}

func (f *fieldPlan) day(in reflect.Value) day {
	var year, month Number
	if f.year != nil {
		year = Number(in.FieldByIndex(f.year).Int())
	}
	if f.month != nil {
		month = Number(in.FieldByIndex(f.month).Int())
	}
	return dateOf(ProfileDate(in.FieldByIndex(f.index).String()), year, month)
}

// same compares two structs.
func (p *structPlan) same(a, b reflect.Value) bool {
	for i := range p.fields {
		if f := &p.fields[i]; !f.skipped && !f.volatile && !f.same(a, b) {
			return false
		}
	}
	return true
}

const maxTries = 64 // how many rows a row is compared with, so that a record made for it costs no time

// sameRows compares lists of structs without a look at their order.
func (p *structPlan) sameRows(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	taken := make([]bool, b.Len())
	for i := range a.Len() {
		j, tries := i, 0
		for taken[j] || !p.same(a.Index(i), b.Index(j)) {
			if j, tries = (j+1)%b.Len(), tries+1; tries >= min(b.Len(), maxTries) {
				return false
			}
		}
		taken[j] = true
	}
	return true
}

// sameList compares lists of single values without a look at their order.
func sameList(a, b reflect.Value, urls bool) bool {
	same := a.Len() == b.Len()
	for i := 0; same && i < a.Len(); i++ {
		same = a.Index(i).Equal(b.Index(i))
	}
	if same {
		return true
	}
	return maps.Equal(counted(a, urls), counted(b, urls))
}

// counted is a list as a set: what stands in it twice is no more in it.
func counted(list reflect.Value, urls bool) map[any]bool {
	set := make(map[any]bool, list.Len())
	for i := range list.Len() {
		v := list.Index(i)
		switch {
		case v.IsZero():
		case v.Kind() == reflect.String && urls:
			set[address(v.String())] = true
		case v.Kind() == reflect.String:
			set[readable(v.String())] = true
		default:
			set[v.Interface()] = true
		}
	}
	return set
}

var textType = reflect.TypeFor[string]()

// valueOf is a value as JSON, nil for nothing. Fields of structs that are zero are left out.
func valueOf(v reflect.Value) json.RawMessage {
	if v.IsZero() {
		return nil
	}
	if v.Kind() == reflect.Struct {
		out, err := record.Merge(nil, v.Interface())
		if err != nil {
			return nil
		}
		return compact(out)
	}
	if v.Type() == textType {
		if quoted, err := jsontext.AppendQuote(nil, v.String()); err == nil {
			return quoted
		}
	}
	out, err := codec.Encode(v.Interface())
	if err != nil {
		return nil
	}
	return compact(out)
}
