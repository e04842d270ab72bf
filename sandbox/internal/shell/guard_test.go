package shell_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// rawStatus sends a request as it is written and returns the status of its response.
func rawStatus(t *testing.T, network, address, request string) int {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), network, address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(request))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	_ = response.Body.Close()
	return response.StatusCode
}

const answered, refused = http.StatusOK, http.StatusForbidden

// TestR73HostAndOrigin: what a browser writes on the word of a foreign page is refused, by servers of the sandbox.
func TestR73HostAndOrigin(t *testing.T) {
	sh, k, origins := open(t, func(s *shell.Settings) { s.Hosts = []string{"sandbox", "hooks.internal"} })
	require.NoError(t, sh.Listen())
	at, err := url.Parse(origins[0].URL())
	require.NoError(t, err)
	port := at.Port()
	get := "GET /prefix/papers/daily HTTP/1.1\r\nConnection: close\r\n"
	for _, c := range []struct {
		name, request string
		want          int
	}{
		{"its address", get + "Host: 127.0.0.1:" + port, answered},
		{"no port", get + "Host: 127.0.0.1", answered},
		{"another port", get + "Host: 127.0.0.1:1", answered},
		{"another loopback address", get + "Host: 127.9.9.9:" + port, answered},
		{"localhost", get + "Host: localhost:" + port, answered},
		{"capitals", get + "Host: LocalHost:" + port, answered},
		{"a trailing dot", get + "Host: localhost.:" + port, answered},
		{"an address with a trailing dot", get + "Host: 127.0.0.1.:" + port, answered},
		{"IPv6", get + "Host: [::1]:" + port, answered},
		{"IPv6 without a port", get + "Host: [::1]", answered},
		{"IPv6 that is IPv4", get + "Host: [::ffff:127.0.0.1]:" + port, answered},
		{"an allowed name", get + "Host: sandbox:" + port, answered},
		{"an allowed name in capitals", get + "Host: Hooks.Internal.", answered},

		{"a foreign name", get + "Host: attacker.example", refused},
		{"a foreign name with the port", get + "Host: attacker.example:" + port, refused},
		{"a name that begins like it", get + "Host: localhost.attacker.example", refused},
		{"a name that ends like it", get + "Host: evil.localhost", refused},
		{"an address in a name", get + "Host: 127.0.0.1.attacker.example", refused},
		{"a name that begins like an allowed one", get + "Host: sandbox.attacker.example", refused},
		{"every address", get + "Host: 0.0.0.0:" + port, refused},
		{"a foreign address", get + "Host: 192.0.2.1:" + port, refused},
		{"a foreign IPv6 address", get + "Host: [2001:db8::1]:" + port, refused},
		{"an empty one", get + "Host: ", refused},
		{"only a port", get + "Host: :" + port, refused},
		{"only a dot", get + "Host: .", refused},
		{"none, in HTTP/1.0", "GET /prefix/papers/daily HTTP/1.0", refused},
		{"none, in HTTP/1.1", "GET /prefix/papers/daily HTTP/1.1\r\nConnection: close", http.StatusBadRequest},
		{"two", get + "Host: localhost\r\nHost: attacker.example", http.StatusBadRequest},
		{"in the target", "GET http://attacker.example/prefix/papers/daily HTTP/1.1\r\nConnection: close\r\nHost: localhost", refused},

		{"a page of this machine", get + "Host: localhost\r\nOrigin: http://localhost:3000", answered},
		{"a page of an allowed name", get + "Host: localhost\r\nOrigin: https://sandbox", answered},
		{"the Origin of another site", get + "Host: localhost\r\nOrigin: http://attacker.example", refused},
		{"of a name that was bound anew", get + "Host: attacker.example\r\nOrigin: http://attacker.example", refused},
		{"of a name that contains it", get + "Host: localhost\r\nOrigin: http://localhost.attacker.example", refused},
		{"of nobody", get + "Host: localhost\r\nOrigin: null", refused},
		{"an empty Origin", get + "Host: localhost\r\nOrigin: ", refused},
		{"of an extension", get + "Host: localhost\r\nOrigin: chrome-extension://localhost", refused},
		{"two Origins", get + "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://attacker.example", refused},
		{"without an Origin, from another site", get + "Host: localhost\r\nSec-Fetch-Site: cross-site", refused},
		{"typed into a browser", get + "Host: localhost\r\nSec-Fetch-Site: none", answered},
	} {
		before := k.done()
		assert.Equal(t, c.want, rawStatus(t, "tcp", "127.0.0.1:"+port, c.request+"\r\n\r\n"), c.name)
		assert.Equal(t, c.want == answered, k.done() > before, "%s: a refused request has no effect", c.name)
	}
	assert.Len(t, sh.ArrivalsTo("", ""), k.done(), "what was refused has not arrived")
}

