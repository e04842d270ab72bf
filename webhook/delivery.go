package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Delivery is one verified POST. It owns its memory: a sink may keep it.
//
// It survives JSON, for queues: [json.Unmarshal] of what [json.Marshal] made, and then [Decode] with the sender, give
// the same Delivery. The JSON carries source, label, key, received_at, requeues and the body, byte for byte in base64,
// and left_out. It has no events, since the body says all that they say: they are decoded again, so that a message is
// half as long and a decoder may be mended while messages wait. Unmarshal leaves Events nil, because only the sender
// knows its decoder. Nothing of the request but the body is in the JSON: no URL, so no path token, no header, no
// signature.
type Delivery struct {
	// Source is the [Sender.Source].
	Source string
	// Label is the caller's name for the subscription the delivery belongs to, as the verifier found it.
	Label string
	// Key identifies the delivery for deduplication: what the decoder took from ids in the body (of several Keys, a hash)
	// or, if it took nothing, the label, a colon and the SHA-256 of the body in hex. The same bytes sent to the same label
	// then have the same key, also when they report a later change.
	Key string
	// ReceivedAt is when the request arrived, by the receiver's clock, in UTC.
	ReceivedAt time.Time
	// Events are what the decoder made of the body, in the body's order. Nil means that the body was not decoded,
	// or could not be.
	Events []Event
	// Keys are those of the events, one for each, if each has an id of its own, as the notifications of one body have.
	// They are what [Delivery.Key] is made of, and a mark for each event in your own transaction.
	Keys []Key
	// LeftOut are the places, in the body's list of events, of those that were handed over before, or stand there twice.
	// They are not among the Events: also where the body is decoded again.
	LeftOut []int
	// Body is the raw body, byte for byte as it was verified.
	Body []byte
	// Requeues is how often a person has put the delivery back from the dead ones of a spool. What was bought for it
	// before may be older than what others have handed over since, and must not be handed over any more.
	Requeues int
	// Trace is what an [Observer] has given the delivery, so that the work on it is seen together with its receipt.
	Trace Trace
	// Kept is where the work on the delivery keeps what it has bought. It is nil unless the delivery comes from a spool, or
	// from a queue whose worker has a [KeptStore], and no part of the JSON.
	Kept Kept
}

// Event is one thing a delivery reports. The types of this package are [EmployeeChanged], [SalesEvent], those of
// LinkedIn (see [DecodeLinkedIn]) and [Unknown]; a caller's own [Decoder] may add others. Tell them apart with a type
// switch.
type Event interface {
	// Kind names the type of the event for logs and metrics.
	Kind() string
}

// Unknown is a part of a delivery that the decoder did not recognise, or the whole body: of a body whose events would
// take more than nine times its own memory, such as an array of a million numbers, and from [DecodeRaw].
type Unknown struct {
	// Label is the label of the delivery.
	Label string
	// Raw is the part as it was sent. A whole body need not be JSON.
	Raw json.RawMessage
	// unread says that nobody tried to recognise it.
	unread bool
}

// Kind returns "unknown".
func (Unknown) Kind() string { return "unknown" }

// ErrUnknownSource says that a delivery comes from none of the senders that were given.
var ErrUnknownSource = errors.New("webhook: unknown source")

// Decode sets the events of a delivery that was stored without them, by the decoder of the sender that has the
// delivery's source. Of a sender only Source and Decoder are used, so that a worker needs no token and no secret.
// Everything but the events stays as it is, the key included. It returns [ErrUnknownSource] if no sender has the
// source, the decoder's error, or an error if there is no decoder; the events are nil then.
func Decode(d *Delivery, senders ...Sender) error {
	if d == nil {
		return errors.New("webhook: the delivery is nil")
	}
	d.Events, d.Keys = nil, nil
	for i := range senders {
		s := &senders[i]
		switch {
		case s.Source != d.Source:
			continue
		case s.Decoder == nil:
			return fmt.Errorf("webhook: the sender %q has no Decoder", s.Source)
		}
		decoded := *d
		if err := s.Decoder(&decoded); err != nil {
			return err
		}
		if d.Events = decoded.Events; d.Events == nil {
			d.Events = []Event{}
		}
		key := d.Key
		d.Keys = decoded.Keys
		d.complete()
		d.Key = key
		if len(d.LeftOut) > 0 {
			d.leave(d.LeftOut)
		}
		return nil
	}
	return fmt.Errorf("%w: %q", ErrUnknownSource, d.Source)
}

// storedDelivery is a delivery as JSON.
type storedDelivery struct {
	Source     string    `json:"source"`
	Label      string    `json:"label"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	Requeues   int       `json:"requeues,omitempty"`
	LeftOut    []int     `json:"left_out,omitempty"`
	Trace      Trace     `json:"trace,omitempty"`
	Body       []byte    `json:"body"`
}

// check refuses what would not be the same delivery when it is read again.
func (s *storedDelivery) check() error {
	switch {
	case s.Source == "" || s.Key == "":
		return errors.New("webhook: delivery: no source or no key")
	case !utf8.ValidString(s.Source) || !utf8.ValidString(s.Label) || !utf8.ValidString(s.Key):
		// JSON has other characters instead: two keys might become one.
		return errors.New("webhook: delivery: the source, label or key is not UTF-8")
	case !areLeftOut(s.LeftOut):
		return errors.New("webhook: delivery: the places that are left out are too many, or in no order")
	}
	return nil
}

// areLeftOut reports whether places may be a [Delivery.LeftOut].
func areLeftOut(places []int) bool {
	last := -1
	for _, place := range places {
		if place <= last || place >= maxKeys {
			return false
		}
		last = place
	}
	return true
}

// MarshalJSON implements [json.Marshaler]. A delivery without source or key is refused, and one of which source, label
// or key is not valid UTF-8.
func (d Delivery) MarshalJSON() ([]byte, error) {
	stored := storedDelivery{d.Source, d.Label, d.Key, d.ReceivedAt, d.Requeues, d.LeftOut, d.Trace.Bounded(), d.Body}
	if err := stored.check(); err != nil {
		return nil, err
	}
	return json.Marshal(stored)
}

// UnmarshalJSON implements [json.Unmarshaler]. It refuses what MarshalJSON refuses and leaves Events nil: see [Decode].
func (d *Delivery) UnmarshalJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("webhook: delivery: not UTF-8")
	}
	var stored storedDelivery
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("webhook: delivery: %w", err)
	}
	if err := stored.check(); err != nil {
		return err
	}
	*d = Delivery{
		Source: stored.Source, Label: stored.Label, Key: stored.Key, ReceivedAt: stored.ReceivedAt,
		Requeues: stored.Requeues, LeftOut: stored.LeftOut, Trace: stored.Trace, Body: stored.Body,
	}
	return nil
}

// bodyKey returns the key of a delivery whose decoder set none.
func (d *Delivery) bodyKey() string {
	if d.Source == SourceLinkedIn {
		return d.Label + ":" + linkedInDigest(d.Body)
	}
	return d.Label + ":" + digest(d.Body)
}

// digest is the SHA-256 of a text in hex.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
