package sandbox

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// serveFault lets a fault happen to a request.
func (sb *Sandbox) serveFault(f Fault, c *call) {
	if !sb.wait(c, f.Delay) {
		abort(c.w)
		return
	}
	header := c.w.Header()
	if f.RetryAfter != "" {
		header.Set("Retry-After", f.RetryAfter)
	}
	if f.Drop == DropBeforeAct {
		abort(c.w)
		return
	}

	answer := &recording{header: maps.Clone(header)}
	target := c.w
	c.w = &reply{ResponseWriter: answer}
	if f.answers() {
		f.answer(c.w)
	} else {
		sb.answer(c)
	}
	c.w = target
	if f.Drop == DropAfterAct {
		abort(target)
		return
	}

	maps.Copy(header, answer.header)
	maps.Copy(header, f.Header)
	body := answer.body.Bytes()
	if f.TruncateGzip && bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		body = body[:len(body)/2]
	}
	header.Set("Content-Length", fmt.Sprint(len(body)))
	target.WriteHeader(answer.status)
	if f.Drop != DropMidBody {
		_, _ = target.Write(body)
		return
	}
	_, _ = target.Write(body[:len(body)/2])
	_ = http.NewResponseController(target).Flush()
	abort(target)
}

// wait passes the time of a delay and tells whether the request is still wanted
// after it.
func (sb *Sandbox) wait(c *call, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.r.Context().Done():
	case <-sb.ctx.Done():
	}
	return false
}

// abort closes the connection without another byte: by taking it over where that
// is possible, and by a panic that net/http's server understands otherwise.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told to drop a connection
	}
	_ = conn.Close()
}

// answer writes the fault's own answer.
func (f Fault) answer(w *reply) {
	status := f.Status
	switch {
	case f.Redirect != "":
		w.Header().Set("Location", f.Redirect)
		if status == 0 {
			status = http.StatusFound
		}
	case f.HTML && status == 0:
		status = http.StatusBadGateway
	}
	switch {
	case f.HTML:
		page := f.Body
		if page == "" {
			title := fmt.Sprintf("%d %s", status, http.StatusText(status))
			page = "<html>\n<head><title>" + title + "</title></head>\n<body><h1>" + title + "</h1></body>\n</html>\n"
		}
		w.bytes(status, "text/html; charset=utf-8", []byte(page))
	case f.Body != "":
		w.bytes(status, "application/json", []byte(f.Body))
	default:
		w.refuse(refusal(status, "%s", http.StatusText(status)))
	}
}

// recording keeps an answer in memory.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recording) Header() http.Header { return r.header }

func (r *recording) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recording) Write(p []byte) (int, error) { return r.body.Write(p) }
