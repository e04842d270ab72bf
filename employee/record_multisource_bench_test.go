package employee_test

import (
	"bytes"
	"testing"

	"github.com/pronet-go/pronet/employee"
)

// BenchmarkDecodeCleanAndMultiSource compares as BenchmarkDecode does.
func BenchmarkDecodeCleanAndMultiSource(b *testing.B) {
	clean, multi := large(b, "clean_complete.json", "experience"), large(b, "multisource_complete.json", "experience")
	preview := compact(b, "preview_multisource.json")
	b.Run("clean/pronet", func(b *testing.B) { benchDecode(b, clean, employee.Decode[employee.CleanRecord]) })
	b.Run("clean/encoding-json", func(b *testing.B) { benchDecode(b, clean, plain[employee.CleanRecord]) })
	b.Run("multisource/pronet", func(b *testing.B) { benchDecode(b, multi, employee.Decode[employee.MultiSourceRecord]) })
	b.Run("multisource/encoding-json", func(b *testing.B) { benchDecode(b, multi, plain[employee.MultiSourceRecord]) })
	b.Run("preview/pronet", func(b *testing.B) { benchDecode(b, preview, employee.Decode[employee.Preview]) })
	b.Run("preview/encoding-json", func(b *testing.B) { benchDecode(b, preview, plain[employee.Preview]) })
}

// BenchmarkDecodeMultiSourceDrift is the price of one mismatched field in a large record.
func BenchmarkDecodeMultiSourceDrift(b *testing.B) {
	text := large(b, "multisource_complete.json", "experience")
	benchDecode(b, bytes.Replace(text, []byte(`"is_parent":1`), []byte(`"is_parent":"no"`), 1), employee.Decode[employee.MultiSourceRecord])
}
