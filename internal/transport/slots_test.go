package transport_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR54ResendsTakeASlot has five connections that die under their second request. Net/http would write each request
// again at once; every request that arrives must have had a place under the limit.
func TestR54ResendsTakeASlot(t *testing.T) {
	t.Parallel()
	const perWindow, window = 5, 600 * time.Millisecond
	for _, c := range []struct {
		method  string
		wrapped bool // a transport of the user's, whose hooks cannot be trusted
	}{{http.MethodGet, false}, {http.MethodGet, true}, {http.MethodHead, false}, {http.MethodOptions, false}} {
		t.Run(fmt.Sprint(c.method, c.wrapped), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var arrivals []time.Time
			seen := map[string]int{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived := time.Now()
				time.Sleep(30 * time.Millisecond) // so that each call has a connection of its own
				mu.Lock()
				defer mu.Unlock()
				arrivals, seen[r.URL.Path] = append(arrivals, arrived), seen[r.URL.Path]+1
				if seen[r.URL.Path] == 2 {
					panic(http.ErrAbortHandler)
				}
				_, _ = io.WriteString(w, "{}")
			}))
			server.Config.ErrorLog = quiet()
			defer server.Close()
			limiter, err := limit.New(limit.Policy{N: perWindow, Window: window})
			require.NoError(t, err)
			base := &http.Transport{MaxIdleConnsPerHost: 10}
			defer base.CloseIdleConnections()
			p := newPipeline(t, server.URL, func(config *transport.Config) {
				config.Providers[0].Limiter, config.RoundTripper = limiter, base
				if c.wrapped {
					config.RoundTripper = wrapped{base}
				}
			})
			for range 2 {
				var wg sync.WaitGroup
				for i := range perWindow {
					wg.Go(func() {
						one := call(operation(c.method, api.RetryIdempotent))
						one.Path, one.Body = []string{fmt.Sprint(i)}, nil
						assert.NoError(t, do(t.Context(), p, one))
					})
				}
				wg.Wait()
			}
			assert.Len(t, arrivals, 3*perWindow, "each was retried once")
			slices.SortFunc(arrivals, time.Time.Compare)
			for i := perWindow; i < len(arrivals); i++ {
				// A request without a place comes some 30 ms after the first; a busy machine delays an arrival by less than half a window.
				assert.Greater(t, arrivals[i].Sub(arrivals[i-perWindow]), window/2, "arrival %d", i)
			}
		})
	}
}

// wrapped is a transport around net/http's.
type wrapped struct{ base http.RoundTripper }

func (w wrapped) RoundTrip(r *http.Request) (*http.Response, error) { return w.base.RoundTrip(r) }

