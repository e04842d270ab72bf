package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// TestADeliveryOwnsItsBody: whatever its size and however it arrives, the body is whole, and nobody writes to it later.
func TestADeliveryOwnsItsBody(t *testing.T) {
	sizes := []int{1, 511, 16<<10 - 1, 16 << 10, 16<<10 + 1, 128 << 10, 128<<10 + 1, 256 << 10, 900 << 10, 1<<20 + 7, 3 << 20}
	sink := new(spySink)
	sender := sends(webhook.Unsigned("base"))
	sender.Decoder = webhook.DecodeRaw
	h := newHandlerOf(t, sender, sink, webhook.WithoutDedupe())
	var want [][]byte
	for i, size := range sizes {
		for _, known := range []bool{true, false} {
			body := bytes.Repeat([]byte{byte(i), byte(size)}, size/2+1)[:size]
			want = append(want, body)
			r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(bytes.NewReader(body))) // an unknown length
			if known {
				r.ContentLength = int64(size)
			}
			require.Equal(t, http.StatusOK, serve(h, r).StatusCode)
		}
	}
	require.Len(t, sink.all(), len(want))
	for i, d := range sink.all() {
		require.Equal(t, want[i], d.Body)
		assert.Equal(t, len(d.Body), cap(d.Body), "nothing is appended into memory of others")
	}
}

// TestABodyLongerThanItsLengthIsWhole: a middleware may change the body and leave its length.
func TestABodyLongerThanItsLengthIsWhole(t *testing.T) {
	for name, test := range map[string]struct {
		length int64
		want   int
	}{"shorter said": {2, 200}, "nothing said": {0, 200}, "longer said": {900, 200}} {
		sink := new(spySink)
		h := newHandler(t, webhook.Unsigned("base"), sink, webhook.WithMaxBody(1000))
		r := noticePost()
		r.ContentLength = test.length
		require.Equal(t, test.want, serve(h, r).StatusCode, name)
		assert.Equal(t, testNotice, string(sink.all()[0].Body), name)
	}
	h := newHandler(t, webhook.Unsigned("base"), new(spySink), webhook.WithMaxBody(10))
	r := noticePost()
	r.ContentLength = 2
	assert.Equal(t, http.StatusRequestEntityTooLarge, serve(h, r).StatusCode)
}

// TestEveryDeadlineIsKept: deliveries that overlap have a deadline each, also after the timer ran out for one that was
// done.
func TestEveryDeadlineIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
			if bytes.Contains(d.Body, []byte(`"quick"`)) {
				return nil
			}
			time.Sleep(time.Hour)
			return nil
		}))
		l := servePipe(t, h, 0)
		var senders sync.WaitGroup
		for i := range 40 {
			work, want := "slow", http.StatusServiceUnavailable
			if i%3 == 0 {
				work, want = "quick", http.StatusOK
			}
			senders.Go(func() {
				conn := l.dial()
				start := time.Now()
				resp := sendNotice(t, conn, fmt.Sprintf(`[{"member_id":%d,"status":%q}]`, i+1, work))
				assert.Equal(t, want, resp.StatusCode)
				if work == "slow" {
					assert.Equal(t, webhook.DefaultDeadline, time.Since(start))
				} else {
					assert.Zero(t, time.Since(start))
				}
				assert.NoError(t, conn.Close())
			})
			time.Sleep(time.Duration(i%7) * time.Second)
		}
		senders.Wait()
		time.Sleep(2 * time.Hour)
	})
}

// TestSinkContext: it is a context like any other, although it is made only when somebody waits for it.
func TestSinkContext(t *testing.T) {
	type key struct{}
	for name, sink := range map[string]func(ctx context.Context) error{
		"values": func(ctx context.Context) error {
			if ctx.Value(key{}) != "value" || context.WithoutCancel(ctx).Value(key{}) != "value" {
				return errors.New("no value")
			}
			<-time.After(0)
			_ = ctx.Done()
			if ctx.Value(key{}) != "value" {
				return errors.New("no value once it is waited for")
			}
			return ctx.Err()
		},
		"the sender's end is not its end": func(ctx context.Context) error {
			child, cancel := context.WithCancel(ctx)
			defer cancel()
			return errors.Join(ctx.Err(), child.Err())
		},
		"deadline": func(ctx context.Context) error {
			if at, ok := ctx.Deadline(); !ok || time.Until(at) != webhook.DefaultDeadline {
				return errors.New("another deadline")
			}
			time.Sleep(webhook.DefaultDeadline)
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return errors.New("not ended")
			}
			<-ctx.Done()
			return nil
		},
		"children": func(ctx context.Context) error {
			child, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			stopped := make(chan struct{})
			context.AfterFunc(child, func() { close(stopped) })
			<-child.Done()
			<-stopped
			if !errors.Is(context.Cause(child), context.DeadlineExceeded) {
				return errors.New("another cause")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var kept context.Context
				var failure error
				h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(ctx context.Context, _ *webhook.Delivery) error {
					kept = ctx
					failure = sink(ctx)
					return nil
				}))
				ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
				cancel()
				serve(h, noticePost().WithContext(ctx))
				require.NoError(t, failure)
				require.Error(t, kept.Err(), "it ends with the handler")
				<-kept.Done()
				require.Error(t, context.Cause(kept))
				synctest.Wait()
			})
		})
	}
}

// TestACheckIsGoodForOneBody: called again it refuses, and does not disturb whoever has its memory now.
func TestACheckIsGoodForOneBody(t *testing.T) {
	v := newHMAC(t, bodyScheme(), testSecret)
	r := signedRequest(t, testNotice)
	check, err := v.Admit(r)
	require.NoError(t, err)
	label, err := check([]byte(testNotice))
	require.NoError(t, err)
	assert.Equal(t, "signed", label)
	_, err = check([]byte(testNotice))
	require.ErrorIs(t, err, webhook.ErrUnverified)
	_, err = webhook.Verify(v, r, []byte(strings.ToUpper(testNotice)))
	require.ErrorIs(t, err, webhook.ErrUnverified)
}

// TestAKeptBodyKeepsNoMore: a short body of unknown length does not hold on to the buffer that it was read into.
func TestAKeptBodyKeepsNoMore(t *testing.T) {
	const deliveries = 300
	sink := new(spySink)
	sender := sends(webhook.Unsigned("base"))
	sender.Decoder = webhook.DecodeRaw
	h := newHandlerOf(t, sender, sink, webhook.WithoutDedupe())
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := heap()
	for range deliveries {
		r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(strings.NewReader(strings.Repeat(" ", 1000))))
		require.Equal(t, http.StatusOK, serve(h, r).StatusCode)
	}
	assert.Less(t, heap()-before, int64(deliveries*8<<10))
	require.Len(t, sink.all(), deliveries)
	runtime.KeepAlive(sink)
}
