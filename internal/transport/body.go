package transport

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	excerptBytes  = 64 << 10        // kept of an error's body
	drainBytes    = 256 << 10       // read beyond, so that the connection can be used again
	excerptTime   = 5 * time.Second // for what is kept: what an error has to say comes at once
	drainTime     = time.Second     // for what is read beyond
	leastBuffer   = 4 << 10
	largestPooled = 1 << 20
)

// buffers are reused for responses; the bytes never outlive the call.
type buffers struct{ pool sync.Pool }

func (b *buffers) get(size int) *[]byte {
	buffer, ok := b.pool.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	if cap(*buffer) < size {
		*buffer = make([]byte, 0, max(size, leastBuffer))
	}
	*buffer = (*buffer)[:0]
	return buffer
}

func (b *buffers) put(buffer *[]byte) {
	if buffer != nil && cap(*buffer) <= largestPooled {
		b.pool.Put(buffer)
	}
}

// readAll reads a response's body, at most MaxResponse decoded bytes of it, into a buffer of the pipeline's. It leaves the
// body open.
func (p *Pipeline) readAll(response *http.Response) (*[]byte, error) {
	body := response.Body
	if timed, ok := body.(*timedBody); ok {
		body = timed.within(p.config.BodyTimeout)
	}
	limit := p.config.MaxResponse
	if response.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	held := p.shared.buffers.get(int(min(max(0, response.ContentLength), largestPooled)) + 1) // one more, to see the end without growing
	buffer := *held
	for {
		if len(buffer) == cap(buffer) {
			size := 2 * int64(cap(buffer))
			if size >= limit {
				size = limit + 1
			}
			buffer = append(make([]byte, 0, size), buffer...)
		}
		n, err := body.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if int64(len(buffer)) > limit {
			err = tooLarge(limit)
		}
		if err == nil {
			continue
		}
		*held = buffer
		if errors.Is(err, io.EOF) {
			return held, nil
		}
		p.shared.buffers.put(held)
		return nil, err
	}
}

func tooLarge(limit int64) error {
	return wire.Plain(fmt.Sprintf("the response has more than the %d bytes accepted", limit), api.ErrTooLarge)
}

// readExcerpt reads the beginning of a body whose status says all that must be known, and closes it. What does not come
// soon is not waited for: then the excerpt is what has come, and late.
func (p *Pipeline) readExcerpt(body io.ReadCloser) (kept []byte, late bool) {
	defer func() { _ = body.Close() }()
	within := func(d time.Duration) io.Reader {
		if timed, ok := body.(*timedBody); ok {
			return timed.within(min(d, p.config.BodyTimeout))
		}
		return body
	}
	kept, err := io.ReadAll(io.LimitReader(within(excerptTime), excerptBytes))
	if err == nil {
		_, _ = io.CopyN(io.Discard, within(drainTime), drainBytes)
	}
	return kept, err != nil
}

// excerpt copies the beginning of a body.
func excerpt(body []byte) []byte {
	return append([]byte(nil), body[:min(len(body), excerptBytes)]...)
}

// describeBody says, without repeating any of it, what a body looks like that is not the JSON expected.
func describeBody(body []byte) string {
	text := strings.TrimSpace(string(body[:min(len(body), 512)]))
	switch {
	case text == "":
		return "the response is empty"
	case strings.HasPrefix(text, "<"):
		return "the response is HTML or XML, not JSON"
	case strings.ContainsAny(text[:1], `{["`) || isDigits(text): // not "404 page not found"
		return "the response's JSON does not have the expected form"
	}
	return "the response is not JSON"
}
