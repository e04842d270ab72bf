package webhook

import (
	"errors"
	"fmt"
	"net/http"
)

// What a [Verifier] answers to a request that it does not accept.
var (
	// ErrUnverified says that a request does not prove where it comes from.
	// The handler answers 401.
	ErrUnverified = errors.New("webhook: request not verified")
	// ErrTooOld is an [ErrUnverified] whose timestamp lies further in the past
	// than the tolerance.
	ErrTooOld = fmt.Errorf("%w: timestamp too old", ErrUnverified)
	// ErrTooNew is an [ErrUnverified] whose timestamp lies further in the
	// future than the tolerance. A timestamp in milliseconds is too new as well.
	ErrTooNew = fmt.Errorf("%w: timestamp too new", ErrUnverified)
	// ErrUnknownEndpoint says that nothing is received at the request's path.
	// The handler answers 404, the same as for any path that does not exist.
	ErrUnknownEndpoint = errors.New("webhook: unknown endpoint")
)

// Verifier decides whether a request comes from the sender it stands for. The
// handler calls Admit first and Verify after the body has been read. An error
// that is [ErrUnknownEndpoint] is answered with 404 and any other with 401,
// without a reason. A verifier must be safe for concurrent use, must not read
// the request's body and must not put secrets into errors.
type Verifier interface {
	// Admit looks at everything but the body, so that a request that cannot
	// be genuine costs no memory.
	Admit(r *http.Request) error
	// Verify checks the request with its raw body and returns the label of
	// the subscription. It must not keep or change body. It does not rely on
	// an earlier Admit.
	Verify(r *http.Request, body []byte) (label string, err error)
}

// Challenger is a [Verifier] whose sender tests the callback with a GET
// request before it delivers to it.
type Challenger interface {
	Verifier
	// Challenge answers a GET request. It returns false, and writes nothing,
	// if the request is no challenge; the handler then answers 405. It is
	// called before any store or sink is touched.
	Challenge(w http.ResponseWriter, r *http.Request) bool
}
