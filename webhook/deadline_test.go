package webhook_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// pipeListener serves connections that exist in memory only, so that a server
// can run in a synctest bubble.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipeListener) dial() net.Conn {
	client, server := net.Pipe()
	l.conns <- server
	return client
}

// servePipe serves the handler until the test is over.
func servePipe(t *testing.T, h http.Handler, readTimeout time.Duration) *pipeListener {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h, ReadTimeout: readTimeout}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l
}

func sendNotice(t *testing.T, conn net.Conn, body string) *http.Response {
	t.Helper()
	_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(t, err)
	return readResponse(t, conn)
}

func readResponse(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	return resp
}

func TestDeadlineEndsTheSinksContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(ctx context.Context, _ *webhook.Delivery) error {
			<-ctx.Done()
			return ctx.Err()
		}))
		start := time.Now()
		resp := serve(h, noticePost())
		assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		assert.Equal(t, "5", resp.Header.Get("Retry-After"))
		assert.Equal(t, webhook.DefaultDeadline, time.Since(start))
	})
}

func TestDeadlineIsKeptWhateverTheSinkDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(context.Context, *webhook.Delivery) error {
			calls.Add(1)
			time.Sleep(17 * time.Second)
			return nil
		}))
		l := servePipe(t, h, 0)
		start := time.Now()
		conn := l.dial()
		resp := sendNotice(t, conn, testNotice)
		assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		assert.Equal(t, "Service Unavailable\n", bodyText(t, resp))
		assert.Equal(t, 10*time.Second, time.Since(start))

		// The function is still at work: nobody else may begin.
		second := l.dial()
		assert.Equal(t, http.StatusServiceUnavailable, sendNotice(t, second, testNotice).StatusCode)
		assert.Equal(t, 10*time.Second, time.Since(start))
		time.Sleep(8 * time.Second)
		// It has ended well, although late.
		third := l.dial()
		assert.Equal(t, http.StatusOK, sendNotice(t, third, testNotice).StatusCode)
		assert.EqualValues(t, 1, calls.Load())
		for _, c := range []net.Conn{conn, second, third} {
			require.NoError(t, c.Close())
		}
	})
}

// TestASlowBodyDoesNotMoveTheDeadline: a delivery whose body came late is due before one that began later.
func TestASlowBodyDoesNotMoveTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servePipe(t, newHandler(t, webhook.Unsigned("base"), webhook.Func(func(context.Context, *webhook.Delivery) error {
			time.Sleep(time.Hour)
			return nil
		})), 0)
		var senders sync.WaitGroup
		for i := range 30 {
			senders.Go(func() {
				conn := l.dial()
				start := time.Now()
				body := fmt.Sprintf(`[{"member_id":%d}]`, i+1)
				_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", len(body))
				assert.NoError(t, err)
				time.Sleep(time.Duration(i*7%10) * time.Second)
				_, err = fmt.Fprint(conn, body)
				assert.NoError(t, err)
				assert.Equal(t, http.StatusServiceUnavailable, readResponse(t, conn).StatusCode)
				assert.Equal(t, webhook.DefaultDeadline, time.Since(start), "body %d", i)
				assert.NoError(t, conn.Close())
			})
			time.Sleep(time.Duration(i%3) * time.Second)
		}
		senders.Wait()
		time.Sleep(2 * time.Hour)
	})
}

// verifierFunc is a verifier in one function.
type verifierFunc func(r *http.Request) (webhook.Check, error)

func (f verifierFunc) Admit(r *http.Request) (webhook.Check, error) { return f(r) }

