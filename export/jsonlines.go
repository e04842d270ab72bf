package export

import (
	"cmp"
	"context"
	"io"

	"github.com/pronet-go/pronet/export/internal/jsonpath"
)

// JSONLines writes one record a line, as JSON. After an error of the writer below, which may have left a line torn, it
// gives that error to every call.
type JSONLines struct {
	lines      lines
	asReceived bool
}

// JSONLinesOptions says what a line has. The zero value is for most.
type JSONLinesOptions struct {
	// AsReceived writes what the provider sent even where the program changed the record since, which is many times
	// faster. A field that was blanked comes back this way.
	AsReceived bool
}

// NewJSONLines returns a Writer of JSON Lines. Names, order, numbers and unknown fields are as the provider sent them;
// only space between values is left out. It writes whole lines, about 64 KiB at once. To compress, give it a
// gzip.Writer and close that.
func NewJSONLines(to io.Writer, options JSONLinesOptions) *JSONLines {
	return &JSONLines{lines: lines{to: to}, asReceived: options.AsReceived}
}

// Write adds the line of a record. It fails with a *[RecordError] for a record whose JSON is not an object, of which
// nothing is written.
func (j *JSONLines) Write(_ context.Context, record Record) error {
	if j == nil {
		return errNoWriter
	}
	if err := cmp.Or(j.lines.ready(), given(record)); err != nil {
		return err
	}
	text, err := textOf(record, j.asReceived)
	start := len(j.lines.buffer)
	if err == nil {
		j.lines.buffer, err = jsonpath.AppendCompact(j.lines.buffer, text)
	}
	if err != nil {
		j.lines.buffer = j.lines.buffer[:start]
		return &RecordError{ID: record.EmployeeID(), Err: err}
	}
	j.lines.buffer = append(j.lines.buffer, '\n')
	return j.lines.end()
}

// Flush writes the lines kept back.
func (j *JSONLines) Flush(context.Context) error {
	if j == nil {
		return errNoWriter
	}
	return j.lines.flush()
}

// Stored is how many lines the writer below has taken.
func (j *JSONLines) Stored() int64 {
	if j == nil {
		return 0
	}
	return j.lines.stored
}
