//go:build unix

package river_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// never is a retry policy.
type never struct{}

func (never) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Hour) }

// TestStatus is what a process that works on nothing is told of all.
func TestStatus(t *testing.T) {
	d := sharedServer(t).database(t)
	o := options()
	o.Backoff, o.BackoffCap, o.Pool = time.Hour, time.Hour, d.pool(t)
	status := func() spool.Status { return newQueue(t, d, o, raw()).Status() } // numbers are as old as five seconds
	assert.Equal(t, spool.Status{}, status())

	q := newQueue(t, d, o, raw())
	q.config = func() *riverqueue.Config {
		c := config(d.schema)
		c.RetryPolicy = never{}
		return c
	}
	other := o
	other.Queue = "another"
	require.NoError(t, newQueue(t, d, other, raw()).Put(t.Context(), of("another queue's")))
	for body, n := range map[string]int{"done": 2, "fails": 3, "waits": 4, "given up": 5, "refused": 6} {
		for range n {
			require.NoError(t, q.Put(t.Context(), of(body)))
		}
	}
	d.exec(t, "UPDATE river_job SET created_at = now() - interval '1 hour' WHERE args->>'delivery' LIKE '%"+base64.StdEncoding.EncodeToString([]byte("fails"))+"%'")
	is := status()
	assert.Equal(t, 20, is.Pending)
	assert.Positive(t, is.PendingBytes)
	assert.Equal(t, d.count(t, "river_job"), is.Pending+1)
	assert.InDelta(t, time.Hour.Seconds(), is.Oldest.Seconds(), 600)
	assert.False(t, is.Running)
	assert.Zero(t, is.FailingSince)

	before := time.Now()
	q.work(func(_ context.Context, d *webhook.Delivery) error {
		switch string(d.Body) {
		case "fails":
			return errors.New("failed")
		case "waits":
			return fmt.Errorf("not yet: %w", webhook.ErrRetryLater)
		case "given up":
			return webhook.ErrGiveUp
		}
		return nil
	}, func() bool {
		return d.count(t, "river_job WHERE state = 'available'") == 1 && d.count(t, "river_job WHERE state = 'running'") == 0 && status().Running
	})
	is = status()
	assert.Equal(t, 7, is.Pending)
	assert.Equal(t, 7, is.Waiting)
	assert.Equal(t, 11, is.Dead)
	assert.Positive(t, is.DeadBytes)
	assert.Zero(t, is.InWork)
	assert.False(t, is.Running, "whoever leads says so when it stops")
	assert.Empty(t, is.LastError)

	d.exec(t, "UPDATE river_job SET finalized_at = now() - interval '1 day' WHERE state = 'completed'")
	assert.WithinRange(t, status().FailingSince, before.Add(-time.Second), time.Now().Add(time.Second))
	d.exec(t, "UPDATE river_job SET finalized_at = now() + interval '1 day' WHERE state = 'completed'")
	assert.Zero(t, status().FailingSince, "what succeeded last, succeeded later")
}

// TestStatusWithoutAServer says so, and keeps the last numbers.
func TestStatusWithoutAServer(t *testing.T) {
	s := ownServer(t)
	d := s.database(t)
	var log bytes.Buffer
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	assert.Equal(t, "river: asking for the status: Options.Pool is nil", newQueue(t, d, o, raw()).Status().LastError)

	assert.Contains(t, log.String(), "Options.Pool is nil")
	log.Reset()
	o.Pool = d.pool(t)
	q := newQueue(t, d, o, raw())
	require.NoError(t, q.Put(t.Context(), of("1")))
	require.Equal(t, 1, q.Status().Pending)
	require.NoError(t, s.Stop(syscall.SIGINT))
	require.Eventually(t, func() bool { return q.Status().LastError != "" }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, 1, q.Status().Pending)
	assert.Equal(t, 1, strings.Count(log.String(), "the status stands still"))
	assert.WithinDuration(t, time.Now(), q.Status().LastErrorAt, time.Minute)
}
