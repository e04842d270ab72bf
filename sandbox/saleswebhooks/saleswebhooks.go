// Package saleswebhooks fakes the provider Sales Webhooks in a sandbox: one account with its subscriptions, its webhook
// configuration and API keys, and people and companies that change. Package sandbox starts it, and gives it as the field
// SalesWebhooks:
//
//	sb, err := sandbox.Start(saleswebhooks.WithTier("starter", 100))
//	...
//	err = sb.SalesWebhooks.ChangeJob("jane-roe", "Head of Sales", "Acme")
//
// # What is assumed
//
// Only the openings of the provider's pages can be read. What they do not state is a switch here, and a client should work
// with each of its values: see the options. The default is what seems likeliest and never more than that. Without a switch
// are assumed: the paths' methods as the client has them, the types of errors besides the four that are documented, the
// form of the log of deliveries, of the usage and of a made key, and the event of a test webhook, which is "test". How a
// delivery is signed is not known, so it is not signed unless [WithSigner] says how.
package saleswebhooks

import (
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// The kinds of the deliveries, which the sandbox's log of them tells.
const (
	EventDelivery = "event"        // an entity changed; about the subscription
	TestDelivery  = "test webhook" // a test was asked for
)

// Sandbox is the fake of Sales Webhooks. It is an [http.Handler] and safe for concurrent use. Get one from package sandbox.
type Sandbox struct {
	state  *state
	origin *shell.Origin
}

// New is for package sandbox. It returns every error of the options, joined.
func New(sh *shell.Shell, options ...Option) (*Sandbox, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	c := newState(s, sh)
	return &Sandbox{state: c, origin: sh.Add(c)[0]}, nil
}

// URL returns the base URL, without a slash at its end and with the path prefix; [Sandbox.BasePath] follows it. It is
// empty before the sandbox listens.
func (sb *Sandbox) URL() string { return sb.origin.URL() }

// BasePath is what the paths begin with: "/v1", or what [WithBasePath] says.
func (sb *Sandbox) BasePath() string { return sb.state.settings.basePath }

// ServeHTTP responds to one request as the provider would, after the faults that concern it. When a fault drops the
// connection and w cannot be hijacked, it panics with http.ErrAbortHandler, which net/http's server understands.
func (sb *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { sb.origin.ServeHTTP(w, r) }

// Serve serves the connections of a listener until the sandbox is closed, which closes it, and then returns nil. It
// sets [Sandbox.URL] if nothing has before.
func (sb *Sandbox) Serve(l net.Listener) error { return sb.origin.Serve(l) }

// state is one account. The lock guards all of it; nothing waits for the network while it is held.
type state struct {
	settings settings
	shell    *shell.Shell
	routes   []route
	rates    rates

	drawing sync.Mutex
	random  *rand.Rand // of identifiers: a source of its own, so that other providers' follow from the seed alone

	mu            sync.Mutex
	subscriptions subscriptionList
	webhook       webhook
	account       account
	keys          []*apiKey
	queue         []parcel
	events        int
	delivered     []logged
	tests         int
}

func newState(s settings, sh *shell.Shell) *state {
	c := &state{settings: s, shell: sh, rates: rates{window: s.window, countRefused: s.refusedCount}}
	c.random = rand.New(rand.NewPCG(sh.Settings().Seed, 0x73616c6573))
	c.subscriptions.byID = make(map[string]*subscription)
	c.subscriptions.byEntity = make(map[entity]*subscription)
	now := stamp(sh.Now())
	c.account = account{ID: c.id("acc_"), Email: "ops@example.com", CompanyName: "Example Inc", CreatedAt: now, Timezone: "UTC", Retries: true, Mail: true}
	key := s.apiKey
	if key == "" {
		key = c.newKey()
	}
	c.keys = []*apiKey{{id: c.id("key_"), name: "sandbox", key: key, made: now, permissions: []string{"read", "write"}}}
	c.routes = c.table()
	return c
}

// letters returns the next n letters and digits.
func (c *state) letters(n int) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	c.drawing.Lock()
	defer c.drawing.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[c.random.IntN(len(alphabet))]
	}
	return string(b)
}

// id returns the next id with a prefix.
func (c *state) id(prefix string) string { return prefix + c.letters(9) }

// secret returns the next 32 characters of a key or secret. They follow from the seed unless keys are secret.
func (c *state) secret() string {
	if c.shell.Settings().SecretKeys {
		return c.shell.Letters(32)
	}
	return c.letters(32)
}

func (c *state) newKey() string { return "lwa.sk_test_" + c.secret() }

// stamp is a time as the provider writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Name and the methods below are what the shell needs.
func (c *state) Name() string { return "saleswebhooks" }

func (c *state) Origins() []string { return []string{"api"} }

func (c *state) Stamp(h http.Header) { h.Set("X-Request-Id", c.id("req_")) }

func (c *state) Refuse(req *shell.Call, status int, detail string) {
	kind := strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_"))
	if kind == "" {
		kind = "ERROR"
	}
	c.refuse(req, &problem{status: status, kind: kind, message: detail})
}

func (c *state) Next() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return time.Time{}, false
	}
	return c.queue[0].at, true
}

func (c *state) Due(t time.Time) []shell.Parcel {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := 0
	for due < len(c.queue) && !c.queue[due].at.After(t) {
		due++
	}
	return c.take(due)
}

func (c *state) Flush() []shell.Parcel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.take(len(c.queue))
}

// problem is an error of the provider's.
type problem struct {
	status  int
	kind    string
	message string
	code    string
	details map[string]any
}

func (c *state) refuse(req *shell.Call, p *problem) {
	if !c.settings.nested {
		body := map[string]any{"error": p.kind, "message": p.message}
		if p.details != nil {
			body["details"] = p.details
		}
		req.W.JSON(p.status, body)
		return
	}
	inner := map[string]any{"type": p.kind, "message": p.message, "request_id": req.W.Header().Get("X-Request-Id"), "timestamp": stamp(c.shell.Now())}
	if p.code != "" {
		inner["code"] = p.code
	}
	if p.details != nil {
		inner["details"] = p.details
	}
	req.W.JSON(p.status, map[string]any{"error": inner})
}

func (c *state) invalid(field string, value any, message string) *problem {
	p := &problem{status: c.settings.invalidStatus, kind: "VALIDATION_ERROR", message: message, details: map[string]any{"field": field, "value": value}}
	if value == nil {
		p.code, p.details["constraint"] = "E1001", "required"
	}
	return p
}
