package employee

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
)

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
		read.Ticker = unquote(b)
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
