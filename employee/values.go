package employee

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
)

var errNotNumber = errors.New("employee: not a whole number")

// Number is a whole number that the provider writes as a number or in quotes: 12, "12", 12.0, "" and null are read. The
// last two are 0.
type Number int64

// UnmarshalJSON reads a number. It fails for other text, for fractions, and beyond the range of int64.
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
	if digits, ok := record.Numeral(b); ok && digits == "" {
		return 0, nil
	}
	n, ok := record.Whole(b)
	if !ok {
		return 0, errNotNumber
	}
	return n, nil
}

var errNotNumbers = errors.New("employee: neither numbers nor a single one")

// Decimal is a number with a fraction, such as a salary or a percentage, that the provider writes as a number or in
// quotes: 12.5, "12.5", 12, "" and null are read. The last two are 0. It has the precision of a float64.
type Decimal float64

// UnmarshalJSON reads a number. It fails for other text and beyond the range of float64.
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
	digits, ok := record.Numeral(b)
	switch {
	case !ok:
		return 0, errNotDecimal
	case digits == "":
		return 0, nil
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, errNotDecimal
	}
	return f, nil
}

var errNotFlag = errors.New("employee: not 0 or 1")

// Flag is a boolean that the provider writes as 0 or 1. It reads 0, 1, true, false, each also in quotes, in other case and
// as 1.0, "" and null, of which the last two are false.
type Flag bool

// UnmarshalJSON reads a flag. It fails for every other value.
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "1", "true", `"1"`, `"true"`:
		*f = true
	case "0", "false", `"0"`, `"false"`, `""`, "null":
		*f = false
	default:
		return f.drifted(b)
	}
	return nil
}

// drifted reads what is 0 or 1 written as another number, or a word in other case.
func (f *Flag) drifted(b []byte) error {
	if n, ok := record.Whole(b); ok && (n == 0 || n == 1) {
		*f = n == 1
		return nil
	}
	if len(b) > 2 && b[0] == '"' {
		switch word := strings.ToLower(string(b[1 : len(b)-1])); word {
		case "true", "false":
			*f = word == "true"
			return nil
		}
	}
	return errNotFlag
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

var errNotText = errors.New("employee: not a single value")

// Text is a string that the provider may also write as a number or a boolean, whose spelling is then taken: "x", 12,
// true and null are read. Null is empty.
type Text string

// UnmarshalJSON reads a text. It fails for objects and arrays.
func (t *Text) UnmarshalJSON(b []byte) error {
	v, err := parseText(b)
	if err == nil {
		*t = Text(v)
	}
	return err
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(b)
}

func parseText(b []byte) (string, error) {
	switch jsontext.Value(b).Kind() {
	case '"':
		return record.Unquote(b), nil
	case '0', 't', 'f':
		return string(b), nil
	case 'n':
		return "", nil
	}
	return "", errNotText
}

var errNotTexts = errors.New("employee: neither texts nor a single value")

// Timestamp is a moment as the provider writes it, such as "2026-01-01T12:00:00Z" in Base and "2022-04-27 00:33:19" in
// V1. The empty Timestamp is null.
type Timestamp string

// In each of them, seconds may have a fraction.
var timestampLayouts = [...]string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly}

// Time is the moment in UTC. A timestamp without a zone is taken as UTC, which is assumed. It is not ok for text in
// another form: read are the forms above, with and without zone and fractions of a second, and a date alone.
func (t Timestamp) Time() (moment time.Time, ok bool) {
	for _, layout := range timestampLayouts {
		if moment, err := time.Parse(layout, string(t)); err == nil {
			return moment.UTC(), true
		}
	}
	return time.Time{}, false
}

// MarshalJSON writes the text as it is, and null if it is empty.
func (t Timestamp) MarshalJSON() ([]byte, error) { return marshalText(string(t)) }

func marshalText(s string) ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(s)
}

// ProfileDate is a date as people write it in a profile: "November 2017", "2010", "May 2, 2014". The empty ProfileDate
// is null: there is none, or it is not known. It also reads a bare number, since other datasets write years so.
type ProfileDate string

var profileDateLayouts = [...]struct {
	layout     string
	month, day bool
}{
	{"January 2006", true, false},
	{"2006", false, false},
	{"Jan 2006", true, false},
	{"January 2, 2006", true, true},
	{"Jan 2, 2006", true, true},
	{"2006-01", true, false},
	{time.DateOnly, true, true},
}

// Parse returns the parts that the date has; month and day are 0 where it has none. Months are 1 to 12, in English. It
// is not ok for text in another form than those above, "Nov 2024", "2021-03" and "2021-03-15".
func (d ProfileDate) Parse() (year, month, day int, ok bool) {
	text := strings.TrimSpace(string(d))
	if rest, found := strings.CutPrefix(text, "Sept "); found {
		text = "Sep " + rest
	}
	for _, l := range profileDateLayouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		year = t.Year()
		if l.month {
			month = int(t.Month())
		}
		if l.day {
			day = t.Day()
		}
		return year, month, day, true
	}
	return 0, 0, 0, false
}

// UnmarshalJSON reads a date. It fails for objects and arrays.
func (d *ProfileDate) UnmarshalJSON(b []byte) error { return (*Text)(d).UnmarshalJSON(b) }

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (d *ProfileDate) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return (*Text)(d).UnmarshalJSONFrom(dec)
}

// MarshalJSON writes the text as it is, and null if it is empty.
func (d ProfileDate) MarshalJSON() ([]byte, error) { return marshalText(string(d)) }

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

var errNotStockTicker = errors.New("employee: not a stock ticker")

// StockTicker is where a company's shares are traded. The provider writes {"exchange": "NASDAQ", "ticker": "ABCD"}; a
// text alone is read as a ticker without an exchange, since one user of the API reports that form.
type StockTicker struct {
	// Exchange is the name of the exchange, such as "NASDAQ".
	Exchange string `json:"exchange"`
	// Ticker is the company's symbol there.
	Ticker string `json:"ticker"`
}

// UnmarshalJSON reads a ticker. It fails for values other than texts, objects and null, and for objects whose fields
// are not texts.
func (t *StockTicker) UnmarshalJSON(b []byte) error {
	type fields StockTicker // without the methods
	var read fields
	switch jsontext.Value(b).Kind() {
	case '"':
		read.Ticker = record.Unquote(b)
	case 'n':
	case '{':
		if err := codec.Decode(b, &read); err != nil {
			return errNotStockTicker
		}
	default:
		return errNotStockTicker
	}
	*t = StockTicker(read)
	return nil
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (t *StockTicker) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(b)
}
