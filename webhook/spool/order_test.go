package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// about returns the n-th delivery, about the employees.
func about(n int, employees ...int) *webhook.Delivery {
	d := delivery(n)
	d.Body = []byte("[")
	for i, employee := range employees {
		if i > 0 {
			d.Body = append(d.Body, ',')
		}
		d.Body = fmt.Appendf(d.Body, `{"member_id":%d,"status":"changed"}`, employee)
	}
	d.Body = append(d.Body, ']')
	return d
}

// TestOneThatFailsWaitsBesideTheOthers: the others are worked on at once, and it again when it is due.
func TestOneThatFailsWaitsBesideTheOthers(t *testing.T) {
	for name, failure := range map[string]error{"error": errDownstream, "later": fmt.Errorf("no credits: %w", webhook.ErrRetryLater)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openSpool(t, t.TempDir())
				for i := range 3 {
					require.NoError(t, s.Put(t.Context(), delivery(i)))
				}
				start, done := time.Now(), map[string]time.Duration{}
				runUntil(t, s, func() bool { return time.Since(start) > time.Hour }, func(_ context.Context, d *webhook.Delivery) error {
					if d.Key == "base:0" {
						return failure
					}
					done[d.Key] = time.Since(start)
					return nil
				})
				assert.Equal(t, map[string]time.Duration{"base:1": 0, "base:2": 0}, done)
			})
		})
	}
}

// TestLaterOnesAboutTheSameWaitBehind: and those that wait are waited for too, and a restart changes nothing.
func TestLaterOnesAboutTheSameWaitBehind(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart ", restart), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				s := openSpool(t, dir)
				for _, d := range []*webhook.Delivery{about(0, 10), about(1, 10, 20), about(2, 20), about(3, 30), about(4, 10), about(5, 40)} {
					require.NoError(t, s.Put(t.Context(), d))
				}
				var calls []string
				left := 3
				process := func(_ context.Context, d *webhook.Delivery) error {
					if calls = append(calls, d.Key); d.Key == "base:0" && left > 0 {
						left--
						return errDownstream
					}
					return nil
				}
				runUntil(t, s, func() bool { return s.Pending() == 4 }, process)
				assert.Equal(t, []string{"base:0", "base:3", "base:5"}, calls)
				status := s.Status()
				assert.Equal(t, 4, status.Pending)
				assert.Equal(t, 1, status.Waiting)
				assert.Equal(t, 3, status.Behind)
				if restart {
					require.NoError(t, s.Close())
					s = openSpool(t, dir)
				}
				runUntil(t, s, func() bool { return s.Pending() == 0 }, process)
				assert.Equal(t, []string{"base:0", "base:0", "base:0", "base:1", "base:2", "base:4"}, calls[3:])
			})
		})
	}
}

// TestThoseBehindADeadOneGoOn: also if it is found dead without an attempt.
func TestThoseBehindADeadOneGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{Attempts: 2})
		for _, d := range []*webhook.Delivery{about(0, 1), about(1, 1), about(2, 1, 2)} {
			require.NoError(t, s.Put(t.Context(), d))
		}
		var calls []string
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
			if calls = append(calls, d.Key); d.Key == "base:0" {
				return errDownstream
			}
			return nil
		})
		assert.Equal(t, []string{"base:0", "base:0", "base:1", "base:2"}, calls)
	})
}

// many decodes a number into as many events about persons, from the second number on.
func many(d *webhook.Delivery) error {
	count, first, _ := bytes.Cut(d.Body, []byte{' '})
	n, err := strconv.Atoi(string(count))
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(string(first))
	if err != nil {
		return err
	}
	d.Events = make([]webhook.Event, n)
	for i := range n {
		d.Events[i] = webhook.EmployeeChanged{ID: int64(from + i)}
	}
	return nil
}

