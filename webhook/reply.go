package webhook

import (
	"io"
	"net/http"
	"strconv"
	"sync"
)

// retryAfter is the Retry-After of every 503, in seconds.
const retryAfter = 5

// reply writes at most one answer, although the deadline may pass while the
// sink is still at work.
type reply struct {
	mu   sync.Mutex
	w    http.ResponseWriter
	sent bool
}

// send answers with the status and its fixed text and reports whether no
// answer had been given before.
func (a *reply) send(status int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent {
		return false
	}
	a.sent = true
	text := replyText(status)
	header := a.w.Header()
	values := [...]string{"text/plain; charset=utf-8", strconv.Itoa(len(text)), "nosniff", strconv.Itoa(retryAfter)}
	header["Content-Type"] = values[0:1:1]
	header["Content-Length"] = values[1:2:2]
	if status != http.StatusOK {
		header["X-Content-Type-Options"] = values[2:3:3]
	}
	if status == http.StatusServiceUnavailable {
		header["Retry-After"] = values[3:4:4]
	}
	a.w.WriteHeader(status)
	_, _ = io.WriteString(a.w, text) //nolint:gosec // a fixed text; the sender may be gone
	return true
}

// sendLate answers 503 while the handler is still busy.
func (a *reply) sendLate() {
	if a.send(http.StatusServiceUnavailable) {
		a.mu.Lock()
		defer a.mu.Unlock()
		_ = http.NewResponseController(a.w).Flush() // Not every writer can.
	}
}

// abandon makes later answers do nothing and waits for one that is being sent.
func (a *reply) abandon() {
	a.mu.Lock()
	a.sent = true
	a.mu.Unlock()
}

// replyText is what the body of a reply says. It depends on the status alone.
func replyText(status int) string {
	switch status {
	case http.StatusOK:
		return "ok\n"
	case http.StatusNotFound:
		return "404 page not found\n" // What net/http says for an unknown path.
	}
	return http.StatusText(status) + "\n"
}