// TestR73HoldsForServersOfTheCaller: the handler asks the connection, over HTTP/2 too.
func TestR73HoldsForServersOfTheCaller(t *testing.T) {
	_, _, origins := open(t)
	server := httptest.NewUnstartedServer(origins[0])
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for host, want := range map[string]int{"": answered, "localhost:1": answered, "LOCALHOST.": answered, "attacker.example": refused} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/prefix/papers/daily", nil)
		require.NoError(t, err)
		r.Host = host // the :authority
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		_ = response.Body.Close()
		assert.Equal(t, 2, response.ProtoMajor)
		assert.Equal(t, want, response.StatusCode, "%q", host)
	}
}

// TestR73WhatNoBrowserReaches: the caller's own requests, sockets of the file system and other addresses of this machine.
func TestR73WhatNoBrowserReaches(t *testing.T) {
	sh, _, origins := open(t)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://provider.example/prefix/papers/daily", nil)
	origins[0].ServeHTTP(w, r)
	assert.Equal(t, answered, w.Code, "without a connection")

	socket := filepath.Join(t.TempDir(), "s")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- origins[1].Serve(l) }()
	assert.Equal(t, answered, rawStatus(t, "unix", socket, "GET /prefix/papers/daily HTTP/1.1\r\nConnection: close\r\nHost: provider.example\r\n\r\n"))
	sh.Close()
	require.NoError(t, <-ended)

	lan := net.Addr(net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.7:8181")))
	for host, want := range map[string]int{"192.0.2.7:8181": answered, "localhost:8181": answered, "192.0.2.8:8181": refused, "attacker.example": refused} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/prefix/papers/daily", nil)
		origins[0].ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, lan)))
		assert.Equal(t, want, w.Code, host)
		if want == refused {
			assert.Contains(t, w.Body.String(), fmt.Sprintf("the host %q is not this machine; sandbox.WithHosts", host))
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "127.0.0.1": true, "127.255.0.1": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, ".": false, "localhost..": false, "a.localhost": false, "localhost.a": false, "0.0.0.0": false, "::": false, "127.1": false,
		"10.0.0.1": false, "::ffff:10.0.0.1": false, "user@127.0.0.1": false, "127.0.0.1 ": false,
	} {
		assert.Equal(t, want, shell.IsLoopback(host), "%q", host)
	}
}

func TestKeysFollowFromTheSeedUnlessTheyAreSecret(t *testing.T) {
	draw := func(secret bool) (key, id string) {
		sh, _, _ := open(t, func(s *shell.Settings) { s.SecretKeys = secret })
		return sh.Letters(18), sh.UUID()
	}
	keys, ids := map[string]bool{}, map[string]bool{}
	for range 5 {
		known, _ := draw(false)
		key, id := draw(true)
		keys[key], keys[known], ids[id] = true, true, true
		assert.Empty(t, strings.Trim(key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	}
	assert.Len(t, keys, 6, "five secret ones, and the one of the seed")
	assert.Len(t, ids, 1, "identifiers follow from the seed")
}

// FuzzHost: a host that is answered is this machine for another reader of hosts too.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"localhost:80", "127.0.0.1", "[::1]:80", "[::1", "localhost.", "attacker.example", "127.0.0.1@a", "[localhost]", "::1", "a:b:c"} {
		f.Add(host)
	}
	sh := shell.New(shell.Settings{Start: time.Now(), Log: slog.New(slog.DiscardHandler)})
	f.Cleanup(sh.Close)
	origin := sh.Add(&kiosk{})[0]
	local := context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}))
	f.Fuzz(func(t *testing.T, host string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(local, http.MethodGet, "/papers/daily", nil)
		r.Host = host
		origin.ServeHTTP(w, r)
		u, err := url.Parse("http://" + host)
		if w.Code == refused || err != nil {
			return
		}
		name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		ip := net.ParseIP(name)
		assert.True(t, name == "localhost" || ip != nil && ip.IsLoopback(), "%q is %q", host, name)
	})
}
