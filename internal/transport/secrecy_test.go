package transport_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestR4NoErrorShowsWhatItMustNot makes every kind of failure with a canary in every value that goes out or comes in,
// and prints the error in every way.
func TestR4NoErrorShowsWhatItMustNot(t *testing.T) {
	header := "X-Request-Id: r CANARY\r\nX-Credits: CANARY\r\nSet-Cookie: CANARY\r\n"
	withBody := func(code int, body string) script {
		return raw(fmt.Sprintf("HTTP/1.1 %d CANARY\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", code, header, len(body), body))
	}
	provider := `{"detail":"CANARY person@example.com","message":"CANARY"}`
	var network *net.OpError
	var closed interface{ Unwrap() error }
	for _, c := range []struct {
		name   string
		server script
		change func(*transport.Config)
		ctx    func(context.Context) (context.Context, context.CancelFunc)
		body   error
		is     error
		as     any
	}{
		{name: "status 400", server: withBody(400, provider), is: api.ErrInvalid},
		{name: "status 401", server: withBody(401, provider), is: api.ErrUnauthorized},
		{name: "status 429", server: raw("HTTP/1.1 429 CANARY\r\nRetry-After: 9999\r\nX-Request-Id: CANARY CANARY\r\n\r\n" + provider), is: api.ErrRateLimited},
		{name: "status 500", server: withBody(500, "<html>CANARY</html>"), is: api.ErrUnavailable},
		{name: "redirect", server: raw("HTTP/1.1 302 CANARY\r\nLocation: https://CANARY.example/?CANARY\r\nContent-Length: 0\r\n\r\n"), is: api.ErrRedirect},
		{name: "bad redirect", server: raw("HTTP/1.1 302 CANARY\r\nLocation: https://[CANARY%zz\r\nContent-Length: 0\r\n\r\n"), is: api.ErrRedirect},
		{name: "HTML", server: withBody(200, "<html>CANARY</html>"), is: api.ErrUnexpectedResponse},
		{name: "wrong type", server: withBody(200, `{"name":{"CANARY":"CANARY"}}`), is: api.ErrUnexpectedResponse},
		{name: "cut JSON", server: withBody(200, `{"name":"CANARY`), is: api.ErrUnexpectedResponse},
		{name: "not HTTP", server: raw("CANARY CANARY CANARY\r\n\r\n"), is: api.ErrUnavailable},
		{name: "bad status line", server: raw("HTTP/1.1 CANARY\r\n\r\n"), is: api.ErrUnavailable},
		{name: "bad header", server: raw("HTTP/1.1 200 OK\r\nCANARY CANARY\r\n\r\n"), is: api.ErrUnavailable},
		{name: "bad length", server: raw("HTTP/1.1 200 OK\r\nContent-Length: CANARY\r\n\r\n"), is: api.ErrUnavailable},
		{name: "bad coding", server: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: CANARY\r\n\r\n"), is: api.ErrUnavailable},
		{name: "bad gzip", server: raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nCANARY"), is: api.ErrUnavailable},
		{name: "closed", server: raw(""), is: io.EOF},
		{name: "dial", change: over(func(*http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: "https://CANARY/?CANARY", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Name: "CANARY", Err: "CANARY"}}}
		}), is: api.ErrUnavailable, as: &network},
		{name: "reset", change: over(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "read", Addr: &net.UnixAddr{Name: "CANARY"}, Err: syscall.ECONNRESET}
		}), is: syscall.ECONNRESET, as: &network},
		{name: "of a transport", change: over(func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("CANARY: %w", io.ErrClosedPipe)
		}), is: io.ErrClosedPipe, as: &closed},
		{name: "deadline", server: raw(""), ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadlineCause(ctx, time.Now().Add(-time.Second), errors.New("CANARY"))
		}, is: context.DeadlineExceeded},
		{name: "cancel", server: raw(""), ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errors.New("CANARY"))
			return ctx, func() {}
		}, is: context.Canceled},
		{name: "credential", change: func(c *transport.Config) {
			c.Providers[0].Credential = func(context.Context) (api.Secret, error) { return api.Secret{}, errVault }
		}, is: errVault},
		{name: "limiter", change: func(c *transport.Config) { c.Providers[0].Custom = &customLimiter{err: errVault} }, is: errVault},
		{name: "body", body: errVault, is: errVault},
		{name: "decoder", server: withBody(200, provider), change: func(c *transport.Config) {
			c.Decode = func([]byte, any) error { return errVault }
		}, is: errVault},
		{name: "not configured", change: func(c *transport.Config) { c.Providers = nil }, is: api.ErrNotConfigured},
	} {
		t.Run(c.name, func(t *testing.T) {
			listener, base := loopback(t)
			if c.server == nil {
				c.server = raw("")
			}
			play(t, listener, c.server)
			var logged bytes.Buffer
			change := []func(*transport.Config){func(config *transport.Config) {
				config.Logger = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
				config.Providers[0].Inspect = func(r *wire.Response) {
					if r.Own = true; r.Err != nil {
						r.Err.Message, r.Err.Code = "CANARY", "CANARY code"
					}
				}
			}}
			if c.change != nil {
				change = append(change, c.change)
			}
			ctx := t.Context()
			if c.ctx != nil {
				var cancel context.CancelFunc
				ctx, cancel = c.ctx(ctx)
				defer cancel()
			}
			sent := transport.Bytes("text/CANARY", []byte("CANARY"))
			if c.body != nil {
				sent.Open = func() (io.ReadCloser, error) { return nil, c.body }
			}
			var into struct {
				Name string `json:"name"`
			}
			err := do(ctx, newPipeline(t, base, change...), transport.Call{
				Op: operation(http.MethodPost, api.RetryUnsent), Path: []string{"CANARY"}, Query: "q=CANARY", Body: sent, Into: &into,
				Options: []api.CallOption{api.WithHeader("X-Mine", "CANARY"), api.WithMaxAttemptsPerCall(2)},
			})
			require.ErrorIs(t, err, c.is)
			if c.as != nil {
				require.ErrorAs(t, err, c.as)
			}
			for _, text := range append(printings(t, err), logged.String()) {
				assert.NotContains(t, strings.ToUpper(text), "CANARY")
				assert.NotContains(t, text, "127.0.0.1")
			}
			assert.Contains(t, err.Error(), "test.Things: coresignal")
		})
	}
}

