package bulkcollect

import (
	"errors"
	"io"
	"sync"
)

var errInterrupted = errors.New("bulkcollect: the walk has ended")

// sources are the files that a walk reads at the moment.
type sources struct {
	mu          sync.Mutex
	open        map[*fileSource]bool
	interrupted bool
}

// fileSource is one of them. It is closed where it is read, unless a Read blocks when the walk ends.
type fileSource struct {
	all       *sources
	content   io.ReadCloser
	closeable bool // while it is read
	reading   bool
	closed    bool
}

func (s *sources) add(content io.ReadCloser, closeable bool) *fileSource {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = make(map[*fileSource]bool)
	}
	f := &fileSource{all: s, content: content, closeable: closeable}
	s.open[f] = true
	return f
}

// interrupt ends the Reads that are under way, and lets no other begin.
func (s *sources) interrupt() {
	s.mu.Lock()
	s.interrupted = true
	var blocked []*fileSource
	for f := range s.open {
		if f.reading && f.closeable && !f.closed {
			f.closed = true
			blocked = append(blocked, f)
		}
	}
	s.mu.Unlock()
	for _, f := range blocked {
		defer func() { _ = f.content.Close() }() // also when another one panics
	}
}

func (f *fileSource) Read(p []byte) (int, error) {
	if !f.begin() {
		return 0, errInterrupted
	}
	defer f.rest()
	return f.content.Read(p)
}

func (f *fileSource) begin() bool {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.reading = !f.all.interrupted
	return f.reading
}

func (f *fileSource) rest() {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.reading = false
}

// end closes the file, unless that is done.
func (f *fileSource) end() {
	f.all.mu.Lock()
	delete(f.all.open, f)
	closed := f.closed
	f.closed = true
	f.all.mu.Unlock()
	if !closed {
		_ = f.content.Close()
	}
}
