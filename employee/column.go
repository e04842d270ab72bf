package employee

import (
	"io"
	"iter"

	"github.com/pronet-go/pronet/internal/idfile"
	"github.com/pronet-go/pronet/internal/wire"
)

// IDColumn is the list of the IDs in one column of the table in the file at path, as spreadsheet programs, databases and
// CRMs save it: CSV with a heading. The file is opened when the list is used.
//
// The heading is the first line, of the first 50, with the column's name in it; case counts only if several names differ
// in nothing else. What stands above it is passed over, such as notes, or the line "sep=;". The separator is that of
// such a line, or the comma, semicolon, tab or bar that separates the name from the others. The text is UTF-8 or
// UTF-16, with a byte order mark or without, with line ends of any system, and with quotes around texts or without.
//
// Empty rows, and rows without anything in the column, are passed over. Space around an ID does not count. Whatever else
// is no ID is refused with a [LineError] that says what to do: a number that a spreadsheet shortened (4.1870215E+11,
// whose digits are gone), one with a decimal point or marks between its digits, a row with more cells than the heading
// or that ends before the column, a quote that is missing, a row of more than 1 MiB, a table without the column. One row
// is held in memory at a time.
func IDColumn(path, column string) IDSource { return IDSource{idfile.Column(path, column)} }

// IDColumnReader is IDColumn for the table in the text that open gives, as in [IDReader].
func IDColumnReader(name, column string, open func() (io.ReadCloser, error)) IDSource {
	return IDSource{idfile.ColumnReader(name, column, open)}
}

// RefColumn walks the references in one column of a table as [IDColumn] reads it: with [ProfileURL] those in a column of
// addresses, such as the column URL of LinkedIn's Connections.csv, and with [Shorthand] those in a column of names.
// Empty cells are passed over, and space around a text does not count.
//
// A cell that is not a valid reference, such as the address of a company, is both a [*LineError], which says where it is
// and why, and an [ErrInvalidRef]. That or any other error comes once and ends the walk; a column without any text is
// [ErrNoIDs]. The file is opened anew for each walk. Spellings of one profile are yielded as often as they stand there:
// [Ref.Key] tells them, and jobs send the first only.
func RefColumn(path, column string, ref func(text string) Ref) iter.Seq2[Ref, error] {
	return refs(idfile.Cells(path, column), ref)
}

// RefColumnReader is RefColumn for the table in the text that open gives, as in [IDReader].
func RefColumnReader(name, column string, ref func(text string) Ref, open func() (io.ReadCloser, error)) iter.Seq2[Ref, error] {
	return refs(idfile.ReaderCells(name, column, open), ref)
}

func refs(cells iter.Seq2[idfile.Cell, error], ref func(text string) Ref) iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		if ref == nil {
			yield(Ref{}, wire.Plain("employee: RefColumn was given nothing to make references with: Shorthand or ProfileURL", ErrInvalidRef))
			return
		}
		for cell, err := range cells {
			if err != nil {
				yield(Ref{}, listError(err))
				return
			}
			r := ref(cell.Text)
			if reason := r.invalid(); reason != "" {
				yield(Ref{}, listError(invalidCell{cell.Refuse(reason)}))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// invalidCell is an error about a cell, and an ErrInvalidRef.
type invalidCell struct{ error }

func (e invalidCell) Unwrap() []error { return []error{ErrInvalidRef, e.error} }
