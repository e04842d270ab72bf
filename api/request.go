package api

import (
	"net/http"
	"net/url"
)

// Request is a call to an endpoint that no service wraps yet, for Client.Do. It goes through the same pipeline: limits,
// credential, retries, bounds and errors are those of every other call.
type Request struct {
	// Provider says whose origins, credential and limits are used.
	Provider Provider
	// Origin names one of the provider's origins; "" is its API.
	Origin string
	// Method is the HTTP method.
	Method string
	// Route is the path template below the origin, beginning with a slash, such as "/cdapi/v2/company_base/collect/{company}".
	// It is what errors and logs show.
	Route string
	// PathValues fill the {placeholders} of Route in order. Each becomes exactly one path segment, escaped; "", "." and ".." are refused.
	PathValues []string
	// EncodedPath is a path that is already escaped, sent instead of Route and PathValues.
	EncodedPath string
	// Query is the query string's values.
	Query url.Values
	// RawQuery is a query string that is already encoded, sent instead of Query.
	RawQuery string
	// Header is sent with the request. Fields that the client owns are refused, as by WithHeader.
	Header http.Header
	// Body is encoded as JSON; nil sends no body.
	Body any
	// Retry says when the call may be retried; the zero value is never.
	Retry Retry
	// Class names the provider's rate limit class; empty counts against the limits of all calls only.
	Class string
	// Name identifies the call in errors, logs and metrics; empty means "Do".
	Name string
}
