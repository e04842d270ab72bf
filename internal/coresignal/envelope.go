// Package coresignal holds what is the same for every call to Coresignal: base URL, header names, the form of its
// errors, and what a filter must hold.
package coresignal

import (
	"encoding/json"
	"errors"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
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
)

// ReadError reads an error's body. The provider writes {"detail": "..."}, its gateway {"message": "...", "request_id":
// "..."}; a 422 may hold a list in detail (assumed). A 404 of the gateway is api.ErrUnexpectedResponse too. 453 and 454
// are the real-time API's. Anything else, such as a proxy's HTML, leaves the error as it is.
func ReadError(e *api.Error) {
	switch e.Status {
	case 453:
		e.Kinds = []error{api.ErrNotFound, api.ErrRemovedForPrivacy}
	case 454:
		e.Kinds = []error{api.ErrNotFound, api.ErrMissingOrPrivate}
	}
	var envelope struct {
		Detail    json.RawMessage `json:"detail"`
		Message   string          `json:"message"`
		RequestID string          `json:"request_id"`
	}
	if json.Unmarshal(e.Body, &envelope) != nil {
		return
	}
	e.Message = envelope.Message
	if e.Status == 404 && envelope.Message != "" && len(envelope.Detail) == 0 {
		wire.Add(e, api.ErrUnexpectedResponse) // the gateway knows no such path: that says nothing of what was asked for
	}
	if len(envelope.Detail) > 0 {
		if json.Unmarshal(envelope.Detail, &e.Message) != nil {
			e.Message = string(envelope.Detail)
		}
	}
	if e.RequestID == "" {
		e.RequestID = envelope.RequestID
	}
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
