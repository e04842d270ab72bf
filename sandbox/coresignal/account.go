package coresignal

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// credential is the way in which a caller proves who it is.
type credential int

const (
	apiKey    credential = iota // v2: the header apikey
	bearerJWT                   // v1: Authorization: Bearer
)

type keyring struct {
	apiKeys []string
	jwt     string
}

func newKeyring(sh *shell.Shell, given string) keyring {
	k := keyring{apiKeys: []string{newAPIKey(sh)}, jwt: newJWT(sh)}
	if given != "" {
		k.apiKeys[0] = given
	}
	return k
}

// newAPIKey returns a key of 32 alphanumeric characters, as the provider's are, that anybody recognises as a fake.
func newAPIKey(sh *shell.Shell) string { return "SandboxFakeKey" + sh.Letters(18) }

// newJWT returns a token in the form of the provider's EdDSA-signed ones. The signature is not one.
func newJWT(sh *shell.Shell) string {
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"EdDSA","typ":"JWT"}`))
	claims := encode(fmt.Appendf(nil, `{"iss":"sandbox","sub":"fake-%s","exp":4102444800}`, sh.Letters(8)))
	signature := encode([]byte("sandbox-signature-that-signs-nothing-" + sh.Letters(27)))
	return header + "." + claims + "." + signature
}

// find tells whose request it is. A Bearer token does not open v2, nor an API key v1.
func (k keyring) find(want credential, h http.Header) (shell.Owner, bool) {
	if want == bearerJWT {
		scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
		return shell.OwnerOf(token), strings.EqualFold(scheme, "Bearer") && shell.SameSecret(token, k.jwt)
	}
	given := h.Get("apikey")
	known := false
	for _, key := range k.apiKeys {
		known = shell.SameSecret(given, key) || known
	}
	return shell.OwnerOf(given), known
}

// APIKey returns the key for the header apikey of the v2 endpoints: 32 alphanumeric characters unless [WithAPIKey] said
// otherwise, and good for nothing else. It is the same for the same seed if sandbox.WithSeed was given, and otherwise
// another one for each sandbox. The token of [Sandbox.JWT] is so too.
func (sb *Sandbox) APIKey() string {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return sb.state.keys.apiKeys[0]
}

// AddAPIKey returns another key of the same account. It spends the same credits but has a rate limit and subscriptions
// of its own.
func (sb *Sandbox) AddAPIKey() string {
	key := newAPIKey(sb.state.shell)
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.keys.apiKeys = append(sb.state.keys.apiKeys, key)
	return key
}

// JWT returns the Bearer token of the v1 endpoints. It has the form of a JSON Web Token, but nothing signed it.
func (sb *Sandbox) JWT() string {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return sb.state.keys.jwt
}

// The limits that hold for some endpoints only.
func simulationLimit() shell.Limit {
	return shell.Limit{Class: "simulate", Most: 1, Window: time.Second}
}

func realTimeLimit() shell.Limit {
	return shell.Limit{Class: "real-time", Most: 50, Window: time.Minute}
}

// purse names credits that are spent together.
type purse int

const (
	v2Purse purse = iota
	v1Purse
	realTimePurse
)

// pool is the credits of one purse. The provider's lock guards it.
type pool struct {
	left, spent int
}

// take spends n credits, or none when there are too few.
func (p *pool) take(n int) bool {
	if n > p.left {
		return false
	}
	p.left -= n
	p.spent += n
	return true
}

func noCredits() *problem { return refusal(402, "Insufficient credits") }

// charge takes a price from a dataset's pool.
func (c *state) charge(set *dataset, price int) *problem {
	if price == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pools[set.purse].take(price) {
		return noCredits()
	}
	return nil
}

func (c *state) creditsLeft(which purse) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.pools[which].left
}

func (c *state) creditsSpent(which purse) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.pools[which].spent
}

// Credits returns how many credits the v2 endpoints may still spend.
func (sb *Sandbox) Credits() int { return sb.state.creditsLeft(v2Purse) }

// CreditsSpent returns how many credits the v2 endpoints have spent.
func (sb *Sandbox) CreditsSpent() int { return sb.state.creditsSpent(v2Purse) }

// V1Credits returns how many credits the v1 endpoints may still spend.
func (sb *Sandbox) V1Credits() int { return sb.state.creditsLeft(v1Purse) }

// V1CreditsSpent returns how many credits the v1 endpoints have spent.
func (sb *Sandbox) V1CreditsSpent() int { return sb.state.creditsSpent(v1Purse) }

// RealTimeCredits returns how many credits the real-time endpoint may still spend.
func (sb *Sandbox) RealTimeCredits() int { return sb.state.creditsLeft(realTimePurse) }

// RealTimeCreditsSpent returns how many credits the real-time endpoint has spent.
func (sb *Sandbox) RealTimeCreditsSpent() int { return sb.state.creditsSpent(realTimePurse) }

// AddCredits adds n credits to the pool of the v2 endpoints, as buying some
// does. A negative n takes credits away, down to none.
func (sb *Sandbox) AddCredits(n int) { sb.state.addCredits(v2Purse, n) }

// AddV1Credits adds n credits to the pool of the v1 endpoints.
func (sb *Sandbox) AddV1Credits(n int) { sb.state.addCredits(v1Purse, n) }

// AddRealTimeCredits adds n credits to the pool of the real-time endpoint.
func (sb *Sandbox) AddRealTimeCredits(n int) { sb.state.addCredits(realTimePurse, n) }

func (c *state) addCredits(which purse, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pools[which].left = max(0, c.pools[which].left+n)
}

// SetCredits sets how many credits the v2 endpoints may still spend; a negative n is taken as 0.
func (sb *Sandbox) SetCredits(n int) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.pools[v2Purse].left = max(0, n)
}

// SubscriptionsCreated returns how many subscriptions have been created, in both
// versions of the API, whether or not they still exist.
func (sb *Sandbox) SubscriptionsCreated() int {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return sb.state.subscriptions.created
}

// JobsCreated returns how many data requests have been accepted, in both
// versions of the API.
func (sb *Sandbox) JobsCreated() int {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return len(sb.state.jobs.byID)
}

// JobIDs returns the ids of all data requests that were accepted, in both versions
// of the API, in their order. The provider does not list them; its support does.
func (sb *Sandbox) JobIDs() []string {
	c := sb.state
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids := make([]string, 0, len(c.jobs.inOrder))
	for _, j := range c.jobs.inOrder {
		ids = append(ids, j.id)
	}
	return ids
}

// Simulations returns how many test deliveries have been asked for and accepted.
func (sb *Sandbox) Simulations() int {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return sb.state.simulations
}

// Scraped returns how often a person's record has been fetched through the
// real-time endpoint and paid for.
func (sb *Sandbox) Scraped(id int64) int {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return sb.state.scraped[id]
}

// Collected returns how often a person's record has been collected and paid for,
// one by one. Records of data requests are not counted here.
func (sb *Sandbox) Collected(id int64) int {
	sb.state.mu.RLock()
	defer sb.state.mu.RUnlock()
	return sb.state.collected[id]
}

// ActiveSubscriptions returns how many subscriptions have not ended, in both versions of the API.
func (sb *Sandbox) ActiveSubscriptions() int { active, _ := sb.state.subscribed(); return active }

// QueuedChanges returns how many changes of people the active subscriptions have not been told yet.
func (sb *Sandbox) QueuedChanges() int { _, queued := sb.state.subscribed(); return queued }

func (c *state) subscribed() (active, queued int) {
	now := c.shell.Now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, sub := range c.subscriptions.inOrder {
		if sub.active(now) {
			active++
			queued += len(sub.pending)
		}
	}
	return active, queued
}
