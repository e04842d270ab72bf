package bulkcollect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/jsonlines"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// File is a job's file as it arrives: gzip of one JSON object a line. Close it.
type File struct {
	io.ReadCloser
	// Name is the provider's name of the file.
	Name string
	// Length is its number of bytes, -1 when the provider did not say.
	Length int64
}

func (d *core[R]) openFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*File, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	stream, err := d.pipeline.Open(ctx, transport.Call{Op: d.ops.file, Path: []string{jobID, name}, MayRedirect: true, Options: options})
	if err != nil {
		return nil, err
	}
	return &File{ReadCloser: stream, Name: name, Length: stream.Length}, nil
}

func (d *core[R]) recordsWith(ctx context.Context, jobID string, o RecordsOptions, options ...api.CallOption) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		if err := cmp.Or(d.ready(ctx), check(nil, o)); err != nil {
			yield(nil, err)
			return
		}
		names, err := d.wait(ctx, jobID, o.Wait, options...)
		if err != nil {
			yield(nil, err)
			return
		}
		files := make([]RecordFile, len(names))
		for i, name := range names {
			files[i] = d.jobFile(jobID, name, options...)
		}
		d.recordsFrom(ctx, files, o)(yield)
	}
}

func (d *core[R]) fileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*R, error] {
	return d.recordsFrom(ctx, []RecordFile{d.jobFile(jobID, name, options...)}, RecordsOptions{})
}

func (d *core[R]) decodeRecords(name string, r io.Reader) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		if d.pipeline == nil {
			yield(nil, errNoDataset)
			return
		}
		if r == nil {
			yield(nil, &FileError{File: name, Err: errNoContent})
			return
		}
		lines := jsonlines.NewReader(r)
		for {
			line, err := lines.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, &FileError{File: name, Line: lines.Line(), Offset: lines.Offset(), Err: err})
				return
			}
			record, bad := decodeLine[R](d.pipeline.Decoder(), name, lines, line, false)
			if bad != nil {
				yield(nil, bad)
				return
			}
			if !yield(record, nil) {
				return
			}
		}
	}
}

// FileError reports where reading a file failed. The records before were good, and the file can be fetched again for 30
// days without paying.
type FileError struct {
	// File is the provider's name of the file.
	File string
	// Line is the line, counted from 1, or 0 when the file could not be opened.
	Line int64
	// Offset is the offset of the line's first byte in the decompressed file.
	Offset int64
	// Err is what was wrong: api.ErrTooLarge for a line or file beyond the bounds, api.ErrUnexpectedResponse for
	// content that is not records, or the error of the download.
	Err error
}

// Error names file, line and reason.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("bulkcollect: file %.300q: %s", e.File, api.Describe(e.Err))
	}
	return fmt.Sprintf("bulkcollect: file %.300q, line %d: %s", e.File, e.Line, api.Describe(e.Err))
}

// Unwrap returns Err.
func (e *FileError) Unwrap() error { return e.Err }

// RecordFile is a file of records, gzip or plain, one JSON object a line: on disk, in memory, at the provider, or
// wherever Open finds it.
type RecordFile struct {
	// Name stands in errors and in the records' Origin.
	Name string
	// Open returns the file's content from its beginning, each time. It is called on a goroutine of the walk, as is the
	// content's Read; the context is cancelled when the walk ends. The walk closes what Open returned, once. If its
	// Read blocks while the walk ends, it is closed from another goroutine, which must end the Read, as it does for
	// connections and pipes: a Read that does not end keeps the loop from ending.
	Open func(ctx context.Context) (io.ReadCloser, error)

	// fromJob marks a file of the provider: it is opened when its turn has come, its Read ends with the context, and
	// the error of Open names the call already.
	fromJob bool
}

// DiskFile is a file on disk. Its Name is the path.
func DiskFile(path string) RecordFile {
	return RecordFile{Name: path, Open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }}
}

// MemoryFile is a file in memory. The content must not be changed while it is read.
func MemoryFile(name string, content []byte) RecordFile {
	return RecordFile{Name: name, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}
}

func (d *core[R]) jobFile(jobID, name string, options ...api.CallOption) RecordFile {
	options = append(slices.Clip(options), api.WithMeta(nil))
	return RecordFile{Name: name, fromJob: true, Open: func(ctx context.Context) (io.ReadCloser, error) {
		file, err := d.openFile(ctx, jobID, name, options...)
		if err != nil {
			return nil, err
		}
		return file, nil
	}}
}

var errNoContent = wire.Plain("there is nothing to read from: the reader is nil", api.ErrInvalid)

var errInterrupted = errors.New("bulkcollect: the walk has ended")

// sources are the files that a walk reads at the moment.
type sources struct {
	mu          sync.Mutex
	open        map[*fileSource]bool
	interrupted bool
}

// fileSource is one of them. It is closed where it is read, unless a Read blocks when the walk ends.
type fileSource struct {
	all       *sources
	content   io.ReadCloser
	closeable bool // while it is read
	reading   bool
	closed    bool
}

func (s *sources) add(content io.ReadCloser, closeable bool) *fileSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[*fileSource]bool)
	}
	f := &fileSource{all: s, content: content, closeable: closeable}
	s.open[f] = true
	return f
}

// interrupt ends the Reads in progress, and lets no other begin.
func (s *sources) interrupt() {
	s.mu.Lock()
	s.interrupted = true
	var blocked []*fileSource
	for f := range s.open {
		if f.reading && f.closeable && !f.closed {
			f.closed = true
			blocked = append(blocked, f)
		}
	}
	s.mu.Unlock()
	for _, f := range blocked {
		defer func() { _ = f.content.Close() }() // also when another one panics
	}
}

func (f *fileSource) Read(p []byte) (int, error) {
	if !f.begin() {
		return 0, errInterrupted
	}
	defer f.rest()
	return f.content.Read(p)
}

func (f *fileSource) begin() bool {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.reading = !f.all.interrupted
	return f.reading
}

func (f *fileSource) rest() {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.reading = false
}

// end closes the file, unless that is done.
func (f *fileSource) end() {
	f.all.mu.Lock()
	delete(f.all.open, f)
	closed := f.closed
	f.closed = true
	f.all.mu.Unlock()
	if !closed {
		_ = f.content.Close()
	}
}
