// Package idfile reads and checks lists of employee IDs: files, readers, slices and iterators.
//
// The format is the one Coresignal documents for its ID files: CSV or TXT, one numeric ID a line, no heading. One wrong
// line makes the provider refuse the whole upload, so a list is read to its end and checked before anything is sent,
// and is read a second time as it is sent. Neither pass holds more than one small buffer, however long the list is.
//
// A byte order mark at the start, CRLF line ends, a missing line end after the last ID and one blank last line are
// accepted. Everything else is refused with a [LineError]: headings, further columns, spaces, tabs, quotes, signs,
// decimals, blank lines inside the list, zero, numbers above the largest int64, and leading zeros, which no ID printed
// as a JSON number can have. Duplicates are looked for on request only: [Source.Duplicates] counts them, and
// [Source.WriteDistinct] leaves them out.
//
// [Column] and [Cells] read one column of a table with a heading, as spreadsheet programs save it. They hold one row at a
// time.
package idfile
