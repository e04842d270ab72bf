package employee

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/idfile"
)

// IDSource is a list of employee IDs: a file, a reader, a slice or an iterator. It is read again for every pass and
// never held in memory as a whole, so that lists of many millions pass. Its uses may run at once as far as what it was
// made of allows that. The zero IDSource holds nothing and every use of it fails.
//
// Text is CSV or TXT with one positive decimal ID a line and no heading, as Coresignal documents its ID files. A byte
// order mark, CRLF line ends, a missing last line end and one blank last line are accepted; everything else (spaces,
// quotes, signs, leading zeros, further columns) is refused with a [LineError]. [IDColumn] reads tables instead.
type IDSource struct{ source idfile.Source }

// IDFile is the list in the regular file at path. The file is opened when the list is used.
func IDFile(path string) IDSource { return IDSource{idfile.File(path)} }

// IDReader is the list in the text that open gives. It is called for every pass and must give the same text each time.
// The base name of name stands in errors and is the file name of an upload.
func IDReader(name string, open func() (io.ReadCloser, error)) IDSource {
	return IDSource{idfile.Reader(name, open)}
}

// IDs is the list of the given IDs, which are copied.
func IDs(ids ...int64) IDSource { return IDSource{idfile.IDs(ids)} }

// IDSeq is the list that an iterator walks. It is walked for every pass and must give the same IDs each time; if it
// does not, sending it ends with [ErrIDsChanged].
func IDSeq(seq iter.Seq[int64]) IDSource { return IDSource{idfile.Seq(seq)} }

// IDSummary is what a check of a list found. Equal summaries mean the same IDs in the same order.
type IDSummary struct {
	// Count is the number of IDs, duplicates included.
	Count int64
	// Bytes is the length of the text that [IDSource.Open] gives.
	Bytes int64
	// Hash is the SHA-256 of that text.
	Hash [32]byte
}

var (
	// ErrNoIDs reports an empty list.
	ErrNoIDs = idfile.ErrNoIDs

	// ErrIDsChanged reports a list that was not the same when it was read again to be sent.
	ErrIDsChanged = idfile.ErrSourceChanged
)

// LineError reports the first line of a list that is not one ID, or the first row of a table that has not what it should
// have in its column. Its text shows at most 20 bytes of the line or cell; for a table without the column, the names of
// its columns.
type LineError struct {
	// Line is the number of the line, counted from 1. For IDs that do not come from text it is their position, and for a
	// row of a table its first line.
	Line int
	// Offset is the byte offset of the offending byte, or of the start of the line where the whole line is at fault. For
	// a row of a table it is where the row begins in the text as UTF-8, with line feeds and without a byte order mark.
	Offset int64
	// Reason says what is wrong, without the text of the line.
	Reason string

	text string
}

// Error gives the position, the reason and at most the first 20 bytes of the line or cell, quoted.
func (e *LineError) Error() string {
	if e.text == "" {
		return fmt.Sprintf("line %d, byte %d: %s", e.Line, e.Offset, e.Reason)
	}
	return e.text
}

// badLine is an error in which errors.As finds the LineError too.
type badLine struct {
	error
	line *LineError
}

func (e *badLine) Unwrap() []error { return []error{e.line, e.error} }

// listError adds the LineError that a list's error is about.
func listError(err error) error {
	if bad, ok := errors.AsType[*idfile.LineError](err); ok {
		return &badLine{err, &LineError{Line: bad.Line, Offset: bad.Offset, Reason: bad.Reason, text: bad.Error()}}
	}
	return err
}

// Name is a file name for the list, without directories.
func (s IDSource) Name() string { return s.source.Name() }

// Check reads the whole list and counts it. It fails with a [*LineError], with [ErrNoIDs], with the error of the
// context, or with what opening and reading reported.
func (s IDSource) Check(ctx context.Context) (IDSummary, error) {
	sum, err := s.source.Check(ctx)
	return IDSummary(sum), listError(err)
}

// Open reads the list again as plain text, one ID and a line feed a line, checked.Bytes long. If the list is not the
// one that was checked, the reader fails with [ErrIDsChanged] before its last byte. The caller closes it.
func (s IDSource) Open(checked IDSummary) (io.ReadCloser, error) {
	return s.source.Open(idfile.Summary(checked))
}

