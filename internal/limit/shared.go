package limit

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// sharedLease is how long after a place was taken the request may leave.
	sharedLease = 10 * time.Second
	// sharedMargin is what is left of it for timers that are late.
	sharedMargin = 2 * time.Second
	// sharedBlip is how long a store that fails is asked again before it is taken to be away, and sharedTimeout how long one
	// question may take.
	sharedBlip    = 3 * time.Second
	sharedTimeout = time.Second
	// sharedProbe is how often a store that is away is asked whether it is back.
	sharedProbe = time.Second
	// sharedFresh is how old the news of a day's quota may be, for a share of what is left.
	sharedFresh = time.Minute
)

// Shared says where limits are kept that several processes hold together.
type Shared struct {
	Limits api.SharedLimits
	Name   string
	// Processes is by how many the limits are divided while the store is away; 0 lets no call go then.
	Processes int
	Logger    *slog.Logger
}

// shared is what a Limiter has of others' calls.
type shared struct {
	Shared

	policies []Policy
	prefix   string
	number   atomic.Uint64
	settling sync.WaitGroup

	mu    sync.Mutex
	away  bool
	asked time.Time // while it is away
	share *Limiter  // of this process, while it is away
	back  time.Time // when it was away last
	days  map[string]dayNews
}

// dayNews is how much of a day's quota was left when the store was asked last.
type dayNews struct {
	left  int
	heard time.Time
}

// Share holds the limits together with other processes. It must be called before the limiter is used, and goes with
// neither Keep nor ForCredential.
func (l *Limiter) Share(s Shared) error {
	if s.Limits == nil || s.Name == "" || s.Processes < 0 {
		return fmt.Errorf("limit: shared limits need a store, a name, and no negative number of processes: %w", api.ErrInvalid)
	}
	l.core.shared = &shared{Shared: s, policies: l.core.policies, prefix: rand.Text(), days: make(map[string]dayNews)}
	return nil
}

func (p Policy) shared() api.SharedWindow {
	if p.Daily {
		return api.SharedWindow{Key: fmt.Sprintf("%s/%d/day", p.Class, p.N), N: p.N}
	}
	return api.SharedWindow{Key: fmt.Sprintf("%s/%d/%s", p.Class, p.N, p.Window), N: p.N, Length: p.length()}
}

func (s *shared) call(class string, windows ...api.SharedWindow) api.SharedCall {
	return api.SharedCall{Name: s.Name, ID: fmt.Sprintf("%s.%d", s.prefix, s.number.Add(1)), Class: class, Windows: windows, Lease: sharedLease}
}

func (s *shared) callOf(cl *class) api.SharedCall {
	call := s.call(cl.name)
	for _, w := range cl.windows {
		call.Windows = append(call.Windows, w.policy.shared())
	}
	return call
}

// acquire takes a place that others know of, for a slot that has one here; while the store is away, one of this
// process's share.
func (s *shared) acquire(ctx context.Context, slot *Slot, o Waiting) error {
	cl := slot.class
	leave, err := s.enter(ctx, cl)
	if err != nil {
		return err
	}
	defer leave()
	for {
		share, wait := s.standing(ctx, cl)
		if share != nil {
			own, err := share.Acquire(ctx, cl.name, o)
			slot.own = &own
			return err
		}
		if wait <= 0 {
			if wait, err = s.ask(ctx, slot); err != nil || slot.shared != nil {
				return err
			}
		}
		if err := cl.hold(ctx, wait, &o); err != nil {
			return err
		}
	}
}

// enter lets one call of a class ask at a time; the others stand behind it, in their order.
func (s *shared) enter(ctx context.Context, cl *class) (leave func(), err error) {
	select {
	case cl.asking <- struct{}{}:
	default:
		if err := cl.inTime(ctx, time.Until(time.Unix(0, cl.held.Load())), Waiting{}); err != nil {
			return nil, err
		}
		select {
		case cl.asking <- struct{}{}:
		case <-ctx.Done():
			return nil, cancelled(ctx)
		}
	}
	return func() { <-cl.asking }, nil
}