// printings has an error printed in every way, alone and within other values.
func printings(t *testing.T, err error) []string {
	t.Helper()
	type exported struct{ Err error }
	type hidden struct{ err error }
	e := failure(t, err)
	var all []string
	for _, v := range []any{
		err, e, *e,
		exported{err},
		&exported{err},
		hidden{err},
		&hidden{err},
		[]error{err},
		map[string]error{"e": err},
		fmt.Errorf("wrapped: %w", err), errors.Join(io.EOF, err),
		exported{fmt.Errorf("wrapped: %w", err)},
		[]api.Error{*e},
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%d"} {
			switch v.(type) {
			case hidden, *hidden: // fmt calls no method there, and shows what is behind a pointer for a verb that does not fit one
				if !strings.HasSuffix(format, "v") {
					continue
				}
			}
			all = append(all, fmt.Sprintf(format, v))
		}
		var buffer bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&buffer, nil), slog.NewJSONHandler(&buffer, nil)} {
			slog.New(handler).With("with", v).WithGroup("group").Error("failed", "err", v, slog.Group("inner", "err", v))
		}
		if encoded, err := json.Marshal(v); err == nil {
			all = append(all, string(encoded))
		}
		all = append(all, buffer.String())
	}
	return all
}

// TestR70WhatAPeerSaysIsPrintable: a gateway sends back the key, or a secret of the request's body, in any disguise, or what
// a terminal would obey, in each place from which an id, a code or a message is taken. None of it is in what is printed or
// meant to be.
func TestR70WhatAPeerSaysIsPrintable(t *testing.T) {
	const first, second = "CANARYFIRST0123456789", "CANARYSECOND987654321"
	plain, anonymous := call(operation(http.MethodGet, api.RetryIdempotent)), operation(http.MethodGet, api.RetryIdempotent)
	anonymous.Anonymous = true
	inBody := func(op *wire.Op) transport.Call {
		c := call(op)
		c.Secrets = []api.Secret{secret(t, first), secret(t, second)}
		return c
	}
	for which, c := range map[string]struct {
		transport.Call
		secret string
	}{
		"the key": {plain, key}, "the key besides others": {inBody(plain.Op), key},
		"the first": {inBody(anonymous), first}, "the second": {inBody(anonymous), second}, "a secret besides the key": {inBody(plain.Op), second},
	} {
		for disguise, said := range disguises(c.secret) {
			printable(t, which+", "+disguise, said, c.Call)
		}
	}
}

