package idfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	buckets      = 1024 // that a hash divides IDs into; a pass compares the IDs of some of them
	bucketShift  = 20   // bits of a hash below those that choose the bucket
	maxExamples  = 10
	defaultReads = 1
)

// DuplicatesOptions says how [Source.Duplicates] works.
type DuplicatesOptions struct {
	// Memory is the bytes of the table of IDs, rounded down to a power of two; 0 means 8 MiB, which is room for 734,000
	// IDs.
	Memory int64
	// MaxPasses is how many times the list may be read to compare more IDs than Memory has room for; 0 means once, and a
	// negative number as often as it takes, up to 1,024 times more.
	MaxPasses int
}

// Duplicates is what [Source.Duplicates] found.
type Duplicates struct {
	Summary
	// Duplicates is the number of IDs found to have been there before.
	Duplicates int64
	// Unchecked is the number of IDs that were compared with some of the others only. If it is 0 the answer is exact.
	Unchecked int64
	// First are the duplicates found that come first in the list, at most ten.
	First []Duplicate
	// Passes is how many times the list was read to compare.
	Passes int
}

// Duplicate is an ID that occurs again.
type Duplicate struct {
	ID int64
	// Line is where it occurs again, and FirstLine where it occurs first; the first line is 1.
	Line, FirstLine int64
}

// Duplicates looks for IDs that occur again. It checks the list as [Source.Check] does, and ends with
// [ErrSourceChanged] if it is not the same when it is read again. To find where the ten examples occur first it reads
// the beginning of the list once more, whatever MaxPasses says.
func (s Source) Duplicates(ctx context.Context, o DuplicatesOptions) (Duplicates, error) {
	f := finder{table: newTable(o.Memory), tallies: make([]tally, buckets)}
	err := f.run(ctx, s, cmp.Or(o.MaxPasses, defaultReads))
	if err != nil {
		return Duplicates{}, s.wrap(err)
	}
	found := Duplicates{Summary: f.sum, First: f.examples, Passes: f.passes}
	for _, t := range f.tallies {
		found.Duplicates += t.again
		found.Unchecked += t.unchecked
	}
	return found, nil
}

// tally counts the IDs of a bucket, as of the last pass that compared them.
type tally struct {
	held      int64 // in the table, so compared with all others
	again     int64 // in the table before
	unchecked int64 // compared with those in the table, which was full
}

type finder struct {
	table    *table
	tallies  []tally
	sum      Summary
	passes   int
	examples []Duplicate
}

func (f *finder) run(ctx context.Context, s Source, most int) error {
	sum, err := f.pass(ctx, s, 0, buckets)
	if err != nil {
		return err
	}
	f.sum = sum
	for from, to := 0, 0; most < 0 || f.passes < most; from = to {
		if from, to = f.plan(from); from == buckets {
			break
		}
		sum, err := f.pass(ctx, s, from, to)
		if err != nil {
			return changed(err)
		}
		if sum != f.sum {
			return ErrSourceChanged
		}
	}
	return f.locate(ctx, s)
}

// plan returns the next buckets that are not decided and fit the table together.
func (f *finder) plan(after int) (from, to int) {
	for from = after; from < buckets && f.tallies[from].unchecked == 0; from++ {
	}
	ids := int64(0)
	for to = from; to < buckets; to++ {
		ids += f.tallies[to].held + f.tallies[to].unchecked
		if to > from && ids > int64(room(len(f.table.store))) {
			break
		}
	}
	return from, to
}

// pass reads the list and compares the IDs of some buckets. What it counts takes the place of what was known of them.
func (f *finder) pass(ctx context.Context, s Source, from, to int) (Summary, error) {
	if f.passes++; f.passes > 1 {
		f.table.reset(int64(len(f.table.store)))
	}
	clear(f.tallies[from:to])
	line := int64(0)
	return s.pass(ctx, func(text []byte, _ int) error {
		for at := 0; at < len(text); {
			var id int64
			id, at = idAt(text, at)
			line++
			hash := f.table.hash(id)
			bucket := int(hash >> bucketShift % buckets)
			if bucket < from || bucket >= to {
				continue
			}
			switch f.table.add(id, hash) {
			case added:
				f.tallies[bucket].held++
			case present:
				f.tallies[bucket].again++
				f.example(id, line)
			case full:
				f.tallies[bucket].unchecked++
			}
		}
		return nil
	})
}

// example keeps the duplicates that come first.
func (f *finder) example(id, line int64) {
	if len(f.examples) == maxExamples && line >= f.examples[maxExamples-1].Line {
		return
	}
	at, known := slices.BinarySearchFunc(f.examples, line, func(d Duplicate, line int64) int { return cmp.Compare(d.Line, line) })
	if known {
		return
	}
	f.examples = slices.Insert(f.examples, at, Duplicate{ID: id, Line: line})
	f.examples = f.examples[:min(len(f.examples), maxExamples)]
}

var errLocated = errors.New("everything was found")

// locate finds where the examples occur first.
func (f *finder) locate(ctx context.Context, s Source) error {
	if len(f.examples) == 0 {
		return nil
	}
	f.table.reset(maxExamples)
	for _, d := range f.examples {
		f.table.add(d.ID, f.table.hash(d.ID))
	}
	line, last := int64(0), f.examples[len(f.examples)-1].Line
	confirmed := 0
	_, err := s.pass(ctx, func(text []byte, _ int) error {
		for at := 0; at < len(text) && line < last; {
			var id int64
			id, at = idAt(text, at)
			line++
			if _, found := f.table.find(id, f.table.hash(id)); found {
				confirmed += f.occurs(id, line)
			}
		}
		if line == last {
			return errLocated
		}
		return nil
	})
	if !errors.Is(err, errLocated) {
		return changed(err)
	}
	if confirmed != 2*len(f.examples) {
		return ErrSourceChanged
	}
	return nil
}

// occurs notes a line that holds the ID of an example, and counts what was expected of it.
func (f *finder) occurs(id, line int64) (confirmed int) {
	for i := range f.examples {
		d := &f.examples[i]
		switch {
		case d.ID != id:
		case d.FirstLine == 0 && line < d.Line:
			d.FirstLine = line
			confirmed++
		case d.Line == line:
			confirmed++
		}
	}
	return confirmed
}

// changed is the error of a pass over a list that was right before.
func changed(err error) error {
	if refused, ok := errors.AsType[*LineError](err); ok {
		return fmt.Errorf("%w: %w", ErrSourceChanged, refused)
	}
	if err == nil || errors.Is(err, ErrNoIDs) {
		return ErrSourceChanged
	}
	return err
}
