package shell

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// Reply is the response to one request. It remembers the status.
type Reply struct {
	http.ResponseWriter

	Status int
	// Finalise, if set, adds to the header when it is about to be written.
	Finalise func(http.Header)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *Reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader writes the header once Finalise has seen it.
func (w *Reply) WriteHeader(status int) {
	if w.Status == 0 {
		w.Status = status
		if w.Finalise != nil {
			w.Finalise(w.Header())
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body, after a header with status 200 if none was written.
func (w *Reply) Write(p []byte) (int, error) {
	if w.Status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// JSON responds with a value that always encodes.
func (w *Reply) JSON(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte("null")
	}
	w.Bytes(status, "application/json", body)
}

// Bytes responds with a body.
func (w *Reply) Bytes(status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that hung up is not the sandbox's error
}

// recording keeps a response in memory.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recording) Header() http.Header { return r.header }

func (r *recording) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recording) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK) // unless another was written
	return r.body.Write(p)
}
