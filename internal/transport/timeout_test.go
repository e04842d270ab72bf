package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	headerTimeout = 60 * time.Second // the defaults
	idleTimeout   = 30 * time.Second
)

// TestR12SlowAnswerPasses drips an answer, and a stream, over ten times the idle timeout. What is held in memory must be
// allowed to take so long as a whole.
func TestR12SlowAnswerPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		network.serve(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(headerTimeout - time.Second)
			_, _ = io.WriteString(w, `{"name":"`)
			for range 11 {
				w.(http.Flusher).Flush()
				time.Sleep(idleTimeout - time.Second)
				_, _ = io.WriteString(w, "x")
			}
			_, _ = io.WriteString(w, `"}`)
		})
		p := newPipeline(t, "http://api.example.com", network.through, func(c *transport.Config) { c.BodyTimeout = 11 * idleTimeout })
		defer p.CloseIdleConnections()
		var got struct {
			Name string `json:"name"`
		}
		c := call(operation(http.MethodGet, api.RetryPaidRead))
		c.Into = &got
		started := time.Now()
		require.NoError(t, do(t.Context(), p, c))
		assert.Equal(t, strings.Repeat("x", 11), got.Name)
		assert.Greater(t, time.Since(started), 10*idleTimeout)

		stream, err := p.Open(t.Context(), c)
		require.NoError(t, err)
		body, err := io.ReadAll(stream)
		require.NoError(t, err)
		assert.JSONEq(t, `{"name":"xxxxxxxxxxx"}`, string(body))
		require.NoError(t, stream.Close())
	})
}

// TestR12SlowReaderIsNotCut lets the reader of a stream take its time, as one does that stores each record.
func TestR12SlowReaderIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		network.serve(t, func(w http.ResponseWriter, _ *http.Request) {
			for range 5 {
				_, _ = w.Write(bytes.Repeat([]byte("record\n"), 1000))
				w.(http.Flusher).Flush()
			}
		})
		p := newPipeline(t, "http://api.example.com", network.through)
		defer p.CloseIdleConnections()
		stream, err := p.Open(t.Context(), call(operation(http.MethodGet, api.RetryIdempotent)))
		require.NoError(t, err)
		total := 0
		for buffer := make([]byte, 7000); ; {
			time.Sleep(3 * headerTimeout)
			n, err := stream.Read(buffer)
			total += n
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
		}
		assert.Equal(t, 35000, total)
		require.NoError(t, stream.Close())
	})
}

// TestR12StalledAnswerFails stops in the middle of an answer. A free read is repeated, and succeeds here; a call that
// spends fails at the idle timeout.
func TestR12StalledAnswerFails(t *testing.T) {
	for _, class := range classes {
		synctest.Test(t, func(t *testing.T) {
			network := newMemory()
			stalled := 0
			play(t, network, func(conn net.Conn, readRequest func() bool) {
				for readRequest() {
					if stalled++; stalled == 1 {
						_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")
						_, _ = conn.Read(make([]byte, 1))
						return
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			})
			p := newPipeline(t, "http://api.example.com", network.through)
			defer p.CloseIdleConnections()
			started := time.Now()
			err := do(t.Context(), p, call(operation(class.method, class.repeat)))
			assert.Equal(t, idleTimeout, time.Since(started), class.repeat)
			if class.repeat == api.RetryIdempotent || class.repeat == api.RetryConflictSafe {
				require.NoError(t, err)
				assert.Equal(t, 2, stalled)
				return
			}
			require.ErrorIs(t, err, api.ErrUnavailable)
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			assert.NotErrorIs(t, err, context.Canceled, "the caller did not cancel")
			assert.Equal(t, 200, failure(t, err).Status)
			assert.Contains(t, err.Error(), "the response stalled for 30s")
			assert.Equal(t, 1, stalled)
		})
	}
}

func TestR12StalledStreamFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		play(t, network, func(conn net.Conn, readRequest func() bool) {
			readRequest()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
			_, _ = conn.Read(make([]byte, 1))
		})
		p := newPipeline(t, "http://api.example.com", network.through, func(c *transport.Config) { c.IdleTimeout = 7 * time.Second })
		var meta api.Meta
		stream, err := p.Open(t.Context(), call(operation(http.MethodGet, api.RetryPaidRead), api.WithMeta(&meta)))
		require.NoError(t, err)
		started := time.Now()
		got, err := io.ReadAll(stream)
		assert.Equal(t, "half", string(got))
		assert.Equal(t, 7*time.Second, time.Since(started))
		require.ErrorIs(t, err, api.ErrUnavailable)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.Contains(t, err.Error(), "the response stalled for 7s")
		_, again := stream.Read(make([]byte, 1))
		assert.Equal(t, err, again, "an error stays")
		require.NoError(t, stream.Close())
		assert.Equal(t, 200, meta.Status)
	})
}

