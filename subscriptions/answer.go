package subscriptions

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
)

// UnknownResponseError reports that the provider accepted a new subscription and its id was not found in the answer. The
// subscription exists: find it in the list, or its id in Raw. The error of the call that holds it is api.ErrMaybeApplied
// and api.ErrUnexpectedResponse.
type UnknownResponseError struct {
	// Raw is the provider's answer.
	Raw []byte
}

// Error says what happened, without the answer.
func (e *UnknownResponseError) Error() string {
	return "the subscription was accepted, but its id was not found in the answer"
}

// SafeText is Error.
func (e *UnknownResponseError) SafeText() string { return e.Error() }

// Unwrap returns api.ErrUnexpectedResponse.
func (e *UnknownResponseError) Unwrap() error { return api.ErrUnexpectedResponse }

// created finds the id in the answer to a creation. No source states its form: an object with id (the best guess) or
// subscription_id, and a bare string or plain text with a digit in it (so that "OK" is not taken for an id) are understood.
func created(body []byte) (*Subscription, error) {
	body = bytes.TrimSpace(body)
	var object struct {
		SubscriptionID json.RawMessage `json:"subscription_id"`
		ID             json.RawMessage `json:"id"`
	}
	var s Subscription
	switch {
	case codec.Decode(body, &object) == nil:
		_ = codec.Decode(body, &s)
		if s.ID = plainID(object.ID); s.ID == "" {
			s.ID = plainID(object.SubscriptionID)
		}
	case len(body) > 0 && body[0] == '"':
		s.ID = bare(plainID(body))
	default:
		s.ID = bare(usable(string(body)))
	}
	if s.ID == "" {
		return nil, &UnknownResponseError{Raw: bytes.Clone(body)}
	}
	s.Raw = bytes.Clone(body)
	return &s, nil
}

// plainID reads an id that is a JSON string or number.
func plainID(raw json.RawMessage) string {
	var text string
	if codec.Decode(raw, &text) == nil {
		return usable(text)
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return usable(number.String())
	}
	return ""
}

// bare returns an id that stands alone in an answer, "" for what is a word.
func bare(id string) string {
	if !strings.ContainsAny(id, "0123456789") {
		return ""
	}
	return id
}

// usable returns an id that can stand in a path, else "".
func usable(id string) string {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if len(id) > 200 || strings.Trim(id, allowed) != "" {
		return ""
	}
	return id
}
