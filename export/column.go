package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	maxColumns    = 1_000
	maxNameLength = 200
	joint         = "; "
)

// Column is a place in a record, or what a function makes of it, and the column it is written into.
type Column struct {
	// Name is the name of the column. Empty is Path.
	Name string
	// Path is the place in the record's JSON, such as full_name. Empty is Name.
	//
	// Of a list, experience[*].company_name has those of all rows, experience[0].title that of the first row, and
	// experience[is_current].title that of the first row in which the field is_current says yes: true, 1, or text that
	// is neither empty nor 0 nor false. experience[!date_to].title is that of the first row in which date_to does not
	// say so. Rows that the provider has marked as deleted (deleted, is_deleted, deleted_at) are never the first with a
	// mark; [0] and [*] have them. The current position is
	//
	//	experience[is_current]                   of Base
	//	experience[active_experience]            of Multi-source
	//	experience[!date_to]                     of Clean, which has no mark
	//	member_experience_collection[!date_to]   of V1, likewise
	//
	// A name with other than letters, digits, _ and - stands quoted in brackets: ["a b"]. A name that the record's type
	// does not have is refused, with the nearest that it has, before a record is read: see Unlisted.
	Path string
	// Value, if not nil, makes the value instead of Path: see [ValueColumn]. What it returns is written as encoding/json
	// writes it, and nil is null. It is called once for each record, on the goroutine of Write.
	Value func(Record) (any, error)
	// Unlisted takes a Path of which the record's type does not know the fields, such as one that the provider has added
	// since.
	Unlisted bool
	// Type is what a table's column holds. A CSV file has no types.
	Type Type
	// Separator stands between the values that a path with [*] finds. Empty is "; ". An element without a value keeps
	// its place, so that two such columns can be read side by side.
	Separator string
}

// Columns returns a Column of text for each path, named by it.
func Columns(paths ...string) []Column {
	columns := make([]Column, 0, len(paths))
	for _, path := range paths {
		columns = append(columns, Column{Path: path})
	}
	return columns
}

// ValueColumn returns a Column whose value a function makes of each record, such as the title of its current position:
//
//	export.ValueColumn("title", func(r *employee.BaseRecord) any {
//		for _, position := range r.CurrentExperience() {
//			return position.Title
//		}
//		return nil
//	})
//
// The function may return anything that encoding/json writes. A record of another type than R is a *[RecordError].
func ValueColumn[R Record](name string, value func(R) any) Column {
	c := Column{Name: name}
	if value != nil {
		c.Value = func(record Record) (any, error) {
			r, ok := record.(R)
			if !ok {
				return nil, wire.Plain("a column's function takes records of another type", api.ErrInvalid)
			}
			return value(r), nil
		}
	}
	return c
}

// PathError reports a path that is not valid, or that leads to nothing that the record's type has. It is an api.ErrInvalid.
type PathError struct {
	// Path is the path.
	Path string
	// Offset is the byte in it that is wrong, counted from 0.
	Offset int
	// Reason says what is wrong there.
	Reason string
}

// Error names the path, the place and the reason.
func (e *PathError) Error() string {
	return fmt.Sprintf("export: path %.100q, byte %d: %s", e.Path, e.Offset, e.Reason)
}

// Unwrap returns api.ErrInvalid.
func (e *PathError) Unwrap() error { return api.ErrInvalid }

// columnSet is columns that were checked.
type columnSet struct {
	columns []Column
	many    []bool
	parsed  []jsonpath.Path // of each column; that of a function is unused
	lookup  *jsonpath.Set   // of those that have a path
	found   [][][]byte
	known   reflect.Type // the type of records whose fields were compared with the paths
}

func newColumnSet(columns []Column) (*columnSet, error) {
	if len(columns) > maxColumns {
		return nil, refusal("there are at most %d columns", maxColumns)
	}
	set := &columnSet{}
	var paths []jsonpath.Path
	for _, c := range columns {
		if c.Value != nil {
			if c.Path != "" || c.Unlisted {
				return nil, refusal("the column %.100q has a function and a path", c.Name)
			}
			if err := checkName(c.Name); err != nil {
				return nil, err
			}
			set.columns, set.many, set.parsed = append(set.columns, c), append(set.many, false), append(set.parsed, jsonpath.Path{})
			continue
		}
		if c.Path == "" {
			c.Path = c.Name
		}
		if c.Name == "" {
			c.Name = c.Path
		}
		if c.Separator == "" {
			c.Separator = joint
		}
		path, err := jsonpath.Parse(c.Path)
		if wrong, ok := errors.AsType[*jsonpath.SyntaxError](err); ok {
			return nil, &PathError{Path: c.Path, Offset: wrong.Offset, Reason: wrong.Reason}
		}
		if err := checkName(c.Name); err != nil {
			return nil, err
		}
		paths = append(paths, path)
		set.columns, set.many, set.parsed = append(set.columns, c), append(set.many, path.Many()), append(set.parsed, path)
	}
	set.lookup, set.found = jsonpath.NewSet(paths), make([][][]byte, len(set.columns))
	return set, nil
}

// values returns what each column has of a record, as JSON, valid until the next call. Text is the record's JSON.
func (s *columnSet) values(record Record, text []byte) ([][][]byte, error) {
	found, err := s.lookup.Find(text)
	if err != nil {
		return nil, err
	}
	for i, c := range s.columns {
		if c.Value == nil {
			s.found[i], found = found[0], found[1:]
			continue
		}
		value, err := c.Value(record)
		if err != nil {
			return nil, err
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, wire.Plain("what a column's function returned cannot be written as JSON", err)
		}
		s.found[i] = [][]byte{encoded}
	}
	return s.found, nil
}

// names returns the names of the columns.
func (s *columnSet) names() []string {
	names := make([]string, 0, len(s.columns))
	for _, c := range s.columns {
		names = append(names, c.Name)
	}
	return names
}

// appendText appends what a path found as text, each value changed by guard unless that is nil; nothing stands for null
// and for what is not there.
func appendText(dst []byte, values [][]byte, separator string, guard func(text []byte, kind byte) []byte) ([]byte, error) {
	start, empty := len(dst), true
	for i, value := range values {
		if i > 0 {
			dst = append(dst, separator...)
		}
		before := len(dst)
		var err error
		if dst, err = jsonpath.AppendText(dst, value); err != nil {
			return nil, err
		}
		if guard != nil {
			dst = append(dst[:before], guard(bytes.Clone(dst[before:]), jsonpath.Kind(value))...)
		}
		empty = empty && len(dst) == before
	}
	if empty {
		dst = dst[:start]
	}
	return dst, nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxNameLength || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return refusal("the name %.100q must have 1 to %d bytes of UTF-8, without control characters", name, maxNameLength)
	}
	return nil
}

// refusal is an error for options that are wrong.
func refusal(format string, args ...any) error {
	return fmt.Errorf("export: %w: "+format, append([]any{api.ErrInvalid}, args...)...)
}
