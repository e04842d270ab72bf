package spool_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

type traceKey struct{}

// watching returns an observer that marks the context of an attempt, and what it was told.
func watching() (spool.Observer, *[]spool.Start, *[]any) {
	started, told := new([]spool.Start), new([]any)
	return spool.Observer{
		Start: func(ctx context.Context, s spool.Start) context.Context {
			*started = append(*started, s)
			return context.WithValue(ctx, traceKey{}, len(*started))
		},
		Attempt: func(ctx context.Context, _ spool.Attempt) { *told = append(*told, ctx.Value(traceKey{})) },
	}, started, told
}

// TestATraceOutlivesTheProcess: a delivery's trace lies in its file, and the context that an observer makes of it is that of
// the function and of the end of the attempt.
func TestATraceOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := delivery(1)
		d.ReceivedAt = time.Now()
		d.Trace = webhook.Trace{"traceparent": "<1>", "tracestate": strings.Repeat("\\", 900)}
		first := openSpool(t, dir)
		require.NoError(t, first.Put(t.Context(), d))
		large := delivery(2)
		large.Trace = webhook.Trace{"tracestate": strings.Repeat("x", 2000)}
		require.NoError(t, first.Put(t.Context(), large), "a delivery is not refused for its trace")
		require.NoError(t, first.Close())

		time.Sleep(time.Hour)
		observer, started, told := watching()
		s := openSpool(t, dir, spool.Options{Observer: observer})
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		_ = s.Run(ctx, func(ctx context.Context, got *webhook.Delivery) error {
			calls++
			assert.Equal(t, calls, ctx.Value(traceKey{}))
			if got.Key == d.Key {
				assert.Equal(t, d.Trace, got.Trace)
			} else {
				assert.Nil(t, got.Trace)
			}
			if calls == 1 {
				return errDownstream
			}
			if calls == 3 {
				cancel()
			}
			return nil
		})
		require.Len(t, *started, 3)
		assert.Equal(t, []webhook.Trace{d.Trace}, (*started)[0].Traces)
		assert.Nil(t, (*started)[1].Traces)
		assert.Equal(t, []webhook.Trace{d.Trace}, (*started)[2].Traces)
		assert.Equal(t, 2, (*started)[2].Attempts)
		assert.Equal(t, "base", (*started)[0].Label)
		assert.Equal(t, time.Hour, (*started)[0].Waited, "over a restart")
		assert.Equal(t, []any{1, 2, 3}, *told)
	})
}

// TestTheTracesOfJoinedDeliveries: whoever works on several at once learns the traces of all, after a crash too.
func TestTheTracesOfJoinedDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		observer, started, _ := watching()
		options := spool.Options{Observer: observer, JoinWithin: time.Second}
		s := openSpool(t, dir, options)
		for i := range 200 {
			d := about(i, i+1)
			d.Trace = webhook.Trace{"traceparent": fmt.Sprint(i)}
			require.NoError(t, s.Put(t.Context(), d))
		}
		ctx, cancel := context.WithCancel(t.Context())
		_ = s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			assert.Len(t, d.Events, 200)
			cancel()
			return context.Canceled
		})
		require.NoError(t, s.Close())

		s = openSpool(t, dir, options)
		ctx, cancel = context.WithCancel(t.Context())
		_ = s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			assert.Equal(t, webhook.Trace{"traceparent": "0"}, d.Trace)
			cancel()
			return nil
		})
		require.Len(t, *started, 2)
		for _, start := range *started {
			require.Len(t, start.Traces, 128)
			assert.Equal(t, webhook.Trace{"traceparent": "127"}, start.Traces[127])
		}
	})
}

// TestAPanickingStartIsNoFailure: neither a panic nor a nil context of an observer's keeps a delivery from being worked on.
func TestAPanickingStartIsNoFailure(t *testing.T) {
	for name, start := range map[string]func(context.Context, spool.Start) context.Context{
		"panic": func(context.Context, spool.Start) context.Context { panic("of an observer") },
		"nil":   func(context.Context, spool.Start) context.Context { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openSpool(t, dir, spool.Options{Observer: spool.Observer{Start: start}})
			require.NoError(t, s.Put(t.Context(), delivery(1)))
			assert.Equal(t, []string{"base:1"}, drain(t, s))
			left, err := os.ReadDir(filepath.Join(dir, "pending"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// TestWhatBeginsHasAnEnd: an attempt that ends with the directory is told as well.
func TestWhatBeginsHasAnEnd(t *testing.T) {
	observer, started, told := watching()
	dir := t.TempDir()
	s := openSpool(t, dir, spool.Options{Observer: observer})
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	err := s.Run(t.Context(), func(context.Context, *webhook.Delivery) error {
		pending := filepath.Join(dir, "pending")
		require.NoError(t, os.Rename(pending, filepath.Join(dir, "gone")))
		return webhook.ErrRetryLater // which is written into the name of the file
	})
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.Len(t, *started, 1)
	assert.Equal(t, []any{1}, *told)
}
