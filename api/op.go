package api

// Op is what observers see of an endpoint.
type Op struct {
	// Name is the Go call without "client.", such as "Employees.Base.Collect".
	Name string
	// Provider is who was asked.
	Provider Provider
	// Method is the HTTP method.
	Method string
	// Route is the path template, not the path: ids are never in it.
	Route string
	// Class is the provider's rate limit class that the call counts against, "" for calls that only the limits of all calls hold.
	Class string
}

// Retry is the rule by which a call that failed may be retried.
type Retry int

const (
	// RetryNever sends once, whatever happens.
	RetryNever Retry = iota
	// RetryIdempotent retries on network errors, 429 and 5xx except 501: for free reads, PUT and DELETE.
	RetryIdempotent
	// RetryPaidRead retries only after a response that was received (429, 5xx except 501), never after a lost one,
	// since a lost response may have been charged.
	RetryPaidRead
	// RetryUnsent retries only what provably was not processed: a failed dial or TLS handshake, 429, and 503 with
	// Retry-After. It is for calls that spend or create.
	RetryUnsent
	// RetryConflictSafe retries like RetryIdempotent: the provider responds to a retried create with 409, which the caller resolves.
	RetryConflictSafe
)

// String returns the rule's name as docs/endpoints.md prints it.
func (r Retry) String() string {
	switch r {
	case RetryNever:
		return "never"
	case RetryIdempotent:
		return "idempotent"
	case RetryPaidRead:
		return "paid read"
	case RetryUnsent:
		return "unsent"
	case RetryConflictSafe:
		return "conflict-safe"
	}
	return "unknown"
}
