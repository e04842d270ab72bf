package spool_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

type panickingHandler struct{ slog.Handler }

func (panickingHandler) Enabled(context.Context, slog.Level) bool { panic("of the log") }

func panickingLogger() *slog.Logger { return slog.New(panickingHandler{}) }

// TestWithoutALoggerTheDefaultOneWarns: failures are never silent, and nothing else is said.
func TestWithoutALoggerTheDefaultOneWarns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := slog.Default()
		defer slog.SetDefault(before)
		s, err := spool.Open(t.TempDir(), spool.Options{Attempts: 2}, coresignal)
		require.NoError(t, err)
		defer s.Close()
		var logged bytes.Buffer // The default one is looked up when it is needed.
		slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.Equal(t, []string{"base:1"}, drain(t, s))
		assert.Empty(t, logged.String())
		kill(t, s, delivery(2))
		assert.Equal(t, 2, strings.Count(logged.String(), "level=WARN"))
		assert.Contains(t, logged.String(), "spool: delivery will be tried again")
		assert.Contains(t, logged.String(), "spool: delivery is dead")
		assert.Contains(t, logged.String(), errDownstream.Error())

		logged.Reset()
		undecodable := delivery(3)
		undecodable.Body = []byte("<html>")
		kill(t, s, undecodable)
		assert.Contains(t, logged.String(), "level=WARN")
		assert.Len(t, deadOf(t, s), 2, "what was verified is not dropped")
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 2})
		assert.Equal(t, spool.Status{}, s.Status())
		for i, d := range []*webhook.Delivery{about(0, 1), about(1, 1), about(2, 2)} {
			d.ReceivedAt = time.Now()
			require.NoError(t, s.Put(t.Context(), d))
			time.Sleep(time.Duration(i+1) * time.Minute)
		}
		status := s.Status()
		assert.Positive(t, status.PendingBytes)
		status.PendingBytes = 0
		assert.Equal(t, spool.Status{Pending: 3, Oldest: 6 * time.Minute}, status)

		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		release := make(chan bool)
		go func() {
			stopped <- s.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
				if d.Key == "base:0" {
					return errDownstream
				}
				require.NoError(t, d.Kept.Append(ctx, []byte("bought")))
				<-release
				return nil
			})
		}()
		synctest.Wait()
		status = s.Status()
		assert.Positive(t, status.KeptBytes)
		status.PendingBytes, status.KeptBytes = 0, 0
		assert.Equal(t, spool.Status{
			Pending: 3, Oldest: 6 * time.Minute, Waiting: 1, Behind: 1, InWork: 1, Running: true,
			LastError: "downstream away", LastErrorAt: time.Now(), FailingSince: time.Now(),
		}, status)
		close(release)
		time.Sleep(time.Minute)
		status = s.Status()
		status.LastErrorAt, status.FailingSince = time.Time{}, time.Time{}
		assert.Equal(t, spool.Status{Dead: 1, DeadBytes: 8 << 10, Running: true, LastError: "downstream away"}, status)
		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled)
		require.NoError(t, s.Close())
		assert.Equal(t, 1, s.Status().Dead, "after Close too")
		again := openSpool(t, dir).Status()
		assert.Equal(t, 1, again.Dead)
		assert.Equal(t, s.Status().DeadBytes, again.DeadBytes)
	})
}

func TestObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []spool.Attempt
		s := openSpool(t, t.TempDir(), spool.Options{Attempts: 2, Observer: spool.Observer{Attempt: func(ctx context.Context, a spool.Attempt) {
			assert.NotNil(t, ctx)
			seen = append(seen, a)
		}}})
		for i := range 3 {
			d := delivery(i)
			d.ReceivedAt = time.Now()
			if i == 2 {
				d.Body = []byte("not JSON")
			}
			require.NoError(t, s.Put(t.Context(), d))
		}
		time.Sleep(time.Minute)
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
			time.Sleep(time.Second)
			if d.Key == "base:0" {
				return errDownstream
			}
			return nil
		})
		require.Len(t, seen, 4)
		want := func(attempts, events int, waited, took time.Duration, outcome spool.Outcome, err error) spool.Attempt {
			return spool.Attempt{Source: "coresignal", Label: "base", Attempts: attempts, Events: events, Waited: waited, Duration: took, Outcome: outcome, Err: err}
		}
		assert.Equal(t, want(1, 1, time.Minute, time.Second, spool.OutcomeRetry, errDownstream), seen[0])
		others := map[spool.Outcome]spool.Attempt{}
		for _, a := range seen[1:] {
			if a.Outcome == spool.OutcomeDead && a.Duration == 0 {
				assert.Error(t, a.Err)
				assert.Zero(t, a.Attempts)
				continue
			}
			a.Waited = 0
			others[a.Outcome] = a
		}
		assert.Equal(t, map[spool.Outcome]spool.Attempt{
			spool.OutcomeDone: want(1, 1, 0, time.Second, spool.OutcomeDone, nil),
			spool.OutcomeDead: want(2, 1, 0, time.Second, spool.OutcomeDead, errDownstream),
		}, others)
	})
}

// TestTheReasonOfADeathIsPrintable: and bounded, whatever the error says, and whatever stands in the file.
func TestTheReasonOfADeathIsPrintable(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a terminal's escapes": {"a\x1b[2Jb\x07\u202ec\u0085d\xffe\r\nf\tg", "a\uFFFD[2Jb\uFFFD\uFFFDc d\uFFFDe  f g"},
		"long":                 {strings.Repeat("x", 5000), strings.Repeat("x", 1024)},
		"long, not of ASCII":   {strings.Repeat("ü", 5000), strings.Repeat("ü", 512)},
		"empty":                {"", "attempt 1 failed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var logged bytes.Buffer
			s := openSpool(t, dir, spool.Options{Attempts: 1, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			require.NoError(t, s.Put(t.Context(), delivery(1)))
			runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error { return errors.New(test.text) })
			require.NoError(t, s.Close())
			dead := deadOf(t, openSpool(t, dir))
			require.Len(t, dead, 1)
			assert.Equal(t, test.want, dead[0].Reason)
			assert.Less(t, logged.Len(), 8<<10)
			for _, r := range strings.TrimSpace(logged.String()) {
				assert.True(t, unicode.IsPrint(r) || r == '\n', "%q", r)
			}
		})
	}
}
