package download

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContentRange(t *testing.T) {
	for text, want := range map[string]contentRange{
		"bytes 5-9/10":                         {5, 9, 10},
		"bytes 0-0/1":                          {0, 0, 1},
		"bytes 5-9/*":                          {5, 9, -1},
		"bytes */10":                           {-1, -1, 10},
		"bytes 0-1/" + strings.Repeat("9", 18): {0, 1, 999_999_999_999_999_999},
	} {
		got, ok := parseContentRange(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"", "bytes", "bytes ", "5-9/10", "items 5-9/10", "Bytes 5-9/10", "bytes 9-5/10", "bytes 5-9/9", "bytes -5-9/10", "bytes +5-9/10", "bytes 5-9",
		"bytes */*", "bytes 5/10", "bytes 5-/10", "bytes 5-9/", "bytes 5-9/1e9", "bytes 0-1/" + strings.Repeat("9", 19), "bytes  5-9/10", "bytes 5-9/10 ",
	} {
		_, ok := parseContentRange(text)
		assert.False(t, ok, text)
	}
	_, ok := rangeOf(http.Header{"Content-Range": {"bytes 0-1/2", "bytes 0-1/2"}})
	assert.False(t, ok)
}

func FuzzContentRange(f *testing.F) {
	for _, text := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes */10", "bytes 9-5/10", "bytes"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := parseContentRange(text)
		if !ok {
			require.Zero(t, r)
			return
		}
		total := "*"
		if r.total >= 0 {
			total = fmt.Sprint(r.total)
		}
		if r.first < 0 {
			require.GreaterOrEqual(t, r.total, int64(0))
			require.Equal(t, contentRange{-1, -1, r.total}, r)
			return
		}
		require.LessOrEqual(t, r.first, r.last)
		require.True(t, r.total < 0 || r.last < r.total)
		again, ok := parseContentRange(fmt.Sprintf("bytes %d-%d/%s", r.first, r.last, total))
		require.True(t, ok)
		require.Equal(t, r, again)
	})
}
