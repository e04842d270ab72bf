package employee

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
)

var errNotRegion = errors.New("employee: not a region")

// Region is the name of a part of the world, such as "Northern America". The provider writes it as a text or as
// {"region": "Northern America"}; what else such an object holds is in the record's Raw alone. Null is empty.
type Region string

// UnmarshalJSON reads a region. It fails for lists and for objects without a region.
func (r *Region) UnmarshalJSON(b []byte) error {
	if jsontext.Value(b).Kind() == '{' {
		var object struct {
			Region jsontext.Value `json:"region"`
		}
		if err := codec.Decode(b, &object); err != nil {
			return errNotRegion
		}
		b = object.Region
	}
	name, err := parseText(b)
	if err != nil {
		return errNotRegion
	}
	*r = Region(name)
	return nil
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (r *Region) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return r.UnmarshalJSON(b)
}
