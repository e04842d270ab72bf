package refresh

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/pronet-go/pronet/webhook/spool"
)

// lifetime lets the directory of a [Pipeline] be in use until its Run has returned.
type lifetime struct {
	closers []io.Closer // the spool first, which has the directory's lock
	release sync.Once
	closed  error

	mu      sync.Mutex
	ending  bool
	stop    context.CancelCauseFunc // of Run
	running sync.WaitGroup
}

// begin registers a Run.
func (l *lifetime) begin(stop context.CancelCauseFunc) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ending:
		return spool.ErrClosed
	case l.stop != nil:
		return spool.ErrRunning
	}
	l.stop = stop
	l.running.Add(1)
	return nil
}

func (l *lifetime) end() {
	l.mu.Lock()
	l.stop = nil
	l.mu.Unlock()
	l.running.Done()
}

func (l *lifetime) close() error {
	l.mu.Lock()
	l.ending = true
	if l.stop != nil {
		l.stop(spool.ErrClosed)
	}
	l.mu.Unlock()
	l.running.Wait()
	l.release.Do(func() {
		for _, closer := range l.closers {
			l.closed = errors.Join(l.closed, closer.Close())
		}
	})
	return l.closed
}
