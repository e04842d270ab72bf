package sandbox

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 32 << 20

// Sandbox is a fake of the provider. It is an http.Handler, safe for concurrent
// use, and opens no socket by itself; [Start] makes one that listens.
type Sandbox struct {
	settings   settings
	clock      *clock
	identities *identities
	requests   *requestLog
	faults     *faultList
	courier    *courier
	coresignal *coresignal
	listening  listening

	ctx  context.Context
	stop context.CancelFunc
}

// New makes a sandbox that answers through ServeHTTP, [Sandbox.Serve] or
// [Sandbox.StartInMemory]. It returns every error of its options, joined. A
// sandbox that only ever answers through ServeHTTP keeps no goroutine but those
// of deliveries under way, which end within 10 seconds; call [Sandbox.Close] to
// end them at once.
func New(opts ...Option) (*Sandbox, error) {
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	sb := &Sandbox{
		settings:   s,
		clock:      newClock(s.start),
		identities: newIdentities(s.seed),
		requests:   &requestLog{},
		faults:     &faultList{},
		ctx:        ctx,
		stop:       stop,
	}
	sb.courier = newCourier(ctx, s, sb.clock)
	sb.coresignal = newCoresignal(s, sb.clock, sb.identities, sb.courier)
	return sb, nil
}

// ServeHTTP answers one request as the provider would, after the faults that
// concern it. When a fault drops the connection and w cannot be hijacked, it
// panics with http.ErrAbortHandler, which net/http's server understands.
func (sb *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	path, inside := strings.CutPrefix(r.URL.EscapedPath(), sb.settings.pathPrefix)
	sb.requests.add(arrival{at: began, method: r.Method, path: path})

	out := &reply{ResponseWriter: w}
	out.Header().Set("X-Correlation-Id", sb.identities.uuid())

	// The body is read first, so that the server notices a client that hangs up
	// during a delay.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case isTooLarge(err):
		out.refuse(tooLarge())
		return
	case err != nil:
		out.refuse(refusal(http.StatusBadRequest, "The request body cannot be read"))
		return
	}
	c := &call{w: out, r: r, path: path, body: body, log: sb.settings.log}
	if !inside || !strings.HasPrefix(path, "/") {
		sb.answerUnrouted(c)
		return
	}

	if fault, ok := sb.faults.take(r.Method, path); ok {
		sb.serveFault(fault, c)
	} else {
		sb.answer(c)
	}
	sb.settings.log.LogAttrs(r.Context(), slog.LevelDebug, "sandbox: request",
		slog.String("method", r.Method),
		slog.String("route", c.pattern),
		slog.Int("status", out.status),
		slog.Duration("took", time.Since(began)),
	)
}

// answer finds the provider that a path belongs to and lets it answer.
func (sb *Sandbox) answer(c *call) {
	sb.coresignal.answer(c, sb.answerUnrouted)
}

// answerUnrouted is the answer of the provider's gateway to a path that leads
// nowhere.
func (sb *Sandbox) answerUnrouted(c *call) {
	c.w.json(http.StatusNotFound, map[string]string{
		"message":    "no Route matched with those values",
		"request_id": strings.ReplaceAll(sb.identities.uuid(), "-", ""),
	})
}
