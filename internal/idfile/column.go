package idfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pronet-go/pronet/internal/wire"
)

const (
	maxRow       = 1 << 20 // bytes
	headingLines = 50      // in which the heading is looked for
	separators   = ",;\t|"
	maxListed    = 12 // columns that an error lists
	maxHeading   = 40 // bytes of each
)

var (
	errNoColumn = errors.New("no column was named")
	errLongRow  = errors.New("a row of more than 1 MiB")
)

// Column is the IDs in the named column of the table at path.
func Column(path, column string) Source {
	return columnSource(safeName(path), column, openFile(path))
}

// ColumnReader is Column for the text that open gives, as in [Reader].
func ColumnReader(name, column string, open func() (io.ReadCloser, error)) Source {
	return columnSource(safeName(name), column, opened(open))
}

func columnSource(name, column string, open func() (io.ReadCloser, error)) Source {
	return Source{name: name, memo: new(memo), open: func() (lines, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return &columnLines{cells: cells{r: r, column: strings.TrimSpace(column)}, closer: r}, nil
	}}
}

// Cell is one text of a column.
type Cell struct {
	// Text is what the cell holds, without space at its ends, and never empty.
	Text string

	list Source
	at   LineError
}

// Refuse is the error of a cell that is not what it should be. It names the list, and is a [*LineError].
func (c *Cell) Refuse(reason string) error { return c.list.wrap(c.refuse(reason)) }

func (c *Cell) refuse(reason string) *LineError {
	refused := c.at
	refused.Reason, refused.excerpt = reason, beginning(c.Text, maxExcerpt)
	return &refused
}

// Cells walks the texts in the named column of the table at path. Empty ones are passed over. An error, which names the
// file, comes once and ends the walk; a table without texts in the column is [ErrNoIDs].
func Cells(path, column string) iter.Seq2[Cell, error] {
	return walkCells(safeName(path), column, openFile(path))
}

// ReaderCells is Cells for the text that open gives.
func ReaderCells(name, column string, open func() (io.ReadCloser, error)) iter.Seq2[Cell, error] {
	return walkCells(safeName(name), column, opened(open))
}

func walkCells(name, column string, open func() (io.ReadCloser, error)) iter.Seq2[Cell, error] {
	list := Source{name: name}
	return func(yield func(Cell, error) bool) {
		r, err := open()
		if err != nil {
			yield(Cell{}, list.wrap(err))
			return
		}
		defer func() { _ = r.Close() }()
		walked := cells{r: r, column: strings.TrimSpace(column)}
		for any := false; ; any = true {
			cell, err := walked.next()
			switch {
			case errors.Is(err, io.EOF) && any:
				return
			case errors.Is(err, io.EOF):
				err = wire.Plain("the column is empty", ErrNoIDs)
			}
			if err != nil {
				yield(Cell{}, list.wrap(err))
				return
			}
			cell.list = list
			if !yield(cell, nil) {
				return
			}
		}
	}
}

// columnLines is the IDs of a column, as checked text.
type columnLines struct {
	cells  cells
	closer io.Closer
	text   [2][]byte // handed out in turn
	turn   int
	err    error // after what was handed out
}

func (c *columnLines) next() ([]byte, int, error) {
	c.turn = 1 - c.turn
	text, ids := c.text[c.turn][:0], 0
	for c.err == nil && len(text) < bufferSize {
		cell, err := c.cells.next()
		if err == nil {
			if reason := reasonForCell(cell.Text); reason != "" {
				err = cell.refuse(reason)
			}
		}
		if c.err = err; err == nil {
			text = append(append(text, cell.Text...), '\n')
			ids++
		}
	}
	c.text[c.turn] = text
	if ids > 0 || errors.Is(c.err, io.EOF) {
		return text, ids, nil
	}
	return nil, 0, c.err
}

func (c *columnLines) close() error { return c.closer.Close() }

// cells walks the texts of one column. It holds one row at a time.
type cells struct {
	r      io.Reader
	column string

	rows   *csv.Reader // nil before the heading was found
	bound  *bounded
	index  int   // of the column
	width  int   // of the heading
	above  int   // lines before the heading
	before int64 // bytes before the heading
	line   int   // where the last row began
}

