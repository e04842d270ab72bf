package saleswebhooks

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// route is one endpoint, below the base path.
type route struct {
	class        string
	write        bool // needs the permission write
	method, path string
	serve        func(*shell.Call) *problem
}

// table is every endpoint of the provider.
func (c *state) table() []route {
	cancels, exports, accounts := c.settings.classes[Cancels], c.settings.classes[Exports], c.settings.classes[Accounts]
	return []route{
		{"bulk", true, "POST", "/subscriptions/bulk", c.bulkCreate},
		{"bulk", true, "DELETE", "/subscriptions/bulk", c.bulkCancel},
		{exports, false, "GET", "/subscriptions/export", c.export},
		{"write", true, "POST", "/subscriptions", c.create},
		{"read", false, "GET", "/subscriptions", c.list},
		{"read", false, "GET", "/subscriptions/{id}", c.get},
		{cancels, true, "DELETE", "/subscriptions/{id}", c.cancel},
		{accounts, true, "POST", "/webhooks/configure", c.configure},
		{accounts, true, "PUT", "/webhooks/configure", c.configure},
		{accounts, false, "GET", "/webhooks/configuration", c.configuration},
		{accounts, true, "POST", "/webhooks/test", c.test},
		{accounts, false, "GET", "/webhooks/deliveries", c.listDeliveries},
		{accounts, true, "POST", "/webhooks/rotate-secret", c.rotateSecret},
		{accounts, false, "GET", "/account", c.getAccount},
		{accounts, true, "PUT", "/account", c.updateAccount},
		{accounts, false, "GET", "/account/api-keys", c.listKeys},
		{accounts, true, "POST", "/account/api-keys", c.createKey},
		{accounts, true, "DELETE", "/account/api-keys/{id}", c.revokeKey},
		{accounts, false, "GET", "/account/usage", c.usage},
	}
}

// Serve finds the route of a request. An unknown path is responded to by the provider's gateway, without a word of its own.
func (c *state) Serve(req *shell.Call) {
	if limit, yes := req.TooLarge(); yes {
		c.refuse(req, &problem{status: http.StatusBadRequest, kind: "VALIDATION_ERROR", message: "the body has more than " + strconv.Itoa(limit) + " bytes"})
		return
	}
	if req.BodyErr != nil {
		c.refuse(req, &problem{status: http.StatusBadRequest, kind: "VALIDATION_ERROR", message: "the body cannot be read"})
		return
	}
	for _, rt := range c.routes {
		if req.MatchRoute(rt.method, c.settings.basePath+rt.path) != shell.FullMatch {
			continue
		}
		if p := c.admit(rt, req); p != nil {
			c.refuse(req, p)
		} else if p := rt.serve(req); p != nil {
			c.refuse(req, p)
		}
		return
	}
	req.W.Bytes(http.StatusNotFound, "text/plain; charset=utf-8", []byte("404 page not found\n"))
}

// admit looks at the credential, the rate limit and the permission.
func (c *state) admit(rt route, req *shell.Call) *problem {
	given := req.R.Header.Get("X-Api-Key")
	c.mu.Lock()
	var found *apiKey
	for _, k := range c.keys {
		if !k.revoked && shell.SameSecret(k.key, given) {
			found = k
			k.used = stamp(c.shell.Now())
		}
	}
	if found != nil {
		c.account.calls++
	}
	c.mu.Unlock()
	if found == nil {
		return &problem{status: http.StatusUnauthorized, kind: "AUTHENTICATION_FAILED", message: "Invalid API key"}
	}
	scope := found.id
	if c.settings.perAccount {
		scope = ""
	}
	if wait, ok := c.rates.allow(scope, rt.class, c.settings.limits[rt.class]); !ok {
		if c.settings.retryAfter {
			req.W.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		}
		return &problem{status: http.StatusTooManyRequests, kind: "RATE_LIMITED", message: "Too many requests"}
	}
	need := "read"
	if rt.write {
		need = "write"
	}
	if !slices.Contains(found.permissions, need) {
		return &problem{status: http.StatusForbidden, kind: "FORBIDDEN", message: "The key may not do this"}
	}
	return nil
}

// rates remembers when the calls of each class came, to hold limits over every sliding window.
type rates struct {
	window       time.Duration
	countRefused bool

	mu      sync.Mutex
	counted map[[2]string][]time.Time // those that count, by scope and class
	passed  map[string][]time.Time    // those that were let through, by class
	refused map[string]int
}

func (r *rates) allow(scope, class string, most int) (wait time.Duration, ok bool) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counted == nil {
		r.counted, r.passed, r.refused = map[[2]string][]time.Time{}, map[string][]time.Time{}, map[string]int{}
	}
	key := [2]string{scope, class}
	recent := r.counted[key]
	first := 0
	for first < len(recent) && now.Sub(recent[first]) >= r.window {
		first++
	}
	recent = recent[first:]
	ok = most == 0 || class == "" || len(recent) < most
	if !ok {
		wait = r.window - now.Sub(recent[0])
		r.refused[class]++
	}
	if ok || r.countRefused {
		recent = append(recent, now)
	}
	r.counted[key] = recent
	if ok {
		r.passed[class] = append(r.passed[class], now)
	}
	return wait, ok
}

// Calls returns when the calls of a class were let through, by [time.Now].
func (sb *Sandbox) Calls(class string) []time.Time {
	r := &sb.state.rates
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.passed[class])
}

// Refused returns how many calls of a class were refused for the rate limit.
func (sb *Sandbox) Refused(class string) int {
	r := &sb.state.rates
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused[class]
}

// decode reads a request's JSON.
func (c *state) decode(req *shell.Call, into any) *problem {
	if !strings.HasPrefix(req.R.Header.Get("Content-Type"), "application/json") {
		return &problem{status: http.StatusBadRequest, kind: "VALIDATION_ERROR", message: "The body is not application/json"}
	}
	if err := json.Unmarshal(req.Body, into); err != nil {
		return &problem{status: http.StatusBadRequest, kind: "VALIDATION_ERROR", message: "The body is malformed"}
	}
	return nil
}

func notFound(what string) *problem {
	return &problem{status: http.StatusNotFound, kind: "NOT_FOUND", message: "There is no such " + what}
}
