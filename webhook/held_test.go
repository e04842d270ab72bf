package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

const (
	heldBody = 1 << 20
	// heldLimit is what four bodies hold: their buffers with a byte for the end, but for the first part.
	heldLimit = 4 * (heldBody + 1 - 16<<10)
)

// heldHandler bounds bodies to heldBody and all of them together to heldLimit.
func heldHandler(t *testing.T, sender webhook.Sender, sink webhook.Sink) *webhook.Handler {
	return newHandlerOf(t, sender, sink, webhook.WithMaxBody(heldBody), webhook.WithMaxHeld(heldLimit))
}

// beginPost begins a request with a signature that is well formed, and sends so much of its body. Whoever is not read any
// more gives up.
func beginPost(t *testing.T, l *pipeListener, signature string, length, send int) net.Conn {
	t.Helper()
	conn := l.dial()
	_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nX-Signature: %s\r\nContent-Length: %d\r\n\r\n", signature, length)
	require.NoError(t, err)
	go func() { _, _ = conn.Write(bytes.Repeat([]byte(" "), send)) }()
	synctest.Wait()
	return conn
}

// TestR65BodiesOfUnprovenSendersHaveABound: a hundred of them hold no more together than they may. Who comes too late is
// told so at once; who is slow makes room after a second; short bodies always pass.
func TestR65BodiesOfUnprovenSendersHaveABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(spySink)
		h := heldHandler(t, sends(newHMAC(t, bodyScheme(), testSecret)), sink)
		l := servePipe(t, h, 0)
		forged := strings.Repeat("0", 64)
		start := time.Now()
		var slow []net.Conn
		refused := 0
		for range 100 {
			conn := beginPost(t, l, forged, heldBody, heldBody-1)
			assert.LessOrEqual(t, h.Status().HeldBytes, int64(heldLimit))
			if h.Status().InWork > len(slow) {
				slow = append(slow, conn)
				time.Sleep(time.Millisecond) // So that one of them is the first.
				continue
			}
			refused++
			resp := readResponse(t, conn)
			assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
			assert.Equal(t, "5", resp.Header.Get("Retry-After"))
			require.NoError(t, conn.Close())
		}
		assert.Positive(t, refused)
		assert.Len(t, slow, 4)
		assert.Equal(t, 4*time.Millisecond, time.Since(start), "nobody waits")

		// A genuine sender, with a short body and with a long one.
		body := testNotice + strings.Repeat(" ", heldBody-len(testNotice))
		signature := signedRequest(t, body).Header.Get("X-Signature")
		require.Equal(t, http.StatusOK, serve(h, signedRequest(t, testNotice)).StatusCode)
		long := func() int {
			conn := l.dial()
			defer func() { require.NoError(t, conn.Close()) }()
			go func() {
				_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nX-Signature: %s\r\nContent-Length: %d\r\n\r\n%s", signature, len(body), body)
			}()
			return readResponse(t, conn).StatusCode
		}
		assert.Equal(t, http.StatusServiceUnavailable, long(), "not yet")
		time.Sleep(time.Second)
		assert.Equal(t, http.StatusOK, long(), "the first of the slow ones makes room")
		assert.Equal(t, time.Second+4*time.Millisecond, time.Since(start))
		resp := readResponse(t, slow[0])
		assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		assert.Equal(t, "5", resp.Header.Get("Retry-After"))
		require.Len(t, sink.all(), 2)
		assert.Equal(t, body, string(sink.all()[1].Body))
		synctest.Wait()
		assert.Equal(t, len(slow)-1, h.Status().InWork, "the others are read on")

		for _, conn := range slow[1:] {
			assert.Equal(t, http.StatusServiceUnavailable, readResponse(t, conn).StatusCode)
		}
		for _, conn := range slow {
			require.NoError(t, conn.Close())
		}
		time.Sleep(time.Minute)
		assert.Zero(t, h.Status().HeldBytes)
		assert.Zero(t, h.Status().InWork)
	})
}

// countingBody counts what is read of it.
type countingBody struct {
	io.Reader
	read int
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}
func (b *countingBody) Close() error { return nil }

// fill lets bodies hold all that they may until release is called.
func fill(t *testing.T, h *webhook.Handler) (release func()) {
	gate := make(chan struct{})
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			body := io.MultiReader(bytes.NewReader(make([]byte, heldBody-1)), gateReader(gate))
			r := httptest.NewRequest(http.MethodPost, "/", body)
			r.ContentLength = heldBody
			serve(h, r)
		})
	}
	synctest.Wait()
	return func() { close(gate); senders.Wait() }
}

// gateReader ends when the gate is opened.
type gateReader chan struct{}

func (g gateReader) Read([]byte) (int, error) { <-g; return 0, io.EOF }

func TestR65NoByteIsReadBeyondTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := heldHandler(t, sends(webhook.Unsigned("base")), new(spySink))
		release := fill(t, h)
		for name, c := range map[string]struct {
			length int64
			most   int
			status int
		}{
			"long":              {heldBody, 0, 503},
			"of unknown length": {-1, 16 << 10, 503},
			"just too long":     {16 << 10, 0, 503},
			"short":             {16<<10 - 1, 16 << 10, 200},
		} {
			size := c.length
			if size < 0 {
				size = heldBody
			}
			body := &countingBody{Reader: bytes.NewReader(bytes.Repeat([]byte(" "), int(size)))}
			r := httptest.NewRequest(http.MethodPost, "/", body)
			r.ContentLength = c.length
			assert.Equal(t, c.status, serve(h, r).StatusCode, name)
			assert.LessOrEqual(t, body.read, c.most, name)
		}
		release()
		assert.Zero(t, h.Status().HeldBytes)
	})
}