func TestR12NoAnswerInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		arrivals := play(t, network, func(conn net.Conn, readRequest func() bool) {
			readRequest()
			_, _ = conn.Read(make([]byte, 1))
		})
		p := newPipeline(t, "http://api.example.com", network.through, func(c *transport.Config) { c.HeaderTimeout = 5 * time.Second })
		started := time.Now()
		err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
		assert.Equal(t, 20*time.Second, time.Since(started), "four attempts")
		assert.EqualValues(t, 4, arrivals.Load())
		require.ErrorIs(t, err, api.ErrUnavailable)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.NotErrorIs(t, err, context.Canceled, "the caller did not cancel")
		assert.NotErrorIs(t, err, context.DeadlineExceeded, "nor set a deadline")
		assert.Equal(t, "test.Things: coresignal: provider unavailable: no response within 5s, after 4 attempts", err.Error())
	})
}

// slowSource is a request body that is read slowly.
type slowSource struct {
	io.Reader
	pause time.Duration
}

func (s slowSource) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.Reader.Read(p[:min(len(p), 1000)])
}

func (slowSource) Close() error { return nil }

// TestR12SlowUpload takes far longer than the header timeout as a whole; what counts is that bytes leave.
func TestR12SlowUpload(t *testing.T) {
	for pause, ok := range map[time.Duration]bool{headerTimeout - time.Second: true, headerTimeout + time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			network := newMemory()
			arrivals := play(t, network, func(conn net.Conn, readRequest func() bool) {
				if readRequest() {
					_, _ = io.WriteString(conn, kept)
				}
			})
			p := newPipeline(t, "http://api.example.com", network.through)
			c := call(operation(http.MethodPost, api.RetryUnsent))
			c.Body = &transport.Body{ContentType: "text/plain", Length: 10_000, Open: func() (io.ReadCloser, error) {
				return slowSource{strings.NewReader(strings.Repeat("x", 10_000)), pause}, nil
			}}
			defer time.Sleep(12 * pause) // net/http reads the source until it sees its end
			started := time.Now()
			err := do(t.Context(), p, c)
			if ok {
				require.NoError(t, err, "pause "+strconv.Itoa(int(pause.Seconds())))
				assert.Greater(t, time.Since(started), 9*headerTimeout)
				assert.EqualValues(t, 1, arrivals.Load())
				return
			}
			require.ErrorIs(t, err, api.ErrUnavailable)
			assert.Equal(t, pause, time.Since(started), "as soon as the source lets go")
			assert.Zero(t, arrivals.Load())
		})
	}
}

// drip is a server whose responses have a beginning, and then a space each ten seconds without an end.
func drip(t *testing.T, network *memory, status int, beginning string) (ends *atomic.Int64) {
	ends = new(atomic.Int64)
	t.Cleanup(func() { time.Sleep(time.Minute) }) // until the handlers have seen the end
	network.serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer ends.Add(1)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, beginning)
		for r.Context().Err() == nil {
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Second)
			_, _ = io.WriteString(w, " ")
		}
	})
	return ends
}