// frames is a raw HTTP/2 server: for each HEADERS frame it calls reply with the connection, the stream and how many came.
func frames(t *testing.T, reply func(conn net.Conn, stream uint32, n int32)) (string, *http.Transport, *atomic.Int32) {
	t.Helper()
	certificates := httptest.NewUnstartedServer(nil)
	certificates.EnableHTTP2 = true
	certificates.StartTLS()
	t.Cleanup(certificates.Close)
	base := certificates.Client().Transport.(*http.Transport).Clone()
	t.Cleanup(base.CloseIdleConnections)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates.TLS.Certificates, NextProtos: []string{"h2"}})
	require.NoError(t, err)
	var streams atomic.Int32
	var done sync.WaitGroup
	ended, end := context.WithCancel(context.Background())
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ended, func() { _ = conn.Close() })
			done.Go(func() {
				defer func() { _ = conn.Close() }()
				if _, err := io.CopyN(io.Discard, conn, 24); err != nil { // the client's preface
					return
				}
				frame(conn, 4, 0, 0, nil) // SETTINGS
				head := make([]byte, 9)
				for {
					if _, err := io.ReadFull(conn, head); err != nil {
						return
					}
					length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
					if _, err := io.CopyN(io.Discard, conn, length); err != nil {
						return
					}
					if head[3] == 1 { // HEADERS
						reply(conn, binary.BigEndian.Uint32(head[5:]), streams.Add(1))
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		base.CloseIdleConnections()
		end()
		done.Wait()
	})
	return "https://" + listener.Addr().String(), base, &streams
}

func frame(conn net.Conn, kind, flags byte, stream uint32, payload []byte) {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	head = binary.BigEndian.AppendUint32(head, stream)
	_, _ = conn.Write(append(head, payload...))
}

func refuse(conn net.Conn, stream uint32) { frame(conn, 3, 0, stream, []byte{0, 0, 0, 7}) } // RST_STREAM, REFUSED_STREAM
func noContent(conn net.Conn, stream uint32) {
	frame(conn, 1, 0x4|0x1, stream, []byte{0x89}) // HEADERS, END_HEADERS, END_STREAM: ":status: 204", index 9 of the static table
}

// TestR55RefusedStreams: over HTTP/2 a stream that the provider refused, or that is above the last of its GOAWAY, was not
// processed: even what spends is retried, with a place under the limit, and nothing is in doubt. A stream that merely got
// no response is.
func TestR55RefusedStreams(t *testing.T) {
	t.Parallel()
	goAway := func(conn net.Conn) { frame(conn, 7, 0, 0, []byte{0, 0, 0, 0, 0, 0, 0, 0}) } // last stream 0, NO_ERROR
	for _, c := range []struct {
		name   string
		method string
		body   bool
		rule   api.Retry
		reply  func(conn net.Conn, stream uint32, n int32)
		want   string // attempts, with ! when in doubt
	}{
		{"always refused, a paid read", http.MethodGet, false, api.RetryPaidRead, func(c net.Conn, s uint32, _ int32) { refuse(c, s) }, "4"},
		{"always refused, a free read", http.MethodGet, false, api.RetryIdempotent, func(c net.Conn, s uint32, _ int32) { refuse(c, s) }, "4"},
		{"always refused, a creation", http.MethodPost, true, api.RetryUnsent, func(c net.Conn, s uint32, _ int32) { refuse(c, s) }, "4"},
		{"always refused, an empty creation: net/http does not say why it would write it again", http.MethodPost, false, api.RetryUnsent, func(c net.Conn, s uint32, _ int32) { refuse(c, s) }, "1!"},
		{"a PROTOCOL_ERROR, of which net/http would write an empty creation again", http.MethodPost, false, api.RetryUnsent, func(c net.Conn, s uint32, _ int32) {
			frame(c, 3, 0, s, []byte{0, 0, 0, 1})
		}, "1!"},
		{"always refused, never retried", http.MethodGet, false, api.RetryNever, func(c net.Conn, s uint32, _ int32) { refuse(c, s) }, "1"},
		{"refused once", http.MethodGet, false, api.RetryPaidRead, func(c net.Conn, s uint32, n int32) {
			if n == 1 {
				refuse(c, s)
				return
			}
			noContent(c, s)
		}, ""},
		{"GOAWAY below it", http.MethodGet, false, api.RetryPaidRead, func(c net.Conn, s uint32, n int32) {
			if n%2 == 1 && s == 1 {
				noContent(c, s)
				return
			}
			goAway(c)
			_ = c.Close()
		}, "?"},
		{"no response", http.MethodPost, true, api.RetryUnsent, func(c net.Conn, _ uint32, _ int32) { _ = c.Close() }, "1!"},
		{"no response, a paid read", http.MethodGet, false, api.RetryPaidRead, func(c net.Conn, _ uint32, _ int32) { _ = c.Close() }, "1!"},
		{"cancelled by the provider", http.MethodPost, true, api.RetryUnsent, func(c net.Conn, s uint32, _ int32) {
			frame(c, 3, 0, s, []byte{0, 0, 0, 8})
		}, "1!"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base, roundTripper, streams := frames(t, c.reply)
			limiter, err := limit.New(limit.Policy{N: 1, Window: 10 * time.Millisecond})
			require.NoError(t, err)
			p := newPipeline(t, base, func(config *transport.Config) {
				config.RoundTripper, config.Providers[0].Limiter = roundTripper, limiter
			})
			one := call(operation(c.method, c.rule))
			if one.Body = nil; c.body {
				one.Body = transport.Bytes("application/json", []byte("{}"))
			}
			began := time.Now()
			err = do(t.Context(), p, one)
			switch c.want {
			case "":
				require.NoError(t, err)
			case "?": // the first is good, and the second is refused by the GOAWAY until a new connection takes it
				require.NoError(t, err)
				require.NoError(t, do(t.Context(), p, one))
			default:
				e := failure(t, err)
				assert.Equal(t, c.want, outcome(e.Attempts, err))
				assert.EqualValues(t, e.Attempts, streams.Load(), "net/http sends nothing by itself")
			}
			assert.GreaterOrEqual(t, time.Since(began), time.Duration(streams.Load()-1)*10*time.Millisecond)
		})
	}
}

