package transport

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// watchdog ends an attempt that makes no progress in time.
type watchdog struct {
	cancel context.CancelFunc
	timer  *time.Timer
	over   atomic.Bool
	grace  struct {
		sync.Mutex
		timer *time.Timer
	}
}

// watch gives the attempt d from now to make progress, or it ends.
func (w *watchdog) watch(d time.Duration) {
	switch {
	case w.over.Load():
	case w.timer == nil:
		w.timer = time.AfterFunc(d, w.cancel)
	default:
		w.timer.Reset(d)
	}
}

// rest stops the watchdog: nothing is waited for.
func (w *watchdog) rest() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// within ends the attempt d from now, whatever progress it makes.
func (w *watchdog) within(d time.Duration) {
	w.grace.Lock()
	defer w.grace.Unlock()
	if !w.over.Load() {
		w.grace.timer = time.AfterFunc(d, w.cancel)
	}
}

// stop ends the watch for good.
func (w *watchdog) stop() {
	w.grace.Lock()
	defer w.grace.Unlock()
	w.over.Store(true)
	if w.grace.timer != nil {
		w.grace.timer.Stop()
	}
	w.rest()
}

// timedBody is a response's body under the watchdog: a read may take IdleTimeout. The time between two reads is the
// reader's own, and may be long.
type timedBody struct {
	body    io.ReadCloser
	attempt *attempt
	until   time.Time // when a body that is held in memory must have ended; set by within
	closed  bool
}

func (b *timedBody) Read(p []byte) (int, error) {
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	b.attempt.watchdog.watch(b.attempt.pipeline.config.IdleTimeout)
	n, err := b.body.Read(p)
	b.attempt.watchdog.rest()
	return n, err
}

// busyBody is a timedBody that is held in memory: it is read without a pause, and has a bound in time as a whole.
type busyBody struct{ *timedBody }

// within returns a reader of the body that ends d from now at the latest.
func (b *timedBody) within(d time.Duration) busyBody {
	b.until = time.Now().Add(d)
	return busyBody{b}
}

func (b busyBody) Read(p []byte) (int, error) {
	left := time.Until(b.until)
	if left <= 0 { // whatever the body does when its context ends
		b.attempt.cancel()
		return 0, errTooSlow
	}
	b.attempt.watchdog.watch(min(left, b.attempt.pipeline.config.IdleTimeout))
	return b.body.Read(p)
}

// errTooSlow ends a body that goes on for too long.
var errTooSlow = errors.New("transport: the response did not end in time")

// Close ends the attempt. A second call does nothing.
func (b *timedBody) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	err := b.body.Close()
	b.attempt.end()
	return err
}

// upload is a request's body under the watchdog: each byte that leaves gives the attempt more time, until the response begins.
type upload struct {
	body    io.ReadCloser
	attempt *attempt
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.body.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	if n > 0 && !u.attempt.responded.Load() {
		u.attempt.watchdog.watch(u.attempt.pipeline.config.HeaderTimeout)
	}
	return n, err
}

func (u *upload) Close() error { return u.body.Close() }

// bodyError is an error in reading the body that was to be sent.
type bodyError struct{ err error }

func (e *bodyError) Error() string    { return "transport: reading the request body: " + e.err.Error() }
func (e *bodyError) SafeText() string { return "the request body could not be read" }
func (e *bodyError) Unwrap() error    { return e.err }
