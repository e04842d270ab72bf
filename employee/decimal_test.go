package employee_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
)

func TestDecimal(t *testing.T) {
	for text, want := range map[string]employee.Decimal{
		"12.5": 12.5, `"12.5"`: 12.5, "12": 12, `" 7.25 "`: 7.25, "-0.5": -0.5, "1e3": 1000, `"1E-2"`: 0.01, `"\u0031.5"`: 1.5, `"+.5"`: 0.5, "0": 0, "-0": 0, `""`: 0, `" "`: 0, "null": 0, "9007199254740993": 9007199254740992, "1e-400": 0,
	} {
		leaf(t, 99, text, want, true)
	}
	for _, text := range []string{`"x"`, `"12,5"`, `"12.5 EUR"`, `"1_000"`, `"0x1p4"`, `"inf"`, `"NaN"`, `"1.2.3"`, `"-"`, "1e400", "true", "{}", "[]", "[1.5]", `"\ud800"`} {
		leaf(t, employee.Decimal(99), text, 0, false)
	}
	assert.Equal(t, "[12.5,0,1000]", written(t, []employee.Decimal{12.5, 0, 1000}))
	assert.Error(t, new(employee.Decimal).UnmarshalJSON(nil))
}

func TestDecimalThatIsNotFiniteIsNotWritten(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1)} {
		r := employee.MultiSourceRecord{ID: 1, MultiSourceSalaries: employee.MultiSourceSalaries{ProjectedBaseSalaryP25: employee.Decimal(value)}}
		_, err := r.MarshalJSON()
		assert.Error(t, err)
	}
}

func FuzzDecimal(f *testing.F) {
	for _, text := range []string{"12.5", `"12.5"`, "null", `"0x1p4"`, "1e400", `"NaN"`, `"`, `"\u0031"`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := employee.Decimal(99)
		if err := d.UnmarshalJSON(text); err != nil {
			if d != 99 {
				t.Fatal("changed without being read")
			}
			return
		}
		if f := float64(d); math.IsNaN(f) || math.IsInf(f, 0) {
			t.Fatalf("%q is %v", text, f)
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again employee.Decimal
		if err := again.UnmarshalJSON(out); err != nil || again != d {
			t.Fatalf("%q: %v became %v, %v", text, d, again, err)
		}
	})
}
