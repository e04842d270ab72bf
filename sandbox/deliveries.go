package sandbox

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ErrDeliveryDropped is the error of a delivery that [Sandbox.DropDeliveries]
// made the sandbox lose.
var ErrDeliveryDropped = errors.New("sandbox: the delivery was dropped")

// DeliveryKind tells why something was POSTed to a callback URL.
type DeliveryKind int

// The kinds of deliveries.
const (
	ChangeNotice DeliveryKind = iota // people of a subscription changed
	TestNotice                       // a simulation was asked for
	JobNotice                        // a data request has finished
)

// String returns the kind in words.
func (k DeliveryKind) String() string {
	switch k {
	case TestNotice:
		return "test notice"
	case JobNotice:
		return "job notice"
	default:
		return "change notice"
	}
}

// Delivery is one POST to a callback URL, as the sandbox saw it.
type Delivery struct {
	Kind           DeliveryKind
	SubscriptionID string // of a ChangeNotice
	JobID          string // of a JobNotice: the data request's ID
	Body           []byte
	StatusCode     int       // of the receiver's answer, 0 without one
	Err            error     // why there was no answer; without the callback URL
	At             time.Time // when it ended, by the sandbox's clock
	Attempt        int       // 1, or 2 for the second of DeliverTwice; 0 when dropped
}

// Deliver POSTs everything that is due or queued, without waiting for the time
// of it, and finishes the data requests in progress. First it waits for the
// deliveries that are already under way in the background. It returns an error
// for each delivery that the receiver did not answer with a 2xx status, joined,
// or the error of ctx, or ErrClosed after Close. Like the provider, as far as is
// documented, the sandbox does not repeat such a delivery.
//
// Deliveries are made one after another. A receiver must not call Deliver or
// [Sandbox.Advance] before it has answered.
func (sb *Sandbox) Deliver(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(sb.ctx, cancel)()
	if err := sb.courier.begin(ctx); err != nil {
		return err
	}
	defer sb.courier.end()
	if err := sb.courier.settle(ctx); err != nil {
		return err
	}
	parcels := append(sb.coresignal.finishJobs(), sb.coresignal.sweepAll()...)
	return sb.courier.send(ctx, parcels)
}

// Deliveries returns what has been delivered so far, also what failed, in the
// order in which it ended.
func (sb *Sandbox) Deliveries() []Delivery {
	sb.courier.mu.Lock()
	defer sb.courier.mu.Unlock()
	list := slices.Clone(sb.courier.done)
	for i := range list {
		list[i].Body = slices.Clone(list[i].Body)
	}
	return list
}

// DeliverTwice switches on or off that every delivery is made twice, one right
// after the other and with the same body.
func (sb *Sandbox) DeliverTwice(on bool) {
	sb.courier.mu.Lock()
	defer sb.courier.mu.Unlock()
	sb.courier.twice = on
}

// ReverseDeliveries switches on or off that the deliveries of one sweep are made
// in reverse order.
func (sb *Sandbox) ReverseDeliveries(on bool) {
	sb.courier.mu.Lock()
	defer sb.courier.mu.Unlock()
	sb.courier.reverse = on
}

// DropDeliveries makes the sandbox lose its next n deliveries: they are only
// logged, with [ErrDeliveryDropped].
func (sb *Sandbox) DropDeliveries(n int) {
	sb.courier.mu.Lock()
	defer sb.courier.mu.Unlock()
	sb.courier.drop = max(0, n)
}
