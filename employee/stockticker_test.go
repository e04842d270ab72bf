package employee_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestStockTicker(t *testing.T) {
	previous := employee.StockTicker{Exchange: "previous", Ticker: "previous"}
	for text, want := range map[string]employee.StockTicker{
		`{"exchange":"XETRA","ticker":"KNL"}`:         {Exchange: "XETRA", Ticker: "KNL"},
		`{"ticker":"KNL","exchange":null,"more":[1]}`: {Ticker: "KNL"},
		`{}`:         {},
		`"KNL"`:      {Ticker: "KNL"},
		`"\u004bNL"`: {Ticker: "KNL"},
		"null":       {},
	} {
		leaf(t, previous, text, want, true)
	}
	for _, text := range []string{"1", "true", "[]", `["KNL"]`, `{"ticker":1}`, `{"exchange":{}}`} {
		leaf(t, previous, text, employee.StockTicker{}, false)
	}
	assert.Equal(t, `{"exchange":"XETRA","ticker":"KNL"}`, written(t, employee.StockTicker{Exchange: "XETRA", Ticker: "KNL"}))
	assert.Error(t, new(employee.StockTicker).UnmarshalJSON(nil))
}

func TestStockTickerInARecord(t *testing.T) {
	const text = `{"experience":[{"company_stock_ticker":["KNL",{"ticker":7,"exchange":"X","more":1}]}]}`
	r, err := employee.Decode[employee.MultiSourceRecord]([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, []employee.StockTicker{{Ticker: "KNL"}, {Exchange: "X"}}, r.Experience[0].CompanyStockTicker)
	assert.Equal(t, []string{"experience[0].company_stock_ticker[1].ticker"}, r.Mismatched())
	assert.Contains(t, r.Unknown(), "experience[0].company_stock_ticker[1].more")

	r.Experience[0].CompanyStockTicker[0].Exchange = "XETRA"
	assert.Equal(t, `{"experience":[{"company_stock_ticker":[{"exchange":"XETRA","ticker":"KNL"},{"ticker":7,"exchange":"X","more":1}]}]}`, written(t, r))
}
