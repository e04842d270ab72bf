package transport_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// classes are the repeat classes with a method that stands for each, in the order of the columns below.
var classes = []struct {
	repeat api.Retry
	method string
}{
	{api.RetryNever, http.MethodPost},
	{api.RetryIdempotent, http.MethodGet},
	{api.RetryPaidRead, http.MethodGet},
	{api.RetryUnsent, http.MethodPost},
	{api.RetryConflictSafe, http.MethodPost},
}

// raw answers one request of a connection with these bytes, and closes it.
func raw(bytes string) script {
	return func(conn net.Conn, readRequest func() bool) {
		if readRequest() {
			_, _ = io.WriteString(conn, bytes)
		}
	}
}

func status(code int, header string) script {
	return raw(fmt.Sprintf("HTTP/1.1 %d X\r\n%sContent-Length: 2\r\nConnection: close\r\n\r\n{}", code, header))
}

// TestR7RepeatClasses has an outcome in each row and a class in each column: how many requests arrive at a provider that
// always answers so, "!" when the error says that the call may have been applied.
func TestR7RepeatClasses(t *testing.T) {
	silent := func(conn net.Conn, readRequest func() bool) {
		readRequest()
		_, _ = conn.Read(make([]byte, 1)) // until the client gives up
	}
	for _, c := range []struct {
		name string
		s    script
		want string // never, idempotent, paid read, unsent, conflict-safe
		kind error
	}{
		{"200", status(200, ""), "1 1 1 1 1", nil},
		{"400", status(400, ""), "1 1 1 1 1", api.ErrInvalid},
		{"401", status(401, ""), "1 1 1 1 1", api.ErrUnauthorized},
		{"402", status(402, ""), "1 1 1 1 1", api.ErrNoCredits},
		{"404", status(404, ""), "1 1 1 1 1", api.ErrNotFound},
		{"409", status(409, ""), "1 1 1 1 1", api.ErrConflict},
		{"408", status(408, ""), "1! 4 4 1! 4!", api.ErrUnavailable},
		{"429", status(429, ""), "1 4 4 4 4", api.ErrRateLimited},
		{"429 with Retry-After", status(429, "Retry-After: 2\r\n"), "1 4 4 4 4", api.ErrRateLimited},
		{"500", status(500, ""), "1! 4 4 1! 4!", api.ErrUnavailable},
		{"501", status(501, ""), "1 1 1 1 1", api.ErrUnavailable},
		{"502", status(502, ""), "1! 4 4 1! 4!", api.ErrUnavailable},
		{"503", status(503, ""), "1! 4 4 1! 4!", api.ErrUnavailable},
		{"503 with Retry-After", status(503, "Retry-After: 2\r\n"), "1 4 4 4 4", api.ErrUnavailable},
		{"503 with a bad Retry-After", status(503, "Retry-After: soon\r\n"), "1! 4 4 1! 4!", api.ErrUnavailable},
		{"101", status(101, ""), "1! 4 1! 1! 4!", api.ErrUnexpectedResponse},
		{"closed before the answer", raw(""), "1! 4 1! 1! 4!", api.ErrUnavailable},
		{"closed within the header", raw("HTTP/1.1 200 OK\r\nContent-Le"), "1! 4 1! 1! 4!", api.ErrUnavailable},
		{"closed within the body", raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "1! 4 1! 1! 4!", api.ErrUnavailable},
		{"closed within a chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"), "1! 4 1! 1! 4!", api.ErrUnavailable},
		{"not HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"), "1! 4 1! 1! 4!", api.ErrUnavailable},
		{"no answer in time", silent, "1! 4 1! 1! 4!", api.ErrUnavailable},
	} {
		for i, want := range strings.Fields(c.want) {
			class := classes[i]
			t.Run(c.name+"/"+class.repeat.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := newMemory()
					arrivals := play(t, network, c.s)
					p := newPipeline(t, "http://api.example.com", network.through)
					err := do(t.Context(), p, call(operation(class.method, class.repeat)))
					assert.Equal(t, want, outcome(int(arrivals.Load()), err))
					if c.kind == nil {
						require.NoError(t, err)
						return
					}
					require.ErrorIs(t, err, c.kind)
					assert.EqualValues(t, arrivals.Load(), failure(t, err).Attempts)
				})
			})
		}
	}
}

