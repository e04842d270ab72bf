package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// problem is a refusal: a status and the text of the provider's envelope.
type problem struct {
	status int
	detail string
}

func refusal(status int, format string, args ...any) *problem {
	return &problem{status: status, detail: fmt.Sprintf(format, args...)}
}

// tooLarge is the provider's documented answer to an oversized upload.
func tooLarge() *problem {
	return refusal(http.StatusBadRequest, "The request body is larger than %d bytes", maxBody)
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// reply is the answer to one request. It remembers the status and lets the
// provider add headers at the last moment, when the credits are known.
type reply struct {
	http.ResponseWriter
	status   int
	finalise func(http.Header)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		if w.finalise != nil {
			w.finalise(w.Header())
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *reply) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// json answers with a value that always encodes.
func (w *reply) json(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"detail":"Internal Server Error"}`)
	}
	w.bytes(status, "application/json", body)
}

func (w *reply) bytes(status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that hung up is not the sandbox's error
}

// refuse answers with the provider's error envelope.
func (w *reply) refuse(p *problem) {
	w.json(p.status, map[string]string{"detail": p.detail})
}
