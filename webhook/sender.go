package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// DefaultTTL is how long a delivery is remembered unless its [Sender] says otherwise. It is far below the day that lies
// between two notices of one Coresignal subscription, because equal bytes a day later report a new change.
const DefaultTTL = time.Hour

const maxLabelLength = 128

// Sender is everything that depends on who sends: [NewHandler] receives from one, a spool stores for several.
// [Coresignal] and [HMAC] make one; fields may be set afterwards. A Sender holds no secret that printing it would show.
type Sender struct {
	// Source names the sender in deliveries, logs and spools. It is stored with each delivery, so keep it: whoever decodes
	// the delivery later finds the decoder by it. At most 128 bytes, without control characters. Two senders of one
	// program need different ones. "coresignal" belongs to [Coresignal].
	Source string
	// Verifier decides whether a request comes from the sender.
	Verifier Verifier
	// Decoder turns the body into events. There is no default: [DecodeRaw] is the one that takes anything.
	Decoder Decoder
	// TTL is how long a delivery is remembered after it was done; one with the same [Delivery.Key] is dropped until then.
	// Keep it above the time in which the sender retries, and well below the time after which equal bytes mean something
	// new. 0 means [DefaultTTL].
	TTL time.Duration
	// Share, if not 0, is how many verified deliveries of one label may be at the store and the sink at once, so that one
	// label cannot take all that these can do. Others of that label wait for their turn with their bodies, up to four
	// times as many; the response to what is beyond that, or has waited to its deadline, is 503.
	Share int
	// Challenge, if not nil, is what the handler calls for a GET request: some senders test the callback before they
	// deliver to it. It returns false, and writes nothing, if the request is no challenge; the response is 405 then. It is
	// called before any store or sink is touched.
	Challenge func(w http.ResponseWriter, r *http.Request) bool
}

// Decoder sets [Delivery.Events] from [Delivery.Body]; Source, Label and ReceivedAt are set already. What it does not
// recognise it adds as [Unknown]; an error is for a body without any meaning, and its text must have nothing of the
// body. The events may refer to the memory of the body, which it must not change. What they take in memory should be a
// small multiple of the body's length, whatever it holds; the decoders of this package keep to nine times.
//
// A decoder may set [Delivery.Key] from ids that stand in the body, and so were verified; begin it with the label. It
// needs no source: stores and spools keep the sources apart. If it sets none, the key is the label and a hash of the
// body. Where a body has several events with ids, it sets [Delivery.Keys] instead, one for each of at most 100: each
// event then counts for itself, and those that are known are left out. With a key of ids, whatever comes again is the
// same event, also while the first is in work.
//
// It is called once before the sink, and again wherever the events are needed after the delivery was stored; the key is
// not set a second time. It must be safe for concurrent use.
type Decoder func(d *Delivery) error

// ErrMalformed is returned by a decoder for a body that it cannot read at all. The handler hands such a body to the
// sink all the same, with a warning and without events.
var ErrMalformed = errors.New("webhook: malformed body")

// DecodeRaw is a [Decoder] that makes the whole body one [Unknown] event and never fails. It is for notices whose shape
// no source states, such as Coresignal's notice that a bulk data request is ready: only that some POST arrives can be
// relied on there.
func DecodeRaw(d *Delivery) error {
	d.Events = []Event{Unknown{Label: d.Label, Raw: d.Body, unread: true}}
	return nil
}

// check refuses a sender that cannot receive and fills in its defaults.
func (s Sender) check() (Sender, error) {
	switch {
	case strings.TrimSpace(s.Source) == "":
		return s, errors.New("webhook: the sender has no Source")
	case s.Verifier == nil:
		return s, errors.New("webhook: the sender has no Verifier")
	case s.Decoder == nil:
		return s, errors.New("webhook: the sender has no Decoder")
	case s.Share < 0:
		return s, errors.New("webhook: the sender's Share is negative")
	case s.TTL < 0:
		return s, errors.New("webhook: the sender's TTL is negative")
	}
	if s.TTL == 0 {
		s.TTL = DefaultTTL
	}
	if err := checkLabel(s.Source); err != nil {
		return s, fmt.Errorf("webhook: the sender's Source: %w", err)
	}
	return s, nil
}

// checkLabel refuses what would spoil a log line or a key.
func checkLabel(label string) error {
	switch {
	case len(label) > maxLabelLength:
		return fmt.Errorf("webhook: label longer than %d bytes", maxLabelLength)
	case !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl):
		return errors.New("webhook: label with control characters or invalid UTF-8")
	}
	return nil
}

