package transport

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/wire"
)

// Call is one call of an Op.
type Call struct {
	// Op is the endpoint.
	Op *wire.Op
	// Path fills the placeholders of the Op's route, in order.
	Path []string
	// Query is the encoded query string.
	Query string
	// Body is sent with the request; nil sends none.
	Body *Body
	// Into receives the decoded JSON answer; nil discards it.
	Into any
	// Decode is called with the answer's body in place of decoding it into Into. The slice is valid during the call only.
	Decode func(body []byte) error
	// Pending makes 202 an error of kind api.ErrNotReady.
	Pending bool
	// MayRedirect lets Open follow a redirect to one of the configured download hosts, without the credential.
	MayRedirect bool
	// Header is sent with the request, in place of the caller's fields of these names, and to where a redirect leads: no secrets.
	Header http.Header
	// Options are the caller's.
	Options []api.CallOption

	stream bool
}

// Response is what a call keeps of a successful answer besides its body.
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header is the answer's header.
	Header http.Header
}

// Body is a request body that can be read more than once.
type Body struct {
	// ContentType is the media type.
	ContentType string
	// Length is the number of bytes.
	Length int64
	// Open returns the body from its start.
	Open func() (io.ReadCloser, error)
}

// JSON returns a body that holds a value encoded as JSON.
func JSON(value any) (*Body, error) {
	data, err := codec.Encode(value)
	if err != nil {
		return nil, fmt.Errorf("transport: the request body cannot be encoded as JSON (%T): %w", value, api.ErrInvalid)
	}
	return Bytes("application/json", data), nil
}

// Bytes returns a body that holds data, which must not be changed afterwards.
func Bytes(contentType string, data []byte) *Body {
	return &Body{
		ContentType: contentType,
		Length:      int64(len(data)),
		Open:        func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}
