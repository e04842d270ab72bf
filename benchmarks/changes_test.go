package benchmarks

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/r3labs/diff/v3"

	"github.com/pronet-go/pronet/benchmarks/internal/turns"
	"github.com/pronet-go/pronet/employee"
)

// BenchmarkChanges compares two Multi-source records of a person who was promoted, and whose company counted its people
// again, to decoding both. The peers compare the same two records: they list fields, by their places in lists.
//
// Target: changes <= 0.25.
func BenchmarkChanges(b *testing.B) {
	before, after := twoScrapes(b)
	old, err := employee.Decode[employee.MultiSourceRecord](before)
	if err != nil {
		b.Fatal(err)
	}
	now, err := employee.Decode[employee.MultiSourceRecord](after)
	if err != nil {
		b.Fatal(err)
	}
	const times = 100
	severalTimes := func(do func() error) func() error {
		return func() error {
			for range times {
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		}
	}
	none := errors.New("no difference was found")
	turns.Compare(b,
		turns.Case{Name: "decode", Run: severalTimes(func() error {
			for _, text := range [][]byte{before, after} {
				if _, err := employee.Decode[employee.MultiSourceRecord](text); err != nil {
					return err
				}
			}
			return nil
		})},
		turns.Case{Name: "changes", Run: severalTimes(func() error {
			if len(employee.Changes(old, now)) == 0 {
				return none
			}
			return nil
		})},
		turns.Case{Name: "r3labs-diff", Run: severalTimes(func() error {
			found, err := diff.Diff(old, now)
			if err == nil && len(found) == 0 {
				err = none
			}
			return err
		})},
		turns.Case{Name: "go-cmp", Run: severalTimes(func() error {
			if cmp.Diff(old, now, cmpopts.IgnoreUnexported(employee.MultiSourceRecord{})) == "" {
				return none
			}
			return nil
		})},
	)
}

// twoScrapes are a record before and after the change.
func twoScrapes(b *testing.B) (before, after []byte) {
	b.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(multiSourceRecords(1, 9)))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		b.Fatal(err)
	}
	text = bytes.TrimSpace(text)
	text = bytes.Replace(text, []byte(`"active_experience":0`), []byte(`"active_experience":1`), 1)
	before = text
	after = regexp.MustCompile(`"(duration_months|company_employees_count|followers_count)":\d`).ReplaceAll(text, []byte(`"$1":7`))
	after = bytes.Replace(after, []byte(`"position_title":"`), []byte(`"position_title":"Director of `), 1)
	after = bytes.Replace(after, []byte(`"headline":"`), []byte(`"headline":"Director of `), 1)
	return before, after
}
