package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultShare is the [Sender.Share] of [Tenants]: how many deliveries of one tenant are at the sink at once.
const DefaultShare = 8

// Tenants receives LinkedIn's events for many customers with one handler and one sink. LinkedIn demands a callback URL
// of its own for each customer: the last element of its path is the tenant's name. The value is what you keep about a
// customer, such as the contract and the tokens.
//
//	var tenants webhook.Tenants[*Customer]
//	err := tenants.Set("acme", acme, acme.ClientSecret)
//	...
//	notices, err := spool.Open("notices", spool.Options{LabelsTakeTurns: true}, tenants.Sender())
//	...
//	handler, err := webhook.NewHandler(tenants.Sender(), notices)
//	...
//	mux.Handle("/linkedin/", handler) // register https://hooks.example.com/linkedin/acme with LinkedIn
//	go func() { failed <- notices.Run(ctx, tenants.Handle(work)) }()
//
// A request counts for the tenant that its path names, and only if it is signed with a secret of that tenant. So the
// [Delivery.Label] is the name of the tenant whose secret it was, whatever the body says: where customers share a
// secret, compare the contract that the event names with the tenant's. A tenant whose deliveries arrive faster than the
// sink takes them waits for itself, see [Sender.Share], and in a spool the tenants take turns. Tenants may be set and
// removed at any time.
//
// The zero value has no tenants and is ready to use. It must not be copied. Give a name to one customer only, for ever:
// deliveries that are stored for a tenant are its successor's otherwise.
type Tenants[T any] struct {
	mu     sync.RWMutex
	byName map[string]tenant[T]
}

type tenant[T any] struct {
	value T
	keys  *linkedInKeys
}

// ErrUnknownTenant says that there is no tenant of the delivery's label. It wraps [ErrGiveUp]: a spool lets the
// delivery lie among the dead ones, from where it can be put back.
var ErrUnknownTenant = fmt.Errorf("webhook: unknown tenant: %w", ErrGiveUp)

// Format implements [fmt.Formatter] without values and secrets, whatever the verb.
func (t *Tenants[T]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.redacted()) }

// LogValue implements [slog.LogValuer] without values and secrets.
func (t *Tenants[T]) LogValue() slog.Value { return slog.StringValue(t.redacted()) }

func (t *Tenants[T]) redacted() string { return fmt.Sprintf("{%d tenants}", t.Len()) }

// Set adds a tenant, or replaces its value and secrets: client secrets of the customer's app, the current one first, as
// in [LinkedInEndpoint], whose errors it returns. The name is the last element of the path of the tenant's callback
// URL, and the label of its deliveries: up to 128 letters, digits, "-", "_" and ".".
func (t *Tenants[T]) Set(name string, value T, secrets ...string) error {
	return t.SetEndpoint(LinkedInEndpoint{Label: name, Secrets: secrets}, value)
}

// SetEndpoint is [Tenants.Set] for an endpoint that has more than secrets. Its label is the tenant's name.
func (t *Tenants[T]) SetEndpoint(e LinkedInEndpoint, value T) error {
	if e.Label == "" || len(e.Label) > maxLabelLength || strings.Trim(e.Label, tokenAlphabet+".") != "" || strings.Trim(e.Label, ".") == "" {
		return errors.New("webhook: the name of a tenant is not 1 to 128 letters, digits, \"-\", \"_\" and \".\"")
	}
	keys, err := e.complete()
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName == nil {
		t.byName = make(map[string]tenant[T])
	}
	if before, known := t.byName[keys.label]; known {
		keys.seen = before.keys.seen
	}
	t.byName[keys.label] = tenant[T]{value: value, keys: keys}
	return nil
}

// Remove takes a tenant out and reports whether there was one. From then on the response to its requests is 404, also
// to those whose body is still arriving. What has been handed to the sink stays there.
func (t *Tenants[T]) Remove(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.byName[name]
	delete(t.byName, name)
	return known
}

// Get returns the value of a tenant, by the [Delivery.Label].
func (t *Tenants[T]) Get(name string) (value T, known bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	found, known := t.byName[name]
	return found.value, known
}

// TenantStatus is when a tenant was heard of last, for health checks.
type TenantStatus struct {
	// ChallengedAt is when a challenge was responded to last, zero for never. LinkedIn's come every two hours: without one
	// the URL is not registered any more, or blocked. Whoever knows the URL can send one as well.
	ChallengedAt time.Time
	// VerifiedAt is when an event was verified last, zero for never.
	VerifiedAt time.Time
}

// Status returns when a tenant was heard of, in this process and since it was set first, and whether there is one of
// the name.
func (t *Tenants[T]) Status(name string) (status TenantStatus, known bool) {
	t.mu.RLock()
	found, known := t.byName[name]
	t.mu.RUnlock()
	if !known {
		return status, false
	}
	heard := found.keys.seen
	return TenantStatus{ChallengedAt: timeOfNano(heard.challenged.Load()), VerifiedAt: timeOfNano(heard.verified.Load())}, true
}

func timeOfNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// Len is how many tenants there are.
func (t *Tenants[T]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byName)
}

// Sender returns the sender whose endpoints are the tenants, as they are when a request comes. [Sender.Share] is
// [DefaultShare].
func (t *Tenants[T]) Sender() Sender {
	s := linkedInSender(linkedInVerifier{find: t.find, again: true, others: t.all})
	s.Share = DefaultShare
	return s
}

// Handle returns a function that works on deliveries, for a spool's Run or as a [Func], which gives each to work with
// the value of its tenant. For a tenant that was removed it returns [ErrUnknownTenant].
func (t *Tenants[T]) Handle(work func(ctx context.Context, value T, d *Delivery) error) Func {
	return func(ctx context.Context, d *Delivery) error {
		value, known := t.Get(d.Label)
		if !known {
			return ErrUnknownTenant
		}
		return work(ctx, value, d)
	}
}

// find returns the keys of the tenant that the path names.
func (t *Tenants[T]) find(r *http.Request) (*linkedInKeys, error) {
	path := strings.TrimRight(r.URL.Path, "/")
	t.mu.RLock()
	defer t.mu.RUnlock()
	found, known := t.byName[path[strings.LastIndexByte(path, '/')+1:]]
	if !known {
		return nil, ErrUnknownEndpoint
	}
	return found.keys, nil
}

// all yields the keys of all tenants.
func (t *Tenants[T]) all(yield func(*linkedInKeys) bool) {
	t.mu.RLock()
	all := make([]*linkedInKeys, 0, len(t.byName))
	for _, tenant := range t.byName {
		all = append(all, tenant.keys)
	}
	t.mu.RUnlock()
	for _, keys := range all {
		if !yield(keys) {
			return
		}
	}
}
