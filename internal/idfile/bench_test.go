package idfile_test

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"testing"

	"github.com/pronet-go/pronet/internal/idfile"
)

// BenchmarkCheck measures a whole first pass, hash included, against bufio.Scanner and strconv.ParseUint on the same
// text.
func BenchmarkCheck(b *testing.B) {
	var text []byte
	for id := range count(1_000_000) {
		text = append(strconv.AppendInt(text, id, 10), '\n')
	}
	b.Run("idfile", func(b *testing.B) {
		s := idfile.Reader("x", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil })
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Check(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("scanner", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			lines := bufio.NewScanner(bytes.NewReader(text))
			for lines.Scan() {
				if _, err := strconv.ParseUint(lines.Text(), 10, 63); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkUpload measures a second pass over a file-like source and over an iterator.
func BenchmarkUpload(b *testing.B) {
	for name, s := range map[string]idfile.Source{
		"text": fromText(canonical(collect(1_000_000))),
		"seq":  idfile.Seq(count(1_000_000)),
	} {
		b.Run(name, func(b *testing.B) {
			sum, err := s.Check(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(sum.Bytes)
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Open(sum)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func collect(n int64) (ids []int64) {
	for id := range count(n) {
		ids = append(ids, id)
	}
	return ids
}

// BenchmarkDistinct measures the distinct pass over lists with a tenth of duplicates: one that fits the table, and ones
// that do not.
func BenchmarkDistinct(b *testing.B) {
	for _, n := range []int64{500_000, 1_000_000, 10_000_000} {
		b.Run(strconv.FormatInt(n, 10), func(b *testing.B) {
			s := idfile.Seq(func(yield func(int64) bool) {
				for i := range n {
					if i%10 == 9 {
						i = i / 2
					}
					if !yield(1 + int64(uint64(i)*0x9e3779b97f4a7c15>>36)) {
						return
					}
				}
			})
			b.ReportAllocs()
			for b.Loop() {
				d, err := s.WriteDistinct(b.Context(), io.Discard, idfile.DistinctOptions{})
				if err != nil || d.Duplicates == 0 {
					b.Fatal(d.Count, err)
				}
			}
		})
	}
}
