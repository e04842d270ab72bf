package employee

import (
	"context"
	"io"
	"iter"

	"github.com/pronet-go/pronet/internal/idfile"
)

// SpoolOptions says how a list is spooled. The zero value is a good choice for a list of your own; set MaxIDs for one
// that a stranger sends.
type SpoolOptions struct {
	// Dir is the directory of the file; empty means the one of the system for temporary files, which may be in memory.
	Dir string
	// Name is what the list is called: its base name stands in errors and is the file name of an upload.
	Name string
	// MaxIDs is the most IDs that are accepted, duplicates included; 0 means any number. A longer list is
	// api.ErrTooLarge.
	MaxIDs int64
}

// SpooledIDs is a list in a temporary file, as text. Whoever made it closes it, when the last use of
// the list is over; a process that ends without that leaves nothing behind on systems that can remove an open file,
// and a file named pronet-ids-... on Windows.
type SpooledIDs struct{ spooled *idfile.Spooled }

// SpoolIDs keeps the IDs of an iterator that can be walked once only, such as the results of a search or the rows of a
// database, so that they can be used as an [IDSource]. The iterator is walked here, to its end or to its first error,
// which ends the spooling, as does the end of the context between two IDs. IDs are checked as they come: a wrong one is a
// [*LineError] with its position, and no IDs are [ErrNoIDs].
func SpoolIDs(ctx context.Context, seq iter.Seq2[int64, error], o SpoolOptions) (*SpooledIDs, error) {
	return spooled(idfile.SpoolSeq(ctx, seq, idfile.SpoolOptions{Dir: o.Dir, Name: o.Name, MaxIDs: o.MaxIDs}))
}

// SpoolIDReader keeps text that can be read once only, such as the body of a request, so that it can be used as an
// [IDSource]. The text is that of [IDReader], read here to its end and checked as it comes; a wrong line is a
// [*LineError]. The context is looked at between two reads; it does not interrupt one.
func SpoolIDReader(ctx context.Context, r io.Reader, o SpoolOptions) (*SpooledIDs, error) {
	return spooled(idfile.SpoolReader(ctx, r, idfile.SpoolOptions{Dir: o.Dir, Name: o.Name, MaxIDs: o.MaxIDs}))
}

func spooled(s *idfile.Spooled, err error) (*SpooledIDs, error) {
	if err != nil {
		return nil, err
	}
	return &SpooledIDs{s}, nil
}

// IDs is the list. It can be used any number of times, also at the same time, until Close.
func (s *SpooledIDs) IDs() IDSource { return IDSource{s.spooled.Source()} }

// Summary is what a check of the list finds.
func (s *SpooledIDs) Summary() IDSummary { return IDSummary(s.spooled.Summary()) }

// Close removes the file. Uses of the list that are under way then fail. A second call is an error.
func (s *SpooledIDs) Close() error { return s.spooled.Close() }
