package employee

import (
	"context"

	"github.com/pronet-go/pronet/internal/idfile"
)

// DuplicateOptions says how [IDSource.CheckDuplicates] works. The zero value reads the list once, and its answer is
// exact for lists with up to 734,000 different IDs.
type DuplicateOptions struct {
	// Memory is how many bytes the table of IDs may have, rounded down to a power of two; 0 means 8 MiB, which has room
	// for 734,000 IDs.
	Memory int64
	// MaxPasses is how many times the list may be read to compare more IDs than Memory has room for: each time after the
	// first decides about as many more as it has room for. 0 means once, and a negative number as often as it takes, up
	// to 1,024 times more, which is exact for 750 million IDs in 8 MiB.
	MaxPasses int
}

// IDDuplicates is what [IDSource.CheckDuplicates] found.
type IDDuplicates struct {
	// IDSummary is what the check of the list found. Its Count includes the duplicates.
	IDSummary
	// Duplicates is the number of IDs that were found to have been in the list before.
	Duplicates int64
	// Unchecked is the number of IDs that could be compared with some of the others only, as the memory and the passes
	// allowed were used up. There are at least Duplicates and at most Duplicates + Unchecked; 0 means exactly Duplicates.
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
// [IDSource.Check] does, with the same errors, and ends with [ErrIDsChanged] if the list is not the same when it is read
// again. Finding the lines of First takes another reading up to the last of them. [IDSource.WriteDistinct] is exact
// with one reading, and quicker for long lists, but needs a temporary file.
func (s IDSource) CheckDuplicates(ctx context.Context, o DuplicateOptions) (IDDuplicates, error) {
	found, err := s.source.Duplicates(ctx, idfile.DuplicatesOptions{Memory: o.Memory, MaxPasses: o.MaxPasses})
	if err != nil {
		return IDDuplicates{}, err
	}
	d := IDDuplicates{
		IDSummary: IDSummary(found.Summary), Duplicates: found.Duplicates, Unchecked: found.Unchecked, Passes: found.Passes,
	}
	for _, first := range found.First {
		d.First = append(d.First, DuplicateID(first))
	}
	return d, nil
}
