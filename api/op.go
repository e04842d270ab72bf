package api

// Op describes one endpoint, declared once. Observers receive it with every call, and docs/endpoints.md is generated from all of them.
type Op struct {
	// Name identifies the operation in errors, logs and metrics, such as "employee.Base.Collect".
	Name string
	// Provider says whose base URL, credential and limits are used.
	Provider Provider
	// Method is the HTTP method.
	Method string
	// Route is the path template below the base URL, such as "/cdapi/v2/employee_base/collect/{employee}".
	// It is what errors and logs show: the filled-in path never appears there.
	Route string
	// LimitClass names the provider's rate limit class that the call counts against, in addition to the limits of all calls.
	LimitClass string
	// Repeat says when the call may be sent again.
	Repeat Repeat
	// Certainty says whether the provider documents the endpoint, or we assume a part of it.
	Certainty Certainty
	// Note says in a few words what is assumed, or what a caller should know.
	Note string
	// Call is the Go call that uses it, such as "client.Employees.Base.Collect".
	Call string
	// Cost says in words what a call spends, such as "10 credits"; empty when it is free.
	Cost string
	// InDoubt tells what to look at when an answer was lost and the call may have been applied.
	InDoubt string
	// Source is the provider's page or document that describes the endpoint.
	Source string
}

// Repeat is the rule by which a call that failed may be sent again.
type Repeat int

const (
	// RepeatNever sends once, whatever happens.
	RepeatNever Repeat = iota
	// RepeatIdempotent repeats on network errors, 429 and 5xx except 501: for free reads, PUT and DELETE.
	RepeatIdempotent
	// RepeatPaidRead repeats only after an answer that was received (429, 5xx except 501), never after a lost one,
	// since a lost answer may have been charged.
	RepeatPaidRead
	// RepeatUnsent repeats only what provably was not processed: a failed dial or TLS handshake, 429, and 503 with
	// Retry-After. It is for calls that spend or create.
	RepeatUnsent
	// RepeatConflictSafe repeats like RepeatIdempotent: the provider answers a repeated create with 409, which the caller resolves.
	RepeatConflictSafe
)

// String returns the rule's name as docs/endpoints.md prints it.
func (r Repeat) String() string {
	switch r {
	case RepeatNever:
		return "never"
	case RepeatIdempotent:
		return "idempotent"
	case RepeatPaidRead:
		return "paid read"
	case RepeatUnsent:
		return "unsent"
	case RepeatConflictSafe:
		return "conflict-safe"
	}
	return "unknown"
}

// Certainty says how well an endpoint is known.
type Certainty int

const (
	// Documented means that the provider's documentation describes the endpoint and the shape that is sent.
	Documented Certainty = iota
	// Assumed means that no source states a part of it; the Op's Note says which.
	Assumed
)

// String returns "documented" or "assumed".
func (c Certainty) String() string {
	if c == Assumed {
		return "assumed"
	}
	return "documented"
}
