package matching

import "encoding/json"

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

// boundOf reads an end that is a number or a time.
func boundOf(path string, f field, v value, upper, strict bool) (bound, error) {
	b := bound{upper: upper, strict: strict, value: v}
	if isDateMath(v.text) {
		return b, &UnsupportedError{path, "date arithmetic; write the date itself"}
	}
	b.moment, b.isMoment = parseMoment(v.text)
	switch {
	case f.date && !b.isMoment && v.numeric:
		return b, &UnsupportedError{path, "a time given as a number"}
	case f.date && !b.isMoment:
		return b, &InvalidError{path, "failed to parse date field"}
	case !b.isMoment && !v.numeric:
		return b, &UnsupportedError{path, "a range of text; the sandbox compares numbers and dates"}
	}
	return b, nil
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
	for _, option := range given {
		if option.name == "format" {
			if err := knownFormat(under(path, option.name), option.value); err != nil {
				return nil, err
			}
		}
	}
	t := &rangeTest{of: f}
	for _, option := range given {
		path := under(path, option.name)
		var upper, strict bool
		switch option.name {
		case "gt":
			strict = true
		case "gte":
		case "lt":
			upper, strict = true, true
		case "lte":
			upper = true
		case "boost", "_name", "format":
			continue
		default:
			return nil, unknownOption(path)
		}
		if string(option.value) == "null" { // an open end
			continue
		}
		v, err := valueOf(path, option.value)
		if err != nil {
			return nil, err
		}
		b, err := boundOf(path, f, v, upper, strict)
		if err != nil {
			return nil, err
		}
		t.bounds = append(t.bounds, b)
	}
	return t, nil
}

// knownFormat accepts the formats that the sandbox reads anyway.
func knownFormat(path string, raw json.RawMessage) error {
	format, err := stringOf(path, raw)
	if err != nil {
		return err
	}
	switch format {
	case "yyyy", "uuuu", "yyyy-MM", "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", "strict_date_optional_time", "date_optional_time", "MMMM uuuu", "MMMM yyyy", "MMMM uuuu||uuuu",
		"MMM uuuu", "MMM uuuu||uuuu", "yyyy-MM-dd HH:mm:ss.SSSSSS":
		return nil
	default:
		return &UnsupportedError{path, "this date format"}
	}
}
