package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"reflect"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// verdict is what follows from an outcome.
type verdict struct {
	retry   bool // the operation's retry rule allows a further attempt
	limited bool // the provider refused for its rate limit: hold back the class
	doubt   bool // the attempt may have spent or created something
	expired bool // the credential must be renewed first
}

// judge applies the operation's retry rule to the outcome of an attempt. It looks at nothing else.
func judge(p *plan, o *outcome) verdict {
	e := o.failure
	if e == nil || o.pending {
		return verdict{}
	}
	expired := o.sent && !p.op.Anonymous && p.provider.Expired != nil && p.provider.Expired(e)
	return verdict{
		retry:   expired && p.op.Retry != api.RetryNever || !expired && !o.final && !errors.Is(e, api.ErrTooLarge) && !neverClears(e.Cause) && permits(p.op.Retry, o),
		limited: e.Status == http.StatusTooManyRequests,
		doubt:   o.sent && !expired && inDoubt(p.op.Retry, o),
		expired: expired,
	}
}

// permits applies a retry rule.
func permits(rule api.Retry, o *outcome) bool {
	status := o.failure.Status
	responded := status >= 300 || o.inside
	busy := status == http.StatusTooManyRequests || status == http.StatusRequestTimeout ||
		status >= 500 && status != http.StatusNotImplemented
	switch rule {
	case api.RetryIdempotent, api.RetryConflictSafe:
		return !responded || busy
	case api.RetryPaidRead:
		return busy || o.unsent
	case api.RetryUnsent:
		return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && o.failure.RetryAfter > 0 || o.unsent
	}
	return false
}

// inDoubt reports whether the attempt may have spent or created something.
func inDoubt(rule api.Retry, o *outcome) bool {
	status := o.failure.Status
	switch {
	case rule == api.RetryIdempotent:
		return false
	case status == 0: // no response
		return !o.unsent
	case status < 300: // a response that could not be read or understood
		return !o.inside
	case rule == api.RetryPaidRead: // an error that arrived: taken as not charged (assumed)
		return false
	}
	return status == http.StatusRequestTimeout || status >= 500 && status != http.StatusNotImplemented &&
		(status != http.StatusServiceUnavailable || o.failure.RetryAfter == 0)
}

// neverClears reports whether an error will be the same next time.
func neverClears(err error) bool {
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &certificate) || errors.As(err, &authority) || errors.As(err, &host)
}

// plainHeaderBytes is less than net/http's write buffer: a smaller header leaves in one piece with WroteHeaders.
const plainHeaderBytes = 3 << 10

// unsent reports whether the provider provably did not process this attempt: no connection was made, the header was never
// written to it, or the provider or net/http says so.
func (a *attempt) unsent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return false
	case errors.As(err, &op) && op.Op == "dial", errors.As(err, &dns), errors.As(err, &certificate), errors.As(err, &record),
		errors.Is(err, http.ErrSchemeMismatch), a.refused.Load(), notProcessed(err):
		return true
	case !a.pipeline.shared.traces || !a.asked.Load(): // the hooks say nothing
		return false
	case a.connected.Load() == 0:
		return true
	case a.pipeline.shared.multiplexes(a.conn): // whose header may be on its way before the hook is called
		return false
	}
	return a.headed.Load() == 0 && a.plan.headerBytes() < plainHeaderBytes
}

// streamError is net/http's error of an HTTP/2 stream, to which its own converts itself.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream error" }

const refusedStream = 0x7 // RFC 9113, section 7

// notProcessed reports the errors by which net/http says that a request was not processed: a stream that the provider
// refused (RFC 9113, section 8.7), one above the last of its GOAWAY, a connection whose end was seen before the request
// was handed to it, or of which nothing was written. Net/http exports none of them, so most are known by their text or type.
func notProcessed(err error) bool {
	if stream, ok := errors.AsType[streamError](err); ok {
		return stream.Code == refusedStream
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if kind := reflect.TypeOf(err); kind.PkgPath() == "net/http" && kind.Name() == "nothingWrittenError" {
			return true
		}
		text := strings.TrimPrefix(err.Error(), "http2: Transport: cannot retry err [") // which is said of a body that it cannot have again
		switch {
		case text == "http: server closed idle connection",
			strings.HasPrefix(text, "http2: Transport received Server's graceful shutdown GOAWAY"),
			strings.HasPrefix(text, "http2: Transport received GOAWAY from server ErrCode:"):
			return true
		case strings.HasPrefix(text, "stream error: stream ID "):
			_, rest, _ := strings.Cut(text, "; ")
			return strings.HasPrefix(rest, "REFUSED_STREAM")
		}
	}
	return false
}
