package benchmarks

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/pronet-go/pronet/benchmarks/internal/turns"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
)

// exported is records as a bulk job gives them.
func exported(b *testing.B) []*employee.MultiSourceRecord {
	b.Helper()
	text, err := os.ReadFile("../employee/testdata/multisource_complete.json")
	if err != nil {
		b.Fatal(err)
	}
	records := make([]*employee.MultiSourceRecord, 500)
	for i := range records {
		if records[i], err = employee.Decode[employee.MultiSourceRecord](text); err != nil {
			b.Fatal(err)
		}
	}
	return records
}

// BenchmarkExportJSONLines compares writing JSON Lines with an encoding/json.Encoder, the plain way, on the same records.
func BenchmarkExportJSONLines(b *testing.B) {
	records := exported(b)
	lines := func(options export.JSONLinesOptions) func() error {
		return func() error {
			w := export.NewJSONLines(io.Discard, options)
			for _, r := range records {
				if err := w.Write(b.Context(), r); err != nil {
					return err
				}
			}
			return w.Flush(b.Context())
		}
	}
	turns.Compare(b,
		turns.Case{Name: "encoder", Run: func() error {
			out := bufio.NewWriterSize(io.Discard, 64<<10)
			encoder := json.NewEncoder(out)
			encoder.SetEscapeHTML(false)
			for _, r := range records {
				if err := encoder.Encode(r); err != nil {
					return err
				}
			}
			return out.Flush()
		}},
		turns.Case{Name: "jsonlines", Run: lines(export.JSONLinesOptions{})},
		turns.Case{Name: "as_received", Run: lines(export.JSONLinesOptions{AsReceived: true})},
	)
}

// BenchmarkExportCSV compares ten columns by path with decoding each record into maps and picking.
func BenchmarkExportCSV(b *testing.B) {
	records := exported(b)
	fields := []string{"id", "full_name", "headline", "location_full", "location_country", "followers_count", "connections_count", "created_at"}
	columns := append(export.Columns(fields...), export.Columns("experience[0].position_title", "experience[*].company_name")...)
	turns.Compare(b,
		turns.Case{Name: "maps", Run: func() error {
			out := csv.NewWriter(io.Discard)
			for _, r := range records {
				var whole map[string]any
				if err := json.Unmarshal(r.Raw(), &whole); err != nil {
					return err
				}
				row := make([]string, 0, len(columns))
				for _, name := range fields {
					row = append(row, fmt.Sprint(whole[name]))
				}
				var first, companies string
				positions, _ := whole["experience"].([]any)
				for i, position := range positions {
					fields, _ := position.(map[string]any)
					if i == 0 {
						first = fmt.Sprint(fields["position_title"])
					}
					companies += fmt.Sprint(fields["company_name"]) + "; "
				}
				if err := out.Write(append(row, first, companies)); err != nil {
					return err
				}
			}
			out.Flush()
			return out.Error()
		}},
		turns.Case{Name: "csv_as_received", Run: func() error {
			w, err := export.NewCSV(io.Discard, export.CSVOptions{Columns: columns, AsReceived: true})
			if err != nil {
				return err
			}
			for _, r := range records {
				if err := w.Write(b.Context(), r); err != nil {
					return err
				}
			}
			return w.Flush(b.Context())
		}},
		turns.Case{Name: "csv", Run: func() error {
			w, err := export.NewCSV(io.Discard, export.CSVOptions{Columns: columns})
			if err != nil {
				return err
			}
			for _, r := range records {
				if err := w.Write(b.Context(), r); err != nil {
					return err
				}
			}
			return w.Flush(b.Context())
		}},
	)
}
