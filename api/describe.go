package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// Describe returns a short description of an error that is safe to print: it never contains what a peer sent, a URL or
// a header, since net/http puts those into its errors. Errors of this module are described by their own text.
func Describe(err error) string {
	safe := safeText(err)
	var certificate *tls.CertificateVerificationError
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var dns *net.DNSError
	var op *net.OpError
	var errno syscall.Errno
	var network net.Error
	var ours *Error
	switch {
	case err == nil:
		return ""
	case safe != "":
		return safe
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return "timed out while connecting"
	case errors.Is(err, context.Canceled):
		return "the context was cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "the context's deadline passed or leaves no time"
	case errors.As(err, &ours):
		return ours.Error()
	case errors.As(err, &unknownAuthority):
		return "the TLS certificate is signed by an unknown authority"
	case errors.As(err, &wrongHost):
		return "the TLS certificate is for another host"
	case errors.As(err, &certificate):
		return "the TLS certificate could not be verified"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS"
	case errors.As(err, &alert):
		return "the TLS handshake failed"
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return "the host name was not found"
		}
		return "the host name could not be looked up"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed in the middle of the response"
	case errors.Is(err, io.EOF):
		return "the connection was closed before a response came"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timed out"
	case errors.Is(err, os.ErrNotExist):
		return "no such file"
	case errors.Is(err, os.ErrPermission):
		return "permission denied"
	}
	return "the connection failed"
}

// safeText returns the text of an error that may be printed because it has a method SafeText that says so, "" for others.
func safeText(err error) string {
	var safe interface{ SafeText() string }
	if errors.As(err, &safe) {
		return safe.SafeText()
	}
	return ""
}
