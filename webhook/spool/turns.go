package spool

import (
	"iter"
	"slices"
)

// turns are the entries that no attempt has reached. Those of one group stand in their order; the groups take turns.
type turns struct {
	count  int
	groups map[string]*group
	ring   []*group // Those with entries; the first is next.
}

type group struct {
	name    string
	entries []*entry
}

func (t *turns) push(e *entry) {
	g := t.groups[e.group]
	if g == nil {
		if t.groups == nil {
			t.groups = make(map[string]*group)
		}
		g = &group{name: e.group}
		t.groups[e.group], t.ring = g, append(t.ring, g)
	}
	e.group = g.name // They share its memory.
	g.entries = append(g.entries, e)
	t.count++
}

// first returns the entry whose turn it is, nil if there is none.
func (t *turns) first() *entry {
	if t.count == 0 {
		return nil
	}
	return t.ring[0].entries[0]
}

// take takes out the first entry, and lets the next group have its turn.
func (t *turns) take() {
	g := t.ring[0]
	g.entries[0] = nil
	g.entries = g.entries[1:]
	t.count--
	if len(t.groups) == 1 && len(g.entries) > 0 {
		return
	}
	t.ring[0] = nil
	t.ring = t.ring[1:]
	if len(g.entries) > 0 {
		t.ring = append(t.ring, g)
	} else {
		delete(t.groups, g.name)
	}
}

// putBack undoes take.
func (t *turns) putBack(e *entry) {
	g := t.groups[e.group]
	if g == nil {
		t.push(e)
		g = t.groups[e.group]
	} else {
		g.entries = slices.Insert(g.entries, 0, e)
		t.count++
	}
	at := slices.Index(t.ring, g)
	t.ring = slices.Insert(slices.Delete(t.ring, at, at+1), 0, g)
}

// withdraw takes out any entry.
func (t *turns) withdraw(e *entry) {
	g := t.groups[e.group]
	if g == nil {
		return
	}
	i := slices.Index(g.entries, e)
	if i < 0 {
		return
	}
	g.entries = slices.Delete(g.entries, i, i+1)
	t.count--
	if len(g.entries) == 0 {
		delete(t.groups, g.name)
		at := slices.Index(t.ring, g)
		t.ring = slices.Delete(t.ring, at, at+1)
	}
}

// withdrawAll takes out some entries of the group whose turn it is.
func (t *turns) withdrawAll(gone map[*entry]bool) {
	g := t.ring[0]
	g.entries = slices.DeleteFunc(g.entries, func(e *entry) bool { return gone[e] })
	t.count -= len(gone)
}

// all yields the entries, those of one group in their order.
func (t *turns) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, g := range t.ring {
			for _, e := range g.entries {
				if !yield(e) {
					return
				}
			}
		}
	}
}