// TestR65WhatIsHeldIsGivenBack: however a request ends.
func TestR65WhatIsHeldIsGivenBack(t *testing.T) {
	var decode func() error
	sender := sends(newHMAC(t, bodyScheme(), testSecret))
	sender.Decoder = func(*webhook.Delivery) error { return decode() }
	h := heldHandler(t, sender, webhook.Func(func(context.Context, *webhook.Delivery) error { panic("sink") }))
	genuine := strings.Repeat(" ", heldBody)
	for range 5 { // More than the bound, if it were not given back.
		for name, c := range map[string]struct {
			body   io.Reader
			length int64
			decode func() error
			status int
		}{
			"accepted by decoder, sink panics": {strings.NewReader(genuine), heldBody, func() error { return nil }, 500},
			"decoder panics":                   {strings.NewReader(genuine), heldBody, func() error { panic("decoder") }, 500},
			"unverified":                       {strings.NewReader(genuine[1:]), heldBody - 1, nil, 401},
			"too large":                        {strings.NewReader(genuine + "x"), -1, nil, 413},
			"cut":                              {io.MultiReader(strings.NewReader(genuine[1:]), errorReader{}), heldBody, nil, 400},
			"longer than it says":              {strings.NewReader(genuine), 10, func() error { panic("decoder") }, 500},
		} {
			decode = c.decode
			r := signedRequest(t, genuine)
			r.Body, r.ContentLength = io.NopCloser(c.body), c.length
			assert.Equal(t, c.status, serve(h, r).StatusCode, name)
			require.Zero(t, h.Status().HeldBytes, name)
		}
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestR65ABodyThatIsThereMakesNoRoom: it would have arrived for nothing.
func TestR65ABodyThatIsThereMakesNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(spySink)
		sender := sends(webhook.Unsigned("base"))
		sender.Decoder = func(d *webhook.Delivery) error {
			time.Sleep(5 * time.Second)
			return webhook.DecodeRaw(d)
		}
		h := heldHandler(t, sender, sink)
		var complete sync.WaitGroup
		for i := range 4 {
			complete.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(fmt.Sprint(i), heldBody)))
				assert.Equal(t, http.StatusOK, serve(h, r).StatusCode)
			})
		}
		time.Sleep(3 * time.Second)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", heldBody)))
		assert.Equal(t, http.StatusServiceUnavailable, serve(h, r).StatusCode)
		complete.Wait()
		assert.Len(t, sink.all(), 4)
	})
}

// TestR65SlowBodiesMakeRoomOverHTTP2: their connection, which others use as well, stays.
func TestR65SlowBodiesMakeRoomOverHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := heldHandler(t, sends(webhook.Unsigned("base")), new(spySink))
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: h, Protocols: new(http.Protocols)}
		server.Protocols.SetUnencryptedHTTP2(true)
		go server.Serve(l)
		transport := &http.Transport{
			Protocols:   server.Protocols,
			DialContext: func(context.Context, string, string) (net.Conn, error) { return l.dial(), nil },
		}
		defer func() { transport.CloseIdleConnections(); require.NoError(t, server.Close()) }()
		send := func(body io.Reader, length int64) int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/", body)
			require.NoError(t, err)
			r.ContentLength = length
			resp, err := transport.RoundTrip(r)
			require.NoError(t, err)
			go resp.Body.Close() // It waits for the request's body.
			assert.Equal(t, 2, resp.ProtoMajor)
			return resp.StatusCode
		}
		ended := make(chan int, 4)
		gate := make(chan struct{})
		for range cap(ended) {
			go func() {
				ended <- send(io.MultiReader(bytes.NewReader(make([]byte, heldBody-1)), gateReader(gate)), heldBody)
			}()
			synctest.Wait()
		}
		time.Sleep(time.Second)
		assert.Equal(t, http.StatusOK, send(bytes.NewReader(make([]byte, heldBody)), heldBody))
		assert.Equal(t, http.StatusServiceUnavailable, <-ended)
		assert.Equal(t, http.StatusOK, send(strings.NewReader("{}"), 2))
		close(gate)
		for range cap(ended) - 1 {
			<-ended
		}
	})
}

// TestR65TheDefaultBoundFitsASmallContainer, over real connections.
func TestR65TheDefaultBoundFitsASmallContainer(t *testing.T) {
	h := newHandler(t, newHMAC(t, bodyScheme(), testSecret), new(spySink))
	server := httptest.NewServer(h)
	defer server.Close()
	defer server.CloseClientConnections()
	piece := bytes.Repeat([]byte(" "), 1<<20)
	_, live := allocated(func() {
		var senders sync.WaitGroup
		for range 40 {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			senders.Go(func() {
				_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nX-Signature: %s\r\nContent-Length: %d\r\n\r\n", strings.Repeat("0", 64), webhook.DefaultMaxBody)
				for range 7 {
					if _, err := conn.Write(piece); err != nil {
						return
					}
				}
				_, _ = bufio.NewReader(conn).ReadByte() // Until the deadline, or the end of the test.
			})
		}
		require.Eventually(t, func() bool { return h.Status().HeldBytes > webhook.DefaultMaxHeld/2 }, time.Minute, time.Millisecond)
		assert.LessOrEqual(t, h.Status().HeldBytes, int64(webhook.DefaultMaxHeld))
		t.Cleanup(senders.Wait)
	})
	assert.Less(t, live>>20, uint64(100), "MiB held for senders that have proven nothing")
}
