package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pronet-go/pronet/internal/transport"
)

// memory is a network within the process. In a synctest bubble waiting for its connections is waiting for virtual time,
// which it is not with sockets.
type memory struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newMemory() *memory {
	return &memory{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.accepted:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.TCPAddr{} }

func (m *memory) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	refused := func(err error) (net.Conn, error) {
		return nil, errors.Join(&net.OpError{Op: "dial", Net: network, Err: err}, client.Close(), server.Close())
	}
	select {
	case m.accepted <- server:
		return client, nil
	case <-m.closed:
		return refused(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return refused(ctx.Err())
	}
}

// through makes a pipeline use the network, with net/http's own transport.
func (m *memory) through(c *transport.Config) {
	c.RoundTripper = &http.Transport{DialContext: m.DialContext}
}

// serve answers requests over the network until the test ends.
func (m *memory) serve(t *testing.T, handler http.HandlerFunc) {
	server := &http.Server{Handler: handler}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(m) })
	t.Cleanup(func() {
		_ = server.Close()
		done.Wait()
	})
}

// script is what a raw server does with one connection. The request, if it read one, is counted by the caller.
type script func(conn net.Conn, readRequest func() bool)

// play gives each connection that arrives at the listener to the script, and counts the requests that it read.
func play(t testing.TB, listener net.Listener, s script) *atomic.Int32 {
	var arrivals atomic.Int32
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer func() { _ = conn.Close() }()
				r := bufio.NewReader(conn)
				s(conn, func() bool {
					request, err := http.ReadRequest(r)
					if err != nil {
						return false
					}
					_, err = io.Copy(io.Discard, request.Body)
					if err == nil {
						arrivals.Add(1)
					}
					return err == nil
				})
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		done.Wait()
	})
	return &arrivals
}

// nobody is the base URL of a provider that refuses connections: a port below 1024 that no test gets.
const nobody = "http://127.0.0.1:1"

// loopback opens a listener on this machine and returns the base URL of a provider there.
func loopback(t testing.TB) (net.Listener, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener, "http://" + listener.Addr().String()
}
