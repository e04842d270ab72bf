package employee

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	defaultConcurrency = 8

	// MaxConcurrency is the most calls that CollectMany has under way at a time.
	MaxConcurrency = 256
)

// Result is what became of one reference: a record or an error.
type Result[R any] struct {
	// Ref is the reference that was asked for.
	Ref Ref
	// Record is the record, nil when there is an error.
	Record *R
	// Err is why there is no record.
	Err error
}

// CollectManyOptions says how CollectMany works. The zero value is ready to use.
type CollectManyOptions struct {
	// Concurrency is how many calls are under way at a time; 0 means 8, at most 256. The provider's rate limit holds in any case.
	Concurrency int
	// Fields names the root fields to collect; empty means all.
	Fields []string
	// Budget is what the calls may spend; nil sets no bound. A call that it does not cover is not made: its error is api.ErrBudget.
	Budget *Budget
}

// CollectMany collects the records of many references, one call each, several at a time. It yields exactly one Result
// for each, in their order; one that fails does not end the others. Calls begin when the loop does, at most Concurrency
// ahead of it; leaving the loop cancels those under way, which may have been
// charged (use a Concurrency of 1 to stop early without that). After an error that every further call would meet too (no
// credits, no valid key, an ended context) the rest is not sent and yields that error. api.WithMeta is filled before each
// Result is yielded.
//
// For more than a few dozen records use client.BulkCollect.
func (d *Dataset[R]) CollectMany(ctx context.Context, refs []Ref, o CollectManyOptions, options ...api.CallOption) iter.Seq[Result[R]] {
	refs, o.Fields = slices.Clone(refs), slices.Clone(o.Fields)
	if o.Budget == d.budget {
		o.Budget = nil // each call spends out of it already
	}
	concurrency := o.Concurrency
	if concurrency == 0 {
		concurrency = defaultConcurrency
	}
	var settings api.CallSettings
	err := settings.Apply(options)
	if concurrency < 1 || concurrency > MaxConcurrency {
		err = wire.Refuse(&d.ops.collect, fmt.Errorf("a concurrency of %d is not between 1 and %d", o.Concurrency, MaxConcurrency))
	}
	return func(yield func(Result[R]) bool) {
		if err != nil {
			for _, ref := range refs {
				if !yield(Result[R]{Ref: ref, Err: err}) {
					return
				}
			}
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		stop := stopper{op: &d.ops.collect}
		pending := make([]chan collected[R], 0, min(concurrency, len(refs)))
		for next := 0; next < len(refs) || len(pending) > 0; {
			for next < len(refs) && len(pending) < concurrency {
				ref, done := refs[next], make(chan collected[R], 1)
				next++
				pending = append(pending, done)
				running.Go(func() {
					var c collected[R]
					c.result = d.collectOne(ctx, ref, &o, &stop, append(slices.Clip(options), api.WithMeta(&c.meta)))
					done <- c
				})
			}
			first := <-pending[0]
			pending = pending[1:]
			if settings.Meta != nil {
				*settings.Meta = first.meta
			}
			if !yield(first.result) {
				return
			}
		}
	}
}

// collected is a result on its way to the loop, with what the caller's Meta is to hold then.
type collected[R any] struct {
	result Result[R]
	meta   api.Meta
}

func (d *Dataset[R]) collectOne(ctx context.Context, ref Ref, o *CollectManyOptions, stop *stopper, options []api.CallOption) Result[R] {
	result := Result[R]{Ref: ref}
	if result.Err = stop.reason(ctx); result.Err != nil {
		return result
	}
	if result.Err = o.Budget.Reserve(d.ops.cost); result.Err != nil {
		return result
	}
	result.Record, result.Err = d.CollectFields(ctx, ref, o.Fields, options...)
	if !spent(result.Err) {
		o.Budget.Return(d.ops.cost)
	}
	stop.note(result.Err)
	return result
}

// spent reports whether a call that ended so may have been charged.
func spent(err error) bool {
	return err == nil || errors.Is(err, api.ErrMaybeApplied)
}

// stopper keeps the first error that every further call would meet too.
type stopper struct {
	op  *wire.Op
	mu  sync.Mutex
	err error
}

// reason returns why no further call is sent, nil while there is none. An ended context is told by an error of its own:
// the one of a call that was under way may say that this call was charged.
func (s *stopper) reason(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return wire.NewError(s.op, nil, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *stopper) note(err error) {
	if !errors.Is(err, api.ErrNoCredits) && !errors.Is(err, api.ErrUnauthorized) && !errors.Is(err, api.ErrNotConfigured) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}
