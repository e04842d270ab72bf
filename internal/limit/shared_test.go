package limit_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
)

// store keeps limits in memory, and can be away.
type store struct {
	mu     sync.Mutex
	away   error
	slow   time.Duration // of each response
	asked  int
	hangs  bool
	deaf   bool     // to the end of the context
	flaws  []string // what fails once: "settle", or a class whose pause does
	paused map[string]time.Time
	places map[string]map[string]time.Time
	days   map[string]int
	open   map[string]int // calls of a day that are being sent
}

func newStore() *store {
	return &store{paused: make(map[string]time.Time), places: make(map[string]map[string]time.Time), days: make(map[string]int), open: make(map[string]int)}
}

func (s *store) set(away error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// hang says what becomes of questions while it is away: they hang, or fail.
func (s *store) hang(hangs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangs = hangs
}

func (s *store) respondAfter(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = d
}

// times is how often it was asked for a place.
func (s *store) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// reach fails, or lets a question hang, while the store is away.
func (s *store) reach(ctx context.Context) error {
	s.mu.Lock()
	away, hangs := s.away, s.hangs
	s.mu.Unlock()
	if away != nil && hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return away
}

func (s *store) Take(ctx context.Context, c api.SharedCall) (place api.SharedPlace, err error) {
	away := s.reach(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked++; away != nil {
		return place, away
	}
	now := time.Now()
	place.Paused = max(0, s.paused[""].Sub(now), s.paused[c.Class].Sub(now))
	place.Wait = place.Paused
	for _, w := range c.Windows {
		if w.Length == 0 {
			use := api.SharedUse{Used: s.days[w.Key]}
			if use.Used >= w.N {
				use.Wait = 24 * time.Hour
			}
			place.Wait = max(place.Wait, use.Wait)
			place.Windows = append(place.Windows, use)
			continue
		}
		places := s.places[w.Key]
		if places == nil {
			places = make(map[string]time.Time)
			s.places[w.Key] = places
		}
		var ends []time.Time
		for id, at := range places {
			if end := at.Add(w.Length); end.After(now) {
				ends = append(ends, end)
			} else {
				delete(places, id)
			}
		}
		slices.SortFunc(ends, time.Time.Compare)
		use := api.SharedUse{Used: len(ends)}
		if len(ends) >= w.N {
			use.Wait = min(ends[len(ends)-w.N].Sub(now), w.Length)
		}
		place.Wait = max(place.Wait, use.Wait)
		place.Windows = append(place.Windows, use)
	}
	if place.Wait == 0 {
		for _, w := range c.Windows {
			if w.Length == 0 {
				s.days[w.Key]++
				s.open[c.ID] = 1
			} else {
				s.places[w.Key][c.ID] = now.Add(c.Lease)
			}
		}
	}
	slow, deaf := s.slow, s.deaf
	s.mu.Unlock()
	time.Sleep(slow)
	s.mu.Lock()
	if deaf {
		return place, nil
	}
	return place, ctx.Err()
}

// flaw reports whether something is to fail, this once.
func (s *store) flaw(what string) bool {
	i := slices.Index(s.flaws, what)
	if i >= 0 {
		s.flaws = slices.Delete(s.flaws, i, i+1)
	}
	return i >= 0
}

func (s *store) Settle(ctx context.Context, c api.SharedCall, sends int) error {
	if err := s.reach(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sends > 1 && s.flaw("settle") {
		return errors.New("out of memory")
	}
	for _, w := range c.Windows {
		_, has := s.places[w.Key][c.ID]
		switch {
		case w.Length == 0:
			s.days[w.Key] += sends - s.open[c.ID]
			delete(s.open, c.ID)
		case sends == 0:
			delete(s.places[w.Key], c.ID)
		case has || sends > 0:
			s.places[w.Key][c.ID] = time.Now()
		}
	}
	return nil
}

func (s *store) Pause(ctx context.Context, _, class string, d time.Duration) error {
	if err := s.reach(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	time.Sleep(slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if d > 0 && s.flaw(class) {
		return errors.New("out of memory")
	}
	if until := time.Now().Add(d); until.After(s.paused[class]) {
		s.paused[class] = until
	}
	return nil
}

// oneByOne lets several write to one buffer.
type oneByOne struct{ to *bytes.Buffer }

var writing sync.Mutex

func (w *oneByOne) Write(p []byte) (int, error) {
	writing.Lock()
	defer writing.Unlock()
	return w.to.Write(p)
}

func sharing(t *testing.T, s *store, processes int, log *bytes.Buffer, policies ...limit.Policy) *limit.Limiter {
	t.Helper()
	l, err := limit.New(policies...)
	require.NoError(t, err)
	require.NoError(t, l.Share(limit.Shared{Limits: s, Name: "account", Processes: processes, Logger: slog.New(slog.NewTextHandler(&oneByOne{to: log}, nil))}))
	return l
}

// sends lets each limiter send as fast as it can for a time, and returns when each was sent.
func sends(l []*limit.Limiter, class string, d time.Duration) (times []time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, limiter := range l {
		for range 3 {
			wg.Go(func() {
				for ctx.Err() == nil {
					if limiter.Wait(ctx, class) == nil {
						mu.Lock()
						times = append(times, time.Now())
						mu.Unlock()
					} else {
						time.Sleep(time.Second / 2)
					}
				}
			})
		}
	}
	wg.Wait()
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// TestSharedLimits: several processes together never exceed the limits, and use them.
func TestSharedLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newStore(), new(bytes.Buffer)
		policies := []limit.Policy{{N: 5, Window: time.Second}, {Class: "search", N: 20, Window: time.Minute}}
		var all []*limit.Limiter
		for range 4 {
			all = append(all, sharing(t, s, 0, log, policies...))
		}
		times := sends(all, "", 5*time.Second)
		assert.Equal(t, 5, most(times, time.Second))
		assert.GreaterOrEqual(t, len(times), 20)
		times = sends(all, "search", 5*time.Minute)
		assert.Equal(t, 20, most(times, time.Minute))
		assert.GreaterOrEqual(t, len(times), 100)
		assert.Empty(t, log.String())
	})
}

// TestSharedLimitsThatAreAway for a second, a minute and ten: with 0 processes nothing is sent, otherwise the share; the
// limit holds at each moment, each change is told once, and afterwards all is as before.
func TestSharedLimitsThatAreAway(t *testing.T) {
	for _, processes := range []int{0, 4} {
		for _, away := range []time.Duration{time.Second, time.Minute, 10 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				s := newStore()
				logs := make([]bytes.Buffer, 4)
				var all []*limit.Limiter
				for i := range logs {
					all = append(all, sharing(t, s, processes, &logs[i], limit.Policy{N: 4, Window: 5 * time.Second}))
				}
				begin := time.Now()
				go func() {
					time.Sleep(10 * time.Second)
					s.set(errors.New("connection refused"))
					time.Sleep(away)
					s.set(nil)
				}()
				times := sends(all, "", away+time.Minute)
				assert.LessOrEqual(t, most(times, 5*time.Second), 4)
				during, after := 0, 0
				for _, at := range times {
					switch since := at.Sub(begin); {
					case since > 10*time.Second && since < 10*time.Second+away:
						during++
					case since > 30*time.Second+away:
						after++
					}
				}
				assert.Greater(t, after, 16, "it goes on as before")
				short := away < 3*time.Second
				switch {
				case short:
					assert.Zero(t, during)
				case processes == 0:
					assert.Zero(t, during)
				default:
					assert.Greater(t, float64(during), (away.Seconds()-15)*0.6, "the shares are used")
				}
				synctest.Wait()
				for i := range logs {
					lines := bytes.Count(logs[i].Bytes(), []byte("level=WARN"))
					if short {
						assert.Zero(t, lines, logs[i].String())
					} else {
						assert.Equal(t, 2, lines, logs[i].String())
					}
				}
			})
		}
	}
}

// TestSharedLimitsFail says what is wrong, and sends nothing.
func TestSharedLimitsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newStore(), new(bytes.Buffer)
		l := sharing(t, s, 0, log, limit.Policy{N: 5, Window: time.Second})
		s.set(errors.New("connection refused"))
		began := time.Now()
		err := l.Wait(t.Context(), "")
		require.ErrorIs(t, err, api.ErrSharedLimits)
		assert.Less(t, time.Since(began), 4*time.Second)
		asked := s.times()
		for range 5 {
			require.ErrorIs(t, l.Wait(t.Context(), ""), api.ErrSharedLimits)
		}
		assert.Equal(t, 5, s.times()-asked, "while it is away, each call asks once")
		s.set(nil)
		require.NoError(t, l.Wait(t.Context(), ""))
	})
}

