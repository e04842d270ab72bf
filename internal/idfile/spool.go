package idfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// SpoolOptions says how a list is spooled.
type SpoolOptions struct {
	// Dir is where the file is made; empty means the directory of the system.
	Dir string
	// Name is what the list is called, as in [Reader].
	Name string
	// Column is that of a table, as in [Column]; empty means a plain list.
	Column string
	// MaxIDs is the most IDs that are accepted; 0 means any number.
	MaxIDs int64

	create func(dir string) (storage, error)
}

// Spooled is a list in a temporary file. Close removes it.
type Spooled struct {
	source Source
	sum    Summary
	file   storage
}

// SpoolReader reads text once, to its end, checks it as [Source.Check] does, and keeps it in a temporary file.
func SpoolReader(ctx context.Context, r io.Reader, o SpoolOptions) (*Spooled, error) {
	open := func() (io.ReadCloser, error) {
		if r == nil {
			return nil, errNoSource
		}
		return io.NopCloser(r), nil
	}
	if o.Column != "" {
		return spool(ctx, ColumnReader(o.Name, o.Column, open), o)
	}
	return spool(ctx, Reader(o.Name, open), o)
}

// SpoolSeq walks an iterator once, to its end or first error, checks the IDs as [Source.Check] does, and keeps them in a
// temporary file.
func SpoolSeq(ctx context.Context, seq iter.Seq2[int64, error], o SpoolOptions) (*Spooled, error) {
	return spool(ctx, Source{name: safeName(o.Name), label: theIterator, open: func() (lines, error) {
		if seq == nil {
			return nil, errNoSource
		}
		return &seqLines{chunks: untilError(ctx, seq)}, nil
	}}, o)
}

// untilError is chunked for an iterator that may end with an error.
func untilError(ctx context.Context, seq iter.Seq2[int64, error]) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		var (
			failed error
			walked int64
		)
		ids := func(yield func(int64) bool) {
			for id, err := range seq {
				if failed = cmp.Or(err, ctx.Err()); failed != nil || !yield(id) {
					return
				}
				walked++
			}
		}
		for c := range chunked(ids) {
			if !yield(c) {
				return
			}
		}
		if failed != nil {
			yield(chunk{err: fmt.Errorf("after %d IDs: %w", walked, failed)})
		}
	}
}

func spool(ctx context.Context, from Source, o SpoolOptions) (*Spooled, error) {
	create := o.create
	if create == nil {
		create = createTemp
	}
	file, err := create(o.Dir)
	if err != nil {
		return nil, from.wrap(fmt.Errorf("making a temporary file: %w", err))
	}
	kept := int64(0)
	sum, err := from.pass(ctx, func(text []byte, ids int) error {
		if kept += int64(ids); o.MaxIDs > 0 && kept > o.MaxIDs {
			return wire.Plain(fmt.Sprintf("more than the %d IDs accepted", o.MaxIDs), api.ErrTooLarge)
		}
		if err := writeAll(file, text); err != nil {
			return fmt.Errorf("writing a temporary file: %w", withoutPath(err))
		}
		return nil
	})
	if err != nil {
		return nil, from.wrap(errors.Join(err, withoutPath(file.Close())))
	}
	source := Reader(from.name, func() (io.ReadCloser, error) {
		return pathless{io.NopCloser(io.NewSectionReader(file, 0, sum.Bytes))}, nil
	})
	source.label = from.label
	return &Spooled{source: source, sum: sum, file: file}, nil
}

// Source is the list. It can be read any number of times, and at the same time, until Close.
func (s *Spooled) Source() Source { return s.source }

// Summary is what a check of the list finds.
func (s *Spooled) Summary() Summary { return s.sum }

// Close removes the list. A second call is an error.
func (s *Spooled) Close() error { return withoutPath(s.file.Close()) }
