package limit

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
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
	// sharedProbe is how often a store that is away is asked whether it is back, and sharedLag how much later than another
	// process one may see that it is.
	sharedProbe = time.Second
	sharedLag   = 2 * (sharedProbe + sharedTimeout)
	// sharedFresh is how old the news of a day's quota may be, for a share of what is left.
	sharedFresh = time.Minute
	// sharedPoll is after what time to look again for what nobody tells.
	sharedPoll = 50 * time.Millisecond
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

	core     *core
	prefix   string
	number   atomic.Uint64
	settling sync.WaitGroup

	mu        sync.Mutex
	away      bool
	failed    time.Time // when it was asked in vain last
	share     *Limiter  // of this process, while it is away
	probing   bool      // it is asked each second whether it is back
	returning bool      // it is back, and is told what the share has sent
	days      map[string]dayNews
	pauses    map[string]time.Time // that it has not heard of, by class
}

// dayNews is how much of a day's quota was left when the store was asked last.
type dayNews struct {
	left  int
	heard time.Time
}

// waits says until when there is no place, and the same of pauses and long windows alone.
type waits struct {
	all, long time.Time
	share     *Limiter // that has none, if it is this process's
}

// Share holds the limits together with other processes. It must be called before the limiter is used, and goes with
// neither Keep nor ForCredential.
func (l *Limiter) Share(s Shared) error {
	if s.Limits == nil || s.Name == "" || s.Processes < 0 {
		return fmt.Errorf("limit: shared limits need a store, a name, and no negative number of processes: %w", api.ErrInvalid)
	}
	l.core.shared = &shared{Shared: s, core: l.core, prefix: rand.Text(), days: make(map[string]dayNews), pauses: make(map[string]time.Time)}
	return nil
}

// shared is the policy's window. Its key has no number of places: processes whose numbers differ, as in a rolling change,
// count together.
func (p Policy) shared() api.SharedWindow {
	if p.Daily {
		return api.SharedWindow{Key: p.Class + "/day", N: p.N}
	}
	return api.SharedWindow{Key: fmt.Sprintf("%s/%s", p.Class, p.Window), N: p.N, Length: p.length()}
}

func (s *shared) call(class string, windows ...api.SharedWindow) api.SharedCall {
	return api.SharedCall{Name: s.Name, ID: fmt.Sprintf("%s.%d", s.prefix, s.number.Add(1)), Class: class, Windows: windows, Lease: sharedLease}
}

// callOf is a call of a class. The second value says which of its windows are long.
func (s *shared) callOf(cl *class) (call api.SharedCall, long []bool) {
	call = s.call(cl.name)
	for _, w := range cl.windows {
		window := w.policy.shared()
		same := slices.IndexFunc(call.Windows, func(other api.SharedWindow) bool { return other.Key == window.Key })
		if same >= 0 {
			call.Windows[same].N = min(call.Windows[same].N, window.N)
			continue
		}
		call.Windows, long = append(call.Windows, window), append(long, w.policy.long())
	}
	return call, long
}

// ask asks for a place that others know of, for a slot that has one here; while the store is away, for one of this
// process's share. Without an error the slot has its place, or is to wait.
func (s *shared) ask(ctx context.Context, slot *Slot) (until waits, err error) {
	call, long := s.callOf(slot.class)
	for {
		if s.comesBackLate(ctx) {
			continue
		}
		if until, away := s.takeShare(slot); away {
			return until, nil
		}
		asked := time.Now()
		place, err := s.take(ctx, call)
		switch {
		case err != nil:
			s.settle(call, 0) // it may have been taken
			if ctx.Err() != nil {
				return waits{}, cancelled(ctx)
			}
			if err := s.lose(ctx, err); err != nil {
				return waits{}, err
			}
			continue
		case place.Wait > 0:
			s.hear(call, place)
			return waitsOf(place, long), nil
		case time.Since(asked) > sharedLease/2: // too little of the lease is left
			s.settle(call, 0)
			return waits{}, nil
		}
		s.hear(call, place)
		slot.shared, slot.call, slot.writeBy = s, call, asked.Add(sharedLease-sharedMargin)
		return waits{}, nil
	}
}

// waitsOf says for what a place that was not taken is waited.
func waitsOf(place api.SharedPlace, long []bool) waits {
	now, longest := time.Now(), place.Paused
	for i, w := range place.Windows {
		if i < len(long) && long[i] {
			longest = max(longest, w.Wait)
		}
	}
	return waits{all: now.Add(place.Wait), long: now.Add(min(longest, place.Wait))}
}

// takeShare takes a place of this process's share, or says until when there is none. It reports false when the store is
// there.
func (s *shared) takeShare(slot *Slot) (until waits, away bool) {
	s.mu.Lock() // until the place is taken: what is told to a store that is back is all that was sent
	defer s.mu.Unlock()
	switch {
	case s.share == nil:
		return waits{}, false
	case s.returning:
		return waits{all: time.Now().Add(sharedPoll)}, true
	}
	slot.own, until = s.share.try(slot.class.name)
	until.share = s.share
	return until, true
}

// take asks the store, and for a short while again if it fails and was there before.
func (s *shared) take(ctx context.Context, call api.SharedCall) (place api.SharedPlace, err error) {
	began, away := time.Now(), s.isAway()
	for wait := sharedPoll; ; wait *= 2 {
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

// settle tells the store what became of a call, and lets nobody wait for that. If it does not hear it, the place counts
// from the end of its lease.
func (s *shared) settle(call api.SharedCall, sends int) {
	s.settling.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
		defer cancel()
		_ = s.Limits.Settle(ctx, call, sends)
	})
}

