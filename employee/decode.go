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

	// ErrRecordTooLarge reports a record above 16 MiB.
	ErrRecordTooLarge = record.ErrTooLarge

	errNotRecordType = errors.New("employee: the type is not a record of this package")
)

// Decode reads one record of type R, [BaseRecord], [CleanRecord], [MultiSourceRecord] or [V1Record], or a [Preview], from
// its JSON, for example from a line of a bulk file. The text is copied.
//
// A value of an unexpected type costs that field alone: it is zero and named by the record's Mismatched. Decode fails
// with [ErrNotRecord] or [ErrRecordTooLarge] only.
//
// The record keeps the text, so that writing it as JSON loses nothing. Reading one with a JSON package instead fills
// its fields but keeps no text. Two records are equal by reflect.DeepEqual if they come from the same text or hold the
// same values and come from none; to compare values alone, compare fields.
func Decode[R any](text []byte) (*R, error) { return DecodeWith[R](nil, text) }

// DecodeWith is [Decode] with another decoder for the whole record. If it reports an error, the record is read again
// value by value, without it. A nil decoder is the default one.
func DecodeWith[R any](unmarshal func(text []byte, v any) error, text []byte) (*R, error) {
	if len(text) <= record.MaxSize {
		text = bytes.Clone(text)
	}
	return decodeWith[R](unmarshal, text)
}

// decodeWith is DecodeWith for text that the record may keep.
func decodeWith[R any](unmarshal func(text []byte, v any) error, text []byte) (*R, error) {
	r := new(R)
	k, ok := any(r).(keeper)
	if !ok {
		return nil, errNotRecordType
	}
	mismatched, err := record.Decode(unmarshal, text, r)
	if err != nil {
		return nil, fmt.Errorf("employee: %w", err)
	}
	k.keep(record.Keep(text, mismatched))
	return r, nil
}

// keeper is a record of this package.
type keeper interface{ keep(kept record.Kept) }
