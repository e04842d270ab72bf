// Package saleswebhooks holds what is the same for every call to Sales Webhooks: base URL, header name, classes of calls
// and the form of its errors.
package saleswebhooks

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// BaseURL is the provider's address; routes begin with /v1.
const BaseURL = "https://api.saleswebhooks.com"

// KeyHeader carries the API key.
const KeyHeader = "X-Api-Key"

// The classes of calls that the provider limits, each in any 15 minutes: 100, 1,000 and 10.
const (
	ClassWrite = "write"
	ClassRead  = "read"
	ClassBulk  = "bulk"
)

// MaxBulk is the most items of a bulk call. It is documented for creating; for cancelling it is assumed.
const MaxBulk = 100

// Settings are what the client decides for all calls. The zero value of a field is what is assumed unless it is told.
type Settings struct {
	// AllowLoopback lets webhook URLs be on this machine, for a sandbox.
	AllowLoopback bool
	// Classes replaces the class of the calls of which no source says what they count against.
	Classes map[Calls]string
	// MaxBulkCancel is the most ids of one bulk cancel; 0 means MaxBulk.
	MaxBulkCancel int
	// ErrorIndexFrom is what the index of a bulk call's error counts from.
	ErrorIndexFrom int
}

// Calls is a kind of calls of which no source says what they count against.
type Calls int

// The kinds.
const (
	Cancels  Calls = iota + 1 // a single cancel
	Exports                   // an export
	Accounts                  // every call of the account and of the webhook configuration
)

// Class is the class of a kind of calls.
func (s Settings) Class(of Calls) string {
	if class, set := s.Classes[of]; set {
		return class
	}
	if of == Cancels {
		return ClassWrite
	}
	return ClassRead
}

// CancelAtOnce is the most ids of one bulk cancel.
func (s Settings) CancelAtOnce() int {
	if s.MaxBulkCancel > 0 {
		return s.MaxBulkCancel
	}
	return MaxBulk
}

// ErrTierLimit is saleswebhooks.ErrTierLimit.
var ErrTierLimit = errors.New("the account's tier has no room for more subscriptions")

// The types of errors that are known.
const (
	Duplicate  = "DUPLICATE_SUBSCRIPTION"
	TierLimit  = "TIER_LIMIT_EXCEEDED"
	Validation = "VALIDATION_ERROR"
)

// Problem is an error body in either of the two documented forms.
type Problem struct {
	Type, Message, Code, RequestID string
	Details                        json.RawMessage
}

// ReadProblem reads an error body: {"error":"TYPE","message":"...","details":{...}}, or {"error":{"type":...,"message":...}}.
// Only a type in capitals beside a message is the provider's own.
func ReadProblem(body []byte) (p Problem, own bool) {
	var flat struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	if json.Unmarshal(body, &flat) != nil {
		return p, false
	}
	if json.Unmarshal(flat.Error, &p.Type) == nil {
		p.Message, p.Details = flat.Message, flat.Details
	} else {
		var nested struct {
			Type      string          `json:"type"`
			Message   string          `json:"message"`
			Code      string          `json:"code"`
			Details   json.RawMessage `json:"details"`
			RequestID string          `json:"request_id"`
		}
		if json.Unmarshal(flat.Error, &nested) != nil {
			return p, false
		}
		p = Problem{Type: nested.Type, Message: nested.Message, Code: nested.Code, RequestID: nested.RequestID, Details: nested.Details}
	}
	return p, isType(p.Type) && p.Message != ""
}

// isType reports whether a text has the form of the provider's error types, such as VALIDATION_ERROR.
func isType(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && s[0] >= 'A' && s[0] <= 'Z'
}

// ReadError reads an error's body, and reports whether it is the provider's own. A 403 is told apart by its type: of the
// tier's limit it is ErrTierLimit, otherwise a missing permission.
func ReadError(e *api.Error) (own bool) {
	p, own := ReadProblem(e.Body)
	if !own {
		return false
	}
	e.Code, e.Message = p.Type, p.Message
	if e.RequestID == "" {
		e.RequestID = p.RequestID
	}
	if p.Type == TierLimit && e.Status == 403 {
		e.Kinds = []error{ErrTierLimit}
	}
	return true
}
