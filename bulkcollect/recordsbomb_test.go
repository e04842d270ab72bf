package bulkcollect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
)

// bomb is a gzip file of n times the text.
func bomb(t *testing.T, text string, n int) file {
	t.Helper()
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	require.NoError(t, err)
	for range n {
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return bulkcollect.MemoryFile("bomb", packed.Bytes())
}

// heap is what is in use, with what waits to be collected.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse
}

// TestR15ABombOfOneLine: a line without an end is read no further than its bound, in every mode.
func TestR15ABombOfOneLine(t *testing.T) {
	d := base(t)
	files := []file{bulkcollect.MemoryFile("first", []byte(twoRecords)), bomb(t, strings.Repeat("a", 1<<20), 256)}
	for name, o := range map[string]options{"in order": {}, "without raw": {DropRaw: true}, "many workers": {Workers: 16}, "unordered": {Unordered: true}} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			got := see(t, d.RecordsFrom(t.Context(), files, o))
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, got.Err, api.ErrTooLarge)
			require.EqualError(t, got.Err, `bulkcollect: file "bomb", line 1: the line has more than the 16777216 bytes accepted`)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
		})
	}
}

// endless is a file of one line that is so many bytes long.
type endless struct{ left, read int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = '{'
	}
	e.left -= n
	e.read += n
	return int(n), nil
}

// TestR15ALineOfThreeGigabytes is given up after 16 MiB, and what stood before it is there.
func TestR15ALineOfThreeGigabytes(t *testing.T) {
	line := &endless{left: 3 << 30}
	files := []file{{Name: "long", Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(twoRecords), line)), nil
	}}}
	runtime.GC()
	before := heap()
	got := see(t, base(t).RecordsFrom(t.Context(), files, options{}))
	require.ErrorIs(t, got.Err, api.ErrTooLarge)
	require.EqualError(t, got.Err, `bulkcollect: file "long", line 3: the line has more than the 16777216 bytes accepted`)
	assert.Less(t, line.read, int64(18<<20))
	assert.Less(t, int64(heap())-int64(before), int64(64<<20))
	assert.Equal(t, []int64{1, 2}, got.IDs)
}

// TestR15ABombOfManyLines: small records without number need no more memory than others, however slowly they are taken.
func TestR15ABombOfManyLines(t *testing.T) {
	d := base(t)
	files := []file{bomb(t, strings.Repeat("{}\n", 1000), 300), bomb(t, strings.Repeat("\n", 1<<20), 8)}
	for name, o := range map[string]options{"in order": {}, "many workers": {Workers: 16}, "unordered": {Unordered: true}} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			before, most, n := heap(), uint64(0), 0
			for _, err := range d.RecordsFrom(t.Context(), files, o) {
				require.NoError(t, err)
				if n++; n%10_000 == 0 {
					most = max(most, heap())
				}
			}
			assert.Equal(t, 300_000, n)
			assert.Less(t, int64(most)-int64(before), int64(32<<20))
		})
	}
}
