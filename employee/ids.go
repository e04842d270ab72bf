package employee

import (
	"context"
	"io"
	"iter"

	"github.com/pronet-go/pronet/internal/idfile"
)

// IDSource is a list of employee IDs: a file, a reader, a slice or an iterator. It is read anew for every pass and
// never held in memory as a whole, so that lists of many millions pass. Its uses may run at once as far as what it was
// made of allows that. The zero IDSource holds nothing and every use of it fails.
//
// Text is CSV or TXT with one positive decimal ID a line and no heading, as Coresignal documents its ID files. A byte
// order mark, CRLF line ends, a missing last line end and one blank last line are accepted; everything else (spaces,
// quotes, signs, leading zeros, further columns) is refused with a [LineError].
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

// LineError reports the first line of a list that is not one ID: Line counts from 1, Offset is the byte offset of the
// offending byte, or of the start of the line where the whole line is at fault, and Reason says what is wrong. Its text
// shows at most 20 bytes of the line.
type LineError = idfile.LineError

// Name is a file name for the list, without directories.
func (s IDSource) Name() string { return s.source.Name() }

// Check reads the whole list and counts it. It fails with a [*LineError], with [ErrNoIDs], with the error of the
// context, or with what opening and reading reported.
func (s IDSource) Check(ctx context.Context) (IDSummary, error) {
	sum, err := s.source.Check(ctx)
	return IDSummary(sum), err
}

// Open reads the list again as plain text, one ID and a line feed a line, checked.Bytes long. If the list is not the
// one that was checked, the reader fails with [ErrIDsChanged] before its last byte. The caller closes it.
func (s IDSource) Open(checked IDSummary) (io.ReadCloser, error) {
	return s.source.Open(idfile.Summary(checked))
}

// All walks the IDs in their order and opens the source anew each time. An error, of the kinds that [IDSource.Check]
// reports, comes once, with ID 0, and ends the walk.
func (s IDSource) All(ctx context.Context) iter.Seq2[int64, error] { return s.source.All(ctx) }
