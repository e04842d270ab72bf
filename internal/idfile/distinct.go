package idfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
)

// DistinctOptions says how [Source.WriteDistinct] works.
type DistinctOptions struct {
	// Dir is where a temporary file may be made; empty means the directory of the system.
	Dir string
	// Memory is the bytes of the table of IDs, rounded down to a power of two; 0 means 8 MiB, which is room for 734,000
	// IDs. A longer list needs the temporary file, of 16 bytes for each ID further on, and a bit of memory for each.
	Memory int64

	create func(dir string) (storage, error)
}

// Distinct is what [Source.WriteDistinct] wrote, and how many IDs it left out.
type Distinct struct {
	Summary
	// Duplicates is the number of IDs that were left out, since they had been there before.
	Duplicates int64
}

// WriteDistinct writes the list as plain text, one ID a line, each ended by a line feed: each ID once, where it occurs
// first. It reads the source once, and checks it as [Source.Check] does. The answer is exact at any size. After an error
// what was written is good for nothing.
func (s Source) WriteDistinct(ctx context.Context, w io.Writer, o DistinctOptions) (Distinct, error) {
	d := distinct{
		table: newTable(o.Memory),
		spill: spill{dir: o.Dir, create: o.create},
		out:   listWriter{w: w, hash: sha256.New(), buffer: make([]byte, 0, bufferSize)},
	}
	if d.spill.create == nil {
		d.spill.create = createTemp
	}
	err := errors.Join(d.run(ctx, s), d.spill.close())
	if err != nil {
		return Distinct{}, s.wrap(err)
	}
	return Distinct{Summary: d.out.summary(), Duplicates: d.read - d.out.sum.Count}, nil
}

type distinct struct {
	table *table
	spill spill
	out   listWriter
	read  int64
}

func (d *distinct) run(ctx context.Context, s Source) error {
	// While the table has room, each new ID is written; after that, those that are not in the table are spilled.
	read, err := s.pass(ctx, d.take)
	if err != nil {
		return err
	}
	d.read = read.Count
	if d.spill.counts[inOrder] > 0 {
		if err := d.rest(ctx); err != nil {
			return err
		}
	}
	return d.out.flush()
}

func (d *distinct) take(text []byte, _ int) error {
	for at := 0; at < len(text); {
		id, end := idAt(text, at)
		hash := d.table.hash(id)
		var err error
		switch d.table.add(id, hash) {
		case added:
			err = d.out.add(text[at:end])
		case full:
			err = d.spill.add(id, hash)
		}
		if err != nil {
			return err
		}
		at = end
	}
	return nil
}

// rest compares the spilled IDs with each other, and writes them.
func (d *distinct) rest(ctx context.Context) error {
	var (
		found [parts]repeats
		next  [parts]int64
	)
	for part := range parts {
		var err error
		if found[part], err = d.spill.findRepeats(ctx, d.table, part); err != nil {
			return err
		}
	}
	var (
		line   []byte
		failed error
	)
	err := d.spill.walk(ctx, inOrder, func(id int64) bool {
		part := d.table.hash(id) % parts
		i := next[part]
		next[part]++
		if i == d.spill.counts[part] {
			failed = errSpillChanged
			return false
		}
		if !found[part].has(i) {
			line = append(strconv.AppendInt(line[:0], id, 10), '\n')
			failed = d.out.add(line)
		}
		return failed == nil
	})
	return errors.Join(failed, err)
}

// idAt returns the ID of checked text whose line starts at the given place, and where the next line starts.
func idAt(text []byte, at int) (id int64, end int) {
	for ; text[at] != '\n'; at++ {
		id = id*10 + int64(text[at]-'0')
	}
	return id, at + 1
}

// listWriter writes lines, and sums them up.
type listWriter struct {
	w      io.Writer
	hash   hash.Hash
	buffer []byte
	sum    Summary
}

func (l *listWriter) add(line []byte) error {
	if len(l.buffer)+len(line) > cap(l.buffer) {
		if err := l.flush(); err != nil {
			return err
		}
	}
	l.buffer = append(l.buffer, line...)
	l.sum.Count++
	return nil
}

func (l *listWriter) flush() error {
	if err := writeAll(l.w, l.buffer); err != nil {
		return fmt.Errorf("writing the IDs: %w", withoutPath(err))
	}
	l.hash.Write(l.buffer)
	l.sum.Bytes += int64(len(l.buffer))
	l.buffer = l.buffer[:0]
	return nil
}

func writeAll(w io.Writer, p []byte) error {
	n, err := w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return err
}

// summary is what was written, once it is flushed.
func (l *listWriter) summary() Summary {
	l.hash.Sum(l.sum.Hash[:0])
	return l.sum
}
