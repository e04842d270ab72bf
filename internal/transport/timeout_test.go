package transport_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

const (
	headerTimeout = 60 * time.Second // the defaults
	idleTimeout   = 30 * time.Second
)

// TestR12SlowAnswerPasses drips an answer, and a stream, over ten times the idle timeout.
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
		p := newPipeline(t, "http://api.example.com", network.through)
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
