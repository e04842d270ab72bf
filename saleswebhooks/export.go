package saleswebhooks

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// ExportFormat is the format of an export.
type ExportFormat string

const (
	// CSV has the columns subscription_id, entity_type, linkedin_id, linkedin_url, status and created_at. It is the provider's
	// default, and the one that is documented.
	CSV ExportFormat = "csv"
	// JSON has no documented form: an array of objects, an object that holds one, and JSON Lines are read.
	JSON ExportFormat = "json"
)

// ExportStatus says which subscriptions are exported.
type ExportStatus string

// The values that the provider documents.
const (
	ExportAll       ExportStatus = "all"
	ExportActive    ExportStatus = "active"
	ExportCancelled ExportStatus = "cancelled"
)

// ExportOptions says what is exported.
type ExportOptions struct {
	// Format is [CSV] unless set.
	Format ExportFormat
	// Status is [ExportAll] unless set.
	Status ExportStatus
}

// ExportStream is an export as the provider sends it, read as it arrives. It must be closed.
type ExportStream struct {
	// ContentType is the response's.
	ContentType string
	// Framed reports that the response tells where it ends. One that does not, as of HTTP/1.0, may be cut without an error of
	// Read: Exported and Backup refuse it.
	Framed bool

	stream *transport.Stream
}

// Read reads the next bytes. An error is io.EOF or an *api.Error.
func (e *ExportStream) Read(p []byte) (int, error) { return e.stream.Read(p) }

// Close ends the export.
func (e *ExportStream) Close() error { return e.stream.Close() }

// Export opens an export of the subscriptions as the provider sends it. [Subscriptions.Exported] reads its rows.
//
// Source: document 001, "Export Subscriptions".
func (s *Subscriptions) Export(ctx context.Context, o ExportOptions, options ...api.CallOption) (*ExportStream, error) {
	op := &s.caller().rows.export
	query := url.Values{}
	switch o.Format {
	case "":
	case CSV, JSON:
		query.Set("format", string(o.Format))
	default:
		return nil, wire.Refuse(op, fmt.Errorf("the format %.20q is neither csv nor json", string(o.Format)))
	}
	if o.Status != "" {
		query.Set("status", string(o.Status))
	}
	stream, err := s.caller().pipeline.Open(ctx, transport.Call{Op: op, Query: query.Encode(), Options: options})
	if err != nil {
		return nil, detailed(err)
	}
	return &ExportStream{ContentType: stream.Header.Get("Content-Type"), Framed: stream.Framed, stream: stream}, nil
}

// errUnframed is of an export that would look whole if it were cut between two rows.
var errUnframed = wire.Plain("the export does not say where it ends, by a length or in chunks, so that a part of it would look whole (a proxy that speaks HTTP/1.0?)", nil)

// proven opens an export whose end can be proven: subscriptions are made and cancelled by what is not in it.
func (s *Subscriptions) proven(ctx context.Context, o ExportOptions, options []api.CallOption) (*ExportStream, error) {
	export, err := s.Export(ctx, o, options...)
	if err == nil && !export.Framed {
		_ = export.Close()
		return nil, exportError(&s.caller().rows.export, errUnframed)
	}
	return export, err
}

// Exported reads the rows of an export, in one call, however many there are. It is lazy, starts over with each loop (which
// is another call), and ends after an error. A response that is cut is an error, and so is one that does not say where it
// ends, before its first row: it could be cut unnoticed.
func (s *Subscriptions) Exported(ctx context.Context, o ExportOptions, options ...api.CallOption) iter.Seq2[Subscription, error] {
	op := &s.caller().rows.export
	return func(yield func(Subscription, error) bool) {
		export, err := s.proven(ctx, o, options)
		if err != nil {
			yield(Subscription{}, err)
			return
		}
		defer func() { _ = export.Close() }()
		for sub, err := range ReadExport(export, o.Format) {
			if err != nil {
				err = exportError(op, err)
			}
			if !yield(sub, err) || err != nil {
				return
			}
		}
	}
}

// errNoStatus is of a row from which nothing can be concluded: a cancelled subscription would look as if it watched its entity.
var errNoStatus = wire.Plain("a row of the export does not say whether its subscription is cancelled", nil)

// decided reads what exists, as CSV, for what is made and cancelled by it: a row without a status is an error.
func (s *Subscriptions) decided(ctx context.Context, options []api.CallOption) iter.Seq2[Subscription, error] {
	return func(yield func(Subscription, error) bool) {
		for sub, err := range s.Exported(ctx, ExportOptions{}, options...) {
			if err == nil && sub.Status == "" {
				sub, err = Subscription{}, exportError(&s.caller().rows.export, errNoStatus)
			}
			if !yield(sub, err) || err != nil {
				return
			}
		}
	}
}

// exportError makes an error of the call's of one that was found while reading.
func exportError(op *wire.Op, err error) error {
	if _, ours := errors.AsType[*api.Error](err); ours {
		return err
	}
	return wire.NewError(op, api.ErrUnexpectedResponse, err)
}

// ReadExport reads the rows of an export that was kept, such as a file of [Subscriptions.Backup]. The errors say what is
// wrong with the text, and nothing of it. A text that was cut between two rows, or in the last field of one, looks whole.
func ReadExport(r io.Reader, format ExportFormat) iter.Seq2[Subscription, error] {
	read := csvRows
	if format == JSON {
		read = jsonRows
	}
	return func(yield func(Subscription, error) bool) {
		bounded := &rowReader{r: r, left: maxRow}
		buffered := bufio.NewReader(bounded)
		if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
			_, _ = buffered.Discard(3)
		}
		if err := read(bounded, buffered, func(sub Subscription) bool { return yield(sub, nil) }); err != nil {
			yield(Subscription{}, err)
		}
	}
}

// errNothingToKeep is of an export that would replace a backup: the provider keeps cancelled subscriptions too.
var errNothingToKeep = wire.Plain("the export has no row, so the backup that is there was not replaced", nil)

// Backup writes an export of all subscriptions to a file, as CSV. The file has its name only when it is complete, which is
// never so of a response that does not say where it ends; one that is there already is replaced,
// unless the export has no row at all. [Subscriptions.Restore] reads it.
func (s *Subscriptions) Backup(ctx context.Context, file string, options ...api.CallOption) (err error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	export, err := s.proven(ctx, ExportOptions{Format: CSV, Status: ExportAll}, options)
	if err != nil {
		return err
	}
	defer func() { _ = export.Close() }()
	name := filepath.Base(file)
	temp := name + ".partial"
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out)
	copied := io.TeeReader(export, buffered)
	rows := 0
	for _, err = range ReadExport(copied, CSV) { // what is no export is not kept
		if err != nil {
			err = exportError(&s.caller().rows.export, err)
			break
		}
		rows++
	}
	if err == nil && rows == 0 {
		if _, statErr := root.Lstat(name); statErr == nil {
			err = exportError(&s.caller().rows.export, errNothingToKeep)
		}
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		_ = root.Remove(temp)
		return err
	}
	return durable.Rename(root, temp, name)
}
