package bulkcollect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
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

// OpenFile opens one of a job's files, by the name that Files or Wait returned. It can be opened again for 30 days without
// paying. Cancelling the context ends the stream.
//
// Source: document 000, "Bulk Collect endpoints".
func (d *Dataset[R]) OpenFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*File, error) {
	stream, err := d.pipeline.Open(ctx, transport.Call{Op: &d.ops.file, Path: []string{jobID, name}, MayRedirect: true, Options: options})
	if err != nil {
		return nil, err
	}
	return &File{ReadCloser: stream, Name: name, Length: stream.Length}, nil
}

// Records waits for a job and walks the records of all its files, in order, as they arrive. It is lazy, starts anew with
// each loop (a file can be fetched again without paying), and ends after an error: a *[FileError] when a file is cut, is
// not what it should be, or has a line that is no record.
func (d *Dataset[R]) Records(ctx context.Context, jobID string, options ...api.CallOption) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		files, err := d.Wait(ctx, jobID, WaitOptions{}, options...)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, name := range files {
			for record, err := range d.FileRecords(ctx, jobID, name, options...) {
				if !yield(record, err) || err != nil {
					return
				}
			}
		}
	}
}

// FileRecords walks the records of one file, as [Dataset.Records] does of all.
func (d *Dataset[R]) FileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		file, err := d.OpenFile(ctx, jobID, name, options...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = file.Close() }()
		for record, err := range d.decode(file) {
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// DecodeRecords walks the records in a file that was stored: gzip or plain, one JSON object a line. Name stands in errors.
func (d *Dataset[R]) DecodeRecords(name string, r io.Reader) iter.Seq2[*R, error] {
	return d.decode(&File{ReadCloser: io.NopCloser(r), Name: name, Length: -1})
}

func (d *Dataset[R]) decode(file *File) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		lines := jsonlines.NewReader(file)
		for {
			line, err := lines.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			var record *R
			if err == nil {
				if record, err = employee.DecodeWith[R](d.pipeline.Decoder(), line); err != nil {
					err = api.Plain("the line is not a record", fmt.Errorf("%w: %w", api.ErrUnexpectedAnswer, err))
				}
			}
			if err != nil {
				yield(nil, &FileError{File: file.Name, Line: lines.Line(), Offset: lines.Offset(), Err: err})
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
	// Line is the line, counted from 1.
	Line int64
	// Offset is the offset of the line's first byte in the decompressed file.
	Offset int64
	// Err is what was wrong: api.ErrTooLarge for a line or file beyond the bounds, api.ErrUnexpectedAnswer for content that is
	// not records, or the error of the download.
	Err error
}

// Error names file, line and reason.
func (e *FileError) Error() string {
	return fmt.Sprintf("bulkcollect: file %.100q, line %d: %s", e.File, e.Line, api.Describe(e.Err))
}

// Unwrap returns Err.
func (e *FileError) Unwrap() error { return e.Err }
