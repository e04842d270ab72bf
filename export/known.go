package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/record"
)

// CheckColumns refuses columns as a Writer would for records of type R, such as *employee.BaseRecord: with a *[PathError]
// for a path that is not valid or whose names the type does not have, or another api.ErrInvalid. Call it before records
// are paid for. Records of a type of your own may have any names.
func CheckColumns[R Record](columns ...Column) error {
	set, err := newColumnSet(columns)
	if err != nil {
		return err
	}
	return set.know(reflect.TypeFor[R]())
}

// knower is a Writer that compares its columns with a type of records.
type knower interface {
	know(records reflect.Type) error
}

func (c *CSV) know(records reflect.Type) error {
	if err := c.ready(); err != nil {
		return err
	}
	return c.columns.know(records)
}

func (t *Table) know(records reflect.Type) error {
	if t == nil || t.db == nil {
		return errNoWriter
	}
	return t.columns.know(records)
}

var datasets = reflect.TypeFor[employee.BaseRecord]().PkgPath()

// know compares the paths with what records of a type have, once.
func (s *columnSet) know(records reflect.Type) error {
	if records == s.known {
		return nil
	}
	if t := pointed(records); t != nil && t.Kind() == reflect.Struct && t.PkgPath() == datasets {
		for i, c := range s.columns {
			if c.Value != nil || c.Unlisted {
				continue
			}
			if err := compare(t, c.Path, s.parsed[i].Steps()); err != nil {
				return err
			}
		}
	}
	s.known = records
	return nil
}

func pointed(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// compare follows a path through a type. What is in a value without a form of its own is not known.
func compare(t reflect.Type, path string, steps []jsonpath.Step) error {
	inList := false
	for _, step := range steps {
		fields := fieldsOf(t)
		switch {
		case t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]():
			if !step.List {
				return &PathError{Path: path, Offset: step.Offset, Reason: "a list stands here, of which [0], [*] or a mark such as [is_current] takes elements"}
			}
			t, inList = pointed(t.Elem()), true
			if below := fieldsOf(t); step.Name != "" && below != nil {
				if _, ok := below[step.Name]; !ok {
					return unlisted(path, step, below)
				}
			}
		case fields == nil && (inList || t.Kind() == reflect.Map || t.Kind() == reflect.Interface || t.Kind() == reflect.Slice):
			return nil
		case fields == nil:
			return &PathError{Path: path, Offset: step.Offset, Reason: "a value without parts stands here"}
		case step.List:
			return &PathError{Path: path, Offset: step.Offset, Reason: "no list stands here"}
		default:
			below, ok := fields[step.Name]
			if !ok {
				return unlisted(path, step, fields)
			}
			t, inList = pointed(below), false
		}
	}
	return nil
}

func unlisted(path string, step jsonpath.Step, fields map[string]reflect.Type) error {
	reason := fmt.Sprintf("the records have no field %.100q here", step.Name)
	if near := record.Nearest(step.Name, slices.Sorted(maps.Keys(fields))); near != "" {
		reason += fmt.Sprintf("; did you mean %q?", near)
	}
	return &PathError{Path: path, Offset: step.Offset, Reason: reason + " (Unlisted takes a field that is newer than this package)"}
}

// fieldsOf returns the JSON names of a struct, nil for any other type and for a struct without.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var fields map[string]reflect.Type
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		if fields == nil {
			fields = map[string]reflect.Type{}
		}
		fields[name] = f.Type
	}
	return fields
}
