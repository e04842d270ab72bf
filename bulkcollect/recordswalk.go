package bulkcollect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/jsonlines"
	"github.com/pronet-go/pronet/internal/ordered"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	defaultMaxWorkers = 16
	maxWorkers        = 64
	maxReaders        = 8
	spareBlocks       = 3
	// maxElements is how many elements of lists and objects a block may have to be one of several in flight: in records
	// they are twice as far apart, and the rows of many small ones need far more memory than their text.
	maxElements = jsonlines.BlockSize / 8
)

// RecordsOptions says how records are read. The zero value reads them in order and keeps their JSON.
type RecordsOptions struct {
	// Workers is the number of goroutines that decode, at most 64; 0 means GOMAXPROCS, at most 16. One more reads the
	// file. Each needs less than a MiB.
	Workers int
	// Unordered yields records as they are ready and reads several files at a time, up to 8. An error then ends the
	// walk before records that stood in front of it may have come.
	Unordered bool
	// DropRaw reads records that do not keep their JSON, which is about half of their memory: Raw is nil, Unknown is
	// empty, and writing one as JSON loses the fields that its type does not know and those that are zero.
	DropRaw bool
	// OnBadLine, if not nil, is called for each line that is not a record, on the caller's goroutine and between the
	// records around it. The walk continues if it returns nil; otherwise it yields the error and ends. What is wrong
	// with a whole file, such as one that is cut off or has a line beyond 16 MiB, ends the walk in any case.
	OnBadLine func(*FileError) error
	// Wait says how RecordsWith waits for the job.
	Wait WaitOptions
}

func (d *core[R]) recordsFrom(ctx context.Context, files []RecordFile, o RecordsOptions) iter.Seq2[*R, error] {
	files = slices.Clone(files)
	return func(yield func(*R, error) bool) {
		if err := cmp.Or(d.ready(ctx), check(files, o)); err != nil {
			yield(nil, err)
			return
		}
		w := &recordWalk[R]{ctx: ctx, files: files, o: o, unmarshal: d.pipeline.Decoder(), large: make(chan struct{}, 1)}
		w.run(yield)
	}
}

func check(files []RecordFile, o RecordsOptions) error {
	if o.Workers < 0 {
		return fmt.Errorf("bulkcollect: the number of workers is negative: %w", api.ErrInvalid)
	}
	for _, file := range files {
		if file.Open == nil {
			return fmt.Errorf("bulkcollect: file %.300q has no Open: %w", file.Name, api.ErrInvalid)
		}
	}
	return nil
}

// recordWalk is one loop over the records of files.
type recordWalk[R any] struct {
	ctx       context.Context //nolint:containedctx // the caller's, of this loop
	files     []RecordFile
	o         RecordsOptions
	unmarshal func([]byte, any) error
	next      atomic.Int64  // the file to be read next
	large     chan struct{} // held by the one block that takes more memory than others
	sources   sources
}

// part is some lines of a file and what became of them.
type part[R any] struct {
	file  string
	block jsonlines.Block
	large bool
	found []found[R]
	err   error // of the file, instead of lines
}

// found is what became of a line: a record or not.
type found[R any] struct {
	record *R
	bad    *FileError
}

func (w *recordWalk[R]) run(yield func(*R, error) bool) {
	workers := min(w.o.Workers, maxWorkers)
	if workers == 0 {
		workers = min(runtime.GOMAXPROCS(0), defaultMaxWorkers)
	}
	readers := 1
	if w.o.Unordered {
		readers = max(1, min(len(w.files), workers, maxReaders))
	}
	line := ordered.Line[*part[R]]{Work: w.decode, Workers: workers, Unordered: w.o.Unordered, Interrupt: w.sources.interrupt}
	for range readers {
		line.Make = append(line.Make, w.read)
	}
	for range workers + readers + spareBlocks {
		line.Pieces = append(line.Pieces, &part[R]{})
	}
	if err := line.Run(w.ctx, func(p *part[R]) bool { return w.take(p, yield) }); err != nil {
		yield(nil, fmt.Errorf("bulkcollect: while reading records: %w", causeOf(w.ctx, err)))
	}
}