// TestR56PanicsGiveBackWhatIsHeld: a panic in any function of the caller's, recovered as net/http recovers a handler's,
// leaves the limiter, the credential and the connections as they were.
func TestR56PanicsGiveBackWhatIsHeld(t *testing.T) {
	once := func(calls *int) {
		if *calls++; *calls == 1 {
			panic("the user's")
		}
	}
	var n int
	observer := func(o api.Observer) func(*transport.Config) {
		return func(c *transport.Config) { c.Observers = []api.Observer{o} }
	}
	for name, change := range map[string]func(*transport.Config){
		"observer's start": observer(api.Observer{Start: func(ctx context.Context, _ api.Op) context.Context {
			once(&n)
			return ctx
		}}),
		"observer's wait":    observer(api.Observer{Wait: func(context.Context, api.Wait) { once(&n) }}),
		"observer's attempt": observer(api.Observer{Attempt: func(context.Context, api.Attempt) { once(&n) }}),
		"observer's end":     observer(api.Observer{End: func(context.Context, api.End) { once(&n) }}),
		"logger":             func(c *transport.Config) { c.Logger = slog.New(panicking{func() { once(&n) }}) },
		"transport": func(c *transport.Config) {
			c.RoundTripper = roundTrip(func(*http.Request) (*http.Response, error) {
				once(&n)
				return answer(200, "{}"), nil
			})
		},
		"credential": func(c *transport.Config) {
			get := c.Providers[0].Credential
			c.Providers[0].Credential = func(ctx context.Context) (api.Secret, error) {
				once(&n)
				return get(ctx)
			}
		},
		"decoder": func(c *transport.Config) {
			c.Decode = func([]byte, any) error {
				once(&n)
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n = 0
				limiter, err := limit.New(limit.Policy{N: 1, Window: time.Second})
				require.NoError(t, err)
				p := newPipeline(t, "https://api.example.com",
					over(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }),
					func(c *transport.Config) { c.Providers[0].Limiter = limiter }, change)
				var panics, good int
				for range 100 {
					func() {
						defer func() {
							if recover() != nil {
								panics++
							}
						}()
						ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
						defer cancel()
						one, into := call(operation(http.MethodGet, api.RetryIdempotent)), map[string]any{}
						one.Into = &into
						if assert.NoError(t, do(ctx, p, one)) {
							good++
						}
					}()
				}
				assert.Equal(t, 1, panics)
				assert.Equal(t, 99, good)
			})
		})
	}
}

// panicking is a log handler.
type panicking struct{ handle func() }

func (p panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (p panicking) Handle(context.Context, slog.Record) error { p.handle(); return nil }
func (p panicking) WithAttrs([]slog.Attr) slog.Handler        { return p }
func (p panicking) WithGroup(string) slog.Handler             { return p }

// TestR57NothingIsRequestedAfterTheEnd of the context: not during Retry-After, not while waiting for the limiter, not with
// a request that may still finish.
func TestR57NothingIsRequestedAfterTheEnd(t *testing.T) {
	for _, grace := range []time.Duration{0, 10 * time.Second} {
		for name, c := range map[string]struct {
			reply func(n int) *http.Response
			slots int
			want  int
		}{
			"during Retry-After":        {func(int) *http.Response { return answer(429, "", "Retry-After", "2") }, 10, 1},
			"while waiting for a place": {func(int) *http.Response { return answer(429, "", "Retry-After", "0") }, 1, 1},
		} {
			t.Run(fmt.Sprint(name, grace), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					limiter, err := limit.New(limit.Policy{N: c.slots, Window: time.Minute})
					require.NoError(t, err)
					sends, after := 0, 0
					p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
						if sends++; ctx.Err() != nil {
							after++
						}
						return c.reply(sends), nil
					}), func(config *transport.Config) { config.Providers[0].Limiter = limiter })
					time.AfterFunc(300*time.Millisecond, cancel)
					one := call(operation(http.MethodPost, api.RetryUnsent))
					one.Grace = grace
					began := time.Now()
					err = do(ctx, p, one)
					require.ErrorIs(t, err, context.Canceled)
					assert.Equal(t, 300*time.Millisecond, time.Since(began))
					assert.Equal(t, c.want, sends)
					assert.Zero(t, after)
				})
			})
		}
	}
}

// TestGraceForWhatIsUnderWay: a request that is on its way when the context ends may still be answered, for a while.
func TestGraceForWhatIsUnderWay(t *testing.T) {
	for _, c := range []struct {
		grace, option, takes, want time.Duration
		good                       bool
	}{
		{0, 0, 5 * time.Second, time.Second, false},
		{10 * time.Second, 0, 5 * time.Second, 5 * time.Second, true},
		{10 * time.Second, 0, 20 * time.Second, 11 * time.Second, false},
		{0, 10 * time.Second, 5 * time.Second, 5 * time.Second, true},
		{0, 10 * time.Second, 20 * time.Second, 11 * time.Second, false},
		{10 * time.Second, time.Second, 5 * time.Second, 5 * time.Second, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			p := newPipeline(t, "https://api.example.com", over(func(r *http.Request) (*http.Response, error) {
				select {
				case <-time.After(c.takes):
					return answer(200, "{}"), nil
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}))
			why := errors.New("shutting down")
			time.AfterFunc(time.Second, func() { cancel(why) })
			one := call(operation(http.MethodPost, api.RetryUnsent))
			one.Grace, one.Options = c.grace, []api.CallOption{api.WithGrace(c.option)}
			began := time.Now()
			err := do(ctx, p, one)
			assert.Equal(t, c.want, time.Since(began))
			if c.good {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, why)
			require.ErrorIs(t, err, api.ErrMaybeApplied)
		})
	}
}
