package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// firstBodyBuffer is what a body of unknown or unproven size starts with.
	firstBodyBuffer = 16 << 10
	// bodyGrowth is how much more memory than what has arrived a body of known
	// size may get: nobody gets megabytes for a Content-Length alone.
	bodyGrowth = 8
	// retryAfter is the Retry-After of every 503, in seconds.
	retryAfter = 5
)

// errBusy says that there was no room for a body.
var errBusy = errors.New("webhook: the bodies that are arriving hold as much as they may")

// readBody reads a body of at most limit bytes into memory of its own, which nobody else uses afterwards; beyond its
// first buffer held must have room for it. A late response is held back until the body is there or its read deadline has
// passed: net/http writes to the response as well when a body is too large.
func (x *exchange) readBody(r *http.Request, limit int64, held *heldBytes) ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	source, first := io.Reader(r.Body), firstBodyBuffer
	known := r.ContentLength >= 0 // And not above the limit.
	if known {
		// One byte more than there is to come, so that the end is seen without
		// growing.
		first = int(min(r.ContentLength, firstBodyBuffer-1)) + 1
	} else {
		source = http.MaxBytesReader(x.w, r.Body, limit)
	}
	growth := func(length int) int {
		room := length
		if known {
			room = max(room, int(min(r.ContentLength, int64(bodyGrowth*length-1)))+1-length)
		}
		return int(min(int64(room), limit-int64(length)+1))
	}
	if r.ContentLength >= firstBodyBuffer && held.isFull(growth(firstBodyBuffer)) {
		return nil, errBusy // Not a byte of it is read.
	}
	body := make([]byte, 0, first)
	for {
		n, err := source.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			if cap(body) > 2*len(body)+512 {
				body = slices.Clone(body) // Whoever keeps it should not keep the rest.
			}
			held.arrived(x)
			return slices.Clip(body), nil
		case err != nil && held.madeRoom(x):
			return nil, errBusy
		case err != nil:
			return nil, err
		case int64(len(body)) > limit:
			return nil, &http.MaxBytesError{Limit: limit}
		case len(body) == cap(body):
			room := growth(len(body))
			if len(body)+room > firstBodyBuffer && !held.take(x, room) {
				return nil, errBusy
			}
			body = slices.Grow(body, room)
		}
	}
}

// setReadDeadline bounds the time in which the body must arrive, unless there is none, the server's own limit is
// stricter or the writer cannot do it. The server ends the deadline itself when the body has been read. Where there is
// no body it does not: the deadline would then look like a lost connection.
func setReadDeadline(w http.ResponseWriter, r *http.Request, deadline time.Time) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 && r.ProtoMajor < 2 {
		return
	}
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && server.ReadTimeout > 0 && server.ReadTimeout <= time.Until(deadline) {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(deadline)
}

// exchange is one request and its response, of which there is at most one
// although the deadline may pass while the sink is still at work.
type exchange struct {
	w        http.ResponseWriter
	began    time.Time
	deadline time.Time
	values   context.Context // The request's.
	received Received        // What came of it; without a result unless it is a POST.
	// holds, evicted and arrived are the [heldBytes]'s: the body has a share, had to make room, or is complete.
	holds, evicted, arrived bool
	// before and after are the neighbours in the [deadlines], which guard them.
	before, after *exchange

	mu     sync.Mutex
	sent   bool
	status int  // What was sent.
	ended  bool // The handler has returned.
	// done ends at the deadline. It is made when somebody asks for it: most
	// sinks do not.
	done   context.Context
	cancel context.CancelFunc
	// headers are the values of the response's headers, in memory of their
	// own: a middleware may change them.
	headers [4]string
}

// send responds with the status and its fixed text and reports whether there
// had been no response before.
func (x *exchange) send(status int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sent {
		return false
	}
	x.sent, x.status = true, status
	text := responseText(status)
	header := x.w.Header()
	x.headers = [...]string{"text/plain; charset=utf-8", strconv.Itoa(len(text)), "nosniff", strconv.Itoa(retryAfter)}
	header["Content-Type"] = x.headers[0:1:1]
	header["Content-Length"] = x.headers[1:2:2]
	if status != http.StatusOK {
		header["X-Content-Type-Options"] = x.headers[2:3:3]
	}
	if status == http.StatusServiceUnavailable {
		header["Retry-After"] = x.headers[3:4:4]
	}
	x.w.WriteHeader(status)
	_, _ = io.WriteString(x.w, text) // A fixed text; the sender may be gone.
	return true
}

