package saleswebhooks

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Option changes how the fake of Sales Webhooks behaves. It is given to sandbox.New or sandbox.Start. Options may be given
// in any order; of two that set the same thing the last one counts.
type Option func(*settings) error

// ForSandbox makes it an option of a sandbox.
func (Option) ForSandbox() {}

type settings struct {
	apiKey        string
	basePath      string
	nested        bool
	invalidStatus int
	partialStatus int
	createStatus  int
	tier          string
	tierLimit     int
	limits        map[string]int
	window        time.Duration
	perAccount    bool
	refusedCount  bool
	retryAfter    bool
	classes       map[Calls]string
	maxBulkCancel int
	revive        bool
	missingStatus MissingStatus
	order         Order
	opaqueIDs     bool
	indexFrom     int
	tierBulk      TierBulk
	json          JSONForm
	mark          bool
	emptyDeletes  bool
	dropped       DroppedBody
	oldSecret     bool
	secretInGet   bool
	signer        Signer
	envelope      func(Event) any
}

func newSettings(opts []Option) (settings, error) {
	s := settings{
		basePath: "/v1", invalidStatus: http.StatusBadRequest, partialStatus: http.StatusOK, createStatus: http.StatusCreated,
		tier: "professional", tierLimit: 1000, limits: map[string]int{"write": 100, "read": 1000, "bulk": 10}, window: 15 * time.Minute,
		refusedCount: true, classes: map[Calls]string{Cancels: "write", Exports: "read", Accounts: "read"}, maxBulkCancel: 100, tierBulk: RefusedWhole,
		envelope: DefaultEnvelope,
	}
	var errs []error
	for _, opt := range opts {
		if opt != nil {
			errs = append(errs, opt(&s))
		}
	}
	return s, errors.Join(errs...)
}

func set(change func(*settings)) Option {
	return func(s *settings) error {
		change(s)
		return nil
	}
}

func oneOf[T comparable](name string, value T, change func(*settings), values ...T) Option {
	return func(s *settings) error {
		if slices.Contains(values, value) {
			change(s)
			return nil
		}
		return fmt.Errorf("sandbox: %s: %v is not one of %v", name, value, values)
	}
}

// WithAPIKey sets the account's first key, which begins with "lwa." and has 20 to 200 bytes. By default the sandbox draws
// one, see [Sandbox.APIKey].
func WithAPIKey(key string) Option {
	return func(s *settings) error {
		if !strings.HasPrefix(key, "lwa.") || len(key) < 20 || len(key) > 200 {
			return errors.New("sandbox: WithAPIKey: a key begins with lwa. and has 20 to 200 bytes")
		}
		s.apiKey = key
		return nil
	}
}

// WithBasePath sets what the paths begin with, "/v1" or "/api/v1". The provider's pages have both.
func WithBasePath(path string) Option {
	return oneOf("WithBasePath", path, func(s *settings) { s.basePath = path }, "/v1", "/api/v1")
}

// WithNestedErrors makes errors {"error":{"type":...}} instead of {"error":"TYPE"}. The provider's pages have both.
func WithNestedErrors() Option { return set(func(s *settings) { s.nested = true }) }

// WithInvalidStatus sets the status of a field that is refused, 400 or 422. The provider's pages have both.
func WithInvalidStatus(status int) Option {
	return oneOf("WithInvalidStatus", status, func(s *settings) { s.invalidStatus = status }, 400, 422)
}

// WithPartialStatus sets the status of a bulk call of which a part failed: 200, 201 or 207. It is not known.
func WithPartialStatus(status int) Option {
	return oneOf("WithPartialStatus", status, func(s *settings) { s.partialStatus = status }, 200, 201, 207)
}

// WithCreateStatus sets the status of what was made, 200 or 201.
func WithCreateStatus(status int) Option {
	return oneOf("WithCreateStatus", status, func(s *settings) { s.createStatus = status }, 200, 201)
}

// WithTier sets the tier's name and how many active subscriptions it allows. The default is "professional" and 1,000.
func WithTier(name string, limit int) Option {
	return func(s *settings) error {
		if name == "" || limit < 0 {
			return errors.New("sandbox: WithTier: a tier has a name and a limit that is not negative")
		}
		s.tier, s.tierLimit = name, limit
		return nil
	}
}

// WithLimits sets how many calls of each class a window of the given length allows; 0 is no limit. The default is 100
// writes, 1,000 reads and 10 bulk calls in 15 minutes.
func WithLimits(writes, reads, bulk int, window time.Duration) Option {
	return func(s *settings) error {
		if writes < 0 || reads < 0 || bulk < 0 || window <= 0 {
			return errors.New("sandbox: WithLimits: a limit is negative, or there is no window")
		}
		s.limits, s.window = map[string]int{"write": writes, "read": reads, "bulk": bulk}, window
		return nil
	}
}

// WithLimitsPerAccount counts the calls of all keys together. Which it is, is not known; by key is the default.
func WithLimitsPerAccount() Option { return set(func(s *settings) { s.perAccount = true }) }

// WithRefusedCalls says whether a call that was refused with 429 counts as one. It is not known; it does by default.
func WithRefusedCalls(count bool) Option { return set(func(s *settings) { s.refusedCount = count }) }

// WithRetryAfter makes a 429 say when to come again. Whether it does is not known; it does not by default.
func WithRetryAfter() Option { return set(func(s *settings) { s.retryAfter = true }) }

// Calls is a kind of calls of which no source says against which limit they count.
type Calls int

// The kinds.
const (
	Cancels  Calls = iota + 1 // single cancels; "write" by default
	Exports                   // exports; "read" by default
	Accounts                  // all calls of the account and the webhook configuration; "read" by default
)