// TestSharedDays: a share of a day is that of what was left, if that is known, and is told when the store is back.
func TestSharedDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newStore(), new(bytes.Buffer)
		policy := limit.Policy{N: 100, Daily: true}
		one, other := sharing(t, s, 2, log, policy), sharing(t, s, 2, log, policy)
		for range 40 {
			require.NoError(t, one.Wait(t.Context(), ""))
		}
		s.set(errors.New("connection refused"))
		sent := func(l *limit.Limiter) (n int) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // of this day
			defer cancel()
			for l.Wait(ctx, "") == nil {
				n++
			}
			return n
		}
		assert.Equal(t, 30, sent(one))
		assert.Zero(t, sent(other), "it has not heard what is left")
		s.set(nil)
		time.Sleep(2 * time.Second)
		assert.Equal(t, 30, sent(one)+sent(other), "of 100, 70 were used")
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		assert.Equal(t, 100, s.days["/day"])
	})
}

// TestASharedPlaceThatComesLate is given back, and another one asked for.
func TestASharedPlaceThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newStore(), new(bytes.Buffer)
		l := sharing(t, s, 0, log, limit.Policy{N: 1, Window: time.Second})
		s.slow, s.deaf = 6*time.Second, true
		go func() {
			time.Sleep(time.Second)
			s.respondAfter(0)
		}()
		began := time.Now()
		slot, err := l.Acquire(t.Context(), "", limit.Waiting{})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), 6*time.Second, "the first place came too late")
		assert.Equal(t, 8*time.Second, time.Until(slot.WriteBy()))
		slot.Release()
		synctest.Wait()
		require.NoError(t, l.Wait(t.Context(), ""), "what was released is free")
	})
}

