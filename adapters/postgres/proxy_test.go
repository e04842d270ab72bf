//go:build unix

package postgres_test

import (
	"database/sql"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy is between the connections of a test and the server, and cuts one of them off when it is told to.
type proxy struct {
	t        testing.TB
	listener net.Listener
	server   string
	all      sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]bool
	await int  // which message from now on is the last of its connection; 0 is none
	reply bool // it is one of the server's
}

func newProxy(t testing.TB, s *server) *proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{t: t, listener: listener, server: s.Address, open: make(map[net.Conn]bool)}
	p.all.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		for c := range p.open {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.all.Wait()
	})
	return p
}

func (p *proxy) url() string {
	return "postgres://postgres@" + p.listener.Addr().String() + "/postgres?sslmode=disable"
}

func (p *proxy) db() *sql.DB {
	p.t.Helper()
	db, err := sql.Open("pgx", p.url())
	require.NoError(p.t, err)
	p.t.Cleanup(func() { require.NoError(p.t, db.Close()) })
	return db
}

func (p *proxy) accept() {
	for {
		here, err := p.listener.Accept()
		if err != nil {
			return
		}
		there, err := (&net.Dialer{}).DialContext(p.t.Context(), "tcp", p.server)
		if err != nil {
			_ = here.Close()
			continue
		}
		p.mu.Lock()
		p.open[here], p.open[there] = true, true
		p.mu.Unlock()
		p.all.Go(func() { p.copy(there, here, false) })
		p.all.Go(func() { p.copy(here, there, true) })
	}
}

// cut lets the n-th message from now on, of the server or of its client, be lost with its connection.
func (p *proxy) cut(n int, reply bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.await, p.reply = n, reply
}

// done reports whether something was cut since cut was called.
func (p *proxy) done() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.await == 0
}

func (p *proxy) loses(reply bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.await == 0 || p.reply != reply {
		return false
	}
	p.await--
	return p.await == 0
}

func (p *proxy) copy(to, from net.Conn, reply bool) {
	defer func() {
		_, _ = to.Close(), from.Close()
		p.mu.Lock()
		delete(p.open, to)
		delete(p.open, from)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 1<<20)
	for {
		n, err := from.Read(buffer)
		if err != nil || p.loses(reply) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
