// Package coresignal holds what is the same for every call to Coresignal: base URL, header names, the form of its
// errors, and what a filter must hold.
package coresignal

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/pronet-go/pronet/api"
)

// BaseURL is the provider's address; routes begin with /cdapi.
const BaseURL = "https://api.coresignal.com"

const (
	// KeyHeader carries the key of the current API.
	KeyHeader = "Apikey"
	// TokenHeader carries the JWT of the V1 API, after TokenPrefix.
	TokenHeader = "Authorization"
	// TokenPrefix stands before the JWT.
	TokenPrefix = "Bearer "
	// CreditsHeader states what the account has left.
	CreditsHeader = "X-Credits-Remaining"
)

// ReadError reads an error's body, and reports whether it is the provider's own. The provider writes {"detail": "..."}; a
// 422 may hold a list in detail (assumed). Its gateway writes {"message": "...", "request_id": "..."}: that counts for what
// a gateway knows, such as a wrong key, but not for whether something exists, since it says the same of a wrong path. Of a
// 202 an empty body or any JSON object is taken (assumed). 453 and 454 are the real-time API's alone, in no known form, so
// there only a page of HTML is not taken.
func ReadError(e *api.Error) (own bool) {
	var envelope struct {
		Detail    json.RawMessage `json:"detail"`
		Message   string          `json:"message"`
		RequestID string          `json:"request_id"`
	}
	parsed := json.Unmarshal(e.Body, &envelope) == nil
	if parsed {
		e.Message = envelope.Message
		if len(envelope.Detail) > 0 && json.Unmarshal(envelope.Detail, &e.Message) != nil {
			e.Message = string(envelope.Detail)
		}
		if e.RequestID == "" {
			e.RequestID = envelope.RequestID
		}
	}
	body := bytes.TrimSpace(e.Body)
	switch e.Status {
	case 453, 454:
		if own = !bytes.HasPrefix(body, []byte("<")); own {
			e.Kinds = []error{api.ErrNotFound, removed[e.Status]}
		}
		return own
	case 202:
		return len(body) == 0 || parsed && body[0] == '{'
	}
	return parsed && (says(envelope.Detail) || envelope.Message != "" && e.Status != 404 && e.Status != 410)
}

var removed = map[int]error{453: api.ErrRemovedForPrivacy, 454: api.ErrMissingOrPrivate}

// says reports whether a detail says anything: a text, or a list of objects.
func says(detail json.RawMessage) bool {
	var text string
	var list []json.RawMessage
	return json.Unmarshal(detail, &text) == nil && text != "" || json.Unmarshal(detail, &list) == nil && len(list) > 0
}

var errEmptyFilter = errors.New("the filter is empty: it would match the whole database")

// EncodeFilter encodes the search filters of a call that costs or creates something for everybody they match, and
// refuses those that would match everybody.
func EncodeFilter(filter json.Marshaler) (json.RawMessage, error) {
	encoded, err := filter.MarshalJSON()
	if err == nil && string(encoded) == "{}" {
		err = errEmptyFilter
	}
	if err != nil {
		return nil, err
	}
	return encoded, nil
}
