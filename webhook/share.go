package webhook

import (
	"context"
	"errors"
	"sync"
)

// errManyWait says that as many deliveries of one label wait as may.
var errManyWait = errors.New("webhook: too many deliveries of one label wait for the sink")

// waitersOfShare is how many deliveries of a label may wait for each that is at the sink.
const waitersOfShare = 4

// shares bounds how many deliveries of one label are at the sink at once. Others of it wait for their turn.
type shares struct {
	mu      sync.Mutex
	byLabel map[string]*share
}

type share struct {
	atSink  int
	waiting []chan struct{} // In the order of arrival; closed when it is their turn.
}

// take waits for a place at the sink, and gives it back when release is called. The error is [errManyWait] or the
// context's.
func (s *shares) take(ctx context.Context, label string, limit int) error {
	s.mu.Lock()
	of := s.byLabel[label]
	if of == nil {
		if s.byLabel == nil {
			s.byLabel = make(map[string]*share)
		}
		of = new(share)
		s.byLabel[label] = of
	}
	switch {
	case of.atSink < limit:
		of.atSink++
		s.mu.Unlock()
		return nil
	case len(of.waiting) >= limit*waitersOfShare:
		s.mu.Unlock()
		return errManyWait
	}
	turn := make(chan struct{})
	of.waiting = append(of.waiting, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range of.waiting {
		if other == turn {
			of.waiting = append(of.waiting[:i], of.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	s.pass(label, of) // Its turn has come meanwhile.
	return ctx.Err()
}

// release gives the place of one delivery to the next.
func (s *shares) release(label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass(label, s.byLabel[label])
}

func (s *shares) pass(label string, of *share) {
	if len(of.waiting) > 0 {
		close(of.waiting[0])
		of.waiting = of.waiting[1:]
		return
	}
	if of.atSink--; of.atSink == 0 {
		delete(s.byLabel, label)
	}
}