// pause tells the store that a class is held back, now or when it is back.
func (s *shared) pause(class string, until time.Time) {
	if time.Until(until) <= 0 {
		return
	}
	s.settling.Go(func() {
		if !s.isAway() && s.tell(context.Background(), class, until) == nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pauses[class] = latest(s.pauses[class], until)
	})
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
		if w.Length == 0 && i < len(place.Windows) {
			s.days[w.Key] = dayNews{max(0, w.N-place.Windows[i].Used), time.Now()}
		}
	}
}

// lose notes that the store is away. The error is nil if this process has a share.
func (s *shared) lose(ctx context.Context, cause error) error {
	s.mu.Lock()
	was := s.away
	s.away, s.failed = true, time.Now()
	if s.Processes > 0 && s.share == nil {
		s.share = s.newShare(time.Now())
		s.startProbing()
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

// startProbing asks each second whether the store is back, for as long as something that it does not know of counts.
func (s *shared) startProbing() {
	s.probing = true
	share := s.share
	go func() {
		ctx := context.Background()
		for {
			_ = pause(ctx, sharedProbe)
			s.mu.Lock()
			maps.DeleteFunc(s.pauses, func(_ string, until time.Time) bool { return !until.After(time.Now()) })
			if s.share != share {
				s.mu.Unlock()
				return
			}
			if len(s.pauses) == 0 && share.untold(time.Now()) == 0 {
				s.probing = false
				s.mu.Unlock()
				return
			}
			s.mu.Unlock()
			if s.comeBack(ctx, share) == nil {
				return
			}
		}
	}()
}

// comesBackLate asks whether the store is back, for a process that has a share and has long sent nothing by it. It reports
// true if it is.
func (s *shared) comesBackLate(ctx context.Context) bool {
	s.mu.Lock()
	share := s.share
	late := share != nil && !s.probing && !s.returning
	s.mu.Unlock()
	if !late {
		return false
	}
	if s.comeBack(ctx, share) == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.share == share && !s.probing {
		s.startProbing()
	}
	return false
}

// comeBack asks whether the store is back, and lets it take over from the share. The error says that it is not.
func (s *shared) comeBack(ctx context.Context, share *Limiter) error {
	err := s.tell(ctx, "", time.Time{}) // which holds nothing back
	s.mu.Lock()
	failed := s.failed
	mine := err == nil && s.share == share && !s.returning
	switch {
	case err != nil:
		s.failed = time.Now()
	case mine:
		s.returning = true
	}
	s.mu.Unlock()
	if !mine {
		return err
	}
	if err := s.tellAll(ctx, share, failed); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.returning, s.failed = false, time.Now()
		return err
	}
	s.found(ctx)
	return nil
}

// tellAll tells a store that was away until it was asked in vain last what it has not heard of: what the share has used of
// the quotas of a day, and that the other windows are waited out, for what the processes have sent by their shares.
func (s *shared) tellAll(ctx context.Context, share *Limiter, failed time.Time) (err error) {
	told := make(map[string]bool)
	for _, p := range s.core.policies {
		window := p.shared()
		switch {
		case told[window.Key]:
		case p.Daily:
			err = s.tellDay(ctx, share, p)
		default:
			err = s.tell(ctx, p.Class, failed.Add(p.length()+sharedLag))
		}
		if told[window.Key] = true; err != nil {
			return err
		}
	}
	return nil
}

// tellDay tells the store what the share has used of a quota.
func (s *shared) tellDay(ctx context.Context, share *Limiter, p Policy) error {
	sent := share.takeDay(p.Class)
	if sent == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	err := s.Limits.Settle(ctx, s.call(p.Class, p.shared()), sent)
	if err != nil {
		share.giveDay(p.Class, sent)
	}
	return err
}

// tell tells the store until when a class is held back.
func (s *shared) tell(ctx context.Context, class string, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, sharedTimeout)
	defer cancel()
	return s.Limits.Pause(ctx, s.Name, class, max(0, time.Until(until)))
}

// has reports whether the share is still that of this process.
func (s *shared) has(share *Limiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.share == share
}

// found notes that the store is there again, and lets those look again who wait for the share.
func (s *shared) found(ctx context.Context) {
	s.mu.Lock()
	was := s.away
	s.away, s.share, s.probing, s.returning = false, nil, false, false
	pauses := s.pauses
	s.pauses = make(map[string]time.Time)
	s.mu.Unlock()
	for class, until := range pauses {
		s.pause(class, until)
	}
	s.core.mu.Lock()
	for _, cl := range s.core.classes {
		cl.held, cl.heldLong = time.Time{}, time.Time{}
	}
	s.core.pokeHeads()
	s.core.mu.Unlock()
	if was {
		s.log(ctx, "the shared rate limits can be reached again")
	}
}

func (s *shared) log(ctx context.Context, message string, pairs ...any) {
	defer func() { _ = recover() }() // a panic of the handler's must not cost the call
	cmp.Or(s.Logger, slog.Default()).WarnContext(ctx, "pronet: "+message, append([]any{"name", s.Name}, pairs...)...)
}