// TestSharedWaitsAreBounded by the deadline, also of those who stand behind.
func TestSharedWaitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newStore(), new(bytes.Buffer)
		policy := limit.Policy{N: 2, Window: time.Minute}
		one, other := sharing(t, s, 0, log, policy), sharing(t, s, 0, log, policy)
		for range 2 {
			require.NoError(t, one.Wait(t.Context(), ""))
		}
		synctest.Wait()
		waited := make(chan error, 1)
		go func() { waited <- other.Wait(t.Context(), "") }()
		synctest.Wait()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := other.Wait(ctx, "")
		var limited *api.RateLimitError
		require.ErrorAs(t, err, &limited)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(began), "at once")
		require.NoError(t, <-waited)
		assert.GreaterOrEqual(t, time.Since(began), time.Minute)
	})
}

// TestASharedPause holds back the other processes too.
func TestASharedPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newStore(), new(bytes.Buffer)
		one, other := sharing(t, s, 0, log, limit.Policy{N: 5, Window: time.Second}), sharing(t, s, 0, log, limit.Policy{N: 5, Window: time.Second})
		began := time.Now()
		one.Pause("", began.Add(30*time.Second))
		synctest.Wait()
		require.NoError(t, other.Wait(t.Context(), ""))
		assert.GreaterOrEqual(t, time.Since(began), 30*time.Second)
	})
}
