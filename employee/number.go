package employee

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotNumber = errors.New("employee: not a whole number")

const largestExactFloat = 1 << 53

// Number is a whole number that the provider writes as a number or in quotes: 12, "12", 12.0, "" and null are read. The
// last two are 0.
type Number int64

// UnmarshalJSON reads a number. It fails for text that is none, for fractions, and beyond the range of int64.
func (n *Number) UnmarshalJSON(b []byte) error {
	v, err := parseNumber(b)
	if err == nil {
		*n = Number(v)
	}
	return err
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (n *Number) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return n.UnmarshalJSON(b)
}

func parseNumber(b []byte) (int64, error) {
	s := string(b)
	if len(b) >= 2 && b[0] == '"' {
		s = strings.TrimSpace(unquote(b))
		if s == "" {
			return 0, nil
		}
	} else if s == "null" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return n, nil
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, errNotNumber
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > largestExactFloat {
		return 0, errNotNumber
	}
	return int64(f), nil
}
