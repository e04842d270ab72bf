package bulkcollect_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// TestR15GzipBomb: little is sent that becomes much, one line without an end. It ends early, and in flat memory.
func TestR15GzipBomb(t *testing.T) {
	block := bytes.Repeat([]byte("a"), 1<<20)
	for name, pack := range map[string]func(io.Writer) io.Writer{
		"gzip":  func(w io.Writer) io.Writer { return gzip.NewWriter(w) },
		"plain": func(w io.Writer) io.Writer { return w },
	} {
		t.Run(name, func(t *testing.T) {
			stopped := make(chan struct{})
			client := filesOf(t, func(w http.ResponseWriter, _ *http.Request) {
				defer close(stopped)
				packed := pack(w)
				for range 1024 {
					if _, err := packed.Write(block); err != nil {
						return
					}
					if f, ok := packed.(*gzip.Writer); ok && f.Flush() != nil || http.NewResponseController(w).Flush() != nil {
						return
					}
				}
				t.Error("1 GiB was read")
			})
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			ids, err := walk(t, client)
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, err, api.ErrTooLarge)
			assert.Empty(t, ids)
			assert.Contains(t, err.Error(), "line 1: the line has more than the 16777216 bytes accepted")
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(128<<20), "a few times the longest line, not what was sent")
			<-stopped
		})
	}
}
