package record

import (
	"errors"
	"fmt"
	"reflect"

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
	if unmarshal(raw, v) == nil {
		return nil, nil
	}
	if !jsontext.Value(raw).IsValid(lax) {
		return nil, fmt.Errorf("record: %w", ErrNotRecord)
	}
	d := decoder{fields: fieldCache{}}
	record := reflect.ValueOf(v).Elem()
	record.SetZero()
	d.object(raw, record, "")
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
	case kind == '{' && into.Kind() == reflect.Struct:
		d.object(raw, into, path)
	case kind == '[' && into.Kind() == reflect.Slice:
		rows := reflect.MakeSlice(into.Type(), 0, 0)
		for element := range elements(raw) {
			i := rows.Len()
			rows = reflect.Append(rows, reflect.Zero(into.Type().Elem()))
			d.value(element, rows.Index(i), Element(path, i))
		}
		into.Set(rows)
	case len(d.mismatched) < MaxMismatched:
		d.mismatched = append(d.mismatched, path)
	}
}
