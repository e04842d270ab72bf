package employee

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
)

var errNotTexts = errors.New("employee: neither texts nor a single value")

// Texts is a list of texts that the provider may also write as one text: ["x", "y"], "x", "" and null are read, and the
// elements of a list as [Text] reads them. Null and "" are an empty list. A text is not split at commas.
type Texts []string

// UnmarshalJSON reads texts. It fails for objects and for lists that hold objects or lists.
func (t *Texts) UnmarshalJSON(b []byte) error {
	texts, err := parseTexts(b)
	if err == nil {
		*t = texts
	}
	return err
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (t *Texts) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(b)
}

func parseTexts(b []byte) (Texts, error) {
	if jsontext.Value(b).Kind() != '[' {
		text, err := parseText(b)
		switch {
		case err != nil:
			return nil, errNotTexts
		case text == "":
			return nil, nil
		}
		return Texts{text}, nil
	}
	var elements []Text
	if err := codec.Decode(b, &elements); err != nil {
		return nil, errNotTexts
	}
	texts := make(Texts, len(elements))
	for i, text := range elements {
		texts[i] = string(text)
	}
	return texts, nil
}
