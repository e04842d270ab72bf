package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Delivery is one verified POST. It owns its memory: a sink may keep it.
//
// It survives JSON, for queues: [json.Unmarshal] of what [json.Marshal] made gives the same Delivery. The JSON carries
// source, label, key, received_at and the body, byte for byte in base64. It has no events, since the body says all that
// they say: they are decoded again, so that a message is half as long and a decoder may be mended while messages wait.
// Unmarshal does that itself for the senders that this package knows, which is [Coresignal]; for others call [Decode]
// with the sender. Nothing of the request but the body is in the JSON: no URL, so no path token, no header, no
// signature.
type Delivery struct {
	// Source is the [Sender.Source].
	Source string
	// Label is the caller's name for the subscription the delivery belongs to, as the verifier found it.
	Label string
	// Key identifies the delivery for deduplication: what the decoder took from ids in the body or, if it took nothing,
	// the label, a colon and the SHA-256 of the body in hex. The same bytes sent to the same label then have the same
	// key, also when they report a later change.
	Key string
	// ReceivedAt is when the request arrived, by the receiver's clock, in UTC.
	ReceivedAt time.Time
	// Events are what the decoder made of the body, in the body's order. Nil means that the body was not decoded.
	Events []Event
	// Body is the raw body, byte for byte as it was verified.
	Body []byte
}

// Event is one thing a delivery reports. The types of this package are [EmployeeChanged] and [Unknown]; a caller's own
// [Decoder] may add others. Tell them apart with a type switch.
type Event interface {
	// Kind names the type of the event for logs and metrics.
	Kind() string
}

// Unknown is a part of a delivery that the decoder did not recognise.
type Unknown struct {
	// Label is the label of the delivery.
	Label string
	// Raw is the part as it was sent. It is JSON, except from [DecodeRaw], which does not look at it.
	Raw json.RawMessage
}

// Kind returns "unknown".
func (Unknown) Kind() string { return "unknown" }

// ErrUnknownSource says that a delivery comes from none of the senders that were given.
var ErrUnknownSource = errors.New("webhook: unknown source")

// Decode sets the events of a delivery that was stored without them, by the decoder of the sender that has the
// delivery's source. The key stays as it is. It returns [ErrUnknownSource] if no sender has it, or the decoder's error;
// the events are nil then.
func Decode(d *Delivery, senders ...Sender) error {
	for i := range senders {
		if s := &senders[i]; s.Source == d.Source && s.Decoder != nil {
			return d.decode(s.Decoder)
		}
	}
	return fmt.Errorf("%w: %q", ErrUnknownSource, d.Source)
}

// decode calls the decoder and keeps the key.
func (d *Delivery) decode(decode Decoder) error {
	key := d.Key
	d.Events = nil
	err := decode(d)
	d.Key = key
	switch {
	case err != nil:
		d.Events = nil
	case d.Events == nil:
		d.Events = []Event{}
	}
	return err
}

// storedDelivery is a delivery as JSON.
type storedDelivery struct {
	Source     string    `json:"source"`
	Label      string    `json:"label"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	Body       []byte    `json:"body"`
}

// MarshalJSON implements [json.Marshaler].
func (d Delivery) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedDelivery{d.Source, d.Label, d.Key, d.ReceivedAt, d.Body})
}

// UnmarshalJSON implements [json.Unmarshaler]. A body of Coresignal that cannot be decoded is an error: without it the
// delivery would look as if nothing had changed.
func (d *Delivery) UnmarshalJSON(data []byte) error {
	var stored storedDelivery
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("webhook: delivery: %w", err)
	}
	if stored.Key == "" || stored.Source == "" {
		return errors.New("webhook: delivery: no source or no key")
	}
	read := Delivery{
		Source: stored.Source, Label: stored.Label, Key: stored.Key, ReceivedAt: stored.ReceivedAt, Body: stored.Body,
	}
	if read.Source == SourceCoresignal {
		if err := read.decode(DecodeCoresignal); err != nil {
			return fmt.Errorf("webhook: delivery: %w", err)
		}
	}
	*d = read
	return nil
}

// bodyKey returns the key of a delivery whose decoder set none.
func bodyKey(label string, body []byte) string {
	sum := sha256.Sum256(body)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return label + ":" + string(digits[:])
}
