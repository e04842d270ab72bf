// Package codec is the one place that knows which JSON implementation is used.
//
// On Go 1.26 that is github.com/go-json-experiment/json, which decodes about twice as fast as encoding/json; on Go 1.27
// the same code is the standard library's encoding/json/v2. Providers send duplicate names and invalid UTF-8, so both
// are accepted; member names must match exactly.
package codec

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Unmarshal decodes one JSON value. The client-wide setting WithJSONDecoder replaces it.
type Unmarshal func(data []byte, into any) error

var (
	decoding = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	encoding = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.Deterministic(true))
)

// Decode is the default Unmarshal.
func Decode(data []byte, into any) error { return json.Unmarshal(data, into, decoding) }

// DecodeExact is Decode into an any, with numbers as the jsontext.Value that they are written as: a float64 has no place
// for the last digits of a large ID.
func DecodeExact(data []byte, into *any) error { return json.Unmarshal(data, into, decoding, exact) }

var exact = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, into *any) error {
	if dec.PeekKind() == '0' {
		*into = jsontext.Value(nil)
	}
	return errors.ErrUnsupported
}))

// Valid reports whether data is one JSON value that Decode accepts.
func Valid(data []byte) bool {
	return jsontext.Value(data).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// Encode encodes a value. Maps are written in the order of their keys, so that equal requests have equal bytes.
func Encode(value any) ([]byte, error) { return json.Marshal(value, encoding) }
