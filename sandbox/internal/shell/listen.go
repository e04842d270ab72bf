package shell

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// ErrClosed is returned by what a sandbox cannot do after Close.
var ErrClosed = errors.New("sandbox: closed")

// listening is the side of a sandbox that accepts connections. Its lock guards the origins too.
type listening struct {
	mu       sync.Mutex
	closed   bool
	inMemory bool
	servers  []*http.Server
	serving  sync.WaitGroup
}

// Origin is one of a provider's origins. It responds as an http.Handler, and over a listener of its own.
type Origin struct {
	shell    *Shell
	provider Provider
	name     string
	url      string
	pipe     *pipeListener
}

func (o *Origin) fullName() string { return o.provider.Name() + "/" + o.name }

// URL returns the base URL, without a slash at its end and with the path prefix. It is empty before the origin listens.
func (o *Origin) URL() string {
	o.shell.listening.mu.Lock()
	defer o.shell.listening.mu.Unlock()
	if o.url == "" {
		return ""
	}
	return o.url + o.shell.settings.PathPrefix
}

// Serve serves the connections of a listener until Close, which closes it, and then returns nil. It sets the URL if
// nothing has before.
func (o *Origin) Serve(l net.Listener) error {
	server, err := o.register(l)
	if err != nil {
		return err
	}
	defer o.shell.listening.serving.Done()
	return serve(server, l)
}

func (o *Origin) serveInBackground(l net.Listener) error {
	server, err := o.register(l)
	if err != nil {
		return err
	}
	go func() {
		defer o.shell.listening.serving.Done()
		if err := serve(server, l); err != nil {
			o.shell.settings.Log.Debug("sandbox: serving ended", slog.Any("error", err))
		}
	}()
	return nil
}

// register notes a server so that Close ends it.
func (o *Origin) register(l net.Listener) (*http.Server, error) {
	listening := &o.shell.listening
	listening.mu.Lock()
	defer listening.mu.Unlock()
	if listening.closed {
		_ = l.Close()
		return nil, ErrClosed
	}
	if o.url == "" {
		o.url = "http://" + l.Addr().String()
	}
	server := &http.Server{
		Handler:           o,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(o.shell.settings.Log.Handler(), slog.LevelDebug),
	}
	listening.servers = append(listening.servers, server)
	listening.serving.Add(1)
	return server, nil
}

func serve(server *http.Server, l net.Listener) error {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// Listen lets every origin listen on a free port of the loopback interface.
func (sh *Shell) Listen() error {
	var config net.ListenConfig
	for _, o := range sh.origins {
		l, err := config.Listen(sh.ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		if err := o.serveInBackground(l); err != nil {
			return err
		}
	}
	return nil
}

// ListenInMemory lets every origin accept connections that Dial makes. It returns ErrClosed after Close, and an error
// when called twice.
func (sh *Shell) ListenInMemory() error {
	sh.listening.mu.Lock()
	if sh.listening.inMemory {
		sh.listening.mu.Unlock()
		return errors.New("sandbox: StartInMemory was called before")
	}
	if sh.listening.closed {
		sh.listening.mu.Unlock()
		return ErrClosed
	}
	sh.listening.inMemory = true
	for i, o := range sh.origins {
		o.pipe = newPipeListener(i + 1)
	}
	sh.listening.mu.Unlock()
	for _, o := range sh.origins {
		if err := o.serveInBackground(o.pipe); err != nil {
			return err
		}
	}
	return nil
}

// OnlyInMemory reports whether all origins are reached through Dial and nothing else.
func (sh *Shell) OnlyInMemory() bool {
	sh.listening.mu.Lock()
	defer sh.listening.mu.Unlock()
	return sh.listening.inMemory && len(sh.listening.servers) == len(sh.origins)
}

// Dial opens a connection in memory to the origin whose address it is. When there is one origin only, every address
// leads to it.
func (sh *Shell) Dial(ctx context.Context, addr string) (net.Conn, error) {
	sh.listening.mu.Lock()
	var pipe *pipeListener
	for _, o := range sh.origins {
		if o.pipe != nil && (len(sh.origins) == 1 || o.pipe.Addr().String() == addr) {
			pipe = o.pipe
		}
	}
	inMemory := sh.listening.inMemory
	sh.listening.mu.Unlock()
	switch {
	case !inMemory:
		return nil, errors.New("sandbox: StartInMemory was not called")
	case pipe == nil:
		return nil, fmt.Errorf("sandbox: no origin has the address %.100q", addr)
	}
	return pipe.dial(ctx)
}

// Close ends the listeners, their connections, and the deliveries under way, and waits for their goroutines. It may be
// called more than once.
func (sh *Shell) Close() {
	sh.stop()
	sh.listening.mu.Lock()
	sh.listening.closed = true
	servers := sh.listening.servers
	sh.listening.mu.Unlock()
	for _, server := range servers {
		_ = server.Close()
	}
	sh.listening.serving.Wait()
	sh.courier.close()
}

// pipeListener accepts the connections of its own dial, which are pipes in memory.
type pipeListener struct {
	port   int
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener(port int) *pipeListener {
	return &pipeListener{port: port, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept returns the next connection, or net.ErrClosed after Close.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and dial.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address of this machine on which nothing listens, so that a client that was not given the dialler
// reaches nobody.
func (l *pipeListener) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.port}
}
