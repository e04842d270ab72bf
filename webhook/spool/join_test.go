package spool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// call is one call of the function given to Run.
type call struct {
	key   string
	after time.Duration
	ids   []int64
}

// recorder notes the calls of the function given to Run.
type recorder struct {
	mu    sync.Mutex
	calls []call
}

// process returns a function for Run that notes its calls, with the time since now.
func (r *recorder) process(fail func(d *webhook.Delivery) error) func(context.Context, *webhook.Delivery) error {
	start := time.Now()
	return func(_ context.Context, d *webhook.Delivery) error {
		c := call{key: d.Key, after: time.Since(start)}
		for _, event := range d.Events {
			if changed, ok := event.(webhook.EmployeeChanged); ok {
				c.ids = append(c.ids, changed.ID)
			}
		}
		r.mu.Lock()
		r.calls = append(r.calls, c)
		r.mu.Unlock()
		return fail(d)
	}
}

func (r *recorder) all() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = nil
}

func succeed(*webhook.Delivery) error { return nil }

// TestJoinWithin: what arrives within the time is one delivery; what arrives later is another.
func TestJoinWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{JoinWithin: time.Minute})
		var calls recorder
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		process := calls.process(succeed)
		go func() { stopped <- s.Run(ctx, process) }()
		for i, wait := range []time.Duration{0, 10 * time.Second, 49 * time.Second, 2 * time.Second, 30 * time.Second} {
			time.Sleep(wait)
			require.NoError(t, s.Put(ctx, about(i, 10+i, 20)))
		}
		time.Sleep(time.Hour)
		assert.Equal(t, []call{
			{"base:0", 60 * time.Second, []int64{10, 20, 11, 20, 12, 20}},
			{"base:3", 121 * time.Second, []int64{13, 20, 14, 20}},
		}, calls.all())
		assert.Zero(t, s.Pending())
		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled)
	})
}

// TestWhatIsJoinedStaysJoined: over failures and a restart, with what was kept, until it is done or dead, and when it is
// put back.
func TestWhatIsJoinedStaysJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		options := spool.Options{JoinWithin: time.Minute, Attempts: 3}
		s := openSpool(t, dir, options)
		for i := range 3 {
			require.NoError(t, s.Put(t.Context(), about(i, 10+i)))
		}
		var calls recorder
		attempts := func(n int, fail error) {
			runUntil(t, s, func() bool { return len(calls.all()) >= n && s.Status().InWork == 0 }, calls.process(func(d *webhook.Delivery) error {
				if len(calls.all()) == 1 {
					require.NoError(t, d.Kept.Append(t.Context(), []byte("bought")))
				} else {
					entries, err := d.Kept.Entries(t.Context())
					require.NoError(t, err)
					assert.Equal(t, [][]byte{[]byte("bought")}, entries)
				}
				return fail
			}))
		}
		attempts(1, errDownstream)
		assert.Equal(t, 1, s.Pending())
		for i := range 3 {
			assert.True(t, s.InWork("coresignal", fmt.Sprintf("base:%d", i)), i)
		}
		require.NoError(t, s.Put(t.Context(), about(7, 11))) // behind it
		require.NoError(t, s.Close())

		s = openSpool(t, dir, options)
		assert.Equal(t, 2, s.Pending())
		for i := range 3 {
			assert.True(t, s.InWork("coresignal", fmt.Sprintf("base:%d", i)), i)
		}
		attempts(3, errDownstream)
		for _, c := range calls.all()[:3] {
			assert.Equal(t, "base:0", c.key)
			assert.Equal(t, []int64{10, 11, 12}, c.ids)
		}
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error { return nil })
		dead := deadOf(t, s)
		require.Len(t, dead, 1)
		assert.Equal(t, "base:0", dead[0].Key)
		require.NoError(t, s.Requeue(dead[0].ID))
		assert.True(t, s.InWork("coresignal", "base:2"))
		require.NoError(t, s.Close())

		s = openSpool(t, dir, options)
		calls.forget()
		runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(func(d *webhook.Delivery) error {
			assert.Equal(t, 1, d.Requeues)
			return nil
		}))
		require.Len(t, calls.all(), 1)
		assert.Equal(t, []int64{10, 11, 12}, calls.all()[0].ids)
		assert.Len(t, spoolFiles(t, dir), 0)
		assert.False(t, s.InWork("coresignal", "base:2"))
	})
}

// TestJoinedEventsHaveNoKeys, at no attempt: those of the first delivery would be taken for those of all events.
func TestJoinedEventsHaveNoKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keyed := webhook.Sender{Source: "keyed", Decoder: func(d *webhook.Delivery) error {
			err := webhook.DecodeCoresignal(d)
			d.Keys = []webhook.Key{{ID: string(d.Body)}}
			return err
		}}
		s, err := spool.Open(t.TempDir(), spool.Options{JoinWithin: time.Minute}, keyed)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		var keys []int
		for _, joined := range []int{1, 3} {
			for n := range joined {
				d := about(n, 10+n)
				d.Source = keyed.Source
				require.NoError(t, s.Put(t.Context(), d))
			}
			attempts := 0
			runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
				assert.Len(t, d.Events, joined)
				keys = append(keys, len(d.Keys))
				if attempts++; attempts == 1 {
					return fmt.Errorf("later: %w", webhook.ErrRetryLater)
				}
				return nil
			})
		}
		assert.Equal(t, []int{1, 1, 0, 0}, keys)
	})
}

