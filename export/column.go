package export

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
)

const (
	maxColumns    = 1_000
	maxNameLength = 200
	joint         = "; "
)

// Column is a place in a record and the column it is written into.
type Column struct {
	// Name is the name of the column. Empty is Path.
	Name string
	// Path is the place in the record's JSON, such as full_name, experience[0].title or experience[*].company_name for
	// those of all positions. A name with other than letters, digits, _ and - stands quoted in brackets: ["a b"]. Empty
	// is Name.
	Path string
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

// PathError reports a path that is not valid. It is an api.ErrInvalid.
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
	paths   *jsonpath.Set
}

func newColumnSet(columns []Column) (*columnSet, error) {
	if len(columns) > maxColumns {
		return nil, refusal("there are at most %d columns", maxColumns)
	}
	set := &columnSet{}
	var paths []jsonpath.Path
	for _, c := range columns {
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
		set.columns, set.many = append(set.columns, c), append(set.many, path.Many())
	}
	set.paths = jsonpath.NewSet(paths)
	return set, nil
}

// names returns the names of the columns.
func (s *columnSet) names() []string {
	names := make([]string, 0, len(s.columns))
	for _, c := range s.columns {
		names = append(names, c.Name)
	}
	return names
}

// appendText appends what a path found as text; nothing stands for null and for what is not there.
func appendText(dst []byte, values [][]byte, separator string) ([]byte, error) {
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
