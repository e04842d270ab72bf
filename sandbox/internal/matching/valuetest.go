package matching

import "slices"

// test holds when some value of the source passes. Numbers, times, whole strings
// and words are each judged by their own rule; a rule that is absent never passes.
type test struct {
	of     source
	date   bool // strings of the source are times
	isText bool // strings of the source are split into words
	number func(n float64) bool
	moment func(m moment) bool
	whole  func(s string) bool
	words  func(values [][]string) bool // one list of words for each string of the field
}

func (t *test) holds(s scope) bool {
	passed := false
	var values [][]string
	t.of.each(s, func(v any) bool {
		passed = t.passes(v, &values)
		return !passed
	})
	return passed || len(values) > 0 && t.words != nil && t.words(values)
}

// passes judges one value; words are gathered, since a query may find one in
// each of several strings.
func (t *test) passes(v any, values *[][]string) bool {
	text, isString := v.(string)
	if !isString {
		n, ok := numberIn(v)
		return ok && t.number != nil && t.number(n)
	}
	switch {
	case t.date:
		m, ok := parseMoment(text)
		return ok && t.moment != nil && t.moment(m)
	case !t.isText:
		return t.whole != nil && t.whole(text)
	default:
		*values = append(*values, analyse(text))
		return false
	}
}

// testOf prepares a test of a field.
func testOf(f field) *test { return &test{of: f, date: f.date, isText: !f.whole && !f.date} }

// anyWord passes when one word of any value does.
func anyWord(passes func(word string) bool) func([][]string) bool {
	return func(values [][]string) bool {
		for _, words := range values {
			if slices.ContainsFunc(words, passes) {
				return true
			}
		}
		return false
	}
}
