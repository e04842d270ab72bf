package record

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
)

const (
	// MaxSize is the largest record that is decoded, in bytes of JSON.
	MaxSize = 16 << 20

	// MaxMismatched is how many paths of mismatched fields are reported; further fields are left zero as well.
	MaxMismatched = 1_000

	// MaxElements is how many elements the lists of a record may have together. Real ones have a few thousand at most. A row
	// of two bytes, such as {}, takes up to 704 bytes of a record: 70 MB for as many, where 16 MiB of them would take 4 GB.
	MaxElements = 100_000
)

var (
	// ErrNotRecord reports text that is not one JSON object.
	ErrNotRecord = errors.New("not a JSON object")

	// ErrTooLarge reports a record above [MaxSize] or [MaxElements].
	ErrTooLarge = errors.New("record too large")
)

// lax accepts what providers send: names twice in an object, of which the last counts, and text that is not UTF-8.
var lax = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Decode reads one JSON object into the struct that v points to. With a nil unmarshal it uses this module's own codec.
//
// A field of the plain type int64 reads a whole number in each form that [Whole] knows. A row of which a field has the
// tag record:"text" may be written as that text alone. A field with a tag such as or:"other_name" takes the value of the
// field of that name when it is empty.
//
// A value that does not fit its field is left zero, and the paths of such fields are returned, in the order in which
// they stand, such as "experience[2].company_id". It fails with [ErrNotRecord] or [ErrTooLarge], and never for the type
// of a field. It keeps no reference to raw as far as unmarshal does not.
func Decode(unmarshal func([]byte, any) error, raw []byte, v any) (mismatched []string, err error) {
	if len(raw) > MaxSize {
		return nil, fmt.Errorf("record: %w: %d bytes, at most %d are read", ErrTooLarge, len(raw), MaxSize)
	}
	if !isObject(raw) {
		return nil, fmt.Errorf("record: %w", ErrNotRecord)
	}
	if hasTooMany(raw) {
		return nil, fmt.Errorf("record: %w: its lists have more than %d elements", ErrTooLarge, MaxElements)
	}
	if unmarshal == nil {
		unmarshal = codec.Decode
	}
	record := reflect.ValueOf(v).Elem()
	if unmarshal(raw, v) == nil {
		fill(record)
		return nil, nil
	}
	if !jsontext.Value(raw).IsValid(lax) {
		return nil, fmt.Errorf("record: %w", ErrNotRecord)
	}
	d := decoder{fields: fieldCache{}}
	record.SetZero()
	d.object(raw, record, "")
	fill(record)
	return d.mismatched, nil
}

// IsDefault reports whether unmarshal is this module's own codec, which keeps nothing of its input.
func IsDefault(unmarshal func([]byte, any) error) bool {
	return unmarshal == nil || reflect.ValueOf(unmarshal).Pointer() == reflect.ValueOf(codec.Decode).Pointer()
}

func isObject(raw []byte) bool { return jsontext.Value(raw).Kind() == '{' }

// decoder reads a record value by value, after the fast way has failed.
type decoder struct {
	fields     fieldCache
	mismatched []string
}

func (d *decoder) object(raw []byte, into reflect.Value, path string) {
	fields := d.fields.of(into.Type())
	for m := range members(raw) {
		if f, ok := fields.byName[m.name]; ok {
			d.value(m.value, into.FieldByIndex(f.index), Member(path, m.name))
		}
	}
}

func (d *decoder) value(raw []byte, into reflect.Value, path string) {
	if codec.Decode(raw, into.Addr().Interface()) == nil {
		return
	}
	into.SetZero()
	switch kind := jsontext.Value(raw).Kind(); {
	case (kind == '"' || kind == '0') && into.Type() == plainInt:
		n, ok := Whole(raw)
		if !ok {
			d.mismatch(path)
		}
		into.SetInt(n)
	case kind == '"' && into.Kind() == reflect.Struct && d.fields.of(into.Type()).text != nil:
		d.value(raw, into.FieldByIndex(d.fields.of(into.Type()).text), path)
	case kind == '{' && into.Kind() == reflect.Struct:
		d.object(raw, into, path)
	case kind == '[' && into.Kind() == reflect.Slice:
		rows := reflect.MakeSlice(into.Type(), 0, 0)
		for element := range elements(raw) {
			i := rows.Len()
			rows = reflect.Append(rows, reflect.Zero(into.Type().Elem()))
			d.element(element, rows, Element(path, i))
		}
		into.Set(rows)
	default:
		d.mismatch(path)
	}
}

// element reads the last row of a list. A type of lists of its own may read elements in more forms than their type does.
func (d *decoder) element(raw []byte, rows reflect.Value, path string) {
	last := rows.Index(rows.Len() - 1)
	if rows.Type().Name() != "" {
		alone := reflect.New(rows.Type())
		if codec.Decode(slices.Concat([]byte("["), raw, []byte("]")), alone.Interface()) == nil && alone.Elem().Len() == 1 {
			last.Set(alone.Elem().Index(0))
			return
		}
	}
	d.value(raw, last, path)
}

func (d *decoder) mismatch(path string) {
	if len(d.mismatched) < MaxMismatched {
		d.mismatched = append(d.mismatched, path)
	}
}

var plainInt = reflect.TypeFor[int64]()
