package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// MaxLength is the longest path, in bytes.
	MaxLength = 1_000
	// MaxSteps is the largest number of names and brackets of a path.
	MaxSteps = 50

	plain       = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	indexDigits = 9
)

// SyntaxError reports text that is no path.
type SyntaxError struct {
	// Offset is the byte where it stops being one, counted from 0.
	Offset int
	// Reason says what is wrong there.
	Reason string
}

// Error names place and reason.
func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Reason) }

// Path is a parsed path. The zero Path is that of the whole text.
type Path struct{ steps []step }

type kind uint8

const (
	member kind = iota
	element
	every
	first
)

// step goes from a value to one in it.
type step struct {
	kind  kind
	name  string // of a member, or of the mark of the first element that has it
	not   bool   // of the first element without the mark
	index int
	at    int // where it begins in the text
}

// Step is what a part of a path asks of the value that it goes into.
type Step struct {
	// List is whether that value is to be a list, of which the step takes elements; otherwise it is to be an object.
	List bool
	// Name is the member of the object, or the mark of the element, "" for an element by its place and for all of them.
	Name string
	// Offset is the byte of the path where the step begins.
	Offset int
}

// Steps returns the parts of the path.
func (p Path) Steps() []Step {
	steps := make([]Step, len(p.steps))
	for i, s := range p.steps {
		steps[i] = Step{List: s.kind != member, Name: s.name, Offset: s.at}
	}
	return steps
}

// Many reports whether the path has a [*], and so may find any number of values.
func (p Path) Many() bool {
	for _, s := range p.steps {
		if s.kind == every {
			return true
		}
	}
	return false
}

// Parse reads a path: names of letters, digits, _ and - with dots between them, any other name quoted in brackets, as
// in a["b c"], elements counted from 0, as in a[0], all elements, a[*], and the first element that has a mark, a[is_b],
// or does not have it, a[!b]. It fails with a *[SyntaxError].
func Parse(text string) (Path, error) {
	if text == "" {
		return Path{}, &SyntaxError{0, "a path is not empty"}
	}
	if len(text) > MaxLength {
		return Path{}, &SyntaxError{MaxLength, fmt.Sprintf("a path has at most %d bytes", MaxLength)}
	}
	p := parser{text: text}
	for p.at < len(text) {
		if len(p.steps) == MaxSteps {
			return Path{}, &SyntaxError{p.at, fmt.Sprintf("a path has at most %d steps", MaxSteps)}
		}
		if err := p.step(); err != nil {
			return Path{}, err
		}
	}
	return Path{p.steps}, nil
}

type parser struct {
	text  string
	at    int
	steps []step
}

func (p *parser) step() error {
	start := p.at
	if err := p.one(); err != nil {
		return err
	}
	p.steps[len(p.steps)-1].at = start
	return nil
}

func (p *parser) one() error {
	switch c := p.text[p.at]; {
	case c == '[':
		return p.bracket()
	case c == '.' && p.at > 0:
		p.at++
		return p.plainName()
	case p.at == 0:
		return p.plainName()
	}
	return p.fail("a dot or a bracket is expected")
}

func (p *parser) plainName() error {
	rest := p.text[p.at:]
	name := rest[:len(rest)-len(strings.TrimLeft(rest, plain))]
	if name == "" {
		return p.fail("a name is expected; one with other than letters, digits, _ and - stands quoted in brackets")
	}
	p.at += len(name)
	p.steps = append(p.steps, step{kind: member, name: name})
	return nil
}

func (p *parser) bracket() error {
	p.at++
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, "*"):
		p.at++
		p.steps = append(p.steps, step{kind: every})
	case strings.HasPrefix(rest, `"`):
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return p.fail("the quoted name does not end, or has a wrong escape")
		}
		name, err := strconv.Unquote(quoted)
		if err != nil || !utf8.ValidString(name) {
			return p.fail("the quoted name is not UTF-8")
		}
		p.at += len(quoted)
		p.steps = append(p.steps, step{kind: member, name: name})
	case strings.HasPrefix(rest, "!"), markOf(rest) != "":
		not := strings.HasPrefix(rest, "!")
		if not {
			p.at++
		}
		mark := markOf(p.text[p.at:])
		if mark == "" {
			return p.fail("the name of a field is expected behind the !")
		}
		p.at += len(mark)
		p.steps = append(p.steps, step{kind: first, name: mark, not: not})
	default:
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		index, err := strconv.Atoi(digits)
		switch {
		case digits == "":
			return p.fail("a number, *, the name of a mark such as is_current, or a quoted name is expected")
		case err != nil || len(digits) > indexDigits || len(digits) > 1 && digits[0] == '0':
			return p.fail("the number is too long")
		}
		p.at += len(digits)
		p.steps = append(p.steps, step{kind: element, index: index})
	}
	if !strings.HasPrefix(p.text[p.at:], "]") {
		return p.fail("] is expected")
	}
	p.at++
	return nil
}

// markOf returns the name that a text begins with, unless it begins with a digit.
func markOf(text string) string {
	name := text[:len(text)-len(strings.TrimLeft(text, plain))]
	if name == "" || name[0] == '-' || name[0] >= '0' && name[0] <= '9' {
		return ""
	}
	return name
}

func (p *parser) fail(reason string) error { return &SyntaxError{p.at, reason} }
