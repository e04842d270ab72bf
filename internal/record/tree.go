package record

import (
	"bytes"
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

// member is one name and value of an object, both also as they are written.
type member struct {
	name   string
	quoted []byte
	value  []byte
}

// members walks an object of JSON that is known to be valid. The slices are parts of it.
func members(object []byte) iter.Seq[member] {
	return func(yield func(member) bool) {
		dec := jsontext.NewDecoder(bytes.NewBuffer(object), lax)
		if _, err := dec.ReadToken(); err != nil {
			return
		}
		for dec.PeekKind() == '"' {
			quoted, ok := next(dec, object)
			if !ok {
				return
			}
			name, _ := jsontext.AppendUnquote(nil, quoted) // text that is not UTF-8 comes back mended
			value, ok := next(dec, object)
			if !ok || !yield(member{string(name), quoted, value}) {
				return
			}
		}
	}
}

// elements walks an array of JSON that is known to be valid. The slices are parts of it.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		dec := jsontext.NewDecoder(bytes.NewBuffer(array), lax)
		if _, err := dec.ReadToken(); err != nil {
			return
		}
		for dec.PeekKind() != ']' {
			value, ok := next(dec, array)
			if !ok || !yield(value) {
				return
			}
		}
	}
}

// next returns the next value as a part of text, since what the decoder returns is valid only for a while.
func next(dec *jsontext.Decoder, text []byte) ([]byte, bool) {
	value, err := dec.ReadValue()
	if err != nil {
		return nil, false
	}
	end := dec.InputOffset()
	return text[end-int64(len(value)) : end : end], true
}
