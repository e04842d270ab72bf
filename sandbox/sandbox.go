package sandbox

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
	"github.com/pronet-go/pronet/sandbox/linkedin"
	"github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// Errors of a sandbox.
var (
	// ErrClosed is returned by what a sandbox cannot do after Close.
	ErrClosed = shell.ErrClosed
	// ErrDeliveryDropped is the error of a delivery that [Sandbox.DropDeliveries] made the sandbox lose.
	ErrDeliveryDropped = shell.ErrDeliveryDropped
)

// Sandbox fakes the providers, each with a state of its own below its name, and one clock, log and list of faults for
// all. It is safe for concurrent use.
type Sandbox struct {
	// Coresignal is the fake of that provider.
	Coresignal *coresignal.Sandbox
	// LinkedIn is the fake of that provider.
	LinkedIn *linkedin.Sandbox
	// SalesWebhooks is the fake of that provider.
	SalesWebhooks *saleswebhooks.Sandbox

	shell *shell.Shell
}

// New makes a sandbox that does not listen: its providers respond through their ServeHTTP and Serve, or after
// [Sandbox.StartInMemory]. It returns every error of its options, joined. A sandbox that only ever responds through
// ServeHTTP keeps no goroutine but those of deliveries under way, which end within 10 seconds; call [Sandbox.Close] to
// end them at once.
func New(opts ...Option) (*Sandbox, error) {
	s, err := newSettings(opts)
	sh := shell.New(s.shell)
	sb := &Sandbox{shell: sh}
	errs := []error{err}
	sb.Coresignal, err = coresignal.New(sh, s.coresignal...)
	errs = append(errs, err)
	sb.LinkedIn, err = linkedin.New(sh, s.linkedin...)
	errs = append(errs, err)
	sb.SalesWebhooks, err = saleswebhooks.New(sh, s.salesWebhooks...)
	errs = append(errs, err)
	for _, add := range s.more {
		add(sh)
	}
	if err := errors.Join(errs...); err != nil {
		sh.Close()
		return nil, err
	}
	return sb, nil
}

// Start makes a sandbox and lets each origin of each provider listen on a free port of the loopback interface. The
// addresses are the URLs of the providers, such as [coresignal.Sandbox.URL]; the caller must [Sandbox.Close] it.
func Start(opts ...Option) (*Sandbox, error) {
	sb, err := New(opts...)
	if err != nil {
		return nil, err
	}
	if err := sb.shell.Listen(); err != nil {
		sb.Close()
		return nil, err
	}
	return sb, nil
}

// StartInMemory lets the sandbox accept connections that [Sandbox.Dial] makes, without a socket, and sets the URLs of
// the providers. Called in a synctest bubble, with New in the same bubble, it stays inside it. The caller must Close the
// sandbox. It returns ErrClosed after that, and an error when called twice.
func (sb *Sandbox) StartInMemory() error { return sb.shell.ListenInMemory() }

// Dial opens a connection in memory, for the DialContext of an http.Transport, to the origin that has the address in
// its URL. Dial returns an error for any other address and before
// [Sandbox.StartInMemory] and ErrClosed after Close.
func (sb *Sandbox) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return sb.shell.Dial(ctx, addr)
}

// Close ends the listeners, their connections, and the deliveries under way, and waits for their goroutines. It may be
// called more than once, but not by the receiver of a delivery before it has responded.
func (sb *Sandbox) Close() { sb.shell.Close() }

// Now returns the sandbox's time, in UTC.
func (sb *Sandbox) Now() time.Time { return sb.shell.Now() }

// Advance moves the sandbox's clock ahead by d. It finishes what is in progress, such as Coresignal's data requests,
// makes the deliveries that fall due on the way, at their times and one after another, and lets things expire. It
// returns when the receivers have responded; [Sandbox.Deliveries] tells how. A negative d is taken as 0, and after Close
// nothing happens. Like [Sandbox.Deliver] it must not be called by the receiver of a delivery that waits for its
// response.
func (sb *Sandbox) Advance(d time.Duration) { sb.shell.Advance(d) }

// Deliver POSTs everything that is due or queued, without waiting for its time, and finishes what is in progress, such
// as Coresignal's data requests. First it waits for the deliveries that are already under way in the background. It
// returns an error for each delivery without a response of a 2xx status, joined, or the error of ctx, or ErrClosed after
// Close. There are no retries: no provider documents any.
//
// Deliveries are made one after another. A receiver must not call Deliver or [Sandbox.Advance] before it has responded.
func (sb *Sandbox) Deliver(ctx context.Context) error { return sb.shell.Deliver(ctx) }

// Deliveries returns what has been delivered so far, also what failed, in the order in which it ended.
func (sb *Sandbox) Deliveries() []Delivery {
	var all []Delivery
	for _, d := range sb.shell.Deliveries() {
		all = append(all, Delivery(d))
	}
	return all
}

// DeliverTwice switches on or off that every delivery is made twice, one right after the other and with the same body.
func (sb *Sandbox) DeliverTwice(on bool) { sb.shell.DeliverTwice(on) }

// ReverseDeliveries switches on or off that the deliveries of one sweep are made in reverse order.
func (sb *Sandbox) ReverseDeliveries(on bool) { sb.shell.ReverseDeliveries(on) }

// DropDeliveries makes the sandbox lose its next n deliveries: they are only logged, with [ErrDeliveryDropped].
func (sb *Sandbox) DropDeliveries(n int) { sb.shell.DropDeliveries(n) }

// Fail sets up a fault. Of several that concern a request, the one set up first serves it.
func (sb *Sandbox) Fail(f Fault) { sb.shell.Fail(f.inner()) }

// Faults returns the faults that are set up and not used up, the oldest first.
func (sb *Sandbox) Faults() []Fault {
	var all []Fault
	for _, f := range sb.shell.Faults() {
		all = append(all, faultOf(f))
	}
	return all
}

// ClearFaults removes every fault.
func (sb *Sandbox) ClearFaults() { sb.shell.ClearFaults() }

// Requests returns how many requests have arrived, whatever their response.
func (sb *Sandbox) Requests() int { return len(sb.shell.ArrivalsTo("", "")) }

// RequestsTo returns how many requests have arrived for a method and path. The path is without the path prefix and as it
// was escaped; a "*" stands for any one segment. Empty strings stand for all.
func (sb *Sandbox) RequestsTo(method, path string) int { return len(sb.shell.ArrivalsTo(method, path)) }

// Arrivals returns when each request arrived, by [time.Now], in their order.
func (sb *Sandbox) Arrivals() []time.Time { return sb.shell.ArrivalsTo("", "") }

// ArrivalsTo returns when the requests for a method and path arrived. The arguments are those of [Sandbox.RequestsTo].
func (sb *Sandbox) ArrivalsTo(method, path string) []time.Time {
	return sb.shell.ArrivalsTo(method, path)
}
