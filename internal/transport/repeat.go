package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	firstBackoff   = 500 * time.Millisecond
	limitedBackoff = time.Second // after a 429 without Retry-After
	maxBackoff     = 20 * time.Second
	// plainHeaderBytes is less than net/http's write buffer: a smaller header leaves in one piece with WroteHeaders.
	plainHeaderBytes = 3 << 10
)

// repeats decides whether the failed call is sent again, sets how long to wait before, and takes the repeat out of the quota.
func (x *exchange) repeats() bool {
	e := x.failure
	limited := e.Status == http.StatusTooManyRequests
	again := x.mayRepeat()
	if limited || again {
		x.wait = max(e.RetryAfter, x.backoff(limited))
	}
	if limited {
		x.provider.pause(min(x.wait, x.pipeline.config.MaxWait))
	}
	if !again || x.sent >= x.maxAttempts() || e.RetryAfter > x.pipeline.config.MaxWait {
		return false
	}
	if deadline, ok := x.Context.Deadline(); ok && time.Now().Add(x.wait).After(deadline) {
		e.Cause = wire.Plain("the context's deadline leaves no time to send it again", errors.Join(e.Cause, context.DeadlineExceeded))
		return false
	}
	if !x.pipeline.shared.quota.take() {
		e.Cause = wire.Plain("the client's retry quota is used up", e.Cause)
		return false
	}
	return true
}

func (x *exchange) maxAttempts() int {
	if x.settings.MaxAttempts > 0 {
		return x.settings.MaxAttempts
	}
	return x.pipeline.config.MaxAttempts
}

// mayRepeat applies the operation's repeat class to the failure.
func (x *exchange) mayRepeat() bool {
	e := x.failure
	if x.final || x.Context.Err() != nil || errors.Is(e, api.ErrTooLarge) || neverClears(e.Cause) {
		return false
	}
	answered := e.Status >= 300
	busy := answered && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout ||
		e.Status >= 500 && e.Status != http.StatusNotImplemented)
	switch x.call.Op.Retry {
	case api.RetryIdempotent, api.RetryConflictSafe:
		return !answered || busy
	case api.RetryPaidRead:
		return busy || x.notSent
	case api.RetryUnsent:
		return e.Status == http.StatusTooManyRequests ||
			e.Status == http.StatusServiceUnavailable && e.RetryAfter > 0 ||
			x.notSent
	}
	return false
}

// neverClears reports whether an error will be the same next time.
func neverClears(err error) bool {
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &certificate) || errors.As(err, &authority) || errors.As(err, &host)
}

// unsent reports whether this attempt provably did not reach the provider: no connection was made, or the header was
// never written to it.
func (a *attempt) unsent(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return false
	case errors.As(err, &op) && op.Op == "dial", errors.As(err, &dns), errors.As(err, &certificate), errors.As(err, &record),
		errors.Is(err, http.ErrSchemeMismatch):
		return true
	case !a.exchange.pipeline.shared.traces:
		return false
	case a.connected.Load() == 0:
		return true
	}
	return a.headed.Load() == 0 && a.exchange.headerBytes() < plainHeaderBytes
}

// headerBytes estimates the request's header, generously.
func (x *exchange) headerBytes() int {
	size := 512 + len(x.url.Path)*3 + len(x.url.RawQuery) + len(x.url.Host) + len(x.pipeline.userAgent[0]) + len(x.current.auth[0])
	for name, values := range x.settings.Header {
		for _, value := range values {
			size += len(name) + len(value) + 4
		}
	}
	return size
}

// prepareRepeat is retryablehttp's PrepareRetry: it waits.
func prepareRepeat(request *http.Request) error {
	x := exchangeOf(request.Context())
	x.observeWait(api.WaitRetry, x.wait)
	timer := time.NewTimer(x.wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.Context.Done():
		x.failure.Cause = errors.Join(x.ended(), x.failure.Cause)
		return x.failure
	}
	request.Header = request.Header.Clone() // the last attempt may still be writing its own
	return nil
}

// backoff is full jitter over a doubling, capped time.
func (x *exchange) backoff(limited bool) time.Duration {
	ceiling := firstBackoff
	if limited {
		ceiling = limitedBackoff
	}
	for range min(x.sent-1, 10) {
		ceiling *= 2
	}
	return time.Duration(x.pipeline.config.Random() * float64(min(ceiling, maxBackoff)))
}

func random() float64 { return rand.Float64() }
