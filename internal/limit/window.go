package limit

import (
	"time"

	"golang.org/x/time/rate"
)

// window is the state of one policy: the sends that the sliding window still holds, and those that are being written.
type window struct {
	policy  Policy
	length  time.Duration // the policy's window and its guard
	stamps  []time.Time   // in order
	writing int
	smooth  *rate.Limiter
}

func newWindow(p Policy) *window {
	return &window{policy: p, length: p.Window + p.guard(), stamps: make([]time.Time, 0, p.N), smooth: smoother(p)}
}

func (w *window) forget(now time.Time) {
	gone := 0
	for gone < len(w.stamps) && !w.stamps[gone].Add(w.length).After(now) {
		gone++
	}
	if gone > 0 {
		w.stamps = append(w.stamps[:0], w.stamps[gone:]...)
	}
}

func (w *window) free(now time.Time) bool {
	w.forget(now)
	if len(w.stamps)+w.writing >= w.policy.N {
		return false
	}
	return w.smooth == nil || w.smooth.TokensAt(now) >= 1
}

func (w *window) take(now time.Time) {
	w.writing++
	if w.smooth != nil {
		w.smooth.AllowN(now, 1)
	}
}

func (w *window) stamp(now time.Time) { w.stamps = append(w.stamps, now) }

// ready returns the time at which the waiter at a place of the line (0 the first) can have room, when the given number
// of requests that are being written keep theirs. It is not known when it hangs on those.
func (w *window) ready(place, writing int, now time.Time) (at time.Time, known bool) {
	w.forget(now)
	at = now
	if w.smooth != nil {
		if missing := float64(place+1) - w.smooth.TokensAt(now); missing > 0 {
			at = now.Add(time.Duration(missing / float64(w.smooth.Limit()) * float64(time.Second)))
		}
	}
	// The places come free in this order: those that are free, those of the oldest sends, those that are being written.
	// Whoever is further back in the line takes them a whole window later, again and again.
	free := w.policy.N - len(w.stamps) - writing
	nth := place % w.policy.N
	comesFree := now
	switch {
	case nth < free:
	case nth-free < len(w.stamps):
		comesFree = w.stamps[nth-free].Add(w.length)
	default:
		return at, false
	}
	if comesFree = comesFree.Add(time.Duration(place/w.policy.N) * w.length); comesFree.After(at) {
		at = comesFree
	}
	return at, true
}
