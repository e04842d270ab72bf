package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"
)

// maxHeaderBytes bounds names and values of all headers together.
const maxHeaderBytes = 64 << 10

// Handler is an [http.Handler] that receives deliveries. Its replies have a
// fixed text for each status:
//
//	200  the sink took the delivery, or it is a known repetition
//	400  verified, but the body is not what the decoder expects
//	401  not verified
//	404  no such endpoint
//	405  not POST (nor a challenge of the sender)
//	413  body too large
//	415  verified, but clearly not JSON, or compressed
//	431  header too large
//	500  the sink, decoder or verifier panicked
//	503  the sink or the store failed, the same delivery is being processed,
//	     or the deadline passed; with Retry-After
//
// A delivery is worked on to its end or its deadline even if the sender
// disconnects: nothing says that it would send it again.
type Handler struct {
	verifier   Verifier
	challenger Challenger
	sink       Sink
	buffers    bodyBuffers
	settings
}

// NewHandler returns a handler that hands what the verifier accepts to the
// sink. It fails if one of them is nil or an option is not valid.
func NewHandler(verifier Verifier, sink Sink, opts ...Option) (*Handler, error) {
	if verifier == nil {
		return nil, errors.New("webhook: the verifier is nil")
	}
	if f, isFunc := sink.(Func); sink == nil || isFunc && f == nil {
		return nil, errors.New("webhook: the sink is nil")
	}
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	h := &Handler{verifier: verifier, sink: sink, settings: *s}
	h.challenger, _ = verifier.(Challenger)
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := &reply{w: w}
	defer answer.abandon() // Nothing may write to w once the handler has returned.
	defer h.recoverPanic(r.Context(), answer)
	if r.Method != http.MethodPost {
		h.serveOther(w, r, answer)
		return
	}
	deadline := time.Now().Add(h.deadline)
	setReadDeadline(w, r, deadline)
	if status := h.admit(r); status != 0 {
		answer.send(status)
		return
	}
	d, status := h.receive(w, r)
	if status != 0 {
		answer.send(status)
		return
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), deadline)
	defer cancel()
	defer context.AfterFunc(ctx, answer.sendLate)()
	answer.send(h.deliver(ctx, d))
}

// serveOther answers whatever is not a POST.
func (h *Handler) serveOther(w http.ResponseWriter, r *http.Request, answer *reply) {
	allow := http.MethodPost
	if h.challenger != nil {
		if r.Method == http.MethodGet && headerLength(r.Header) <= maxHeaderBytes && h.challenger.Challenge(w, r) {
			return
		}
		allow = http.MethodGet + ", " + http.MethodPost
	}
	w.Header().Set("Allow", allow)
	answer.send(http.StatusMethodNotAllowed)
}

// admit looks at what can be known without the body and returns the status to
// answer with, or 0.
func (h *Handler) admit(r *http.Request) int {
	if r.ContentLength > h.maxBody {
		return http.StatusRequestEntityTooLarge
	}
	if headerLength(r.Header) > maxHeaderBytes {
		return http.StatusRequestHeaderFieldsTooLarge
	}
	return refusal(h.verifier.Admit(r))
}

// receive reads, verifies and decodes the body. It returns the status to
// answer with if there is nothing to deliver.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (*Delivery, int) {
	buf := h.buffers.get()
	defer h.buffers.put(buf)
	if status := readBody(w, r, buf, h.maxBody); status != 0 {
		return nil, status
	}
	label, err := h.verifier.Verify(r, buf.Bytes())
	if err != nil {
		return nil, refusal(err)
	}
	if !h.anyContentType && !mayBeJSON(r.Header) {
		h.logger.WarnContext(r.Context(), "webhook: delivery refused, it is not JSON", slog.String("label", label))
		return nil, http.StatusUnsupportedMediaType
	}
	// The delivery gets memory of its own: a sink may keep it.
	body := bytes.Clone(buf.Bytes())
	events, err := h.decode(label, body)
	if err != nil {
		h.logger.WarnContext(r.Context(), "webhook: delivery refused, its body is malformed",
			slog.String("label", label), slog.Int("bytes", len(body)))
		return nil, http.StatusBadRequest
	}
	return &Delivery{
		Source:     h.source,
		Label:      label,
		Key:        deliveryKey(label, body),
		ReceivedAt: h.now(),
		Events:     events,
		Body:       body,
	}, 0
}

// refusal returns the status for an error of a verifier, or 0 for none.
func refusal(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrUnknownEndpoint):
		return http.StatusNotFound
	}
	return http.StatusUnauthorized
}

// recoverPanic answers 500 if the function that deferred it panicked. What the
// panic said is logged only if the runtime said it: other values may hold
// anything.
func (h *Handler) recoverPanic(ctx context.Context, answer *reply) {
	value := recover()
	if value == nil {
		return
	}
	answer.send(http.StatusInternalServerError)
	reason := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		reason = err.Error()
	}
	h.logger.ErrorContext(ctx, "webhook: panic",
		slog.String("reason", reason), slog.String("stack", string(debug.Stack())))
}

func headerLength(header http.Header) int {
	length := 0
	for name, values := range header {
		for _, value := range values {
			length += len(name) + len(value)
		}
	}
	return length
}
