package api_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

type timeout struct{}

func (timeout) Error() string   { return "CANARY" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return false }

func TestDescribe(t *testing.T) {
	dial := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://CANARY/?CANARY", Err: &net.OpError{Op: "dial", Net: "tcp", Addr: &net.UnixAddr{Name: "CANARY"}, Err: err}}
	}
	wrapped := func(err error) error { return fmt.Errorf("CANARY: %w", err) }
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("CANARY"), "the connection failed"},
		{wrapped(errors.New("CANARY")), "the connection failed"},
		{wrapped(context.Canceled), "the context was cancelled"},
		{wrapped(context.DeadlineExceeded), "the context's deadline passed or leaves no time"},
		{errors.Join(io.EOF, context.Canceled), "the context was cancelled"},
		{dial(syscall.ECONNREFUSED), "connection refused"},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "no route to host"},
		{dial(timeout{}), "timed out while connecting"},
		{dial(&net.DNSError{Name: "CANARY", Err: "CANARY", IsNotFound: true}), "the host name was not found"},
		{dial(&net.DNSError{Name: "CANARY", Err: "CANARY"}), "the host name could not be looked up"},
		{dial(&net.DNSError{Name: "CANARY", Err: "CANARY", IsTimeout: true}), "timed out while connecting"},
		{wrapped(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), "connection reset by peer"},
		{wrapped(&net.OpError{Op: "write", Err: syscall.EPIPE}), "broken pipe"},
		{wrapped(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}), "timed out"},
		{wrapped(os.ErrDeadlineExceeded), "timed out"},
		{wrapped(timeout{}), "timed out"},
		{wrapped(io.ErrUnexpectedEOF), "the connection was closed in the middle of the response"},
		{wrapped(io.EOF), "the connection was closed before a response came"},
		{wrapped(x509.UnknownAuthorityError{}), "the TLS certificate is signed by an unknown authority"},
		{wrapped(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), "the TLS certificate is signed by an unknown authority"},
		{wrapped(x509.HostnameError{Host: "CANARY", Certificate: &x509.Certificate{}}), "the TLS certificate is for another host"},
		{wrapped(&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Detail: "CANARY"}}), "the TLS certificate could not be verified"},
		{wrapped(tls.RecordHeaderError{Msg: "CANARY"}), "the server does not speak TLS"},
		{wrapped(tls.AlertError(40)), "the TLS handshake failed"},
		{wrapped(&fs.PathError{Op: "open", Path: "/home/CANARY", Err: fs.ErrNotExist}), "no such file"},
		{wrapped(&fs.PathError{Op: "open", Path: "/home/CANARY", Err: fs.ErrPermission}), "permission denied"},
		{wrapped(&fs.PathError{Op: "open", Path: "/home/CANARY", Err: syscall.ENOSPC}), "no space left on device"},
		{wrapped(wire.Plain("the list is empty", errors.New("CANARY"))), "the list is empty"},
		{errors.Join(context.Canceled, wire.Plain("the list is empty", nil)), "the list is empty"},
		{wrapped(wire.NewStatusError(collect, 404)), "employee.Base.Collect: coresignal responded with 404, not found"},
	} {
		assert.Equal(t, c.want, api.Describe(c.err), "%v", c.err)
	}
}

// TestDescribeOfRealErrors has errors as net/http makes them, whose own texts hold URLs and addresses.
func TestDescribeOfRealErrors(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(ctx context.Context, address string) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/?key=CANARY", nil)
		require.NoError(t, err)
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		require.Error(t, err)
		assert.Contains(t, err.Error(), "CANARY", "that is what Describe is for")
		return err
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	assert.Equal(t, "the context's deadline passed or leaves no time", api.Describe(get(short, server.URL)))
	assert.Equal(t, "the server does not speak TLS", api.Describe(get(t.Context(), "https"+strings.TrimPrefix(server.URL, "http"))))
	assert.Equal(t, "connection refused", api.Describe(get(t.Context(), "http://127.0.0.1:1")))
	client.Timeout = 20 * time.Millisecond
	assert.NotContains(t, api.Describe(get(t.Context(), server.URL)), "CANARY")
}
