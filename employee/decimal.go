package employee

import (
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotDecimal = errors.New("employee: not a number")

// Decimal is a number with a fraction, such as a salary or a percentage, that the provider writes as a number or in
// quotes: 12.5, "12.5", 12, "" and null are read. The last two are 0. It has the precision of a float64.
type Decimal float64

// UnmarshalJSON reads a number. It fails for text that is none and beyond the range of float64.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	v, err := parseDecimal(b)
	if err == nil {
		*d = Decimal(v)
	}
	return err
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (d *Decimal) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return d.UnmarshalJSON(b)
}

func parseDecimal(b []byte) (float64, error) {
	s := string(b)
	if len(b) >= 2 && b[0] == '"' {
		s = strings.TrimSpace(unquote(b))
		if s == "" {
			return 0, nil
		}
	} else if s == "null" {
		return 0, nil
	}
	if strings.Trim(s, "0123456789+-.eE") != "" { // ParseFloat would read "inf" and "0x1p4" as well
		return 0, errNotDecimal
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errNotDecimal
	}
	return f, nil
}