// TestDeadlineIsKeptWhoeverIsSlow: not the sink alone can keep a delivery.
func TestDeadlineIsKeptWhoeverIsSlow(t *testing.T) {
	slow := func() { time.Sleep(time.Minute) }
	for name, change := range map[string]func(*webhook.Sender){
		"admission": func(s *webhook.Sender) {
			s.Verifier = verifierFunc(func(r *http.Request) (webhook.Check, error) {
				slow()
				return webhook.Unsigned("base").Admit(r)
			})
		},
		"check": func(s *webhook.Sender) {
			s.Verifier = verifierFunc(func(*http.Request) (webhook.Check, error) {
				return func([]byte) (string, error) { slow(); return "base", nil }, nil
			})
		},
		"decoder": func(s *webhook.Sender) {
			s.Decoder = func(d *webhook.Delivery) error { slow(); return webhook.DecodeRaw(d) }
		},
		"decoder that fails": func(s *webhook.Sender) {
			s.Decoder = func(*webhook.Delivery) error { slow(); return webhook.ErrMalformed }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sender := sends(webhook.Unsigned("base"))
				change(&sender)
				conn := servePipe(t, newHandlerOf(t, sender, new(spySink)), 0).dial()
				start := time.Now()
				// The body comes in pieces, so that some of it may be unread at the deadline.
				_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", len(testNotice))
				require.NoError(t, err)
				go func() { _, _ = fmt.Fprint(conn, testNotice) }()
				assert.Equal(t, http.StatusServiceUnavailable, readResponse(t, conn).StatusCode)
				assert.Equal(t, webhook.DefaultDeadline, time.Since(start))
				require.NoError(t, conn.Close())
				time.Sleep(time.Hour)
			})
		})
	}
}

func TestClaimIsEndedAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(spyStore)
		h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(ctx context.Context, _ *webhook.Delivery) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		}), webhook.WithStore(store))
		assert.Equal(t, http.StatusServiceUnavailable, serve(h, noticePost()).StatusCode)
		assert.Equal(t, []string{"claim", "done me"}, store.calls)
		assert.NoError(t, store.settleCtx, "the store needs a context that is alive")
	})
}

func TestSlowBodyRunsIntoTheDeadline(t *testing.T) {
	for name, test := range map[string]struct{ readTimeout, want time.Duration }{
		"handler's deadline":        {0, 10 * time.Second},
		"server's stricter limit":   {3 * time.Second, 3 * time.Second},
		"server's more lenient one": {time.Minute, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := new(spySink)
				l := servePipe(t, newHandler(t, webhook.Unsigned("base"), sink), test.readTimeout)
				start := time.Now()
				conn := l.dial()
				_, err := fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n[")
				require.NoError(t, err)
				assert.Equal(t, http.StatusServiceUnavailable, readResponse(t, conn).StatusCode)
				assert.Equal(t, test.want, time.Since(start))
				assert.Empty(t, sink.all())
				require.NoError(t, conn.Close())
			})
		})
	}
}

// TestR66TheReadDeadlineStandsBeforeAnythingIsLookedAt: a request that announces a body and falls silent ends at
// the deadline, whatever it asks for.
func TestR66TheReadDeadlineStandsBeforeAnythingIsLookedAt(t *testing.T) {
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "base", Token: token})
	require.NoError(t, err)
	sender.Challenge = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/challenge" {
			return false
		}
		w.WriteHeader(http.StatusOK)
		return true
	}
	for _, method := range []string{"POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "ODD"} {
		for _, path := range []string{"/" + token, "/challenge", "/wrong", "/"} {
			for name, rest := range map[string]string{
				"no byte":  "Content-Length: 100\r\n\r\n",
				"some":     "Content-Length: 100\r\n\r\n[",
				"chunked":  "Transfer-Encoding: chunked\r\n\r\n",
				"too long": fmt.Sprintf("Content-Length: %d\r\n\r\n", 100<<10), // refused by the handler, waited for by the server
				"header":   "X: " + strings.Repeat("x", 70<<10) + "\r\nContent-Length: 100\r\n\r\n",
			} {
				synctest.Test(t, func(t *testing.T) {
					l := servePipe(t, newHandlerOf(t, sender, new(spySink), webhook.WithMaxBody(50<<10)), 0)
					conn := l.dial()
					start := time.Now()
					_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: h\r\n%s", method, path, rest)
					require.NoError(t, err)
					require.NoError(t, conn.SetReadDeadline(start.Add(time.Hour)))
					readResponse(t, conn)
					assert.LessOrEqual(t, time.Since(start), webhook.DefaultDeadline, "%s %s, %s", method, path, name)
					require.NoError(t, conn.Close())
				})
			}
		}
	}
}