// What a [Verifier] says of a request that it does not accept.
var (
	// ErrUnverified says that a request does not prove where it comes from. The handler responds with 401.
	ErrUnverified = errors.New("webhook: request not verified")
	// ErrTooOld is an [ErrUnverified] whose timestamp lies further in the past than the tolerance.
	ErrTooOld = fmt.Errorf("%w: timestamp too old", ErrUnverified)
	// ErrTooNew is an [ErrUnverified] whose timestamp lies further in the future than the tolerance. A timestamp in
	// milliseconds is too new as well.
	ErrTooNew = fmt.Errorf("%w: timestamp too new", ErrUnverified)
	// ErrUnknownEndpoint says that nothing is received at the request's path. The handler responds with 404, the same as
	// for any path that does not exist.
	ErrUnknownEndpoint = errors.New("webhook: unknown endpoint")
)

// Verifier decides whether a request comes from the sender it stands for, in two steps around the reading of the body.
// The response to an error that is [ErrUnknownEndpoint] is 404, to one that wraps [ErrRetryLater], since what the
// verifier needs is down, 503, and to any other 401, without a reason. A verifier must be safe for concurrent use, must
// not read the request's body and must not put secrets into errors.
type Verifier interface {
	// Admit looks at everything but the body, so that a request that cannot be genuine costs no memory, and returns what
	// checks the rest.
	Admit(r *http.Request) (Check, error)
}

// Check verifies the raw body of a request that was admitted, and returns the label of the subscription that the
// delivery belongs to. It is called at most once, while the request's header is unchanged, and must not keep or change
// the body.
type Check func(body []byte) (label string, err error)

// Verify admits a request and checks its body, for receivers that are not an HTTP server's handler.
func Verify(v Verifier, r *http.Request, body []byte) (label string, err error) {
	check, err := v.Admit(r)
	if err != nil {
		return "", err
	}
	return check(body)
}

// Unsigned returns a verifier that accepts every request and gives it the label. Anybody who knows or guesses the URL
// can then make deliveries. Use it only where something else, such as a gateway or mutual TLS, has already verified the
// sender.
func Unsigned(label string) Verifier { return unsigned(label) }

type unsigned string

func (u unsigned) Admit(*http.Request) (Check, error) {
	return func([]byte) (string, error) { return string(u), nil }, nil
}

// Sink takes deliveries from the handler. Package sinktest checks one that is the beginning of a queue.
//
// A sink that works on a delivery after Put has returned may have a method
//
//	InWork(source, key string) bool
//	InWork(ctx context.Context, source, key string) (bool, error)
//
// of one of these forms, which reports whether somebody works on the delivery with this [Delivery.Key] now, or that it
// cannot be known: then the response is 503. A spool has the first, a queue of several processes the second. The handler asks it
// about a delivery that it knows and whose key is that of the body: while the first one is in work the same bytes may
// report a later change, so they go to Put as well; otherwise they are dropped. And about events with keys of their own
// (see [Delivery.Keys]) that it does not know, as after a restart: what is in work is the same event, and is dropped.
type Sink interface {
	// Put returns nil only once the delivery is stored durably or has been dealt with: the handler then tells the sender
	// that it arrived. A delivery whose Events are nil was verified, but its body could not be decoded; it must be kept
	// like any other, since nobody will send it again. Any error makes the handler respond with 503. Put must be safe for
	// concurrent use and should be idempotent on [Delivery.Key], because a sender retries a delivery whose response was
	// lost. The context ends at the handler's deadline, not when the sender disconnects.
	Put(ctx context.Context, d *Delivery) error
}

// Func is a [Sink] that deals with a delivery inside the request. It should be done well before the sender loses
// patience; for longer work use a spool. A panic counts as a failure, and the response is 500.
type Func func(ctx context.Context, d *Delivery) error

// Put calls f. If the body could not be decoded, the delivery has one [Unknown] event, which is the whole body.
func (f Func) Put(ctx context.Context, d *Delivery) error {
	if d.Events == nil {
		whole := *d
		whole.Events = []Event{Unknown{Label: d.Label, Raw: d.Body}}
		d = &whole
	}
	return f(ctx, d)
}

// ErrRetryLater is wrapped in the error of a function that works on stored deliveries to say that the failure is not
// the delivery's: what it needs is down, or out of money. A spool tries the delivery again, after waits that grow to
// the cap, and the attempt does not count towards its last.
var ErrRetryLater = errors.New("webhook: to be tried again later")