// finish responds as it is said in received, and notes it.
func (x *exchange) finish(received Received) {
	x.send(received.Status)
	x.received = received
}

// sendLate responds with 503 while the handler is still busy.
func (x *exchange) sendLate() {
	if x.send(http.StatusServiceUnavailable) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if !x.ended {
			_ = http.NewResponseController(x.w).Flush() // Not every writer can.
		}
	}
}

// abandon ends the sink's context, makes later responses do nothing and waits
// for one that is being sent.
func (x *exchange) abandon() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sent, x.ended = true, true
	if x.cancel != nil {
		x.cancel()
	}
}

// deadlines responds for the exchanges of a handler that have no response at their deadline, whoever keeps them:
// verifier, decoder, store or sink. A timer for each would be set and stopped with every delivery, which makes the
// runtime wake a thread. Here a timer that has been set runs out, whoever has been done meanwhile, and is set again for
// the first of those that are still there.
type deadlines struct {
	mu          sync.Mutex
	fires       time.Time // When the timer that was set last runs out.
	first, last *exchange // In the order of their deadlines.
}

// set makes sure that a timer runs out at the deadline or before.
func (d *deadlines) set(deadline time.Time) {
	now := time.Now()
	if d.fires.After(now) && !d.fires.After(deadline) {
		return
	}
	d.fires = deadline
	time.AfterFunc(deadline.Sub(now), d.end)
}

// add waits for the deadline of x. It is mostly the last of all, but of two that arrive together the second may be here
// first.
func (d *deadlines) add(x *exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set(x.deadline)
	x.before = d.last
	for x.before != nil && x.before.deadline.After(x.deadline) {
		x.after, x.before = x.before, x.before.before
	}
	if x.before == nil {
		d.first = x
	} else {
		x.before.after = x
	}
	if x.after == nil {
		d.last = x
	} else {
		x.after.before = x
	}
}

// remove forgets x.
func (d *deadlines) remove(x *exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlink(x)
}

func (d *deadlines) unlink(x *exchange) {
	switch {
	case x.before != nil:
		x.before.after = x.after
	case d.first == x:
		d.first = x.after
	default:
		return // It is not there any more.
	}
	if x.after != nil {
		x.after.before = x.before
	} else {
		d.last = x.before
	}
	x.before, x.after = nil, nil
}

// end ends the exchanges whose deadline has come.
func (d *deadlines) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for now := time.Now(); d.first != nil; {
		x := d.first
		if x.deadline.After(now) {
			d.set(x.deadline)
			return
		}
		d.unlink(x)
		go x.sendLate() // On its own: the sender may not read what it is sent.
	}
}

// responseText is what the body of a response says. It depends on the status
// alone.
func responseText(status int) string {
	switch status {
	case http.StatusOK:
		return "ok\n"
	case http.StatusNotFound:
		return "404 page not found\n" // What net/http says for an unknown path.
	}
	return http.StatusText(status) + "\n"
}

// sinkContext is the context of the sink: it has the request's values, ends at
// the deadline or when the handler returns, and not when the sender
// disconnects. It is [context.WithDeadline], made when somebody waits for it.
type sinkContext exchange

// Deadline implements [context.Context].
func (c *sinkContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done implements [context.Context].
func (c *sinkContext) Done() <-chan struct{} { return c.made().Done() }

// Err implements [context.Context].
func (c *sinkContext) Err() error {
	c.mu.Lock()
	if c.done == nil && !c.ended && time.Now().Before(c.deadline) {
		c.mu.Unlock()
		return nil
	}
	c.mu.Unlock()
	return c.made().Err()
}

// Value implements [context.Context]. Package context finds a parent's
// cancellation by a value, so it is looked up where Done comes from.
func (c *sinkContext) Value(key any) any {
	c.mu.Lock()
	done := c.done
	c.mu.Unlock()
	if done != nil {
		return done.Value(key)
	}
	return context.WithoutCancel(c.values).Value(key)
}

// made returns the context that ends, and makes it if need be.
func (c *sinkContext) made() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done, c.cancel = context.WithDeadline(context.WithoutCancel(c.values), c.deadline)
		if c.ended {
			c.cancel()
		}
	}
	return c.done
}