// All walks the IDs in their order and opens the source again each time. An error, of the kinds that [IDSource.Check]
// reports, comes once, with ID 0, and ends the walk.
func (s IDSource) All(ctx context.Context) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for id, err := range s.source.All(ctx) {
			if !yield(id, listError(err)) {
				return
			}
		}
	}
}

// SpoolOptions says how a list is spooled. The zero value is a good choice for a list of your own; set MaxIDs for one
// that somebody else sends.
type SpoolOptions struct {
	// Dir is the directory of the file; empty means the one of the system for temporary files, which may be in memory.
	Dir string
	// Name is what the list is called: its base name stands in errors and is the file name of an upload.
	Name string
	// MaxIDs is the most IDs that are accepted, duplicates included; 0 means any number. A longer list is
	// api.ErrTooLarge.
	MaxIDs int64
	// Column says that the text is a table, and names the column of the IDs, as in [IDColumn]. Empty means a plain list.
	// It is for text, and does nothing for an iterator.
	Column string
}

// SpooledIDs is a list in a temporary file, as text. Close it when the last use of the list is over; a process that
// ends without that leaves nothing behind on systems that can remove an open file, and a file named pronet-ids-... on
// Windows. The zero SpooledIDs has a list that holds nothing.
type SpooledIDs struct{ spooled *idfile.Spooled }

// SpoolIDs keeps the IDs of an iterator that can be walked once only, such as the results of a search or the rows of a
// database, so that they can be used as an [IDSource]. The iterator is walked here, to its end or to its first error,
// which ends the spooling, as does the end of the context between two IDs. IDs are checked as they come: a wrong one is
// a [*LineError] with its position, and no IDs are [ErrNoIDs].
func SpoolIDs(ctx context.Context, seq iter.Seq2[int64, error], o SpoolOptions) (*SpooledIDs, error) {
	return spooled(idfile.SpoolSeq(ctx, seq, idfile.SpoolOptions{Dir: o.Dir, Name: o.Name, MaxIDs: o.MaxIDs}))
}

// SpoolIDReader keeps text that can be read once only, such as the body of a request, so that it can be used as an
// [IDSource]. The text is that of [IDReader], read here to its end and checked as it comes; a wrong line is a
// [*LineError]. The context is checked between two reads; it does not interrupt one.
func SpoolIDReader(ctx context.Context, r io.Reader, o SpoolOptions) (*SpooledIDs, error) {
	return spooled(idfile.SpoolReader(ctx, r, idfile.SpoolOptions{Dir: o.Dir, Name: o.Name, Column: o.Column, MaxIDs: o.MaxIDs}))
}

func spooled(s *idfile.Spooled, err error) (*SpooledIDs, error) {
	if err != nil {
		return nil, listError(err)
	}
	return &SpooledIDs{s}, nil
}

// IDs is the list. It can be used any number of times, also at the same time, until Close.
func (s *SpooledIDs) IDs() IDSource {
	if s == nil || s.spooled == nil {
		return IDSource{}
	}
	return IDSource{s.spooled.Source()}
}

// Summary is what a check of the list finds.
func (s *SpooledIDs) Summary() IDSummary {
	if s == nil || s.spooled == nil {
		return IDSummary{}
	}
	return IDSummary(s.spooled.Summary())
}

// Close removes the file. Uses of the list in progress then fail. A second call is an error.
func (s *SpooledIDs) Close() error {
	if s == nil || s.spooled == nil {
		return fmt.Errorf("employee: there is no list to close: %w", api.ErrInvalid)
	}
	return s.spooled.Close()
}

// DistinctOptions says how [IDSource.WriteDistinct] works. The zero value is a good choice.
type DistinctOptions struct {
	// Dir is the directory for a temporary file, which nobody else can open and which is gone afterwards; empty means
	// the one of the system. Only lists that do not fit into Memory need it: 16 bytes for each further ID.
	Dir string
	// Memory is how many bytes the table of IDs may have, rounded down to a power of two; 0 means 8 MiB, which has room
	// for 734,000 IDs. A longer list takes a megabyte of buffers and one bit for each further ID in addition.
	Memory int64
}

