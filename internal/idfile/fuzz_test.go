package idfile_test

import (
	"errors"
	"io"
	"testing"

	"github.com/pronet-go/pronet/internal/idfile"
)

// FuzzIDFile compares with a slow second implementation: the same lists are accepted, with the same IDs, and refused at
// the same place.
func FuzzIDFile(f *testing.F) {
	for _, text := range []string{
		"", "\n", "1\n2\n", "1\r\n2\r\n\r\n", "\xef\xbb\xbf1", "id\n1", "1,2\n", "0\n", "01\n", "1\n\n2", "9223372036854775807\n9223372036854775808",
		"123456789012345678901\n", "12345678\r9", "1\r", "\xff\xfe1\x00", " 1", "-1", "1\n\n\n",
	} {
		f.Add([]byte(text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		want, line, offset := reference(text)
		s := idfile.Reader("fuzz", func() (io.ReadCloser, error) {
			return io.NopCloser(&pieces{rest: text, size: func() int { return max(1, size%512) }}), nil
		})
		var got []int64
		var failure error
		for id, err := range s.All(t.Context()) {
			if err != nil {
				failure = err
				break
			}
			got = append(got, id)
		}
		refused, _ := errors.AsType[*idfile.LineError](failure)
		switch {
		case line > 0:
			if refused == nil || refused.Line != line || refused.Offset != offset {
				t.Fatalf("want a refusal at line %d, byte %d, got %v", line, offset, failure)
			}
		case len(want) == 0:
			if !errors.Is(failure, idfile.ErrNoIDs) {
				t.Fatalf("want no IDs, got %v", failure)
			}
			return
		case failure != nil:
			t.Fatalf("refused: %v", failure)
		}
		if canonical(got) != canonical(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if line > 0 {
			return
		}
		sum, err := s.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Open(sum)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(r)
		if err != nil || string(sent) != canonical(want) {
			t.Fatalf("sent %q: %v", sent, err)
		}
	})
}
