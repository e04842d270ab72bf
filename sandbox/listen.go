package sandbox

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

// listening is the side of a sandbox that accepts connections.
type listening struct {
	mu      sync.Mutex
	closed  bool
	url     string
	servers []*http.Server
	pipe    *pipeListener
	serving sync.WaitGroup
}

// Start makes a sandbox and lets it listen on a free port of the loopback
// interface. Its address is [Sandbox.URL]; the caller must [Sandbox.Close] it.
func Start(opts ...Option) (*Sandbox, error) {
	sb, err := New(opts...)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	l, err := config.Listen(sb.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		sb.Close()
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := sb.serveInBackground(l, "http://"+l.Addr().String()); err != nil {
		sb.Close()
		return nil, err
	}
	return sb, nil
}

// StartInMemory lets the sandbox accept connections that [Sandbox.Dial] makes,
// without a socket, and sets [Sandbox.URL]. Called in a synctest bubble, with
// New in the same bubble, it stays inside it. The caller must Close the sandbox.
// It returns ErrClosed after that, and an error when called twice.
func (sb *Sandbox) StartInMemory() error {
	sb.listening.mu.Lock()
	if sb.listening.pipe != nil {
		sb.listening.mu.Unlock()
		return errors.New("sandbox: StartInMemory was called before")
	}
	l := newPipeListener()
	sb.listening.pipe = l
	sb.listening.mu.Unlock()
	return sb.serveInBackground(l, "http://"+l.Addr().String())
}

// Serve answers the connections of a listener until [Sandbox.Close], which closes
// it, and then returns nil. It sets [Sandbox.URL] if nothing has before.
func (sb *Sandbox) Serve(l net.Listener) error {
	server, err := sb.register(l, "http://"+l.Addr().String())
	if err != nil {
		return err
	}
	defer sb.listening.serving.Done()
	return serve(server, l)
}

func (sb *Sandbox) serveInBackground(l net.Listener, url string) error {
	server, err := sb.register(l, url)
	if err != nil {
		return err
	}
	go func() {
		defer sb.listening.serving.Done()
		if err := serve(server, l); err != nil {
			sb.settings.log.Debug("sandbox: serving ended", slog.Any("error", err))
		}
	}()
	return nil
}

// register notes a server so that Close ends it.
func (sb *Sandbox) register(l net.Listener, url string) (*http.Server, error) {
	sb.listening.mu.Lock()
	defer sb.listening.mu.Unlock()
	if sb.listening.closed {
		_ = l.Close()
		return nil, ErrClosed
	}
	if sb.listening.url == "" {
		sb.listening.url = url
	}
	server := &http.Server{
		Handler:           sb,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(sb.settings.log.Handler(), slog.LevelDebug),
	}
	sb.listening.servers = append(sb.listening.servers, server)
	sb.listening.serving.Add(1)
	return server, nil
}

func serve(server *http.Server, l net.Listener) error {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// URL returns the base URL, without a slash at its end and with the path prefix;
// the provider's paths start with "/cdapi" after it. It is empty before the
// sandbox listens.
func (sb *Sandbox) URL() string {
	sb.listening.mu.Lock()
	defer sb.listening.mu.Unlock()
	if sb.listening.url == "" {
		return ""
	}
	return sb.listening.url + sb.settings.pathPrefix
}

// Dial opens a connection in memory, for the DialContext of an http.Transport.
// Whatever the network and address, it leads to the sandbox. It returns an error
// before [Sandbox.StartInMemory] and ErrClosed after Close.
func (sb *Sandbox) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	sb.listening.mu.Lock()
	l := sb.listening.pipe
	sb.listening.mu.Unlock()
	if l == nil {
		return nil, errors.New("sandbox: StartInMemory was not called")
	}
	return l.dial(ctx)
}

// Close ends the listeners, their connections, and the deliveries under way, and
// waits for their goroutines. It may be called more than once, but not by the
// receiver of a delivery before it has answered.
func (sb *Sandbox) Close() {
	sb.stop()
	sb.listening.mu.Lock()
	sb.listening.closed = true
	servers := sb.listening.servers
	sb.listening.mu.Unlock()
	for _, server := range servers {
		_ = server.Close()
	}
	sb.listening.serving.Wait()
	sb.courier.close()
}
