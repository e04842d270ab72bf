package employee

import (
	"bytes"
	"errors"
	"unicode/utf8"

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
	if texts, ok := plainTexts(b); ok {
		return texts, nil
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

// plainTexts reads a list that holds nothing but texts without escapes, which nearly all lists are, and is not ok for any
// other. The texts are parts of one string.
func plainTexts(b []byte) (texts Texts, ok bool) {
	quotes := bytes.Count(b, []byte{'"'})
	if quotes == 0 || !utf8.Valid(b) {
		return nil, false
	}
	all := string(b)
	texts = make(Texts, 0, quotes/2)
	before := byte('[') // what must come before the next text
	for i := 0; i < len(all); i++ {
		switch c := all[i]; {
		case c == '"' && before == 0:
			end := i + 1
			for end < len(all) && all[end] != '"' {
				if all[end] == '\\' || all[end] < ' ' {
					return nil, false
				}
				end++
			}
			if end == len(all) {
				return nil, false
			}
			texts = append(texts, all[i+1:end])
			i, before = end, ','
		case c == before && c != 0:
			before = 0
		case c == ']' && before == ',':
			return texts, len(bytes.TrimLeft(b[i+1:], " \t\r\n")) == 0
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			return nil, false
		}
	}
	return nil, false
}
