package jsonpath

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lax accepts what providers send, as the decoding of records does.
var lax = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

var errTrailing = errors.New("jsonpath: more than one value")

// Set is paths that are looked up together. One goroutine uses it at a time.
type Set struct {
	root    *node
	found   [][][]byte
	visits  uint64
	scratch []byte
	counts  []int
	dec     *jsontext.Decoder
}

// node is a place that paths lead to or through.
type node struct {
	members  map[string]*node
	elements map[int]*node
	every    *node
	marked   []*marked
	ends     []int // the paths that end here
	under    []int // the paths that end here or below

	visit uint64 // the object in which this member was met last
	marks []int  // how many values the paths under it had before
}

// marked is where the first element of a list leads that has a mark, or does not have it.
type marked struct {
	mark string
	not  bool
	node *node
	met  uint64 // the list in which one was met last
}

// NewSet returns a Set of paths, which are known by their places.
func NewSet(paths []Path) *Set {
	s := &Set{root: &node{}, found: make([][][]byte, len(paths)), dec: new(jsontext.Decoder)}
	for i, path := range paths {
		at := s.root
		for _, step := range path.steps {
			at.under = append(at.under, i)
			at = at.next(step)
		}
		at.under = append(at.under, i)
		at.ends = append(at.ends, i)
	}
	return s
}

func (n *node) next(s step) *node {
	var next *node
	switch s.kind {
	case every:
		next = n.every
	case first:
		for _, m := range n.marked {
			if m.mark == s.name && m.not == s.not {
				next = m.node
			}
		}
	case element:
		next = n.elements[s.index]
	default:
		next = n.members[s.name]
	}
	if next != nil {
		return next
	}
	next = &node{}
	switch {
	case s.kind == every:
		n.every = next
	case s.kind == first:
		n.marked = append(n.marked, &marked{mark: s.name, not: s.not, node: next})
	case s.kind == element && n.elements == nil:
		n.elements = map[int]*node{s.index: next}
	case s.kind == element:
		n.elements[s.index] = next
	case n.members == nil:
		n.members = map[string]*node{s.name: next}
	default:
		n.members[s.name] = next
	}
	return next
}

// Find returns the values that each path leads to, as parts of text, valid until the next call. A path without [*] has
// one, or none if there is no such place. A path with [*] has one for each element, in order; nil stands for an element
// that has no such place. It fails when text is not one JSON value.
func (s *Set) Find(text []byte) ([][][]byte, error) {
	for i := range s.found {
		s.found[i] = s.found[i][:0]
	}
	s.dec.Reset(bytes.NewBuffer(text), lax)
	if err := s.value(s.dec, text, s.root); err != nil {
		return nil, err
	}
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errTrailing, err)
	}
	return s.found, nil
}

// value reads the next value, at the place of a node.
func (s *Set) value(dec *jsontext.Decoder, text []byte, at *node) error {
	if len(at.ends) > 0 {
		value, err := read(dec, text)
		if err != nil {
			return err
		}
		for _, i := range at.ends {
			s.found[i] = append(s.found[i], value)
		}
		if len(at.ends) == len(at.under) {
			return nil
		}
		return s.inside(value, at)
	}
	switch kind := dec.PeekKind(); {
	case kind == '{' && at.members != nil:
		return s.object(dec, text, at)
	case kind == '[' && (at.elements != nil || at.every != nil || at.marked != nil):
		return s.array(dec, text, at)
	}
	_, err := dec.ReadValue()
	return err
}

// inside looks into a value that was read already.
func (s *Set) inside(value []byte, at *node) error {
	below := *at
	below.ends = nil
	return s.value(jsontext.NewDecoder(bytes.NewBuffer(value), lax), value, &below)
}

func (s *Set) object(dec *jsontext.Decoder, text []byte, at *node) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	s.visits++
	visit := s.visits
	for dec.PeekKind() == '"' {
		quoted, err := dec.ReadValue()
		if err != nil {
			return err
		}
		s.scratch, _ = jsontext.AppendUnquote(s.scratch[:0], quoted) // text that is not UTF-8 comes back mended
		next := at.members[string(s.scratch)]
		if next == nil {
			if _, err := dec.ReadValue(); err != nil {
				return err
			}
			continue
		}
		s.mark(next, visit)
		if err := s.value(dec, text, next); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// mark notes what the paths under a member had found before the object that has it, and forgets what they found in this
// object when the name is there a second time.
func (s *Set) mark(member *node, visit uint64) {
	if member.visit == visit {
		for k, i := range member.under {
			s.found[i] = s.found[i][:member.marks[k]]
		}
		return
	}
	member.visit = visit
	member.marks = member.marks[:0]
	for _, i := range member.under {
		member.marks = append(member.marks, len(s.found[i]))
	}
}

func (s *Set) array(dec *jsontext.Decoder, text []byte, at *node) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	s.visits++
	visit := s.visits
	for i := 0; dec.PeekKind() != ']'; i++ {
		var err error
		switch one := at.elements[i]; {
		case at.marked != nil || one != nil && at.every != nil:
			err = s.element(dec, text, at, one, visit)
		case one == nil && at.every == nil:
			_, err = dec.ReadValue()
		case one == nil:
			err = s.each(func() error { return s.value(dec, text, at.every) }, at.every)
		default:
			err = s.value(dec, text, one)
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// element reads an element that several nodes may want.
func (s *Set) element(dec *jsontext.Decoder, text []byte, at, one *node, visit uint64) error {
	value, err := read(dec, text)
	if err != nil {
		return err
	}
	again := func(n *node) error { return s.value(jsontext.NewDecoder(bytes.NewBuffer(value), lax), value, n) }
	if one != nil {
		err = again(one)
	}
	if at.every != nil {
		err = errors.Join(err, s.each(func() error { return again(at.every) }, at.every))
	}
	for _, m := range at.marked {
		if m.met != visit && err == nil && hasMark(value, m.mark, m.not) {
			m.met = visit
			err = again(m.node)
		}
	}
	return err
}

// each reads an element of [*]: a path that finds nothing in it gets nil.
func (s *Set) each(element func() error, at *node) error {
	base := len(s.counts)
	for _, i := range at.under {
		s.counts = append(s.counts, len(s.found[i]))
	}
	err := element()
	for k, i := range at.under {
		if len(s.found[i]) == s.counts[base+k] {
			s.found[i] = append(s.found[i], nil)
		}
	}
	s.counts = s.counts[:base]
	return err
}

// read returns the next value as a part of text, since what the decoder returns is valid only for a while.
func read(dec *jsontext.Decoder, text []byte) ([]byte, error) {
	value, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	end := dec.InputOffset()
	return text[end-int64(len(value)) : end : end], nil
}
