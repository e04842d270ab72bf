package linkedinapi

import (
	"bytes"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// maxElement bounds what is kept of an element's error.
const maxElement = 64 << 10

var errElement = wire.Plain("it is about one element of a response that succeeded", nil)

// ElementError is the error of one element, or one decoration, of a response with a status of success. Its body is what
// LinkedIn says of it.
func ElementError(op *wire.Op, body []byte) error {
	read, _ := ReadError(body)
	e := wire.NewError(op, api.ErrUnexpectedResponse, nil)
	if read.Status >= 400 && read.Status <= 599 {
		e = wire.NewStatusError(op, int(read.Status))
		fill(e, read, "")
	}
	e.Cause, e.Message = errElement, "" // what it says was not checked as that of a whole response is
	e.Body = bytes.Clone(body[:min(len(body), maxElement)])
	if len(e.Code) > 64 {
		e.Code = ""
	}
	return e
}