// TestWhatIsNotJoined: what is about nobody, what was begun, and what must wait behind one that failed.
func TestWhatIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{JoinWithin: time.Minute})
		odd := about(2)
		odd.Body = []byte(`[{"member_id":10,"status":"changed"},{"profile":"x"}]`)
		for _, d := range []*webhook.Delivery{about(0, 10), about(1, 11), odd, about(3, 12), about(4, 13)} {
			require.NoError(t, s.Put(t.Context(), d))
		}
		var calls recorder
		runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(succeed))
		require.Len(t, calls.all(), 3)
		assert.Equal(t, []int64{10, 11}, calls.all()[0].ids)
		assert.Equal(t, "base:2", calls.all()[1].key)
		assert.Equal(t, []int64{12, 13}, calls.all()[2].ids)

		calls.forget()
		require.NoError(t, s.Put(t.Context(), about(5, 10)))
		var failing atomic.Bool
		failing.Store(true)
		process := calls.process(func(d *webhook.Delivery) error {
			if failing.Load() && d.Key == "base:5" {
				return fmt.Errorf("down: %w", webhook.ErrRetryLater)
			}
			return nil
		})
		runUntil(t, s, func() bool { return len(calls.all()) > 0 && s.Status().InWork == 0 }, process)
		for _, d := range []*webhook.Delivery{about(6, 14), about(7, 10, 15), about(8, 16)} {
			require.NoError(t, s.Put(t.Context(), d))
		}
		runUntil(t, s, func() bool { return s.Pending() == 2 }, process)
		failing.Store(false)
		runUntil(t, s, func() bool { return s.Pending() == 0 }, process)
		var keys []string
		for _, c := range calls.all() {
			if len(keys) == 0 || keys[len(keys)-1] != c.key {
				keys = append(keys, c.key)
			}
		}
		joined := strings.Join(keys, " ")
		assert.Less(t, strings.Index(joined, "base:6"), strings.Index(joined, "base:7"), joined)
		assert.Less(t, strings.Index(joined, "base:8"), strings.Index(joined, "base:7"), "it does not wait behind it")
		assert.Equal(t, []int64{10, 15}, calls.all()[len(calls.all())-1].ids)
	})
	_, err := spool.Open(t.TempDir(), spool.Options{JoinWithin: time.Minute, LabelsTakeTurns: true}, coresignal)
	require.Error(t, err)
}

// TestACrashWhileJoining at any step leaves each delivery once.
func TestACrashWhileJoining(t *testing.T) {
	for _, step := range []string{"nothing was removed", "some were removed"} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				options := spool.Options{JoinWithin: time.Minute}
				s := openSpool(t, dir, options)
				for i := range 3 {
					require.NoError(t, s.Put(t.Context(), about(i, 10+i)))
				}
				parts := map[string][]byte{}
				for _, file := range glob(t, dir, "pending/*.delivery") {
					content, err := os.ReadFile(file)
					require.NoError(t, err)
					parts[file] = content
				}
				var calls recorder
				process := calls.process(func(*webhook.Delivery) error { return fmt.Errorf("later: %w", webhook.ErrRetryLater) })
				runUntil(t, s, func() bool { return len(calls.all()) > 0 }, process)
				require.NoError(t, s.Close())
				for file, content := range parts { // as if the process had died before it removed them
					if step == "nothing was removed" || !strings.Contains(filepath.Base(file), "0001-0000-") {
						require.NoError(t, os.WriteFile(file, content, 0o600))
					}
				}
				// One that got the number of a former one anew is another one.
				again := *about(1, 11)
				again.ReceivedAt = again.ReceivedAt.Add(time.Hour)
				s = openSpool(t, dir, options)
				assert.Equal(t, 1, s.Pending())
				require.NoError(t, s.Put(t.Context(), &again))
				require.NoError(t, s.Close())
				number := glob(t, dir, "pending/0000000000000004-*.delivery")
				require.Len(t, number, 1)
				require.NoError(t, os.Rename(number[0], strings.Replace(number[0], "0000000000000004-", "0000000000000002-", 1)))
				s = openSpool(t, dir, options)
				assert.Equal(t, 2, s.Pending())
				calls.forget()
				runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(succeed))
				require.Len(t, calls.all(), 2)
				assert.Equal(t, []int64{10, 11, 12}, calls.all()[0].ids)
			})
		})
	}
}

// undone is an error that says what is left.
type undone struct{ subjects []string }

func (undone) Error() string      { return "not all is done" }
func (u undone) Undone() []string { return u.subjects }

// TestOnlyWhatIsUndoneIsWaitedFor: one person whose work fails holds up no other of the same delivery.
func TestOnlyWhatIsUndoneIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir())
		for _, d := range []*webhook.Delivery{about(0, 10, 11, 12), about(1, 11), about(2, 12), about(3, 10)} {
			require.NoError(t, s.Put(t.Context(), d))
		}
		var calls recorder
		tries := 0
		runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(func(d *webhook.Delivery) error {
			if d.Key != "base:0" {
				return nil
			}
			switch tries++; tries {
			case 1:
				return fmt.Errorf("%w: %w", webhook.ErrRetryLater, undone{[]string{"employee 10", "employee 12"}})
			case 2:
				return errors.Join(webhook.ErrRetryLater, undone{[]string{"employee 10"}})
			}
			return nil
		}))
		var keys []string
		for _, c := range calls.all() {
			keys = append(keys, c.key)
		}
		assert.Equal(t, []string{"base:0", "base:1", "base:0", "base:2", "base:0", "base:3"}, keys)
	})
}