// TestR68AResponseThatDripsEnds: within the idle timeout there is always a byte more, but what is held in memory has an end
// as a whole. An error whose status is known is that error, with what has come of it.
func TestR68AResponseThatDripsEnds(t *testing.T) {
	const whole = `{"detail":"gone"}`
	for _, c := range []struct {
		status    int
		beginning string
		stream    bool
		took      time.Duration // of one attempt
		kind      error
		text      string
	}{
		{status: 404, beginning: whole, took: 5 * time.Second, kind: api.ErrNotFound, text: "not found"},
		{status: 404, beginning: whole, stream: true, took: 5 * time.Second, kind: api.ErrNotFound, text: "not found"},
		{status: 404, beginning: `{"detail":"go`, took: 5 * time.Second, kind: api.ErrUnexpectedResponse, text: "did not come to its end"},
		{status: 503, beginning: whole, took: 5 * time.Second, kind: api.ErrUnavailable, text: "503"},
		{status: 429, beginning: "", took: 5 * time.Second, kind: api.ErrRateLimited, text: "429"},
		{status: 307, beginning: "<html>", took: 5 * time.Second, kind: api.ErrRedirect, text: "307"},
		{status: 404, beginning: strings.Repeat(" ", 64<<10) + whole, took: time.Second, kind: api.ErrUnexpectedResponse, text: "the response is empty"}, // only the drain is slow
		{status: 200, beginning: whole, took: 4 * idleTimeout, kind: api.ErrMaybeApplied, text: "did not come to its end within 2m0s"},
		{status: 200, beginning: `{"name":"`, took: 4 * idleTimeout, kind: api.ErrMaybeApplied, text: "did not come to its end within 2m0s"},
	} {
		synctest.Test(t, func(t *testing.T) {
			network := newMemory()
			ends := drip(t, network, c.status, c.beginning)
			p := newPipeline(t, "http://api.example.com", network.through, func(config *transport.Config) {
				config.Providers[0].Inspect = func(r *wire.Response) { r.Own = json.Valid(r.Body) }
			})
			defer p.CloseIdleConnections()
			started := time.Now()
			dripping := call(operation(http.MethodGet, api.RetryPaidRead), api.WithMaxAttemptsPerCall(1))
			var err error
			if c.stream {
				_, err = p.Open(t.Context(), dripping)
			} else {
				err = do(t.Context(), p, dripping)
			}
			assert.Equal(t, c.took, time.Since(started), "%d %.20q", c.status, c.beginning)
			require.ErrorIs(t, err, c.kind)
			e := failure(t, err)
			assert.Equal(t, c.status, e.Status)
			assert.Contains(t, e.Error(), c.text)
			if c.status >= 300 && len(c.beginning) < 100 {
				assert.Equal(t, c.beginning, string(e.Body))
			}
			time.Sleep(time.Minute)
			assert.EqualValues(t, 1, ends.Load(), "the connection is closed")
		})
	}
}

// TestR68TheBoundIsSettable, and no bound of a stream.
func TestR68TheBoundIsSettable(t *testing.T) {
	for _, status := range []int{200, 500} {
		synctest.Test(t, func(t *testing.T) {
			network := newMemory()
			drip(t, network, status, "{}")
			p := newPipeline(t, "http://api.example.com", network.through, func(c *transport.Config) { c.BodyTimeout = 3 * time.Second })
			defer p.CloseIdleConnections()
			started := time.Now()
			require.ErrorIs(t, do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent))), api.ErrMaybeApplied)
			assert.Equal(t, 3*time.Second, time.Since(started))
		})
	}
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		drip(t, network, 200, "")
		p := newPipeline(t, "http://api.example.com", network.through, func(c *transport.Config) { c.BodyTimeout = time.Second })
		stream, err := p.Open(t.Context(), call(operation(http.MethodGet, api.RetryIdempotent)))
		require.NoError(t, err)
		started := time.Now()
		_, err = io.ReadFull(stream, make([]byte, 1000))
		require.NoError(t, err)
		assert.Equal(t, 10_000*time.Second, time.Since(started), "a stream has none")
		require.NoError(t, stream.Close())
	})
}

// stuck is a body that takes no notice of its context, and always has a byte.
type stuck struct{ reads int }

func (s *stuck) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	s.reads++
	return copy(p, " "), nil
}

func (*stuck) Close() error { return nil }

// TestR68ABodyThatTakesNoNotice is one of a transport of the user's.
func TestR68ABodyThatTakesNoNotice(t *testing.T) {
	for status, want := range map[int]int{200: 120, 404: 5} {
		synctest.Test(t, func(t *testing.T) {
			body := &stuck{}
			p := newPipeline(t, "http://api.example.com", over(func(*http.Request) (*http.Response, error) {
				response := answer(status, "")
				response.Body, response.ContentLength = body, -1
				return response, nil
			}))
			err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryPaidRead)))
			require.Error(t, err)
			assert.Equal(t, status, failure(t, err).Status)
			assert.Equal(t, want, body.reads)
			assert.NotErrorIs(t, err, context.Canceled)
		})
	}
}
