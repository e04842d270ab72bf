package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// CSV writes one record a row, with the columns that were chosen, after a row of their names. After an error of the
// writer below it gives that error to every call.
type CSV struct {
	lines   lines
	options CSVOptions
	columns *columnSet
	rows    *csv.Writer
	row     bytes.Buffer
	cells   []string
	cell    []byte
	begun   bool
}

// CSVOptions says what a row has. Columns are required.
type CSVOptions struct {
	// Columns are what is written, in this order.
	Columns []Column
	// Comma stands between cells. 0 is a comma; spreadsheet programs of some countries want a semicolon.
	Comma rune
	// NoHeader leaves out the row of names.
	NoHeader bool
	// BOM begins the file with a byte order mark, without which Excel misreads names that are not English.
	BOM bool
	// FormulasMayRun writes texts that a spreadsheet program takes for formulas as they are. Profiles are written by
	// strangers: whoever opens the file in such a program then runs what they wrote.
	FormulasMayRun bool
	// AsReceived is as in [JSONLinesOptions].
	AsReceived bool
}

// NewCSV returns a Writer of CSV (RFC 4180, lines end with \n). It fails with a *[PathError] or another api.ErrInvalid.
//
// A cell has a text as it is, a number as the provider spelt it, true or false, an object or array as JSON, the values
// of a path with [*] with a separator between them, and nothing for null or what is not there. Line breaks in it are
// \n. An apostrophe stands before a text that a spreadsheet program would run as a formula: one that begins with = + -
// or @, also full-width and after space, and is no number. It also stands before such a sign where another list separator
// than Comma would begin a cell: behind ; , a tab or a line break in a text, and space or quotes after it.
func NewCSV(to io.Writer, options CSVOptions) (*CSV, error) {
	columns, err := newColumnSet(options.Columns)
	switch {
	case err != nil:
		return nil, err
	case len(options.Columns) == 0:
		return nil, refusal("a CSV file needs columns")
	case to == nil:
		return nil, errNowhere
	case options.Comma == 0:
		options.Comma = ','
	case strings.ContainsRune("\"'\r\n\ufffd\ufeff", options.Comma) || !utf8.ValidRune(options.Comma):
		return nil, refusal("the comma %q cannot be one", options.Comma)
	}
	c := &CSV{lines: lines{to: to}, options: options, columns: columns, cells: make([]string, len(columns.columns))}
	c.rows = csv.NewWriter(&c.row)
	c.rows.Comma = options.Comma
	return c, nil
}

// Write adds the row of a record. It fails with a *[RecordError] for a record whose JSON is not an object, of which
// nothing is written, and with a *[PathError] for the first record of a type that does not have a column's path.
func (c *CSV) Write(_ context.Context, record Record) error {
	if err := c.ready(); err != nil {
		return err
	}
	if err := given(record); err != nil {
		return err
	}
	if err := c.know(reflect.TypeOf(record)); err != nil {
		return err
	}
	if err := c.begin(); err != nil {
		return err
	}
	if err := c.read(record); err != nil {
		return &RecordError{ID: record.EmployeeID(), Err: err}
	}
	if err := c.write(c.cells); err != nil {
		return err
	}
	return c.lines.end()
}

// Flush writes the rows kept back, and the names if there were no records.
func (c *CSV) Flush(context.Context) error {
	if err := c.ready(); err != nil {
		return err
	}
	if err := c.begin(); err != nil {
		return err
	}
	return c.lines.flush()
}

// Stored is how many rows the writer below has taken, not counting the names.
func (c *CSV) Stored() int64 {
	if c == nil {
		return 0
	}
	return c.lines.stored
}

// ready refuses what NewCSV has not made.
func (c *CSV) ready() error {
	if c == nil || c.rows == nil {
		return errNoWriter
	}
	return c.lines.ready()
}

// begin writes what stands before the first record.
func (c *CSV) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	if c.options.BOM {
		c.lines.buffer = append(c.lines.buffer, "\ufeff"...)
	}
	if c.options.NoHeader {
		return nil
	}
	names := c.columns.names()
	for i, name := range names {
		names[i] = string(c.started(c.guarded([]byte(name), '"')))
	}
	return c.write(names)
}

// read fills the cells.
func (c *CSV) read(record Record) error {
	text, err := textOf(record, c.options.AsReceived)
	if err != nil {
		return err
	}
	found, err := c.columns.values(record, text)
	if err != nil {
		return err
	}
	for i, values := range found {
		if c.cell, err = appendText(c.cell[:0], values, c.columns.columns[i].Separator, c.guarded); err != nil {
			return err
		}
		c.cells[i] = string(c.started(c.cell))
	}
	return nil
}

func (c *CSV) write(cells []string) error {
	if len(cells) == 1 && cells[0] == "" { // an empty line is no row to those who read it
		c.lines.buffer = append(c.lines.buffer, `""`+"\n"...)
		return nil
	}
	c.row.Reset()
	err := c.rows.Write(cells)
	c.rows.Flush()
	c.lines.buffer = append(c.lines.buffer, c.row.Bytes()...)
	return err
}

// guarded is what a cell holds of a value, which may be one of several. JSON in it, of that kind, is guarded only inside
// its strings: behind a separator outside of them there are numbers that are none of a formula.
func (c *CSV) guarded(text []byte, kind byte) []byte {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	if c.options.FormulasMayRun {
		return text
	}
	return append(c.mark(text), guardCells(text, kind == '{' || kind == '[')...)
}

// started is what a cell holds that begins with these values.
func (c *CSV) started(text []byte) []byte { return append(c.mark(text), text...) }

// mark is what stands before a text that begins like a formula.
func (c *CSV) mark(text []byte) []byte {
	if c.options.FormulasMayRun || !startsFormula(text) || isNumber(text) {
		return nil
	}
	return []byte{guard}
}
