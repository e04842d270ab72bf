package export

import (
	"errors"
	"iter"
	"reflect"
	"strings"
)

// recordClasses are the classes of SQLSTATE that depend on the record: wrong data, violated constraints and checks of
// views, what triggers raise in MySQL, limits such as that of a row, and what triggers raise in PostgreSQL.
const recordClasses = "22 23 44 45 54 P0 "

// The errors of MySQL that depend on the record though their SQLSTATE is the general HY000: a wrong value for a column
// and a violated CHECK.
const (
	wrongValue    = 1366
	violatedCheck = 3819
)

// mayBlameRecord reports whether another record instead of this one might have been stored. What is not known to be the
// record's fault is not, since a record that is blamed may be left out.
func mayBlameRecord(err error) bool {
	var lost *lostTransaction
	if isContext(err) || errors.As(err, &lost) {
		return false
	}
	if state := stateOf(err); state != "" {
		number := integerOf(err, "Number")
		return strings.Contains(recordClasses, state[:2]+" ") || state[:2] == "HY" && (number == wrongValue || number == violatedCheck)
	}
	switch codeOf(err) & 0xff {
	case 18, 19, 20: // too big, constraint, mismatch
		return true
	}
	return false
}

// stateOf returns the SQLSTATE of an error, as the drivers of PostgreSQL and MySQL report it, or "".
func stateOf(err error) string {
	var coded interface{ SQLState() string }
	state := ""
	if errors.As(err, &coded) {
		state = coded.SQLState()
	} else {
		state = stateField(err)
	}
	if len(state) != 5 || strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return ""
	}
	return state
}

// stateField returns what stands in a field SQLState of five bytes, where MySQL's driver has it.
func stateField(err error) string {
	for v := range within(err) {
		if f := field(v, "SQLState"); f.IsValid() && f.Type() == reflect.TypeFor[[5]byte]() {
			state, _ := reflect.TypeAssert[[5]byte](f)
			return string(state[:])
		}
	}
	return ""
}

// codeText returns what the codes of SQLite that its users meet mean, or "".
func codeText(code int64) string {
	switch code & 0xff {
	case 5:
		return "the database is busy"
	case 8:
		return "the database is read-only"
	case 10:
		return "its disk failed"
	case 11:
		return "the database is damaged"
	case 13:
		return "the disk or the database is full"
	case 14:
		return "the database cannot be opened"
	case 26:
		return "it is not a database"
	}
	return "the database refused it"
}

// codeOf returns the result code of an error, as drivers of SQLite report it, or 0.
func codeOf(err error) int64 { return integerOf(err, "Code") }

// integerOf returns what a method or a field of that name says, if it is an integer of any type above 0, or 0.
func integerOf(err error, name string) int64 {
	for v := range within(err) {
		if m := v.MethodByName(name); m.IsValid() {
			if t := m.Type(); t.NumIn() == 0 && t.NumOut() == 1 && isInteger(t.Out(0)) {
				return integer64(m.Call(nil)[0])
			}
			continue
		}
		if f := field(v, name); f.IsValid() && isInteger(f.Type()) {
			return integer64(f)
		}
	}
	return 0
}

// field returns the exported field of that name of a struct or of what a pointer leads to, or the zero Value.
func field(v reflect.Value, name string) reflect.Value {
	if v = reflect.Indirect(v); v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	place, ok := v.Type().FieldByName(name)
	if !ok || !place.IsExported() {
		return reflect.Value{}
	}
	f, err := v.FieldByIndexErr(place.Index)
	if err != nil || !f.CanInterface() { // it is in a struct that is not there, or hidden
		return reflect.Value{}
	}
	return f
}

func isInteger(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64
}

func integer64(v reflect.Value) int64 {
	if v.CanInt() {
		return max(0, v.Int())
	}
	return max(0, int64(v.Uint())) // what overflows is no code
}

// within goes through an error and those that it wraps, without nil pointers.
func within(err error) iter.Seq[reflect.Value] {
	return func(yield func(reflect.Value) bool) { walk(err, yield) }
}

func walk(err error, yield func(reflect.Value) bool) bool {
	v := reflect.ValueOf(err)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return true
	}
	if !yield(v) {
		return false
	}
	switch wrapper := err.(type) { //nolint:errorlint // what is wrapped comes next
	case interface{ Unwrap() error }:
		return walk(wrapper.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, err := range wrapper.Unwrap() {
			if !walk(err, yield) {
				return false
			}
		}
	}
	return true
}
