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
	return &ExportStream{ContentType: stream.Header.Get("Content-Type"), stream: stream}, nil
}

// Exported reads the rows of an export, in one call, however many there are. It is lazy, starts over with each loop (which
// is another call), and ends after an error. A response that is cut is an error, also where its framing does not tell.
func (s *Subscriptions) Exported(ctx context.Context, o ExportOptions, options ...api.CallOption) iter.Seq2[Subscription, error] {
	op := &s.caller().rows.export
	return func(yield func(Subscription, error) bool) {
		export, err := s.Export(ctx, o, options...)
		if err != nil {
			yield(Subscription{}, err)
			return
		}
		defer func() { _ = export.Close() }()
		for sub, err := range readExport(export, o.Format, export.stream.Framed) {
			if err != nil {
				err = exportError(op, err)
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
// wrong with the text, and nothing of it.
func ReadExport(r io.Reader, format ExportFormat) iter.Seq2[Subscription, error] {
	return readExport(r, format, true)
}

// Backup writes an export of all subscriptions to a file, as CSV. The file has its name only when it is complete; one that
// is there already is replaced. [Subscriptions.Restore] reads it.
func (s *Subscriptions) Backup(ctx context.Context, file string, options ...api.CallOption) (err error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	export, err := s.Export(ctx, ExportOptions{Format: CSV, Status: ExportAll}, options...)
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
	for _, err = range readExport(copied, CSV, export.stream.Framed) { // what is no export is not kept
		if err != nil {
			err = exportError(&s.caller().rows.export, err)
			break
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