// next returns the next text, or io.EOF.
func (c *cells) next() (Cell, error) {
	if c.rows == nil {
		if err := c.begin(); err != nil {
			return Cell{}, err
		}
	}
	for {
		c.bound.left = maxRow
		offset := c.before + c.rows.InputOffset()
		row, err := c.rows.Read()
		if err != nil {
			return Cell{}, c.refuseRow(offset, err)
		}
		line, _ := c.rows.FieldPos(0)
		c.line = c.above + line
		at := LineError{Line: c.line, Offset: offset, column: c.column}
		if blank(row) {
			continue
		}
		switch {
		case len(row) <= c.index:
			at.Reason = fmt.Sprintf("the row has %d cells, and the column is number %d: is another separator used, or a quote missing?", len(row), c.index+1)
			return Cell{}, &at
		case len(row) > c.width && !blank(row[c.width:]):
			at.Reason = fmt.Sprintf("the row has %d cells and the heading %d: is a separator in a text without quotes?", len(row), c.width)
			return Cell{}, &at
		}
		if text := strings.TrimSpace(row[c.index]); text != "" {
			return Cell{Text: text, at: at}, nil
		}
	}
}

// begin finds the heading.
func (c *cells) begin() error {
	if c.column == "" {
		return errNoColumn
	}
	text, err := newText(c.r)
	if err != nil {
		return err
	}
	head, err := text.Peek(bufferSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return io.EOF
	}
	if magic := reasonForMagic(head); magic != "" {
		return &LineError{Line: 1, Reason: magic, column: c.column}
	}
	found, err := findHeading(head, c.column)
	if err != nil {
		return err
	}
	if _, err := text.Discard(found.offset); err != nil {
		return err
	}
	c.above, c.before, c.index, c.width = found.lines, int64(found.offset), found.index, found.width
	c.line = found.lines + 1
	c.bound = &bounded{r: text, left: maxRow}
	c.rows = newRows(c.bound, found.separator)
	c.rows.ReuseRecord = true
	_, err = c.rows.Read()
	return err
}

func newRows(r io.Reader, separator rune) *csv.Reader {
	rows := csv.NewReader(r)
	rows.Comma, rows.FieldsPerRecord = separator, -1
	return rows
}

// refuseRow is why a row cannot be read.
func (c *cells) refuseRow(offset int64, err error) error {
	at := &LineError{Line: c.line + 1, Offset: offset, column: c.column}
	if bad, ok := errors.AsType[*csv.ParseError](err); ok {
		at.Line, at.Reason = c.above+bad.StartLine, "a quote is missing, or stands within a text that has none around it: save the table again, as CSV"
		return at
	}
	if errors.Is(err, errLongRow) {
		at.Reason = errLongRow.Error() + ": is a quote missing?"
		return at
	}
	return err
}

// bounded ends with errLongRow when a row takes too much.
type bounded struct {
	r    *bufio.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongRow
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// heading is where a table begins.
type heading struct {
	offset, lines int // before it
	separator     rune
	index, width  int
}

// findHeading looks for the first line that has the column. What stands above it, such as notes or "sep=;", is no part of
// the table. The separator is the one with which the line has the column.
func findHeading(text []byte, column string) (*heading, error) {
	allowed, most := separators, likelyHeading{}
	if given := givenSeparator(text); given != 0 {
		allowed = string(given)
	}
	for lines, offset := 0, 0; lines < headingLines && offset < len(text); lines++ {
		var found *heading
		for _, separator := range allowed {
			rows := newRows(bytes.NewReader(text[offset:]), separator)
			names, err := rows.Read()
			if err != nil {
				continue
			}
			line, _ := rows.FieldPos(0) // blank lines before it count
			if len(names) > len(most.names) {
				most = likelyHeading{names, lines + line}
			}
			index, again := indexOf(names, column)
			if again {
				return nil, &LineError{Line: lines + line, Offset: int64(offset), Reason: "the heading has the column more than once: give it another name", column: column}
			}
			if index >= 0 && (found == nil || len(names) > found.width) {
				found = &heading{offset: offset, lines: lines, separator: separator, index: index, width: len(names)}
			}
		}
		if found != nil {
			return found, nil
		}
		end := bytes.IndexByte(text[offset:], '\n')
		if end < 0 {
			break
		}
		offset += end + 1
	}
	return nil, most.refuse(column)
}

// givenSeparator is that of a first line such as "sep=;", which spreadsheet programs obey, or 0.
func givenSeparator(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.Trim(line, `"`)
	if len(line) < 5 || !bytes.EqualFold(line[:4], []byte("sep=")) {
		return 0
	}
	separator, size := utf8.DecodeRune(line[4:])
	if len(line) != 4+size || separator == '"' || separator == utf8.RuneError {
		return 0
	}
	return separator
}

// indexOf returns where a name stands, as it is written or else without regard to case, and whether it does twice.
func indexOf(names []string, column string) (index int, again bool) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		index = -1
		for i, name := range names {
			if !same(strings.TrimSpace(name), column) {
				continue
			}
			if index >= 0 {
				return index, true
			}
			index = i
		}
		if index >= 0 {
			return index, false
		}
	}
	return -1, false
}

