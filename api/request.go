package api

import "net/url"

// Request is a call to an endpoint that no service wraps yet, for Client.Do. It goes through the same pipeline: limits,
// credential, repeats, bounds and errors are those of every other call.
type Request struct {
	// Provider says whose base URL, credential and limits are used.
	Provider Provider
	// Method is the HTTP method.
	Method string
	// Route is the path template below the base URL, beginning with a slash, such as "/cdapi/v2/company_base/collect/{company}".
	Route string
	// PathValues fill the {placeholders} of Route in order. Each becomes exactly one path segment, escaped; "", "." and ".." are refused.
	PathValues []string
	// Query is the query string's values.
	Query url.Values
	// Body is encoded as JSON; nil sends no body.
	Body any
	// Repeat says when the call may be sent again; the zero value is never.
	Retry Retry
	// Class names the provider's limit class; empty counts against the limits of all calls only.
	Class string
	// Name identifies the call in errors, logs and metrics; empty means "client.Do".
	Name string
}