// TestWhenTheSubjectsDoNotFit: the order wins, and those that came before are tried meanwhile.
func TestWhenTheSubjectsDoNotFit(t *testing.T) {
	const all = 1 << 17
	sender := webhook.Sender{Source: webhook.SourceCoresignal, Decoder: many}
	for name, test := range map[string]struct {
		bodies []string
		fails  map[string]int
		want   []string
	}{
		"one that fails has too many": { // Nothing behind it is looked at.
			[]string{"1 7", strconv.Itoa(all+1) + " 1000000", "1 8", "1 7"},
			map[string]int{"base:1": 2},
			[]string{"base:0", "base:1", "base:1", "base:1", "base:2", "base:3"},
		},
		"one that must wait has too many": {
			[]string{strconv.Itoa(all-10) + " 1", "1 1000000", "20 1", "1 2000000", "1 1"},
			map[string]int{"base:0": 2},
			[]string{"base:0", "base:1", "base:0", "base:0", "base:2", "base:3", "base:4"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := spool.Open(t.TempDir(), spool.Options{Logger: slog.New(slog.DiscardHandler)}, sender)
				require.NoError(t, err)
				defer s.Close()
				for n, body := range test.bodies {
					d := delivery(n)
					d.Body = []byte(body)
					require.NoError(t, s.Put(t.Context(), d))
				}
				var calls []string
				runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
					calls = append(calls, d.Key)
					if test.fails[d.Key]--; test.fails[d.Key] >= 0 {
						return errDownstream
					}
					return nil
				})
				assert.Equal(t, test.want, calls)
			})
		})
	}
}

// TestAnOutageDoesNotUseUpTheAttempts: what process calls is away for a day. All deliveries together are tried no more
// often than one would be, none dies, and all are done soon after.
func TestAnOutageDoesNotUseUpTheAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		const deliveries = 200
		for i := range deliveries {
			require.NoError(t, s.Put(t.Context(), delivery(i)))
		}
		start := time.Now()
		calls := 0
		process := func(context.Context, *webhook.Delivery) error {
			if calls++; time.Since(start) < 24*time.Hour {
				return errDownstream
			}
			return nil
		}
		runUntil(t, s, func() bool { return time.Since(start) > 12*time.Hour }, process)
		assert.Less(t, calls, 12*24+30, "the waits of all grow to the cap")
		assert.Greater(t, calls, 12*12-10)
		assert.Equal(t, 12*time.Hour, time.Since(s.Status().FailingSince).Round(time.Minute))
		require.NoError(t, s.Close())
		s = openSpool(t, dir)
		runUntil(t, s, func() bool { return s.Pending() == 0 }, process)
		assert.Less(t, time.Since(start), 24*time.Hour+20*time.Minute)
		assert.Empty(t, deadOf(t, s))
		assert.Zero(t, s.Status().FailingSince)
	})
}

// TestOutageEndsThoughOneIsBad: the one that would fail anyhow is not the only one that is tried, and dies afterwards.
func TestOutageEndsThoughOneIsBad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{Attempts: 4})
		for i := range 10 {
			require.NoError(t, s.Put(t.Context(), delivery(i)))
		}
		start := time.Now()
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
			if d.Key == "base:0" || time.Since(start) < time.Hour {
				return errDownstream
			}
			return nil
		})
		dead := deadOf(t, s)
		require.Len(t, dead, 1)
		assert.Equal(t, "base:0", dead[0].Key)
		assert.Equal(t, 4, dead[0].Attempts)
		assert.Less(t, time.Since(start), 2*time.Hour)
	})
}