func inDoubt(err error) bool { return errors.Is(err, api.ErrMaybeApplied) }

func outcome(sends int, err error) string {
	if inDoubt(err) {
		return fmt.Sprintf("%d!", sends)
	}
	return fmt.Sprint(sends)
}

// TestR7WhatNeverArrivesMayBeSentAgain has the failures before a request leaves: everything but "never" is repeated, as
// long as that can help, and nothing is in doubt.
func TestR7WhatNeverArrivesMayBeSentAgain(t *testing.T) {
	plain, plainURL := loopback(t)
	play(t, plain, func(conn net.Conn, _ func() bool) {
		_, _ = conn.Read(make([]byte, 5))
		_, _ = io.WriteString(conn, "HTTP/1.0 400 Bad Request\r\n\r\n")
	})
	hangingUp, hangingUpURL := loopback(t)
	play(t, hangingUp, func(conn net.Conn, _ func() bool) { _, _ = conn.Read(make([]byte, 5)) })
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = quiet()
	untrusted.StartTLS()
	defer untrusted.Close()
	overTLS := func(base string) string { return "https" + strings.TrimPrefix(base, "http") }
	for _, c := range []struct{ name, base, want string }{
		{"dial refused", nobody, "1 4 4 4 4"},
		{"no TLS there", overTLS(plainURL), "1 4 4 4 4"},
		{"hangs up in the handshake", overTLS(hangingUpURL), "1 4 4 4 4"},
		{"host unknown", "http://unknown.invalid", "1 4 4 4 4"},
		{"certificate of an unknown authority", untrusted.URL, "1 1 1 1 1"},
	} {
		for i, want := range strings.Fields(c.want) {
			t.Run(c.name+"/"+classes[i].repeat.String(), func(t *testing.T) {
				err := do(t.Context(), newPipeline(t, c.base), call(operation(classes[i].method, classes[i].repeat)))
				require.ErrorIs(t, err, api.ErrUnavailable)
				assert.Equal(t, want, outcome(failure(t, err).Attempts, err))
			})
		}
	}
	t.Run("certificate for another host", func(t *testing.T) {
		base := untrusted.Client().Transport.(*http.Transport).Clone()
		base.TLSClientConfig.ServerName = "elsewhere.invalid"
		defer base.CloseIdleConnections()
		p := newPipeline(t, untrusted.URL, func(c *transport.Config) { c.RoundTripper = base })
		err := do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent)))
		assert.Equal(t, "1", outcome(failure(t, err).Attempts, err))
		var certificate *tls.CertificateVerificationError
		assert.ErrorAs(t, err, &certificate)
	})
}

// TestR7DoubtStays pins that a later attempt does not take back the doubt of an earlier one.
func TestR7DoubtStays(t *testing.T) {
	for _, last := range []func() (*http.Response, error){
		func() (*http.Response, error) { return answer(403, ""), nil },
		func() (*http.Response, error) { return answer(409, ""), nil },
		func() (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: io.EOF} },
	} {
		sends := 0
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			if sends++; sends == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			return last()
		}))
		err := do(t.Context(), p, call(operation(http.MethodPost, api.RetryConflictSafe), api.WithMaxAttemptsPerCall(2)))
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		e := failure(t, err)
		assert.Equal(t, "look at the list of things", e.InDoubt)
		assert.Contains(t, e.Error(), "before you retry: look at the list of things")
		assert.Equal(t, 2, e.Attempts)
	}
}

// TestR7NothingSentIsNoDoubt fails on this side, after an answer that certainly did nothing.
func TestR7NothingSentIsNoDoubt(t *testing.T) {
	sends, keys := 0, 0
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) {
			sends++
			return answer(429, ""), nil
		}),
		func(c *transport.Config) {
			credential := c.Providers[0].Credential
			c.Providers = []transport.Provider{{
				Provider:   testProvider(&url.URL{Scheme: "https", Host: "api.example.com"}),
				Credential: failingAfter(credential, 1, &keys),
			}}
		})
	err := do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent)))
	require.Error(t, err)
	assert.Equal(t, 1, sends)
	assert.NotErrorIs(t, err, api.ErrMaybeApplied)
	assert.ErrorIs(t, err, errVault)
	assert.Equal(t, 1, failure(t, err).Attempts)
}
