package matching

import (
	"encoding/json"
	"strconv"
	"strings"
)

// constant is a condition with a fixed answer.
type constant bool

func (c constant) holds(scope) bool { return bool(c) }

// anyOf holds when one of its conditions does.
type anyOf []condition

func (c anyOf) holds(s scope) bool {
	for _, cond := range c {
		if cond.holds(s) {
			return true
		}
	}
	return false
}

// allOf holds when every condition does.
type allOf []condition

func (c allOf) holds(s scope) bool {
	for _, cond := range c {
		if !cond.holds(s) {
			return false
		}
	}
	return true
}

// not turns a condition round.
type not struct{ cond condition }

func (c not) holds(s scope) bool { return !c.cond.holds(s) }

// boolean is a bool clause.
type boolean struct {
	must, should, mustNot []condition
	minimum               int // of should
}

func (b *boolean) holds(s scope) bool {
	if !allOf(b.must).holds(s) || anyOf(b.mustNot).holds(s) {
		return false
	}
	met := 0
	for _, cond := range b.should {
		if met >= b.minimum {
			return true
		}
		if cond.holds(s) {
			met++
		}
	}
	return met >= b.minimum
}

func (p *parser) boolean(path string, raw json.RawMessage) (condition, error) {
	members, err := objectOf(path, raw)
	if err != nil {
		return nil, err
	}
	b := new(boolean)
	minimum := ""
	for _, m := range members {
		path := under(path, m.name)
		switch m.name {
		case "must", "filter":
			err = p.clauseList(path, m.value, &b.must)
		case "should":
			err = p.clauseList(path, m.value, &b.should)
		case "must_not":
			err = p.clauseList(path, m.value, &b.mustNot)
		case "minimum_should_match":
			minimum, err = minimumOf(path, m.value)
		case "boost", "_name":
		case "adjust_pure_negative":
			err = mustBe(path, m.value, "true")
		default:
			err = unknownOption(path)
		}
		if err != nil {
			return nil, err
		}
	}
	b.minimum = shouldMatch(minimum, len(b.should))
	if len(b.must) == 0 && len(b.should) > 0 {
		b.minimum = max(b.minimum, 1)
	}
	return b, nil
}

// clauseList reads one clause or a list of them.
func (p *parser) clauseList(path string, raw json.RawMessage, into *[]condition) error {
	list, err := listOf(path, raw)
	if err != nil {
		return err
	}
	for i, element := range list {
		elementPath := path
		if isList(raw) {
			elementPath = at(path, i)
		}
		cond, err := p.clause(elementPath, element)
		if err != nil {
			return err
		}
		*into = append(*into, cond)
	}
	return nil
}

// minimumOf reads minimum_should_match: a whole number or a percentage, either
// of which may be negative to say how many may be missing.
func minimumOf(path string, raw json.RawMessage) (string, error) {
	v, err := valueOf(path, raw)
	if err != nil {
		return "", err
	}
	if strings.Contains(v.text, "<") {
		return "", &UnsupportedError{path, "a minimum_should_match with conditions"}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(v.text, "%"))
	if err != nil || n < -1_000_000 || n > 1_000_000 {
		return "", &InvalidError{path, "a whole number or a percentage is expected"}
	}
	return v.text, nil
}

// shouldMatch is how many of n clauses a minimum asks for; more than n when it
// cannot be met.
func shouldMatch(minimum string, n int) int {
	if minimum == "" {
		return 0
	}
	digits, isPercent := strings.CutSuffix(minimum, "%")
	wanted, _ := strconv.Atoi(digits) // checked by minimumOf
	if isPercent {
		wanted = n * wanted / 100
	}
	if strings.HasPrefix(minimum, "-") {
		wanted += n
	}
	return max(wanted, 0)
}
