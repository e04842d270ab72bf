package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// credential is the way in which a caller proves who it is.
type credential int

const (
	apiKey    credential = iota // v2: the header apikey
	bearerJWT                   // v1: Authorization: Bearer
)

// owner names a caller without holding its secret.
type owner [sha256.Size]byte

type keyring struct {
	apiKeys []string
	jwt     string
}

func newKeyring(ids *identities) keyring {
	return keyring{apiKeys: []string{ids.apiKey()}, jwt: ids.jwt()}
}

// find tells whose request it is. A Bearer token does not open v2, nor an API
// key v1.
func (k keyring) find(want credential, h http.Header) (owner, bool) {
	if want == bearerJWT {
		scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
		return owner(sha256.Sum256([]byte(token))), strings.EqualFold(scheme, "Bearer") && same(token, k.jwt)
	}
	given := h.Get("apikey")
	known := false
	for _, key := range k.apiKeys {
		known = same(given, key) || known
	}
	return owner(sha256.Sum256([]byte(given))), known
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// APIKey returns the key for the header apikey of the v2 endpoints: 32
// alphanumeric characters, the same for the same seed, and good for nothing
// else.
func (sb *Sandbox) APIKey() string {
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return sb.coresignal.keys.apiKeys[0]
}

// AddAPIKey returns another key of the same account. It spends the same credits
// but has a rate limit and subscriptions of its own.
func (sb *Sandbox) AddAPIKey() string {
	key := sb.identities.apiKey()
	sb.coresignal.mu.Lock()
	defer sb.coresignal.mu.Unlock()
	sb.coresignal.keys.apiKeys = append(sb.coresignal.keys.apiKeys, key)
	return key
}

// JWT returns the Bearer token of the v1 endpoints. It has the form of a JSON Web
// Token, but nothing signed it.
func (sb *Sandbox) JWT() string {
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return sb.coresignal.keys.jwt
}
