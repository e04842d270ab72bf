package idfile

import (
	"io"
	"iter"
	"strconv"
	"sync"
)

// chunk is some lines of text made of IDs.
type chunk struct {
	text []byte
	ids  int
	err  error
}

// chunked walks IDs in pieces, so that the cost of pulling from an iterator is paid once for thousands of them.
func chunked(seq iter.Seq[int64]) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		var (
			c     = chunk{text: make([]byte, 0, bufferSize)}
			spare []byte
			done  int64 // bytes
			line  int
		)
		for id := range seq {
			line++
			if id <= 0 {
				if c.ids > 0 && !yield(c) {
					return
				}
				yield(chunk{err: refuseID(id, line, done+int64(len(c.text)))})
				return
			}
			c.text = append(strconv.AppendInt(c.text, id, 10), '\n')
			c.ids++
			if len(c.text) > bufferSize-maxDigits-1 {
				if !yield(c) {
					return
				}
				done += int64(len(c.text))
				if spare == nil {
					spare = make([]byte, 0, bufferSize)
				}
				c.text, spare, c.ids = spare[:0], c.text, 0
			}
		}
		if c.ids > 0 {
			yield(c)
		}
	}
}

func refuseID(id int64, line int, offset int64) *LineError {
	e := &LineError{Line: line, Offset: offset, Reason: reasonZero, item: true}
	if id < 0 {
		e.Reason = reasonNegative
		e.excerpt = strconv.FormatInt(id, 10)
	}
	return e
}

// seqLines pulls pieces from an iterator. Its lock is there because a request body may be closed while it is read.
type seqLines struct {
	chunks iter.Seq[chunk]

	mu     sync.Mutex
	pull   func() (chunk, bool)
	stop   func()
	closed bool
}

func (s *seqLines) next() ([]byte, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, io.ErrClosedPipe
	}
	if s.pull == nil {
		s.pull, s.stop = iter.Pull(s.chunks)
	}
	c, ok := s.pull()
	if !ok {
		return nil, 0, nil
	}
	return c.text, c.ids, c.err
}

func (s *seqLines) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.stop != nil {
		s.stop()
	}
	return nil
}
