package employee

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotFlag = errors.New("employee: not 0 or 1")

// Flag is a boolean that the provider writes as 0 or 1. It reads 0, 1, true, false, each also in quotes, "" and null,
// of which the last two are false.
type Flag bool

// UnmarshalJSON reads a flag. It fails for every other value.
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "1", "true", `"1"`, `"true"`:
		*f = true
	case "0", "false", `"0"`, `"false"`, `""`, "null":
		*f = false
	default:
		return errNotFlag
	}
	return nil
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (f *Flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return f.UnmarshalJSON(b)
}

// MarshalJSON writes 0 or 1.
func (f Flag) MarshalJSON() ([]byte, error) {
	if f {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}
