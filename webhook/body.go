package webhook

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// firstBodyBuffer is what a body of unknown or unproven size starts with.
	// More is taken as bytes arrive, whatever Content-Length says.
	firstBodyBuffer = 16 << 10
	// maxPooledBuffer keeps one large body from staying in memory.
	maxPooledBuffer = 256 << 10
)

// bodyBuffers hold bodies until they are verified.
type bodyBuffers struct{ pool sync.Pool }

func (b *bodyBuffers) get() *bytes.Buffer {
	if buf, ok := b.pool.Get().(*bytes.Buffer); ok {
		return buf
	}
	return bytes.NewBuffer(make([]byte, 0, firstBodyBuffer))
}

func (b *bodyBuffers) put(buf *bytes.Buffer) {
	if buf.Cap() > maxPooledBuffer {
		return
	}
	buf.Reset()
	b.pool.Put(buf)
}

// readBody reads at most limit bytes and returns the status to answer with if
// it cannot, else 0.
func readBody(w http.ResponseWriter, r *http.Request, buf *bytes.Buffer, limit int64) int {
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		return 0
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// setReadDeadline bounds the time in which the body must arrive, unless the
// server's own limit is stricter or the writer cannot do it. The server ends
// the deadline itself when the body has been read.
func setReadDeadline(w http.ResponseWriter, r *http.Request, deadline time.Time) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && server.ReadTimeout > 0 && server.ReadTimeout <= time.Until(deadline) {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(deadline)
}
