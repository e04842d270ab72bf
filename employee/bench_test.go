package employee_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pronet-go/pronet/employee"
)

// BenchmarkDecode compares with encoding/json on a plain struct of the same fields, which keeps no text: the same type,
// decoded without Decode.
func BenchmarkDecode(b *testing.B) {
	base, v1 := large(b, "base_complete.json", "experience"), large(b, "v1_complete.json", "member_experience_collection")
	b.Run("base/pronet", func(b *testing.B) { benchDecode(b, base, employee.Decode[employee.BaseRecord]) })
	b.Run("base/encoding-json", func(b *testing.B) { benchDecode(b, base, plain[employee.BaseRecord]) })
	b.Run("v1/pronet", func(b *testing.B) { benchDecode(b, v1, employee.Decode[employee.V1Record]) })
	b.Run("v1/encoding-json", func(b *testing.B) { benchDecode(b, v1, plain[employee.V1Record]) })
}

// BenchmarkDecodeDrift is the price of one mismatched field.
func BenchmarkDecodeDrift(b *testing.B) {
	text := large(b, "base_complete.json", "experience")
	text = []byte(strings.Replace(string(text), `"is_parent":1`, `"is_parent":"no"`, 1))
	benchDecode(b, text, employee.Decode[employee.BaseRecord])
}

func BenchmarkMarshalChanged(b *testing.B) {
	r, err := employee.Decode[employee.BaseRecord](large(b, "base_complete.json", "experience"))
	if err != nil {
		b.Fatal(err)
	}
	r.FullName = "changed"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}

func plain[R any](text []byte) (*R, error) {
	r := new(R)
	return r, json.Unmarshal(text, r)
}

func benchDecode[R any](b *testing.B, text []byte, decode func([]byte) (*R, error)) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

// large is a sample, compact, with 20 rows in a collection.
func large(b *testing.B, name, rows string) []byte {
	b.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(sample(b, name), &fields); err != nil {
		b.Fatal(err)
	}
	var some []json.RawMessage
	if err := json.Unmarshal(fields[rows], &some); err != nil {
		b.Fatal(err)
	}
	for i := 0; len(some) < 20; i++ {
		some = append(some, some[i])
	}
	list, err := json.Marshal(some)
	if err != nil {
		b.Fatal(err)
	}
	fields[rows] = list
	text, err := json.Marshal(fields)
	if err != nil {
		b.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return text
}
