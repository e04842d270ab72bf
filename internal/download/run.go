package download

import (
	"context"
	"errors"
	"sync"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/ordered"
)

// Options say how files are fetched.
type Options struct {
	Parallel int            // files at a time, at least 1
	Slots    chan struct{}  // bounds files at a time over several directories by its capacity; nil does not
	Verify   bool           // read every file through
	Report   func(Progress) // never called concurrently; nil is not called
}

// Failure is why a file was not fetched.
type Failure struct {
	Name string
	Err  error
}

// run is one call of Fetch.
type run struct {
	dir     *Dir
	open    Opener
	options Options
	tracker *tracker
	cancel  context.CancelFunc

	mu       sync.Mutex
	next     int
	stopped  bool // no further file is begun
	done     int  // files that are there
	failures map[*file]error
	panic    *ordered.Panic // of a function of the caller's
}

// panicked keeps the first panic of a worker, and ends the others.
func (r *run) panicked(p *ordered.Panic) {
	if p == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped = true; r.panic == nil {
		r.panic = p
	}
	r.cancel()
}

// Fetch brings every file that is not there. A failure that has to do with one file leaves the others alone; after
// another one no further file is begun; and when the disk fails, those under way are ended too. The error is that of
// the context, and then the failures are those from before. It panics with an *ordered.Panic when a function of the
// caller's, such as Report, did so on another goroutine.
func (d *Dir) Fetch(ctx context.Context, open Opener, o Options) ([]Failure, error) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{dir: d, open: open, options: o, tracker: newTracker(d.manifest.files, o.Report), cancel: cancel, failures: make(map[*file]error)}
	var workers sync.WaitGroup
	for range min(max(1, o.Parallel), len(d.manifest.files)) {
		workers.Go(func() { ordered.Guard(func() { r.work(within) }, r.panicked) })
	}
	workers.Wait()
	ordered.Rethrow(r.panic)
	var failures []Failure
	for _, f := range d.manifest.files {
		if err := r.failures[f]; err != nil && !(within.Err() != nil && isEnd(err)) {
			failures = append(failures, Failure{Name: f.Name, Err: err})
		}
	}
	r.tracker.end()
	if r.done == len(d.manifest.files) {
		return nil, nil // all there, even if the context has ended meanwhile
	}
	return failures, ctx.Err()
}

// isEnd reports whether an error says nothing but that a context ended.
func isEnd(err error) bool {
	return !isStorage(err) && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

// work fetches files until there are none left.
func (r *run) work(ctx context.Context) {
	buffer := make([]byte, bufferBytes)
	for {
		f := r.take(ctx)
		if f == nil {
			return
		}
		if err := r.fetch(ctx, f, buffer); err != nil {
			r.fail(f, err)
			continue
		}
		r.finished()
	}
}

// take returns the next file to fetch, nil when there is none.
func (r *run) take(ctx context.Context) *file {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.next == len(r.dir.manifest.files) || ctx.Err() != nil {
		return nil
	}
	r.next++
	return r.dir.manifest.files[r.next-1]
}

func (r *run) fetch(ctx context.Context, f *file, buffer []byte) error {
	t := &transfer{
		dir: r.dir, file: f, place: f.place(), open: r.open, tracker: r.tracker, verify: r.options.Verify, buffer: buffer,
	}
	there, err := t.kept(ctx)
	if err != nil {
		return err
	}
	if there {
		r.tracker.file(f, f.finished.Size, f.finished.Size)
		return nil
	}
	if r.options.Slots != nil {
		select {
		case r.options.Slots <- struct{}{}:
			defer func() { <-r.options.Slots }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return t.fetch(ctx)
}

func (r *run) finished() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
}

// fail keeps the failure of a file, and ends what has no prospect any more.
func (r *run) fail(f *file, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures[f] = err
	switch {
	case isStorage(err):
		r.stopped = true
		r.cancel()
	case !isOfOneFile(err):
		r.stopped = true
	}
}

// isOfOneFile reports whether a failure says nothing about the other files.
func isOfOneFile(err error) bool {
	for _, kind := range []error{api.ErrUnexpectedResponse, api.ErrNotFound, api.ErrTooLarge, api.ErrInvalid} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
