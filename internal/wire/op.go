// Package wire is what the services of this module say to the one pipeline, and how they build errors: the inner side of
// package api, which holds what users write and read.
package wire

import (
	"net/http"
	"strconv"

	"github.com/pronet-go/pronet/api"
)

// Op describes one endpoint. Each is a literal row in the ops.go of its service; docs/endpoints.md is generated from all
// of them.
type Op struct {
	// Name is the Go call without "client.", such as "Employees.Base.Collect". It identifies the operation in errors,
	// logs and metrics.
	Name string
	// Provider says whose origins, credential and limits are used.
	Provider api.Provider
	// Method is the HTTP method.
	Method string
	// Route is the path template below the origin, such as "/v2/jobs/{job}".
	// It is what errors and logs show: the filled-in path never appears there.
	Route string
	// Origin names one of the provider's origins; "" is its first.
	Origin string
	// Anonymous calls carry no credential.
	Anonymous bool
	// Class names the provider's rate limit class that the call counts against, in addition to the limits of all calls.
	Class string
	// Retry says when the call may be retried.
	Retry api.Retry
	// Certainty says whether the provider documents the endpoint, others report a part of it, or we assume it.
	Certainty Certainty
	// Note says in a few words what is assumed, or what a caller should know.
	Note string
	// Cost says in words what a call spends, such as "10 credits"; empty when it is free.
	Cost string
	// Price is what a call that succeeds spends, in credits, where it is the same for each; 0 for one that is free, or whose
	// Cost depends on what comes of it.
	Price int64
	// InDoubt tells what to look at when a response was lost and the call may have been applied.
	InDoubt string
	// Source is the provider's page or document that describes the endpoint.
	Source string
}

// Public is what observers see of the operation.
func (o *Op) Public() api.Op {
	return api.Op{Name: o.Name, Provider: o.Provider, Method: o.Method, Route: o.Route, Class: o.Class}
}

// Credits is what a call spent by the price list: 0 when it is free, or was not applied, -1 when that cannot be told.
func (o *Op) Credits(applied bool) int64 {
	switch {
	case o.Cost == "" || !applied:
		return 0
	case o.Price == 0:
		return -1
	}
	return o.Price
}

// Certainty says how well an endpoint is known.
type Certainty int

const (
	// Documented means that the provider's documentation describes the endpoint and the shape that is sent.
	Documented Certainty = iota
	// Assumed means that no source states a part of it; the Op's Note says which.
	Assumed
	// Reported means that others than the provider state a part of it; the Op's Note says which.
	Reported
)

// String returns "documented", "assumed" or "reported".
func (c Certainty) String() string {
	switch c {
	case Assumed:
		return "assumed"
	case Reported:
		return "reported"
	}
	return "documented"
}

// Credits writes a price in words.
func Credits(n int64) string {
	if n == 1 {
		return "1 credit"
	}
	return strconv.FormatInt(n, 10) + " credits"
}

// The methods, short enough for a table of Ops.
const (
	Get    = http.MethodGet
	Post   = http.MethodPost
	Put    = http.MethodPut
	Patch  = http.MethodPatch
	Delete = http.MethodDelete
)
