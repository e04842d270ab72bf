package webhook

import "context"

// Sink takes deliveries from the handler.
type Sink interface {
	// Put returns nil only once the delivery is stored durably or has been
	// dealt with: the handler then tells the sender that it arrived. Any
	// error makes the handler answer 503. Put must be safe for concurrent use
	// and should be idempotent on [Delivery.Key], because a sender repeats a
	// delivery whose answer was lost. The context ends at the handler's
	// deadline, not when the sender disconnects.
	Put(ctx context.Context, d *Delivery) error
}

// Func is a [Sink] that deals with a delivery inside the request. It should
// be done well before the sender loses patience; for longer work use a
// [Spool]. A panic counts as a failure and is answered with 500.
type Func func(ctx context.Context, d *Delivery) error

// Put calls f.
func (f Func) Put(ctx context.Context, d *Delivery) error { return f(ctx, d) }
