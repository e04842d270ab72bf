package webhook

import "errors"

// ErrMalformed is returned by a decoder for a body that it cannot read at
// all. The handler answers any error of a decoder with 400.
var ErrMalformed = errors.New("webhook: malformed body")

// Decoder turns the verified body of a delivery into events. The label is the
// one the verifier found. What a decoder does not recognise it returns as
// [Unknown]; an error is for a body without any meaning. The events may refer
// to the memory of body. A decoder must be safe for concurrent use.
type Decoder func(label string, body []byte) ([]Event, error)

// RawDecoder returns the whole body as one [Unknown] event and never fails.
// It is for notices whose shape no source states, such as Coresignal's notice
// that a bulk data request is ready: only that some POST arrives can be relied
// on there. Combine it with [WithAnyContentType] to accept whatever comes.
func RawDecoder(label string, body []byte) ([]Event, error) {
	return []Event{Unknown{Label: label, Raw: body}}, nil
}
