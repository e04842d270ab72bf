package refresh

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

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
	worker  atomic.Value // the goroutine that works on a delivery
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
	ending := l.ending
	l.mu.Unlock()
	if ending {
		l.releaseAll()
	}
	l.running.Done()
}

// works notes that this goroutine works on a delivery, until the function that it returns is called.
func (l *lifetime) works() (done func()) {
	l.worker.Store(goroutine())
	return func() { l.worker.Store("") }
}

func (l *lifetime) close() error {
	l.mu.Lock()
	l.ending = true
	if l.stop != nil {
		l.stop(spool.ErrClosed)
	}
	l.mu.Unlock()
	if l.worker.Load() == goroutine() { // it would wait for itself
		return nil
	}
	l.running.Wait()
	l.releaseAll()
	return l.closed
}

func (l *lifetime) releaseAll() {
	l.release.Do(func() {
		for _, closer := range l.closers {
			l.closed = errors.Join(l.closed, closer.Close())
		}
	})
}

// goroutine names the goroutine that calls it, as in "goroutine 12".
func goroutine() string {
	var text [64]byte
	name, _, _ := bytes.Cut(text[:runtime.Stack(text[:], false)], []byte(" ["))
	return string(name)
}
