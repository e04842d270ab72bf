package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Delivery is one verified POST. It owns its memory: a sink may keep it.
type Delivery struct {
	// Source names the sender, "coresignal" unless [WithSource] says otherwise.
	Source string
	// Label is the caller's name for the subscription the delivery belongs
	// to, as the verifier found it.
	Label string
	// Key identifies the delivery for deduplication: the label, a colon and
	// the SHA-256 of the body in hex. The same bytes sent to the same label
	// have the same key, also when they report a later change.
	Key string
	// ReceivedAt is when the request arrived, by the receiver's clock.
	ReceivedAt time.Time
	// Events are what the decoder made of the body, in the body's order.
	Events []Event
	// Body is the raw body, byte for byte as it was verified.
	Body []byte
}

// deliveryKey returns the value of [Delivery.Key].
func deliveryKey(label string, body []byte) string {
	sum := sha256.Sum256(body)
	key := make([]byte, 0, len(label)+1+hex.EncodedLen(len(sum)))
	key = append(key, label...)
	key = append(key, ':')
	key = hex.AppendEncode(key, sum[:])
	return string(key)
}
