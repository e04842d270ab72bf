package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Drop is a moment at which a connection breaks.
type Drop int

// The moments at which a fault can break the connection.
const (
	NoDrop        Drop = iota
	DropBeforeAct      // before the request has any effect, without an answer
	DropAfterAct       // after its effect, without an answer
	DropMidBody        // after its effect, the headers and half of the body
)

// Fault is something that goes wrong with requests. Method and Path say with
// which, After and Times how often, and the rest how. A fault with nothing but a
// Delay lets the request pass after it.
//
// A fault with a Status, HTML or Redirect answers instead of the provider: the
// request has no effect. It answers before credentials and rates are looked at.
type Fault struct {
	// Method limits the fault to a verb; empty is any.
	Method string
	// Path limits the fault to a path such as "/cdapi/v2/data_requests/*/files":
	// escaped, without the path prefix, with "*" for any one segment. Empty is any.
	Path string
	// After lets so many matching requests pass first.
	After int
	// Times is how many requests the fault is for; 0 is all until ClearFaults.
	Times int

	// Delay is waited before anything else. It ends early when the request's
	// context does, and then the connection is dropped.
	Delay time.Duration
	// Status is the status to answer with. 0 is 502 with HTML, 302 with Redirect,
	// and no answer of the fault's own otherwise.
	Status int
	// Header is added to the answer, also to the provider's own.
	Header http.Header
	// Body is the answer's body; empty is the provider's envelope with the
	// status's text.
	Body string
	// RetryAfter is the answer's header of that name, whatever it says.
	RetryAfter string
	// HTML answers with a page of HTML, as gateways do.
	HTML bool
	// Redirect answers with this Location.
	Redirect string
	// Drop breaks the connection.
	Drop Drop
	// TruncateGzip cuts the provider's gzip body in half, in an answer that is
	// otherwise whole: Content-Length agrees with what is sent.
	TruncateGzip bool
}

// answers tells whether the fault answers instead of the provider.
func (f Fault) answers() bool { return f.Status != 0 || f.HTML || f.Redirect != "" }

// faultList holds the faults that are set up, the oldest first.
type faultList struct {
	mu   sync.Mutex
	list []*pendingFault
}

type pendingFault struct {
	Fault
	passed, served int
}

// take finds the fault for a request and counts it. A request that an older
// fault lets pass counts for the younger ones too, until one serves it.
func (l *faultList) take(method, path string) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		switch {
		case !concerns(f.Method, f.Path, method, path):
			continue
		case f.passed < f.After:
			f.passed++
			continue
		}
		f.served++
		if f.Times > 0 && f.served >= f.Times {
			l.list = slices.Delete(l.list, i, i+1)
		}
		return f.Fault, true
	}
	return Fault{}, false
}

// count is how many faults are set up.
func (l *faultList) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.list)
}

// Fail sets up a fault. Of several that concern a request, the one set up first
// serves it.
func (sb *Sandbox) Fail(f Fault) {
	f.Header = f.Header.Clone()
	sb.faults.mu.Lock()
	defer sb.faults.mu.Unlock()
	sb.faults.list = append(sb.faults.list, &pendingFault{Fault: f})
}

// ClearFaults removes every fault.
func (sb *Sandbox) ClearFaults() {
	sb.faults.mu.Lock()
	defer sb.faults.mu.Unlock()
	sb.faults.list = nil
}