// TestAnOutageOfADayCountsAgain: three deliveries that nobody can ever work on look like an outage until then. They end
// among the dead, and others that wait for an outage to end are tried as seldom as before.
func TestAnOutageOfADayCountsAgain(t *testing.T) {
	for _, deliveries := range []int{3, 40} {
		synctest.Test(t, func(t *testing.T) {
			s := openSpool(t, t.TempDir())
			for i := range deliveries {
				require.NoError(t, s.Put(t.Context(), delivery(i)))
			}
			start, tries := time.Now(), 0
			runUntil(t, s, func() bool { return time.Since(start) > 24*time.Hour }, func(context.Context, *webhook.Delivery) error {
				tries++
				return errDownstream
			})
			assert.Equal(t, deliveries, s.Pending())
			assert.Less(t, tries, 700)
			tries = 0
			start = time.Now()
			// Run has ended, but the outage has not.
			runUntil(t, s, func() bool { return time.Since(start) > 4*time.Hour }, func(context.Context, *webhook.Delivery) error {
				tries++
				return errDownstream
			})
			assert.Less(t, tries, 120)
			if deliveries == 3 {
				assert.Zero(t, s.Pending())
			}
			for _, dead := range deadOf(t, s) {
				assert.Equal(t, 10, dead.Attempts)
			}
		})
	}
}

// TestManyThatWaitForLaterAreNoStorm: two hundred that wait for credits are tried one a second at most, and do not
// hold up what comes.
func TestManyThatWaitForLaterAreNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir())
		const deliveries = 200
		for i := range deliveries {
			require.NoError(t, s.Put(t.Context(), delivery(i)))
		}
		start := time.Now()
		var tries, freshDone atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		go func() {
			stopped <- s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
				if d.Key == "base:5000" {
					freshDone.Add(1)
					return nil
				}
				if tries.Add(1); time.Since(start) < 10*time.Minute {
					return fmt.Errorf("no credits: %w", webhook.ErrRetryLater)
				}
				return nil
			})
		}()
		time.Sleep(5 * time.Minute)
		require.NoError(t, s.Put(t.Context(), delivery(5000)))
		synctest.Wait()
		assert.EqualValues(t, 1, freshDone.Load(), "without any time passing")
		time.Sleep(5*time.Minute - time.Second)
		synctest.Wait()
		assert.Less(t, tries.Load(), int64(deliveries+2*60*10+10))
		time.Sleep(10 * time.Minute)
		assert.Zero(t, s.Pending())
		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled)
		assert.Empty(t, deadOf(t, s))
	})
}

// TestTheSameBytesAreWorkAgain: as soon as an attempt has begun the first, a delivery with the same key is another one.
func TestTheSameBytesAreWorkAgain(t *testing.T) {
	for name, test := range map[string]struct {
		first   func(context.Context) error // What comes of the first attempt.
		restart bool
	}{
		"while it waits":                  {first: func(context.Context) error { return errDownstream }},
		"while it waits for later":        {first: func(context.Context) error { return webhook.ErrRetryLater }},
		"after a panic":                   {first: func(context.Context) error { panic("of process") }},
		"after a restart":                 {first: func(context.Context) error { return errDownstream }, restart: true},
		"after a restart, for later":      {first: func(context.Context) error { return webhook.ErrRetryLater }, restart: true},
		"after Run was ended":             {first: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		"after Run was ended, in another": {first: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				s := openSpool(t, dir)
				require.NoError(t, s.Put(t.Context(), delivery(1)))
				require.NoError(t, s.Put(t.Context(), delivery(1)), "not begun: it stands for both")
				require.Equal(t, 1, s.Pending())
				require.False(t, s.InWork("coresignal", "base:1"), "not begun")
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				require.ErrorIs(t, s.Run(ctx, func(ctx context.Context, _ *webhook.Delivery) error { return test.first(ctx) }), context.DeadlineExceeded)
				if test.restart {
					require.NoError(t, s.Close())
					s = openSpool(t, dir)
				}
				require.True(t, s.InWork("coresignal", "base:1"))
				require.False(t, s.InWork("coresignal", "base:2"))
				require.False(t, s.InWork("other", "base:1"))
				require.NoError(t, s.Put(t.Context(), delivery(1)))
				require.Equal(t, 2, s.Pending())
				require.NoError(t, s.Put(t.Context(), delivery(1)), "the second is not begun")
				require.Equal(t, 2, s.Pending())
				calls := 0
				runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
					if calls++; calls == 1 {
						assert.NotZero(t, s.Status().InWork)
						require.NoError(t, s.Put(context.Background(), delivery(1)))
						assert.Equal(t, 2, s.Pending(), "the second still stands for it")
					}
					assert.True(t, s.InWork("coresignal", "base:1"))
					return nil
				})
				assert.Equal(t, 2, calls)
				assert.False(t, s.InWork("coresignal", "base:1"), "done")
			})
		})
	}
}