// read reads files, on a goroutine of its own.
func (w *recordWalk[R]) read(ctx context.Context, m *ordered.Maker[*part[R]]) {
	for {
		i := int(w.next.Add(1) - 1)
		if i >= len(w.files) {
			return
		}
		file := w.files[i]
		if file.fromJob && i > 0 && !w.o.Unordered && !m.Settle() {
			return
		}
		if err := w.readFile(ctx, m, file); err != nil {
			if p, ok := m.Next(); ok {
				p.file, p.err = file.Name, err
				p.block.Text = p.block.Text[:0]
				m.Send()
			}
			return
		}
	}
}

// readFile sends the lines of one file.
func (w *recordWalk[R]) readFile(ctx context.Context, m *ordered.Maker[*part[R]], file RecordFile) error {
	content, err := file.Open(ctx)
	if err == nil && content == nil {
		err = errNoContent
	}
	if err != nil {
		if file.fromJob {
			return err
		}
		return &FileError{File: file.Name, Err: err}
	}
	source := w.sources.add(content, !file.fromJob)
	defer source.end()
	blocks := jsonlines.NewBlockReader(source)
	for {
		p, ok := m.Next()
		if !ok {
			return ctx.Err()
		}
		large := func() error { return w.makeLarge(ctx, p) }
		err := blocks.Read(&p.block, large)
		if err == nil && !p.large && elements(p.block.Text) > maxElements {
			err = large()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &FileError{File: file.Name, Line: p.block.Line, Offset: p.block.Offset, Err: err}
		}
		p.file = file.Name
		m.Send()
	}
}

// makeLarge waits until no other block takes more memory than others.
func (w *recordWalk[R]) makeLarge(ctx context.Context, p *part[R]) error {
	select {
	case w.large <- struct{}{}:
		p.large = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// elements is how many elements the lists and objects of a text have at most.
func elements(text []byte) int {
	return bytes.Count(text, []byte(",")) + bytes.Count(text, []byte("["))
}

// decode reads the records of a part's lines, on a goroutine of a worker.
func (w *recordWalk[R]) decode(ctx context.Context, p *part[R]) {
	lines := p.block.Lines()
	for text := lines.Next(); text != nil && ctx.Err() == nil; text = lines.Next() {
		record, bad := decodeLine[R](w.unmarshal, p.file, &lines, text, w.o.DropRaw)
		p.found = append(p.found, found[R]{record, bad})
		if bad != nil && w.o.OnBadLine == nil {
			return
		}
	}
}

// take yields a part's records, and reports false when the walk is over.
func (w *recordWalk[R]) take(p *part[R], yield func(*R, error) bool) bool {
	for i, f := range p.found {
		p.found[i] = found[R]{} // the record is the caller's
		switch {
		case w.ctx.Err() != nil:
			return true // Run says so
		case f.bad == nil:
			if !yield(f.record, nil) {
				return false
			}
		case w.o.OnBadLine == nil:
			yield(nil, f.bad)
			return false
		default:
			if err := w.o.OnBadLine(f.bad); err != nil {
				yield(nil, err)
				return false
			}
		}
	}
	if p.err != nil {
		yield(nil, p.err)
		return false
	}
	p.found = p.found[:0]
	if p.large {
		p.large, p.block.Text = false, nil
		<-w.large
	}
	return true
}

// place is where a line stands.
type place interface {
	Line() int64
	Offset() int64
}

// decodeLine reads one line. Of the first it looks whether the file is one of this dataset at all.
func decodeLine[R any](unmarshal func([]byte, any) error, file string, at place, text []byte, dropRaw bool) (*R, *FileError) {
	record, err := employee.DecodeWith[R](text, employee.DecodeOptions{
		Unmarshal: unmarshal, Origin: employee.Origin{File: file, Line: at.Line()}, DropRaw: dropRaw,
	})
	reason := "the line is not a record"
	if err == nil && at.Line() == 1 {
		if err = employee.CheckDataset[R](text); err != nil {
			reason = err.Error()
		}
	}
	if err == nil {
		return record, nil
	}
	err = wire.Plain(reason, fmt.Errorf("%w: %w", api.ErrUnexpectedResponse, err))
	return nil, &FileError{File: file, Line: at.Line(), Offset: at.Offset(), Err: err}
}