// ask asks the store once. Without an error the slot has its place, or the wait says when to ask again.
func (s *shared) ask(ctx context.Context, slot *Slot) (wait time.Duration, err error) {
	asked, call := time.Now(), s.callOf(slot.class)
	place, err := s.take(ctx, call)
	switch {
	case err != nil:
		s.settle(call, 0) // it may have been taken
		if ctx.Err() != nil {
			return 0, cancelled(ctx)
		}
		return 0, s.lose(ctx, err)
	case place.Wait > 0:
		s.hear(call, place)
		return place.Wait, nil
	case time.Since(asked) > sharedLease/2: // too little of the lease is left
		s.settle(call, 0)
		return 0, nil
	}
	s.hear(call, place)
	slot.shared, slot.call, slot.writeBy = s, call, asked.Add(sharedLease-sharedMargin)
	return 0, nil
}

// take asks the store, and for a short while again if it fails and was there before.
func (s *shared) take(ctx context.Context, call api.SharedCall) (place api.SharedPlace, err error) {
	began, away := time.Now(), s.isAway()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		asking, cancel := context.WithTimeout(ctx, sharedTimeout)
		place, err = s.Limits.Take(asking, call)
		cancel()
		if err == nil && away {
			s.found(ctx)
		}
		if err == nil || away || time.Since(began)+wait > sharedBlip || pause(ctx, wait) != nil {
			return place, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hold waits before the store is asked again, if there is time for it.
func (cl *class) hold(ctx context.Context, wait time.Duration, o *Waiting) error {
	if err := cl.inTime(ctx, wait, *o); err != nil {
		return err
	}
	cl.held.Store(time.Now().Add(wait).UnixNano())
	if onWait := o.OnWait; onWait != nil && wait > 0 {
		o.OnWait = nil
		onWait(wait)
	}
	if pause(ctx, wait) != nil {
		return cancelled(ctx)
	}
	return nil
}

// inTime returns an error when a wait lasts too long.
func (cl *class) inTime(ctx context.Context, wait time.Duration, o Waiting) error {
	reset := time.Now().Add(wait)
	if deadline, ok := ctx.Deadline(); ok && wait > 0 && reset.After(deadline) {
		return &api.RateLimitError{Class: cl.name, Reset: reset, Cause: context.DeadlineExceeded}
	}
	if o.Longest > 0 && wait > o.Longest {
		return &api.RateLimitError{Class: cl.name, Reset: reset}
	}
	return nil
}

// settle tells the store what became of a call, and lets nobody wait for that. If it does not hear it, the place counts
// from the end of its lease.
func (s *shared) settle(call api.SharedCall, sends int) {
	s.settling.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
		defer cancel()
		_ = s.Limits.Settle(ctx, call, sends)
	})
}

// pause tells the store that a class is held back.
func (s *shared) pause(class string, until time.Time) {
	if d := time.Until(until); d > 0 && !s.isAway() {
		s.settling.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
			defer cancel()
			_ = s.Limits.Pause(ctx, s.Name, class, d)
		})
	}
}

func (s *shared) isAway() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

// hear notes what is left of the quotas of a day.
func (s *shared) hear(call api.SharedCall, place api.SharedPlace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range call.Windows {
		if w.Length == 0 && i < len(place.Used) {
			s.days[w.Key] = dayNews{max(0, w.N-place.Used[i]), time.Now()}
		}
	}
}

// standing returns this process's share while the store is away, or how long a class must wait since it was.
func (s *shared) standing(ctx context.Context, cl *class) (share *Limiter, wait time.Duration) {
	s.mu.Lock()
	share, now := s.share, time.Now()
	if share == nil {
		defer s.mu.Unlock()
		if s.back.IsZero() {
			return nil, 0
		}
		var longest time.Duration // what other processes may have sent by their shares until they saw that it is back
		for _, w := range cl.windows {
			if !w.policy.Daily {
				longest = max(longest, w.policy.length()+2*sharedProbe)
			}
		}
		return nil, s.back.Add(longest).Sub(now)
	}
	ask := now.Sub(s.asked) >= sharedProbe
	if ask {
		s.asked = now
	}
	s.mu.Unlock()
	if !ask || s.comeBack(ctx, share) != nil {
		return share, 0
	}
	return s.standing(ctx, cl)
}

