package employee

import (
	"context"
	"io"

	"github.com/pronet-go/pronet/internal/idfile"
)

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
// in the order of the list. The answer is exact at any size. The list is read once, so that one which can be read only
// once will do, and is checked as [IDSource.Check] checks it. After an error, of the kinds that Check reports or of
// writing, what was written is good for nothing.
func (s IDSource) WriteDistinct(ctx context.Context, w io.Writer, o DistinctOptions) (DistinctIDs, error) {
	d, err := s.source.WriteDistinct(ctx, w, idfile.DistinctOptions{Dir: o.Dir, Memory: o.Memory})
	return DistinctIDs{Count: d.Count, Duplicates: d.Duplicates, Bytes: d.Bytes, Hash: d.Hash}, err
}