func secret(t *testing.T, text string) api.Secret {
	t.Helper()
	s, err := api.NewSecret(text)
	require.NoError(t, err)
	return s
}

func disguises(secret string) map[string]string {
	return map[string]string{
		"whole": secret, "within": "trace-" + secret + "-1", "a part": secret[3:16], "in small letters": strings.ToLower(secret),
		"escaped": url.QueryEscape(url.QueryEscape(strings.ReplaceAll(secret, "A", "%41"))),
		"base64":  base64.StdEncoding.EncodeToString([]byte("a " + secret)), "hexadecimal": hex.EncodeToString([]byte(secret)),
		"C1": "a\u009b2Jb", "ESC": "a\x1b[2Jb", "bidirectional": "a\u202eb", "no UTF-8": "a\xffb", "tab": "a\tlevel=ERROR", "line break": "a\nlevel=ERROR", "long": strings.Repeat("a", 300),
	}
}

// printable makes a call to which a gateway responds with what it should not have said.
func printable(t *testing.T, name, said string, c transport.Call) {
	t.Helper()
	var logged bytes.Buffer
	var told []string
	p := newPipeline(t, "http://api.example.com", over(func(*http.Request) (*http.Response, error) {
		return answer(400, said, "X-Request-Id", said, "X-Correlation-Id", said), nil
	}), func(c *transport.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Observers = []api.Observer{{
			Attempt: func(_ context.Context, a api.Attempt) { told = append(told, a.RequestID) },
			End: func(_ context.Context, e api.End) {
				told = append(told, failure(t, e.Err).RequestID, failure(t, e.Err).Code)
			},
		}}
		c.Providers[0].Inspect = func(r *wire.Response) {
			r.Err.Code, r.Err.Message, r.Own = string(r.Body), string(r.Body), true
			if r.Err.RequestID == "" {
				r.Err.RequestID = string(r.Body)
			}
		}
	})
	var meta api.Meta
	c.Options = append(c.Options, api.WithMeta(&meta))
	err := do(t.Context(), p, c)
	e := failure(t, err)
	for _, id := range append(told, e.RequestID, e.Code, meta.RequestID) {
		assert.Empty(t, id, name)
	}
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(said) < 300 {
		assert.NotContains(t, e.Message, said[1:], name)
	}
	assert.False(t, strings.ContainsFunc(e.Message, odd), "%s: %q", name, e.Message)
	for _, text := range append(printings(t, err), logged.String()) {
		assert.NotContains(t, text, said, name)
	}
}

// TestR70OrdinaryIdsAreKept, and the second header field is taken when the first may not be.
func TestR70OrdinaryIdsAreKept(t *testing.T) {
	p := newPipeline(t, "http://api.example.com", over(func(*http.Request) (*http.Response, error) {
		return answer(200, "{}", "X-Request-Id", key, "X-Correlation-Id", "01890a5d-ac96-774b-bcce-b302099a8057"), nil
	}))
	var meta api.Meta
	require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent), api.WithMeta(&meta))))
	assert.Equal(t, "01890a5d-ac96-774b-bcce-b302099a8057", meta.RequestID)
	assert.Equal(t, key, meta.Header.Get("X-Request-Id"), "the header is as it came")
}

// TestR4TLSErrors has certificates whose names hold a canary.
func TestR4TLSErrors(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	defer server.Close()
	base := server.Client().Transport.(*http.Transport).Clone()
	base.TLSClientConfig.ServerName = "canary.example"
	defer base.CloseIdleConnections()
	for name, want := range map[string]string{"other host": "the TLS certificate is for another host", "unknown authority": "the TLS certificate is signed by an unknown authority"} {
		p := newPipeline(t, server.URL, func(c *transport.Config) {
			if name == "other host" {
				c.RoundTripper = base
			}
		})
		err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
		assert.Equal(t, "test.Things: coresignal: provider unavailable: "+want, err.Error())
		for _, text := range printings(t, err) {
			assert.NotContains(t, strings.ToLower(text), "canary")
		}
	}
}