// comeBack tells a store that was away what the share has used of the quotas of a day.
func (s *shared) comeBack(ctx context.Context, share *Limiter) error {
	ctx, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	if err := s.Limits.Pause(ctx, s.Name, "", 0); err != nil { // which asks whether it is there
		return err
	}
	for _, p := range s.policies {
		if !p.Daily {
			continue
		}
		// What is told is taken off at once: of two that come back at the same time, one tells it.
		if sent := share.takeDay(p); sent > 0 {
			if err := s.Limits.Settle(ctx, s.call(p.Class, p.shared()), sent); err != nil {
				share.giveDay(p, sent)
				return err
			}
		}
	}
	s.found(ctx)
	return nil
}

// found notes that the store is there again.
func (s *shared) found(ctx context.Context) {
	s.mu.Lock()
	was := s.away
	if s.share != nil {
		s.back = time.Now()
	}
	s.away, s.share = false, nil
	s.mu.Unlock()
	if was {
		s.log(ctx, "the shared rate limits can be reached again")
	}
}

// lose notes that the store is away. The error is nil if this process has a share.
func (s *shared) lose(ctx context.Context, cause error) error {
	s.mu.Lock()
	was := s.away
	s.away, s.asked = true, time.Now()
	if s.Processes > 0 && s.share == nil {
		s.share = s.newShare(time.Now())
	}
	s.mu.Unlock()
	if s.Processes == 0 {
		if !was {
			s.log(ctx, "the shared rate limits cannot be reached: no call is made until they can")
		}
		return wire.Plain("the shared rate limits cannot be reached, so the call was not made", errors.Join(api.ErrSharedLimits, cause))
	}
	if !was {
		s.log(ctx, "the shared rate limits cannot be reached: this process goes on with its share of them", "processes", s.Processes)
	}
	return nil
}

func (s *shared) log(ctx context.Context, message string, pairs ...any) {
	defer func() { _ = recover() }() // a panic of the handler's must not cost the call
	cmp.Or(s.Logger, slog.Default()).WarnContext(ctx, "pronet: "+message, append([]any{"name", s.Name}, pairs...)...)
}

// newShare returns the limits divided among the processes. Nothing goes before what was sent by the shared ones has left
// the windows; of a day, it is the share of what was left when that is known.
func (s *shared) newShare(now time.Time) *Limiter {
	var policies []Policy
	for _, p := range s.policies {
		if !p.Daily {
			if p.N < s.Processes {
				p.Window *= time.Duration((s.Processes + p.N - 1) / p.N)
			}
			p.N = max(1, p.N/s.Processes)
		}
		policies = append(policies, p)
	}
	share, err := New(policies...)
	if err != nil { // a window that is too long: nothing goes
		share, _ = New(Policy{N: 1, Daily: true})
		share.used(0, 1, now)
		return share
	}
	for i, p := range s.policies {
		if !p.Daily {
			share.pause(p.Class, now.Add(p.length()))
			continue
		}
		news, left := s.days[p.shared().Key], 0
		if now.Sub(news.heard) < sharedFresh && sameDay(now, news.heard) {
			left = news.left / s.Processes
		}
		share.used(i, p.N-left, now)
	}
	return share
}

func sameDay(a, b time.Time) bool { return a.UTC().Truncate(aDay).Equal(b.UTC().Truncate(aDay)) }

// used counts sends of a day, of the policy with that number.
func (l *Limiter) used(policy, sends int, now time.Time) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	p := l.core.policies[policy]
	for _, w := range l.class(p.Class).windows {
		if w.policy == p {
			w.used(now)
			w.count, w.before = sends, sends
		}
	}
}

// takeDay returns how many calls of today a share has sent and not told yet, and takes note that they are told.
func (l *Limiter) takeDay(p Policy) (sends int) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	for _, w := range l.class(p.Class).windows {
		if w.policy.Daily && w.policy.Class == p.Class && w.policy.N == p.N {
			sends = max(0, w.used(time.Now())+w.writing-w.before)
			w.before += sends
		}
	}
	return sends
}

func (l *Limiter) giveDay(p Policy, sends int) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	for _, w := range l.class(p.Class).windows {
		if w.policy.Daily && w.policy.Class == p.Class && w.policy.N == p.N {
			w.before -= sends
		}
	}
}