// DistinctIDs is what [IDSource.WriteDistinct] wrote.
type DistinctIDs struct {
	// Count is the number of IDs written.
	Count int64
	// Duplicates is the number of IDs left out, since they had been there before.
	Duplicates int64
	// Bytes is the length of the text written.
	Bytes int64
	// Hash is the SHA-256 of that text.
	Hash [32]byte
}

// Summary is what a check of the written text finds; [IDSource.Open] takes it.
func (d DistinctIDs) Summary() IDSummary {
	return IDSummary{Count: d.Count, Bytes: d.Bytes, Hash: d.Hash}
}

// WriteDistinct writes the list to w as plain text, one ID and a line feed a line: each ID once, where it occurs first,
// in the order of the list. The result is exact at any size. The list is read once, so that one which can be read only
// once will do, and is checked as [IDSource.Check] checks it. After an error, of the kinds that Check reports or of
// writing, what was written must not be used.
func (s IDSource) WriteDistinct(ctx context.Context, w io.Writer, o DistinctOptions) (DistinctIDs, error) {
	if w == nil {
		return DistinctIDs{}, fmt.Errorf("employee: the writer is nil: %w", api.ErrInvalid)
	}
	d, err := s.source.WriteDistinct(ctx, w, idfile.DistinctOptions{Dir: o.Dir, Memory: o.Memory})
	return DistinctIDs{Count: d.Count, Duplicates: d.Duplicates, Bytes: d.Bytes, Hash: d.Hash}, listError(err)
}

// DuplicateOptions says how [IDSource.CheckDuplicates] works. The zero value reads the list once, and its result is
// exact for lists with up to 734,000 different IDs.
type DuplicateOptions struct {
	// Memory is how many bytes the table of IDs may have, rounded down to a power of two; 0 means 8 MiB, which has room
	// for 734,000 IDs.
	Memory int64
	// MaxPasses is how many times the list may be read to compare more IDs than Memory has room for: each time after
	// the first decides about as many more as it has room for. 0 means once, and a negative number as often as it
	// takes, up to 1,024 times more, which is exact for 750 million IDs in 8 MiB.
	MaxPasses int
}

// IDDuplicates is what [IDSource.CheckDuplicates] found.
type IDDuplicates struct {
	// IDSummary is what the check of the list found. Its Count includes the duplicates.
	IDSummary
	// Duplicates is the number of IDs that were found to have been in the list before.
	Duplicates int64
	// Unchecked is the number of IDs that could be compared with some of the others only, as the memory and the passes
	// allowed were used up. There are at least Duplicates and at most Duplicates + Unchecked; 0 means exactly
	// Duplicates.
	Unchecked int64
	// First are those of the duplicates found that come first in the list, at most ten.
	First []DuplicateID
	// Passes is how many times the list was read to compare its IDs.
	Passes int
}

// DuplicateID is an ID that is in a list again.
type DuplicateID struct {
	ID int64
	// Line is the line where it is again, and FirstLine the one where it is first; the first of a list is 1. For IDs
	// that do not come from text it is their position.
	Line, FirstLine int64
}

// CheckDuplicates looks for IDs that are in the list more than once, in bounded memory. It checks the list as
// [IDSource.Check] does, with the same errors, and ends with [ErrIDsChanged] if the list is not the same when it is
// read again. Finding the lines of First takes another reading up to the last of them. [IDSource.WriteDistinct] is
// exact with one reading, and quicker for long lists, but needs a temporary file.
func (s IDSource) CheckDuplicates(ctx context.Context, o DuplicateOptions) (IDDuplicates, error) {
	found, err := s.source.Duplicates(ctx, idfile.DuplicatesOptions{Memory: o.Memory, MaxPasses: o.MaxPasses})
	if err != nil {
		return IDDuplicates{}, listError(err)
	}
	d := IDDuplicates{
		IDSummary: IDSummary(found.Summary), Duplicates: found.Duplicates, Unchecked: found.Unchecked, Passes: found.Passes,
	}
	for _, first := range found.First {
		d.First = append(d.First, DuplicateID(first))
	}
	return d, nil
}
