package matching

import (
	"encoding/json"
	"errors"
)

// bound is one end of a range. The rounding of coarse times follows Elasticsearch:
// "after" and "up to" mean the end of the day, "from" and "before" its beginning.
type bound struct {
	upper, strict bool
	value         value
	moment        moment
	isMoment      bool
}

func (b *bound) admitsNumber(n float64) bool {
	if !b.value.numeric {
		return false
	}
	switch {
	case b.upper && b.strict:
		return n < b.value.number
	case b.upper:
		return n <= b.value.number
	case b.strict:
		return n > b.value.number
	default:
		return n >= b.value.number
	}
}

func (b *bound) admitsMoment(m moment) bool {
	if !b.isMoment {
		return false
	}
	switch {
	case b.upper && b.strict:
		return m.first.Before(b.moment.first)
	case b.upper:
		return !m.first.After(b.moment.last)
	case b.strict:
		return m.first.After(b.moment.last)
	default:
		return !m.first.Before(b.moment.first)
	}
}

// boundOf reads an end that is a number or a time; the forms are those of the
// query's format, nil without one.
func boundOf(path string, f field, v value, upper, strict bool, forms []dateForm) (bound, error) {
	b := bound{upper: upper, strict: strict, value: v}
	if f.kind != "" || v.boolean {
		return b, f.admits(path, v)
	}
	m, err := f.moment(path, v, forms)
	b.moment, b.isMoment = m, err == nil
	_, unsupported := errors.AsType[*UnsupportedError](err)
	switch {
	case err == nil, !f.date && forms == nil && v.numeric:
		return b, nil
	case f.date, forms != nil, unsupported:
		return b, err
	default:
		return b, &UnsupportedError{path, "a range of text; the sandbox compares numbers and dates"}
	}
}

// rangeTest holds when some value of the field is within all bounds.
type rangeTest struct {
	of     source
	bounds []bound
}

func (t *rangeTest) holds(s scope) bool {
	found := false
	t.of.each(s, func(v any) bool {
		found = t.admits(v)
		return !found
	})
	return found
}

func (t *rangeTest) admits(v any) bool {
	text, isString := v.(string)
	n, isNumber := numberIn(v)
	var m moment
	isMoment := false
	if isString {
		m, isMoment = parseMoment(text)
		n, isNumber = decimal(text)
	}
	for i := range t.bounds {
		b := &t.bounds[i]
		if !(isMoment && b.admitsMoment(m) || isNumber && b.admitsNumber(n)) {
			return false
		}
	}
	return true
}

func (p *parser) rangeOf(path string, raw json.RawMessage) (condition, error) {
	m, err := onlyMember(path, raw)
	if err != nil {
		return nil, err
	}
	path = under(path, m.name)
	f, err := p.field(path, m.name)
	if err != nil {
		return nil, err
	}
	given, err := objectOf(path, m.value)
	if err != nil {
		return nil, err
	}
	var low, high rangeEnd
	var forms []dateForm
	for _, option := range given {
		path := under(path, option.name)
		switch option.name {
		case "gt", "gte", "from":
			low.path, low.given = path, option.value
			low.strict = option.name == "gt" || option.name == "from" && low.strict
		case "lt", "lte", "to":
			high.path, high.given = path, option.value
			high.strict = option.name == "lt" || option.name == "to" && high.strict
		case "include_lower":
			low.strict, err = notOf(path, option.value)
		case "include_upper":
			high.strict, err = notOf(path, option.value)
		case "format":
			forms, err = formats(path, option.value)
		case "boost", "_name":
		default:
			err = unknownOption(path)
		}
		if err != nil {
			return nil, err
		}
	}
	t := &rangeTest{of: f}
	for i, end := range []rangeEnd{low, high} {
		if end.given == nil || string(end.given) == "null" { // an open end
			continue
		}
		v, err := valueOf(end.path, end.given)
		if err != nil {
			return nil, err
		}
		b, err := boundOf(end.path, f, v, i == 1, end.strict, forms)
		if err != nil {
			return nil, err
		}
		t.bounds = append(t.bounds, b)
	}
	return t, nil
}

// rangeEnd is one end of a range as it was given. The names from, to, include_lower
// and include_upper are those that Elasticsearch read before 9.
type rangeEnd struct {
	path   string
	given  json.RawMessage
	strict bool
}

func notOf(path string, raw json.RawMessage) (bool, error) {
	b, err := boolOf(path, raw)
	return !b, err
}

// formats reads the option format.
func formats(path string, raw json.RawMessage) ([]dateForm, error) {
	format, err := stringOf(path, raw)
	if err != nil {
		return nil, err
	}
	forms := formsOf(format)
	if format == "" || forms == nil {
		return nil, &UnsupportedError{path, "this date format"}
	}
	return forms, nil
}