// likelyHeading is the row of the first ones that has the most cells.
type likelyHeading struct {
	names []string
	line  int
}

// refuse says which columns there are, unless the row looks like one of a person.
func (h likelyHeading) refuse(column string) error {
	refused := &LineError{Line: max(1, h.line), Reason: "the table has no such column", column: column}
	var list []string
	for _, name := range h.names {
		name = strings.TrimSpace(name)
		if _, err := strconv.ParseFloat(name, 64); err == nil || strings.ContainsAny(name, "@/") {
			refused.Reason = "the list has no heading, or not this column: a list of nothing but one ID a line is read without a column"
			return refused
		}
		list = append(list, fmt.Sprintf("%q", beginning(name, maxHeading)))
	}
	if len(list) > maxListed {
		list = append(list[:maxListed], fmt.Sprintf("and %d more", len(list)-maxListed))
	}
	refused.columns = strings.Join(list, ", ")
	return refused
}

// beginning is a text's first bytes, without a part of a character.
func beginning(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

const (
	reasonShortened = "a spreadsheet has shortened the number, and its digits are gone: there, format the column as a number without decimals and save it again, or take the list from where it came from"
	reasonMarks     = "a number with a decimal point or marks between its digits: in the spreadsheet, format the column as a number without both and save it again"
)

// reasonForCell says what is wrong with a cell that should be an ID; empty if nothing is.
func reasonForCell(s string) string {
	digits := strings.TrimLeft(s, "0123456789") == ""
	switch {
	case digits && strings.Trim(s, "0") == "":
		return reasonZero
	case digits && s[0] == '0':
		return reasonLeadingZero
	case digits && (len(s) > maxDigits || len(s) == maxDigits && s > maxID):
		return reasonTooLarge
	case digits:
		return ""
	case isShortened(s):
		return reasonShortened
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) }):
		return "a character that takes no room"
	case strings.Trim(s, "0123456789.,'’ \u00a0\u202f") == "":
		return reasonMarks
	case s[0] == '-' || s[0] == '+':
		return "a sign"
	case s[0] == '=':
		return "a formula: save the table with values"
	case strings.Contains(s, "/"):
		return "an address or a path, not an ID"
	}
	return "not a number"
}

// isShortened tells whether a text is a number with an exponent, as spreadsheets write long ones.
func isShortened(s string) bool {
	rest := strings.TrimLeft(s, "0123456789")
	return len(rest) < len(s) && exponentFollows(rest)
}

// exponentFollows tells whether what follows the digits of a number makes it one with an exponent.
func exponentFollows(rest string) bool {
	if rest != "" && (rest[0] == '.' || rest[0] == ',') {
		rest = strings.TrimLeft(rest[1:], "0123456789")
	}
	if rest == "" || rest[0]|0x20 != 'e' {
		return false
	}
	exponent := strings.TrimPrefix(rest[1:], "+")
	return exponent != "" && strings.Trim(exponent, "0123456789") == ""
}
