package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/webhook"
)

// generated is a body of spaces that exists nowhere as a whole.
type generated struct{ left, read int64 }

func (g *generated) Read(p []byte) (int, error) {
	n := int(min(int64(len(p)), g.left))
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = ' '
	}
	g.left -= int64(n)
	g.read += int64(n)
	return n, nil
}

func (g *generated) Close() error { return nil }

func TestLargeBodiesCostLittle(t *testing.T) {
	const size = 128 << 20
	forged := http.Header{"X-Signature": {strings.Repeat("0", 64)}}
	for name, test := range map[string]struct {
		header  http.Header
		length  int64
		sent    int64
		limit   int64
		status  int
		maxRead int64
		maxHeap uint64
	}{
		"unsigned, declared":         {http.Header{}, size, size, 8 << 20, 413, 0, 64 << 10},
		"unsigned, not declared":     {http.Header{}, -1, size, 8 << 20, 401, 0, 64 << 10},
		"forged, declared":           {forged, size, size, 8 << 20, 413, 0, 64 << 10},
		"forged, not declared":       {forged, -1, size, 1 << 20, 413, 2 << 20, 16 << 20},
		"forged, declared, not sent": {forged, size, 0, 1 << 40, 401, 0, 64 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHandler(t, newHMAC(t, bodyScheme(), testSecret), new(spySink), webhook.WithMaxBody(test.limit))
			body := &generated{left: test.sent}
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header, r.Body, r.ContentLength = test.header, body, test.length
			w := httptest.NewRecorder()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			h.ServeHTTP(w, r)
			runtime.ReadMemStats(&after)
			assert.Equal(t, test.status, w.Code)
			assert.LessOrEqual(t, body.read, test.maxRead)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, test.maxHeap)
		})
	}
}
