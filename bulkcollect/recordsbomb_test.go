package bulkcollect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
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
	files := []file{bulkcollect.MemoryFile("first", []byte(twoRecords)), bomb(t, strings.Repeat("a", 1<<20), pronettest.Times(96, 256))}
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
	thousands := pronettest.Times(10, 300)
	blanks := pronettest.Times(2, 8)
	files := []file{bomb(t, strings.Repeat("{}\n", 1000), thousands), bomb(t, strings.Repeat("\n", 1<<20), blanks)}
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
			assert.Equal(t, 1000*thousands, n)
			assert.Less(t, int64(most)-int64(before), int64(32<<20))
		})
	}
}

// most is the largest heap while the loop takes records, which it does only when everything else has come to rest.
func most(t *testing.T, d walker, files []file, o options, atMost int) (largest int64, n int) {
	t.Helper()
	runtime.GC()
	before := heap()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for err := range d(ctx, files, o) {
			require.NoError(t, err)
			synctest.Wait()
			largest = max(largest, int64(heap())-int64(before))
			if n++; n == atMost {
				break
			}
		}
	})
	return largest, n
}

// walker walks the records of files, whatever their type.
type walker func(ctx context.Context, files []file, o options) iter.Seq[error]

// recordsOf is a dataset whose records are of the type R.
type recordsOf[R any] interface {
	RecordsFrom(ctx context.Context, files []file, o options) iter.Seq2[*R, error]
}

func walkOf[R any](d recordsOf[R]) walker {
	return func(ctx context.Context, files []file, o options) iter.Seq[error] {
		return func(yield func(error) bool) {
			for _, err := range d.RecordsFrom(ctx, files, o) {
				if !yield(err) {
					return
				}
			}
		}
	}
}

// TestR15LongLinesInARow: only one of them is held at a time, however many there are and however many could decode.
func TestR15LongLinesInARow(t *testing.T) {
	if pronettest.Race {
		t.Skip("the detector has a memory of its own, and takes minutes")
	}
	d := walkOf(base(t))
	files := slices.Repeat([]file{bomb(t, `{"full_name":"`+strings.Repeat("a", 9<<20)+`"}`+"\n", pronettest.Times(2, 60))}, 8)
	lines := pronettest.Times(4, 60) // at the first one, each worker could hold one already
	for name, o := range map[string]options{
		"few workers": {Workers: 2}, "many": {Workers: 16}, "unordered": {Workers: 16, Unordered: true}, "without raw": {Workers: 16, DropRaw: true},
	} {
		t.Run(name, func(t *testing.T) {
			largest, n := most(t, d, files, o, lines)
			assert.Equal(t, lines, n)
			t.Logf("%d MiB", largest>>20)
			assert.Less(t, largest, int64(128<<20))
		})
	}
}

// TestR15RowsOfFewBytes: a record of very many is refused, and blocks of many are held one at a time.
func TestR15RowsOfFewBytes(t *testing.T) {
	if pronettest.Race {
		t.Skip("the detector has a memory of its own, and takes minutes")
	}
	d := connect(t, pronet.WithCoresignal("key")).BulkCollect.MultiSource
	list := func(n int) string { return `{"experience":[{}` + strings.Repeat(",{}", n-1) + "]}\n" }
	for _, err := range d.RecordsFrom(t.Context(), []file{bomb(t, list(400_000), 1)}, options{}) {
		require.ErrorIs(t, err, api.ErrUnexpectedResponse)
		require.ErrorIs(t, err, employee.ErrRecordTooLarge)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // what is held counts, not what waits to be collected
	part := pronettest.Times(4, 1)                   // of the sizes
	records := pronettest.Times(1, 8)                // at the first one, the workers hold already what they may
	for name, text := range map[string]string{
		"one line": list(100_000 / part), "a block": list(40_000 / part), "lines of a block": strings.Repeat(list(1_000), 40/part),
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range []options{{Workers: 16}, {Workers: 16, Unordered: true}} {
				largest, n := most(t, walkOf(d), slices.Repeat([]file{bomb(t, text, 2)}, 8), o, records)
				assert.Equal(t, records, n)
				t.Logf("%d MiB", largest>>20)
				assert.Less(t, largest, int64(256<<20/part))
			}
		})
	}
}
