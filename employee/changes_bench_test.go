package employee_test

import (
	"bytes"
	"testing"

	"github.com/pronet-go/pronet/employee"
)

// BenchmarkChanges compares a large record with one of a later scrape. benchmarks/changes_test.go has the ratio to
// decoding.
func BenchmarkChanges(b *testing.B) {
	before := large(b, "multisource_complete.json", "experience")
	after := bytes.ReplaceAll(bytes.Replace(before, []byte(`"position_title":"`), []byte(`"position_title":"Head `), 1), []byte(`"duration_months":1`), []byte(`"duration_months":2`))
	old, err := employee.Decode[employee.MultiSourceRecord](before)
	if err != nil {
		b.Fatal(err)
	}
	now, err := employee.Decode[employee.MultiSourceRecord](after)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		employee.Changes(old, now)
	}
}
