package sandbox

import (
	"net/http"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// Drop is a moment at which a connection breaks.
type Drop int

// The moments at which a fault can break the connection.
const (
	NoDrop        Drop = iota
	DropBeforeAct      // before the request has any effect, without a response
	DropAfterAct       // after its effect, without a response
	DropMidBody        // after its effect, the headers and half of the body
)

// Fault is something that goes wrong with requests. Origin, Method and Path say with which, After and Times how often,
// and the rest how. A fault with nothing but a Delay lets the request pass after it.
//
// A fault with a Status, Body, HTML or Redirect responds instead of the provider: the request has no effect. It does so
// before credentials and rates are looked at. Fault{Body: "{}"} is a response of status 200 that says nothing, and
// Fault{Status: 404, Body: ...} or Fault{Status: 404, HTML: true} a 404 in a form that is not the provider's.
type Fault struct {
	// Origin limits the fault to an origin, such as "coresignal/api"; empty is any.
	Origin string
	// Method limits the fault to a verb; empty is any.
	Method string
	// Path limits the fault to a path such as "/v2/jobs/*/files": escaped, without the path prefix, with "*" for any
	// one segment. Empty is any.
	Path string
	// After lets so many matching requests pass first.
	After int
	// Times is how many requests the fault is for; 0 is all until ClearFaults.
	Times int

	// Delay is waited before anything else. It ends early when the request's context does, and then the connection is
	// dropped.
	Delay time.Duration
	// Status is the status of the response. 0 is 502 with HTML, 302 with Redirect, 200 with a Body alone, and no response
	// of the fault's own otherwise.
	Status int
	// Header is added to the response, also to the provider's own.
	Header http.Header
	// Body is the response's body; empty is the provider's error body with the status's text.
	Body string
	// RetryAfter is the response's header of that name, whatever it says.
	RetryAfter string
	// HTML responds with a page of HTML, as gateways do.
	HTML bool
	// Redirect responds with this Location.
	Redirect string
	// Drop breaks the connection.
	Drop Drop
	// TruncateGzip cuts the provider's gzip body in half, in a response that is otherwise whole: Content-Length agrees
	// with what is sent.
	TruncateGzip bool
}

// Delivery is one POST to a callback URL, as the sandbox saw it.
type Delivery struct {
	// Kind is why it was made, in the provider's words: its package has the constants.
	Kind string
	// About is the ID of what it is about, if that has one.
	About string
	// Header is the header of the request.
	Header http.Header
	// Body is the body of the request.
	Body []byte
	// StatusCode is of the receiver's response, 0 without one.
	StatusCode int
	// Err is why there was no response; without the callback URL.
	Err error
	// At is when it ended, by the sandbox's clock.
	At time.Time
	// Attempt is 1, or 2 for the second of DeliverTwice; 0 when dropped.
	Attempt int
}

func (f Fault) inner() shell.Fault {
	return shell.Fault{
		Origin:       f.Origin,
		Method:       f.Method,
		Path:         f.Path,
		After:        f.After,
		Times:        f.Times,
		Delay:        f.Delay,
		Status:       f.Status,
		Header:       f.Header,
		Body:         f.Body,
		RetryAfter:   f.RetryAfter,
		HTML:         f.HTML,
		Redirect:     f.Redirect,
		Drop:         shell.Drop(f.Drop),
		TruncateGzip: f.TruncateGzip,
	}
}

func faultOf(f shell.Fault) Fault {
	return Fault{
		Origin:       f.Origin,
		Method:       f.Method,
		Path:         f.Path,
		After:        f.After,
		Times:        f.Times,
		Delay:        f.Delay,
		Status:       f.Status,
		Header:       f.Header,
		Body:         f.Body,
		RetryAfter:   f.RetryAfter,
		HTML:         f.HTML,
		Redirect:     f.Redirect,
		Drop:         Drop(f.Drop),
		TruncateGzip: f.TruncateGzip,
	}
}