// WithClass sets the class of a kind of calls: "write", "read", "bulk", or "" for none.
func WithClass(of Calls, class string) Option {
	return oneOf("WithClass", class, func(s *settings) { s.classes[of] = class }, "write", "read", "bulk", "")
}

// WithMaxBulkCancel sets the most ids of a bulk cancel. 100 is the default, which is documented for creating only.
func WithMaxBulkCancel(n int) Option {
	return func(s *settings) error {
		if n < 1 {
			return errors.New("sandbox: WithMaxBulkCancel: at least 1 is needed")
		}
		s.maxBulkCancel = n
		return nil
	}
}

// WithRevival gives a cancelled subscription its old id back when its entity is subscribed to again, instead of a new one.
func WithRevival() Option { return set(func(s *settings) { s.revive = true }) }

// MissingStatus is what a list without a status holds.
type MissingStatus int

// What it may hold.
const (
	ListsActive MissingStatus = iota // the active ones, as the page's text says; the default
	ListsAll                         // all, as its parameters suggest
)

// WithMissingStatus sets what a list without a status holds.
func WithMissingStatus(m MissingStatus) Option {
	return oneOf("WithMissingStatus", m, func(s *settings) { s.missingStatus = m }, ListsActive, ListsAll)
}

// Order is the order of the subscriptions in the response to a bulk call.
type Order int

// The orders.
const (
	AsSent   Order = iota // the default
	Backward              // the other way round
)

// WithBulkOrder sets the order in which a bulk call's response has the subscriptions.
func WithBulkOrder(o Order) Option {
	return oneOf("WithBulkOrder", o, func(s *settings) { s.order = o }, AsSent, Backward)
}

// WithOpaqueIDs makes the linkedin_id of what was subscribed to by its address an opaque text instead of the name in the
// address.
func WithOpaqueIDs() Option { return set(func(s *settings) { s.opaqueIDs = true }) }

// WithErrorIndexFrom sets what the index of a bulk call's error counts from, 0 or 1.
func WithErrorIndexFrom(n int) Option {
	return oneOf("WithErrorIndexFrom", n, func(s *settings) { s.indexFrom = n }, 0, 1)
}

// TierBulk is what happens to a bulk call for which the tier has no room.
type TierBulk int

// What may happen.
const (
	RefusedWhole TierBulk = iota // 403, and nothing is made; the default
	FilledUp                     // 403, after as many were made as there was room for
	PerItem                      // as many are made as there is room for, and the rest are errors of the response
)

// WithTierBulk sets what happens to a bulk call for which the tier has no room.
func WithTierBulk(t TierBulk) Option {
	return oneOf("WithTierBulk", t, func(s *settings) { s.tierBulk = t }, RefusedWhole, FilledUp, PerItem)
}

// JSONForm is the form of a JSON export.
type JSONForm int

// The forms.
const (
	Array  JSONForm = iota // an array of objects; the default
	Object                 // an object that holds it
	Lines                  // JSON Lines
)

// WithExportJSON sets the form of a JSON export, which no source shows.
func WithExportJSON(f JSONForm) Option {
	return oneOf("WithExportJSON", f, func(s *settings) { s.json = f }, Array, Object, Lines)
}

// WithExportMark begins a CSV export with a byte order mark and ends its lines with CR LF.
func WithExportMark() Option { return set(func(s *settings) { s.mark = true }) }

// WithEmptyDeletes makes the response to a DELETE 204 without a body.
func WithEmptyDeletes() Option { return set(func(s *settings) { s.emptyDeletes = true }) }

// DroppedBody is what becomes of a bulk cancel whose body is lost on the way, as some proxies do with a DELETE.
type DroppedBody int

// What becomes of it.
const (
	NotDropped   DroppedBody = iota // the body arrives; the default
	RefusedHTML                     // the proxy refuses with 400 and a page of HTML
	MissingIDs                      // the provider misses subscription_ids
	NothingToDo                     // the provider finds nothing to do
	DroppedQuiet                    // the provider responds with 204 and does nothing
)

// WithDroppedBody loses the bodies of bulk cancels.
func WithDroppedBody(d DroppedBody) Option {
	return oneOf("WithDroppedBody", d, func(s *settings) { s.dropped = d }, NotDropped, RefusedHTML, MissingIDs, NothingToDo, DroppedQuiet)
}

// WithOldSecret goes on signing with the secret before the last rotation as well. Whether the provider does is not known.
func WithOldSecret() Option { return set(func(s *settings) { s.oldSecret = true }) }

// WithSecretInGet makes the configuration that is read hold the secret.
func WithSecretInGet() Option { return set(func(s *settings) { s.secretInGet = true }) }

// Signer returns the headers of a signed delivery. The secrets are the present one and, after a rotation with
// [WithOldSecret], the one before. The id is that of the event.
type Signer func(secrets []string, at time.Time, id string, body []byte) http.Header

// WithSigner signs deliveries. How the provider does it is not known, so there is no default: webhook.SignHMAC makes the
// headers of any scheme of package webhook.
func WithSigner(sign Signer) Option { return set(func(s *settings) { s.signer = sign }) }

// WithEnvelope sets the body of a delivery: what the function returns, as JSON. The provider shows none. The default is
// [DefaultEnvelope].
func WithEnvelope(envelope func(Event) any) Option {
	return func(s *settings) error {
		if envelope == nil {
			return errors.New("sandbox: WithEnvelope: the function is nil")
		}
		s.envelope = envelope
		return nil
	}
}
