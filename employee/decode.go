package employee

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/internal/record"
)

var (
	// ErrNotRecord reports text that is not one JSON object.
	ErrNotRecord = record.ErrNotRecord

	// ErrRecordTooLarge reports a record above 16 MiB, or of which the lists have more than 100,000 elements together.
	ErrRecordTooLarge = record.ErrTooLarge

	errNotRecordType = errors.New("employee: the type is not a record of this package")
)

// Decode reads one record of type R, [BaseRecord], [CleanRecord], [MultiSourceRecord] or [V1Record], or a [Preview],
// from its JSON, for example from a line of a bulk file. The text is copied.
//
// A value of an unexpected type costs that field alone: it is zero and named by the record's Mismatched. Decode fails
// with [ErrNotRecord] or [ErrRecordTooLarge] only: more than 16 MiB, or more than 100,000 elements in all lists of the
// record together, where real ones have a few thousand at most, are refused before they take memory.
//
// The record keeps the text, so that writing it as JSON loses nothing. Reading one with a JSON package instead fills
// its fields but keeps no text. Two records are equal by reflect.DeepEqual if they come from the same text at the same
// [Origin] or hold the same values and come from none; to compare values alone, compare fields.
func Decode[R any](text []byte) (*R, error) { return DecodeWith[R](text, DecodeOptions{}) }

// Origin is where a record stood: the name of a file and the line, counted from 1. The zero Origin means that the
// record came from no file.
type Origin struct {
	// File is the name of the file.
	File string
	// Line is the line, counted from 1.
	Line int64
}

// DecodeOptions says how DecodeWith reads a record. The zero value reads as [Decode] does.
type DecodeOptions struct {
	// Unmarshal decodes the whole record with another JSON package. If it reports an error, the record is read again
	// value by value, without it. Nil is the default decoder.
	Unmarshal func(text []byte, v any) error
	// Origin is what the record's method Origin returns.
	Origin Origin
	// DropRaw reads a record that does not keep its text: Raw is nil, Unknown is empty, and writing the record as JSON
	// loses the fields that its type does not know and those that are zero.
	DropRaw bool
}

// DecodeWith is [Decode] with options. The text may be used again afterwards, whatever the options.
func DecodeWith[R any](text []byte, o DecodeOptions) (*R, error) {
	if len(text) <= record.MaxSize && (!o.DropRaw || !record.IsDefault(o.Unmarshal)) { // others may keep parts of their input
		text = bytes.Clone(text)
	}
	return decode[R](text, o)
}

// decode is DecodeWith for text that the record may keep.
func decode[R any](text []byte, o DecodeOptions) (*R, error) {
	r := new(R)
	k, ok := any(r).(keeper)
	if !ok {
		return nil, errNotRecordType
	}
	mismatched, err := record.Decode(o.Unmarshal, text, r)
	if err != nil {
		return nil, fmt.Errorf("employee: %w", err)
	}
	if o.DropRaw {
		text = nil
	}
	k.keep(record.Keep(text, mismatched, record.Origin(o.Origin)))
	return r, nil
}

// keeper is a record of this package.
type keeper interface{ keep(kept record.Kept) }
