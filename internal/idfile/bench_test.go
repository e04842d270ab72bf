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
