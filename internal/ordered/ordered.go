// Package ordered works on many pieces on several goroutines and hands them to the caller's goroutine in the order in
// which they were made, with a bounded number of pieces in flight and without a goroutine between caller and piece.
package ordered

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Line is an assembly line of pieces, which are used again: it has as many as are in flight at most.
type Line[P any] struct {
	// Pieces are those that go round. There must be more than makers.
	Pieces []P
	// Make are the makers, each on a goroutine of its own. A maker gets a free piece with Next, fills it, and sends it on with Send.
	// It ends when it has no more to send, or when Next reports false. With one maker the order is that of sending; with
	// several, or with Unordered, pieces come as they are ready.
	Make []func(ctx context.Context, m *Maker[P])
	// Work is done for each piece, on one of Workers goroutines. It should return early when the context ends.
	Work func(ctx context.Context, piece P)
	// Workers is the number of goroutines for Work, at least 1.
	Workers int
	// Unordered hands pieces over as they are ready.
	Unordered bool
	// Interrupt, if not nil, is called when the walk ends before its makers have, after the makers' context: it frees those that
	// block in something that does not know the context.
	Interrupt func()
}

// Panic is a panic of a function on one goroutine that another one learns of: Run panics with it when Work or a maker did.
type Panic struct {
	// Value is what the function panicked with.
	Value any
	// Stack is where.
	Stack []byte
}

// Error says what happened, with the stack.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n\n%s", p.Value, p.Stack) }

// Unwrap returns Value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

var errGoexit = errors.New("the function ended its goroutine")

// carrier takes a piece from its maker over a worker to the caller.
type carrier[P any] struct {
	piece  P
	worked chan struct{} // has room for one
	panic  *Panic
	broken bool // its maker panicked before it was sent
}

// run is the state of one Run.
type run[P any] struct {
	free, tasks, ready chan *carrier[P] // with room for all carriers: no send blocks
	unordered          bool

	mu    sync.Mutex
	panic *Panic // of a maker
}

// Maker is a maker's side of a line.
type Maker[P any] struct {
	run     *run[P]
	ctx     context.Context //nolint:containedctx // of the run
	carrier *carrier[P]
}

// Next returns a free piece, as soon as there is one. It reports false when the walk has ended.
func (m *Maker[P]) Next() (piece P, ok bool) {
	if m.carrier == nil && !m.take() {
		return piece, false
	}
	return m.carrier.piece, true
}

func (m *Maker[P]) take() bool {
	if m.ctx.Err() != nil {
		return false
	}
	select {
	case m.carrier = <-m.run.free:
		return true
	case <-m.ctx.Done():
		return false
	}
}

// Send sends the piece that Next returned last to the workers.
func (m *Maker[P]) Send() {
	c := m.carrier
	m.carrier = nil
	if !m.run.unordered {
		m.run.ready <- c
	}
	m.run.tasks <- c
}

// Settle waits until the caller is done with all pieces that were sent, and reports false when the walk has ended. It
// gives back a piece that was not sent, and is for a line with one maker.
func (m *Maker[P]) Settle() bool {
	if m.carrier != nil {
		m.run.free <- m.carrier
		m.carrier = nil
	}
	all := make([]*carrier[P], 0, cap(m.run.free))
	for m.take() {
		if all = append(all, m.carrier); len(all) == cap(all) {
			break
		}
	}
	m.carrier = nil
	whole := len(all) == cap(all)
	for _, c := range all {
		m.run.free <- c
	}
	return whole
}

var errNilContext = errors.New("the context is nil")

// Run hands the pieces to take until it returns false, and returns then or when all were taken, or with the context's
// error as soon as the context ends. When it returns, and also when take panics, the context of the makers and workers
// has ended and so have they. A panic of theirs becomes one of Run as a *Panic: behind the pieces that were good when
// these come in their order, and otherwise as soon as it is known. One that comes after the walk has ended is dropped.
func (l *Line[P]) Run(ctx context.Context, take func(piece P) bool) error {
	if ctx == nil {
		return errNilContext
	}
	inner, cancel := context.WithCancel(ctx)
	n := len(l.Pieces)
	r := &run[P]{
		free: make(chan *carrier[P], n), tasks: make(chan *carrier[P], n), ready: make(chan *carrier[P], n+len(l.Make)),
		unordered: l.Unordered || len(l.Make) > 1,
	}
	for _, piece := range l.Pieces {
		r.free <- &carrier[P]{piece: piece, worked: make(chan struct{}, 1)}
	}
	var makers, workers sync.WaitGroup
	for _, produce := range l.Make {
		makers.Go(func() { r.make(inner, produce) })
	}
	for range l.Workers {
		workers.Go(func() { r.work(inner, l.Work) })
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		makers.Wait()
		close(r.tasks)
		workers.Wait()
		close(r.ready)
	}()
	defer func() { <-ended }() // whatever Interrupt does
	defer func() {
		early := true
		select {
		case <-ended:
			early = false
		default:
		}
		cancel()
		if early && l.Interrupt != nil {
			l.Interrupt()
		}
	}()
	return r.walk(ctx, take)
}

func (r *run[P]) walk(ctx context.Context, take func(P) bool) error {
	for {
		c, err := r.next(ctx)
		if err != nil {
			return err
		}
		if c == nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			Rethrow(r.panic)
			return nil
		}
		if !c.broken && !take(c.piece) {
			return nil
		}
		Rethrow(c.panic)
		r.free <- c
	}
}

// next returns the next carrier whose work is done, or nil behind the last.
func (r *run[P]) next(ctx context.Context) (*carrier[P], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var c *carrier[P]
	select {
	case c = <-r.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c == nil {
		return nil, ctx.Err()
	}
	select {
	case <-c.worked:
		return c, ctx.Err() // workers do not finish what the context has ended
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *run[P]) make(ctx context.Context, produce func(context.Context, *Maker[P])) {
	Guard(func() { produce(ctx, &Maker[P]{run: r, ctx: ctx}) }, func(p *Panic) {
		if p == nil {
			return
		}
		if r.unordered { // the other makers may have much to do, or wait for what this one holds
			c := &carrier[P]{worked: make(chan struct{}, 1), broken: true}
			c.panic = p
			c.worked <- struct{}{}
			r.ready <- c
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.panic = p
	})
}

func (r *run[P]) work(ctx context.Context, work func(context.Context, P)) {
	for c := range r.tasks {
		if ctx.Err() != nil { // nobody waits for the piece
			continue
		}
		Guard(func() { work(ctx, c.piece) }, func(p *Panic) {
			c.panic = p
			c.worked <- struct{}{}
			if r.unordered {
				r.ready <- c
			}
		})
	}
}

// Guard calls f, and then ended with f's panic, or with nil. An f that ends its goroutine counts as one that panics, and
// the goroutine ends after ended. A *Panic, which came from another goroutine, is passed on as it is.
func Guard(f func(), ended func(*Panic)) {
	var p *Panic
	normal := false
	defer func() {
		if value := recover(); value != nil {
			var again bool
			if p, again = value.(*Panic); !again {
				p = &Panic{value, debug.Stack()}
			}
		} else if !normal {
			p = &Panic{errGoexit, debug.Stack()}
		}
		ended(p)
	}()
	f()
	normal = true
}

// Rethrow panics with p on the goroutine that calls it, unless p is nil.
func Rethrow(p *Panic) {
	if p != nil {
		panic(p) //nolint:forbidigo // it is not ours: the goroutine whose function panicked learns of it
	}
}
