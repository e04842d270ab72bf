package transport

import "io"

// timedBody is an answer's body under the watchdog: a read may take IdleTimeout. The time between two reads is the
// reader's own, and may be long.
type timedBody struct {
	body    io.ReadCloser
	attempt *attempt
	closed  bool
}

func (b *timedBody) Read(p []byte) (int, error) {
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	b.attempt.watch(b.attempt.exchange.pipeline.config.IdleTimeout)
	n, err := b.body.Read(p)
	b.attempt.rest()
	return n, err
}

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

// upload is a request's body under the watchdog: each byte that leaves gives the attempt more time.
type upload struct {
	body    io.ReadCloser
	attempt *attempt // set before the request leaves
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.body.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	if u.attempt != nil && n > 0 {
		u.attempt.watch(u.attempt.exchange.pipeline.config.HeaderTimeout)
	}
	return n, err
}

func (u *upload) Close() error { return u.body.Close() }

// bodyError is an error in reading the body that was to be sent.
type bodyError struct{ err error }

func (e *bodyError) Error() string    { return "transport: reading the request body: " + e.err.Error() }
func (e *bodyError) SafeText() string { return "the request body could not be read" }
func (e *bodyError) Unwrap() error    { return e.err }

// unrepeatable is an empty request body that net/http cannot have again.
type unrepeatable struct{}

func (unrepeatable) Read([]byte) (int, error) { return 0, io.EOF }
func (unrepeatable) Close() error             { return nil }
