package record

import (
	"encoding/json"
	"reflect"
	"slices"
)

// Kept is what a record remembers of the JSON it came from. It stands in an unexported field of the record, which JSON
// packages leave alone. The zero Kept remembers nothing.
type Kept struct {
	raw        []byte
	mismatched []string
	origin     Origin
}

// Origin is the place of a record in a file of one record a line. The zero Origin means that it came from no file.
type Origin struct {
	// File is the name of the file.
	File string
	// Line is the line, counted from 1.
	Line int64
}

// Keep returns a Kept of a record's JSON, which must not be changed any more, or nil for none, of what [Decode] returned
// for it, and of where it stood.
func Keep(raw []byte, mismatched []string, origin Origin) Kept {
	return Kept{slices.Clip(raw), mismatched, origin}
}

// Raw is the JSON itself, not a copy, or nil.
func (k Kept) Raw() json.RawMessage { return k.raw }

// Mismatched is a copy of the paths.
func (k Kept) Mismatched() []string { return slices.Clone(k.mismatched) }

// Origin is where the JSON stood.
func (k Kept) Origin() Origin { return k.origin }

// Unknown is [Unknown] of that JSON for the type of record, a struct.
func (k Kept) Unknown(record any) map[string]json.RawMessage {
	return Unknown(k.raw, reflect.TypeOf(record))
}

// Merge is [Merge] over that JSON.
func (k Kept) Merge(record any) ([]byte, error) { return Merge(k.raw, record) }
