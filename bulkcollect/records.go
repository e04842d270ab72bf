package bulkcollect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/jsonlines"
	"github.com/pronet-go/pronet/internal/transport"
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
	stream, err := d.pipeline.Open(ctx, transport.Call{Op: d.ops.file, Path: []string{jobID, name}, MayRedirect: true, Options: options})
	if err != nil {
		return nil, err
	}
	return &File{ReadCloser: stream, Name: name, Length: stream.Length}, nil
}

func (d *core[R]) recordsWith(ctx context.Context, jobID string, o RecordsOptions, options ...api.CallOption) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		if err := check(nil, o); err != nil {
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

// FileError reports where a file could not be read on. The records before were good, and the file can be fetched again
// for 30 days without paying.
type FileError struct {
	// File is the provider's name of the file.
	File string
	// Line is the line, counted from 1, or 0 when the file could not be opened.
	Line int64
	// Offset is the offset of the line's first byte in the decompressed file.
	Offset int64
	// Err is what was wrong: api.ErrTooLarge for a line or file beyond the bounds, api.ErrUnexpectedResponse for content that is
	// not records, or the error of the download.
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
