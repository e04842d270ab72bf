// Package shell is what the providers of the sandbox share: listening, the clock, faults on demand, deliveries, the log
// of requests, and helpers for routes, credentials and rate limits. It knows no provider: a [Provider] brings its
// paths, headers, statuses and bodies.
package shell

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 32 << 20

// Provider is what the shell needs to know of a provider. Its methods are called concurrently.
type Provider interface {
	// Name is the provider's name in lower case.
	Name() string
	// Origins names the origins, one or more. Each gets a listener of its own.
	Origins() []string
	// Stamp sets what the header of every response holds, also of a fault's.
	Stamp(http.Header)
	// Serve responds to one request. It checks the credential and the rate limits, which differ between endpoints.
	Serve(*Call)
	// Refuse responds with the provider's error body. Faults use it.
	Refuse(c *Call, status int, detail string)
	// Next is when something is due next, which may be in the past, and whether anything is.
	Next() (time.Time, bool)
	// Due does what is due at t and returns what is to be delivered. After it, Next is later than t.
	Due(t time.Time) []Parcel
	// Flush does everything that is queued, whenever it is due, and returns what is to be delivered.
	Flush() []Parcel
}

// Settings are the options that hold for all providers. Start and Log must be set.
type Settings struct {
	Seed       uint64
	SecretKeys bool      // keys do not follow from the seed
	Start      time.Time // what the clock shows at first
	PathPrefix string
	Hosts      []string          // under which the sandbox may be asked for, besides this machine's
	Carrier    http.RoundTripper // of deliveries; nil is the network, without a proxy
	Log        *slog.Logger
}

// Shell serves providers.
type Shell struct {
	settings  Settings
	clock     *clock
	ids       *identities
	requests  requestLog
	faults    faultList
	courier   *courier
	providers []Provider
	origins   []*Origin
	listening listening

	ctx  context.Context
	stop context.CancelFunc
}

// New makes a shell without providers. The caller must Close it.
func New(s Settings) *Shell {
	ctx, stop := context.WithCancel(context.Background())
	sh := &Shell{settings: s, clock: newClock(s.Start), ids: newIdentities(s.Seed, s.SecretKeys), ctx: ctx, stop: stop}
	sh.courier = newCourier(ctx, s, sh.clock)
	return sh
}

// Add lets the shell serve a provider and returns its origins, in their order. It must be called before the shell
// listens.
func (sh *Shell) Add(p Provider) []*Origin {
	sh.providers = append(sh.providers, p)
	var added []*Origin
	for _, name := range p.Origins() {
		added = append(added, &Origin{shell: sh, provider: p, name: name})
	}
	sh.origins = append(sh.origins, added...)
	return added
}

// Settings returns what the shell was made with.
func (sh *Shell) Settings() Settings { return sh.settings }

// Call is one request on its way to its response.
type Call struct {
	W      *Reply
	R      *http.Request
	Origin string            // the name of the origin
	Path   string            // escaped, below the path prefix; empty outside of it
	Route  string            // the pattern that matched
	Args   map[string]string // what stands for the braces of the route, unescaped
	Body   []byte
	// BodyErr is why the body could not be read. The provider refuses such a request.
	BodyErr error
}

// TooLarge reports whether the body has more bytes than the shell reads, and how many these are.
func (c *Call) TooLarge() (limit int, yes bool) {
	_, yes = errors.AsType[*http.MaxBytesError](c.BodyErr)
	return maxBody, yes
}

// ServeHTTP responds as the provider would, after the faults that concern the request, and with 403 to what a web page
// may have sent. When a fault drops the connection and w cannot be hijacked, it panics with http.ErrAbortHandler.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sh := o.shell
	if reason := (guard{sh.settings.Hosts}).refusal(r); reason != "" {
		sh.settings.Log.LogAttrs(r.Context(), slog.LevelWarn, "sandbox: request refused", slog.String("reason", reason))
		http.Error(w, "sandbox: "+reason+"; sandbox.WithHosts, or -host of pronet-sandbox, allows a host", http.StatusForbidden)
		return
	}
	began := time.Now()
	path, inside := strings.CutPrefix(r.URL.EscapedPath(), sh.settings.PathPrefix)
	sh.requests.add(arrival{at: began, method: r.Method, path: path})
	if !inside || !strings.HasPrefix(path, "/") {
		path = ""
	}
	out := &Reply{ResponseWriter: w}
	o.provider.Stamp(out.Header())

	// The body is read first, so that the server notices a client that hangs up during a delay.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	c := &Call{W: out, R: r, Origin: o.name, Path: path, Body: body, BodyErr: err}
	fault, failing := Fault{}, false
	if path != "" && err == nil {
		fault, failing = sh.faults.take(o.fullName(), r.Method, path)
	}
	if failing {
		sh.serveFault(fault, o.provider, c)
	} else {
		o.provider.Serve(c)
	}
	sh.settings.Log.LogAttrs(r.Context(), slog.LevelDebug, "sandbox: request",
		slog.String("method", r.Method),
		slog.String("route", c.Route),
		slog.Int("status", out.Status),
		slog.Duration("took", time.Since(began)),
		slog.String("origin", o.fullName()),
	)
}
