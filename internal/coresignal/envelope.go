// Package coresignal holds what is the same for every call to Coresignal: base URL, header names, and the form of its errors.
package coresignal

import (
	"encoding/json"

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
)

// ReadError reads an error's body. The provider writes {"detail": "..."}, its gateway {"message": "...", "request_id": "..."};
// a 422 may hold a list in detail (assumed). A 404 of the gateway is api.ErrUnexpectedAnswer too. Anything else, such as a proxy's HTML, leaves the error as it is.
func ReadError(e *api.Error) {
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
		e.Add(api.ErrUnexpectedAnswer) // the gateway knows no such path: that says nothing of what was asked for
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