// TestTheSameBytesDuringTheWork: of a delivery that was requeued too.
func TestTheSameBytesDuringTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{Attempts: 1})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		version, collected, calls := 1, 0, 0
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error {
			collected = version
			if calls++; calls == 1 {
				version = 2
				require.NoError(t, s.Put(context.Background(), delivery(1)))
			}
			return nil
		})
		assert.Equal(t, 2, calls)
		assert.Equal(t, version, collected)

		kill(t, s, delivery(2))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		require.NoError(t, s.Requeue(deadOf(t, s)[0].ID), "although the key is pending")
		require.NoError(t, s.Put(t.Context(), delivery(2)), "absorbed by the one that is not begun")
		assert.Equal(t, []string{"base:2", "base:2"}, drain(t, s))
		kill(t, s, delivery(3))
		assert.False(t, s.InWork("coresignal", "base:3"), "dead")
		require.NoError(t, s.Requeue(deadOf(t, s)[0].ID))
		assert.True(t, s.InWork("coresignal", "base:3"))
		require.NoError(t, s.Put(t.Context(), delivery(3)), "not absorbed by what may know an older record")
		assert.Equal(t, []string{"base:3", "base:3"}, drain(t, s))
	})
}

// TestWhatNoRetryCanHelp goes to the dead at once, unless a retry helps something else of the delivery.
func TestWhatNoRetryCanHelp(t *testing.T) {
	for _, sentinel := range []error{webhook.ErrNotUnderstood, webhook.ErrGiveUp} {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 1, Backoff: time.Microsecond})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		calls := 0
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error {
			err := fmt.Errorf("the job has not ended for 24h0m0s: %w", sentinel)
			if calls++; calls < 4 {
				return errors.Join(err, webhook.ErrRetryLater)
			}
			return err
		})
		assert.Equal(t, 4, calls)
		require.NoError(t, s.Close())
		dead := deadOf(t, openSpool(t, dir))
		require.Len(t, dead, 1)
		assert.Contains(t, dead[0].Reason, "the job has not ended for 24h0m0s: "+sentinel.Error())
	}
}

// person is an event that panics when it is asked whom it is about.
type person struct{ webhook.Unknown }

func (person) Subject() string { panic("of the event") }

// TestPanicsOfTheCallersCode: they end nothing but what they are about.
func TestPanicsOfTheCallersCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sender := webhook.Sender{Source: webhook.SourceCoresignal, Decoder: func(d *webhook.Delivery) error {
			if d.Key == "base:0" {
				_ = d.Body[len(d.Body)]
			}
			d.Events = []webhook.Event{person{}}
			return nil
		}}
		observed := 0
		s, err := spool.Open(t.TempDir(), spool.Options{Logger: panickingLogger(), Observer: spool.Observer{Attempt: func(context.Context, spool.Attempt) {
			observed++
			panic("of the observer")
		}}}, sender)
		require.NoError(t, err)
		defer s.Close()
		for i := range 4 {
			require.NoError(t, s.Put(t.Context(), delivery(i)))
		}
		tries := 0
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
			if tries++; tries < 3 {
				panic(fmt.Errorf("secret"))
			}
			return nil
		})
		assert.Equal(t, 5, tries)
		assert.Equal(t, 6, observed)
		dead := deadOf(t, s)
		require.Len(t, dead, 1)
		assert.Contains(t, dead[0].Reason, "the body cannot be decoded: panic: runtime error: index out of range")
	})
}
