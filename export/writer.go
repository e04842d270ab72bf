package export

import (
	"context"
	"errors"
	"iter"
	"reflect"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// Writer is where records go: a [*JSONLines], a [*CSV], a [*Table], or yours. One goroutine uses it at a time.
type Writer interface {
	// Write takes one record. It may keep it back, and write those kept back before.
	Write(ctx context.Context, record Record) error
	// Flush writes what was kept back.
	Flush(ctx context.Context) error
	// Stored is how many of the records that Write took are surely written: handed to the file's writer without an
	// error, or committed by the database.
	Stored() int64
}

var (
	errNoContext = wire.Plain("export: the context is nil", api.ErrInvalid)
	errNoWriter  = wire.Plain("export: the writer is none: NewJSONLines, NewCSV and NewTable return one", api.ErrInvalid)
	errNowhere   = wire.Plain("export: there is nothing to write to: the io.Writer is nil", api.ErrInvalid)
	errNoRecord  = wire.Plain("the record is nil", api.ErrInvalid)
)

// given refuses a record that is nil.
func given(record Record) error {
	if v := reflect.ValueOf(record); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return &RecordError{Err: errNoRecord}
	}
	return nil
}

// Copy writes records until they end, and flushes. It returns how many of them are surely written. To a file these are
// the first n of what it was given. To a [*Table] they are that as well, unless a Reject of [TableOptions] left some
// out or a batch had a profile twice: such a record is counted, and stored, with the last of its profile in the batch,
// so that after an error others may be counted before it.
//
// Columns whose paths a record of type R does not have are refused with a *[PathError] before the first record is read.
// It ends at the first error, of the records or of w; what came before an error of the records is still flushed. Both
// are found by errors.Is and errors.As. When ctx ends, what a table had not committed is rolled back; package
// database/sql does that by itself, and may still be at it when Copy returns. Copy closes nothing.
//
// To run again is safe with a [*Table], which writes each profile into its one row, and with a file of [CreateFile],
// which replaces the one before.
func Copy[R Record](ctx context.Context, records iter.Seq2[R, error], w Writer) (n int64, err error) {
	switch {
	case ctx == nil:
		return 0, errNoContext
	case w == nil:
		return 0, errNoWriter
	case records == nil:
		return 0, refusal("there are no records to walk: the iterator is nil")
	}
	if k, ok := w.(knower); ok {
		if err := k.know(reflect.TypeFor[R]()); err != nil {
			return 0, err
		}
	}
	before := w.Stored()
	for record, recordErr := range records {
		if recordErr != nil {
			err = recordErr
			break
		}
		if err = ctx.Err(); err != nil {
			break
		}
		if err = w.Write(ctx, record); err != nil {
			return w.Stored() - before, err
		}
	}
	if flushErr := w.Flush(ctx); err == nil || ctx.Err() == nil {
		err = errors.Join(err, flushErr)
	}
	return w.Stored() - before, err
}
