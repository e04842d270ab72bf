package wire

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/pronet-go/pronet/api"
)

// Provider is what is particular to one provider, as data and hooks, so that no provider's fact stands in shared code.
// Every hook may be nil. Hooks must be quick, keep nothing of what they are given, and are called on several goroutines.
type Provider struct {
	// Name is which provider it is.
	Name api.Provider
	// Title stands above the provider's endpoints in docs/endpoints.md.
	Title string
	// Prefixes are what every route of its API begins with, one of them.
	Prefixes []string
	// Origins are where its calls go; an Op without an Origin goes to the first.
	Origins []Origin
	// KeyHeader is the header field that carries the credential, after KeyPrefix.
	KeyHeader, KeyPrefix string
	// Reserved are the header fields that a caller may not set, besides those that no caller may set.
	Reserved []string
	// RequestIDs are the response's header fields that may hold the id by which the provider's support finds a call, in
	// order of preference.
	RequestIDs []string
	// CreditsHeader is the response's header field that states the credits which the account has left; "" when there is none.
	CreditsHeader string
	// Escape writes one value of a path template; url.PathEscape unless set.
	Escape func(value string) string
	// Shape changes the request of an Op before its first attempt: headers, or another form of the same call, such as a
	// long query sent as the body of a POST. The retry rule stays the Op's.
	Shape func(*Request) error
	// Inspect looks at a response whose body is held in memory: it fills in code, message and kinds of its error, or finds
	// one in a response that looks good.
	Inspect func(*Response)
	// Stale tells, without any input or output, that the provider will refuse a key. It is asked when a call has waited for
	// the rate limit; never, unless set.
	Stale func(api.Secret) bool
	// Lives tells of a stale key that the provider still accepts it, so that calls do not wait long for its renewal; of none,
	// unless set.
	Lives func(api.Secret) bool
	// Expired tells that the provider refused a call because its key has expired; never, unless set.
	Expired func(*api.Error) bool
	// Renew makes the credential supply another key than the one used. It is called once however many calls wait for it,
	// and never while one of them holds a place under the rate limit. Without it, Expired leads to the credential being
	// asked again. It is called for a key that there is not yet, too: then the one used is the zero Secret.
	Renew func(ctx context.Context, used api.Secret) error
	// Renewals is how often one call may have its key renewed after Expired; once unless set. A Renew that keeps the key
	// makes the call be retried with the same.
	Renewals int
}

// Origin is a scheme, host and path prefix below which a provider has endpoints.
type Origin struct {
	// Name is what an Op calls it; "" is usual for the only one.
	Name string
	// URL is scheme, host and path prefix.
	URL *url.URL
}

// Request is a request that Shape may change.
type Request struct {
	// Op is the endpoint.
	Op *Op
	// Method is the HTTP method on the wire.
	Method string
	// URL is the whole address; its origin must stay.
	URL *url.URL
	// Header holds the fields but for the credential.
	Header http.Header
	// Body is nil when there is none.
	Body *Body
}

// Response is a response that Inspect looks at.
type Response struct {
	// Op is the endpoint.
	Op *Op
	// Status is the HTTP status.
	Status int
	// Header is the response's header.
	Header http.Header
	// Body is the body, of an error at most 64 KiB of it. It is valid during the call only.
	Body []byte
	// Own is set by Inspect when the body has the form in which the provider itself says what the status says. Without it
	// the status of an error stands for no sentinel that speaks of what was asked for, see [Disown].
	Own bool
	// Err is the error to be filled in, nil of a response that looks good: set it (with NewStatusError) if it is not.
	Err *api.Error
}

// Body is a request body that can be read more than once.
type Body struct {
	// ContentType is the media type.
	ContentType string
	// Length is the number of bytes.
	Length int64
	// Open returns the body from its start.
	Open func() (io.ReadCloser, error)
}

// CoresignalSettings are what the client decides for all calls of Coresignal's services.
type CoresignalSettings struct {
	// AllowLoopback lets webhook URLs be on this machine, for a sandbox.
	AllowLoopback bool
	// UploadField is the form field of an ID file; empty means [DefaultUploadField].
	UploadField string
	// IDsForm is how a list of IDs is sent to bulk jobs: a bulkcollect.IDsForm.
	IDsForm int
}

// DefaultUploadField is the form field of an ID file, as third parties have it (assumed).
const DefaultUploadField = "ids_file"

// Field is the form field of an ID file.
func (s CoresignalSettings) Field() string {
	if s.UploadField == "" {
		return DefaultUploadField
	}
	return s.UploadField
}