// TestABodylessRequestHasNoReadDeadline: it would look like a lost connection to a challenge that takes its time.
func TestABodylessRequestHasNoReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sender := sends(webhook.Unsigned("base"))
		sender.Challenge = func(w http.ResponseWriter, r *http.Request) bool {
			time.Sleep(2 * webhook.DefaultDeadline)
			assert.NoError(t, r.Context().Err())
			w.WriteHeader(http.StatusOK)
			return true
		}
		h := newHandlerOf(t, sender, new(spySink))
		wrapped := http.MaxBytesHandler(h, 100) // It hides that there is no body.
		for _, handler := range []http.Handler{h, wrapped} {
			conn := servePipe(t, handler, 0).dial()
			for range 2 {
				_, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
				require.NoError(t, err)
				assert.Equal(t, http.StatusOK, readResponse(t, conn).StatusCode)
			}
			require.NoError(t, conn.Close())
		}
	})
}

func TestBodyDeadlineDoesNotOutliveTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := 9 * time.Second
		h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(ctx context.Context, _ *webhook.Delivery) error {
			time.Sleep(wait)
			return ctx.Err()
		}))
		afterwards := make(chan error, 4)
		l := servePipe(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			afterwards <- r.Context().Err()
		}), 0)
		conn := l.dial()
		for i := range 3 { // On one connection, past the first deadline.
			assert.Equal(t, http.StatusOK, sendNotice(t, conn, fmt.Sprintf(`[{"member_id":%d}]`, i+1)).StatusCode)
			time.Sleep(5 * time.Second)
		}
		wait = 20 * time.Second
		assert.Equal(t, http.StatusServiceUnavailable, sendNotice(t, conn, testNotice).StatusCode)
		for range cap(afterwards) {
			assert.NoError(t, <-afterwards, "the deadline must not look like a lost connection")
		}
		require.NoError(t, conn.Close())
	})
}

func TestSenderThatLeavesInTheMiddleOfTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, store := new(spySink), new(spyStore)
		l := servePipe(t, newHandler(t, webhook.Unsigned("base"), sink, webhook.WithStore(store)), 0)
		conn := l.dial()
		_, err := fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n[")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		synctest.Wait()
		assert.Empty(t, sink.all())
		assert.Empty(t, store.calls)
	})
}

func TestDeliveryIsFinishedAlthoughTheSenderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished := make(chan error, 1)
		l := servePipe(t, newHandler(t, webhook.Unsigned("base"), webhook.Func(func(ctx context.Context, _ *webhook.Delivery) error {
			time.Sleep(2 * time.Second)
			finished <- ctx.Err()
			return ctx.Err()
		})), 0)
		conn := l.dial()
		body := testNotice
		_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, conn.Close())
		require.NoError(t, <-finished)
		again := l.dial()
		assert.Equal(t, http.StatusOK, sendNotice(t, again, body).StatusCode)
		assert.Empty(t, finished, "the delivery is known as done")
		require.NoError(t, again.Close())
	})
}

func TestPanicAfterTheDeadlineIsNoSecondAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servePipe(t, newHandler(t, webhook.Unsigned("base"), webhook.Func(func(ctx context.Context, _ *webhook.Delivery) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			panic("late")
		})), 0)
		conn := l.dial()
		reader := bufio.NewReader(conn)
		for range 2 {
			_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(testNotice), testNotice)
			require.NoError(t, err)
			resp, err := http.ReadResponse(reader, nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
			assert.Equal(t, "Service Unavailable\n", bodyText(t, resp))
		}
		require.NoError(t, conn.Close())
		time.Sleep(time.Minute)
	})
}
