package idfile

import (
	"bytes"
	"errors"
	"fmt"
)

var (
	// ErrNoIDs reports a list that holds no ID at all.
	ErrNoIDs = errors.New("no IDs")

	// ErrSourceChanged reports a list that was not the same when it was read again after its check.
	ErrSourceChanged = errors.New("the IDs changed after they were checked")

	errNoSource     = errors.New("no source given")
	errSpillChanged = errors.New("a temporary file does not hold what was written to it")
)

const (
	maxExcerpt    = 20 // bytes of a refused line that an error shows
	byteOrderMark = "\xef\xbb\xbf"
)

// LineError reports the first line of a list that is not one ID.
type LineError struct {
	// Line is the number of the refused line; the first line is 1. For IDs that did not come from text it is the
	// position of the ID. For a row of a table it is the row's first line.
	Line int
	// Offset counts the bytes before the offending byte from the start of the text, a byte order mark included. Where
	// the whole line is at fault (a blank line, zero, a leading zero, a number that is too large) it is the start of
	// that line. For IDs that did not come from text it is the offset in the text they would make. For a row of a table
	// it is where the row begins in the text as UTF-8, with line feeds and without a mark.
	Offset int64
	// Reason says what is wrong, without the text of the line.
	Reason string

	excerpt string
	column  string // of a table
	columns string // that the table has, quoted
	item    bool   // it did not come from text
}

// Error gives the position, the reason and at most the first 20 bytes of the line or cell, quoted; for a table without
// the column it lists those that it has.
func (e *LineError) Error() string {
	place, held := fmt.Sprintf("line %d, byte %d", e.Line, e.Offset), "the line starts with"
	switch {
	case e.column != "":
		place, held = fmt.Sprintf("line %d, column %q", e.Line, beginning(e.column, maxHeading)), "the cell starts with"
	case e.item:
		place, held = fmt.Sprintf("item %d", e.Line), "it is"
	}
	s := place + ": " + e.Reason
	switch {
	case e.columns != "":
		return s + "; it has " + e.columns
	case e.excerpt != "":
		return s + fmt.Sprintf(" (%s %q)", held, e.excerpt)
	}
	return s
}

const (
	reasonBlank       = "a blank line, which only the end of the list may have"
	reasonZero        = "zero is not an ID"
	reasonNegative    = "a negative number"
	reasonLeadingZero = "a leading zero"
	reasonTooLarge    = "a number above the largest ID, 9223372036854775807"
)

// reasonFor names the offending byte at the given position; rest starts with it.
func reasonFor(rest []byte, line int, offset int64) string {
	if offset == 0 {
		if hasPrefix(rest, "\xff\xfe") || hasPrefix(rest, "\xfe\xff") {
			return "UTF-16 text; save the list as plain text or UTF-8"
		}
		if reason := reasonForMagic(rest); reason != "" {
			return reason
		}
	}
	first, _, _ := bytes.Cut(rest, []byte("\n"))
	switch {
	case hasPrefix(rest, byteOrderMark):
		return "a byte order mark that is not at the start"
	case exponentFollows(string(bytes.TrimSuffix(first, []byte("\r")))):
		return reasonShortened
	}
	switch c := rest[0]; c {
	case ',', ';', '|':
		return fmt.Sprintf("%q, as in a list with several columns; only one ID a line is allowed, but IDColumn reads one column of a table", c)
	case '\t':
		return "a tab; only one ID a line is allowed"
	case ' ':
		return "a space"
	case '\r':
		return "a carriage return without a line feed"
	case '+', '-':
		return "a sign"
	case '.':
		return "a decimal point"
	case '"', '\'':
		return "a quote; IDColumn reads a table with quotes"
	case 0:
		return "a zero byte, as in binary data or UTF-16 text"
	}
	if line == 1 {
		return "not a number; a list has no heading, but IDColumn reads a table that has one"
	}
	return "not a number"
}

// reasonForMagic tells of files that are no text.
func reasonForMagic(head []byte) string {
	switch {
	case hasPrefix(head, "\x1f\x8b"):
		return "a gzip file, not text"
	case hasPrefix(head, "PK\x03\x04"):
		return "a zip file or a spreadsheet, not text: save it as CSV"
	case hasPrefix(head, "\xd0\xcf\x11\xe0"):
		return "a spreadsheet, not text: save it as CSV"
	}
	return ""
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
