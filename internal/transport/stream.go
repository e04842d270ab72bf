package transport

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// Stream is a response's body, read as it arrives. It must be closed.
type Stream struct {
	// Status is the HTTP status.
	Status int
	// Header is the response's header.
	Header http.Header
	// Length is the number of bytes, -1 when the provider did not say.
	Length int64
	// Framed reports that the response tells where its body ends, by its length, by chunks or by HTTP/2: a connection that dies before
	// is an error of Read. Without it a body that was cut looks like one that has ended.
	Framed bool

	run     *run
	body    io.ReadCloser
	reading sync.Mutex // held by Read, and by what Close does
	closed  atomic.Bool
	once    sync.Once
}

func newStream(r *run) *Stream {
	response := r.outcome.response
	framed := response.ContentLength >= 0 || response.ProtoMajor >= 2 || slices.Contains(response.TransferEncoding, "chunked")
	return &Stream{
		Status: response.StatusCode, Header: response.Header, Length: response.ContentLength, Framed: framed,
		run: r, body: response.Body,
	}
}

// Read reads the next bytes. An error is io.EOF, an *api.Error, or io.ErrClosedPipe after Close.
func (s *Stream) Read(p []byte) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	n, err := s.body.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if s.closed.Load() {
		return n, io.ErrClosedPipe
	}
	if s.run.outcome.failure == nil {
		failure := s.run.current.cut(err, &s.run.outcome)
		failure.Attempts = s.run.sent
		s.run.fail(failure)
	}
	return n, s.run.outcome.failure
}

// Close ends the stream and gives its connection back, or closes it when the stream was not read to its end. It may be
// called while another goroutine is in Read, which it ends.
func (s *Stream) Close() error {
	var err error
	s.once.Do(func() {
		s.closed.Store(true)
		if !s.reading.TryLock() { // a Read is under way
			s.run.current.cancel()
			s.reading.Lock()
		}
		defer s.reading.Unlock()
		err = s.body.Close()
		s.run.finish()
	})
	return err
}

var _ io.ReadCloser = (*Stream)(nil)
