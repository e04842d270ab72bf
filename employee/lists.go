package employee

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
)

// Numbers is a list of whole numbers, each of which the provider may also write as an object that holds it as its ID:
// [1, "2"], [{"id": 1}], 1, "" and null are read, and the elements of a list as [Number] reads them. The last two are empty.
// What else such an object holds is in the record's Raw alone.
type Numbers []Number

// UnmarshalJSON reads numbers. It fails for an object alone and for lists that hold lists or objects without an ID.
func (n *Numbers) UnmarshalJSON(b []byte) error {
	if jsontext.Value(b).Kind() == '[' {
		var elements []numberElement
		if err := codec.Decode(b, &elements); err != nil {
			return errNotNumbers
		}
		numbers := make(Numbers, len(elements))
		for i, number := range elements {
			numbers[i] = Number(number)
		}
		*n = numbers
		return nil
	}
	if digits, ok := record.Numeral(b); ok && digits == "" {
		*n = nil
		return nil
	}
	one, err := parseNumber(b)
	if err != nil {
		return errNotNumbers
	}
	*n = Numbers{Number(one)}
	return nil
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (n *Numbers) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return n.UnmarshalJSON(b)
}

// numberElement is a number or an object that holds it as its ID.
type numberElement Number

// UnmarshalJSONFrom reads an element.
func (n *numberElement) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if b.Kind() == '{' {
		var object struct {
			ID jsontext.Value `json:"id"`
		}
		if err := codec.Decode(b, &object); err != nil {
			return errNotNumbers
		}
		b = object.ID
	}
	number, err := parseNumber(b)
	if err != nil {
		return err
	}
	*n = numberElement(number)
	return nil
}

var errNotDecimal = errors.New("employee: not a number")

// Texts is a list of texts that the provider may also write as one text, or as objects that hold one: ["x", "y"],
// "x", [{"shorthand_name": "x"}, {"id": 7, "shorthand_name": "y", "deleted": 0}], "" and null are read, and the
// elements of a list as [Text] reads them. Null and "" are an empty list. A text is not split at commas. What else such
// an object holds is in the record's Raw alone; an object that holds anything but one value and what every row has (an
// ID, a place, dates, a mark of deletion) is not read.
type Texts []string

// UnmarshalJSON reads texts. It fails for an object alone and for lists that hold lists or other objects.
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
	var elements []textElement
	if err := codec.Decode(b, &elements); err != nil {
		return nil, errNotTexts
	}
	texts := make(Texts, len(elements))
	for i, text := range elements {
		texts[i] = string(text)
	}
	return texts, nil
}

// textElement is a text or an object that holds one.
type textElement string

// UnmarshalJSONFrom reads an element. It fails for lists and for objects that hold several values or none.
func (t *textElement) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return (*Text)(t).UnmarshalJSONFrom(dec)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	values := 0
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if slices.Contains(ofEveryRow, name.String()) {
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if values++; values > 1 {
			return errNotTexts
		}
		if err := (*Text)(t).UnmarshalJSONFrom(dec); err != nil {
			return err
		}
	}
	if values == 0 {
		return errNotTexts
	}
	_, err := dec.ReadToken()
	return err
}

// ofEveryRow is what objects in lists hold besides their value.
var ofEveryRow = []string{
	"id", "member_id", "parent_id", "order_in_profile", "deleted", "created_at", "updated_at", "deleted_at", "created", "last_updated",
}

// plainTexts reads a list that holds nothing but texts without escapes, which nearly all lists are, and is not ok for
// any other. The texts are parts of one string.
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
