package shell

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Match tells how a route fits a request.
type Match int

// How a route fits: not at all, by its path but not its method, or by both.
const (
	NoMatch Match = iota
	OtherMethod
	FullMatch
)

// MatchRoute compares a route with a request. A segment of the path in braces, such as {id}, stands for any one
// segment, and {name...} for the rest of the path. With a full match the call gets its Route and Args.
func (c *Call) MatchRoute(method, path string) Match {
	want := strings.Split(path, "/")
	got := strings.Split(c.Path, "/")
	args := map[string]string{}
	for i, segment := range want {
		if i >= len(got) {
			return NoMatch
		}
		name, isArg := strings.CutPrefix(segment, "{")
		if !isArg {
			if got[i] != segment {
				return NoMatch
			}
			continue
		}
		rest := got[i : i+1]
		name, toEnd := strings.CutSuffix(name, "...}")
		if toEnd {
			rest = got[i:]
			got, want = got[:i+1], want[:i+1]
		}
		value, err := url.PathUnescape(strings.Join(rest, "/"))
		if err != nil || value == "" {
			return NoMatch
		}
		args[strings.TrimSuffix(name, "}")] = value
	}
	switch {
	case len(got) != len(want):
		return NoMatch
	case c.R.Method != method:
		return OtherMethod
	}
	c.Route, c.Args = method+" "+path, args
	return FullMatch
}

// Owner names a caller without holding its secret.
type Owner [sha256.Size]byte

// OwnerOf returns the owner of a secret.
func OwnerOf(secret string) Owner { return sha256.Sum256([]byte(secret)) }

// SameSecret compares in constant time.
func SameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Limit is how many requests of one caller are allowed in any sliding window.
type Limit struct {
	Class  string
	Most   int // 0 switches the limit off
	Window time.Duration
}

// Rates remembers when the requests of each caller were allowed, to hold limits over every sliding window. Its zero
// value is ready.
type Rates struct {
	mu      sync.Mutex
	allowed map[rateKey][]time.Time
}

type rateKey struct {
	owner Owner
	class string
}

// Allow tells whether one more request is within the limit in the window that ends now, and how many are left in it.
// A refused request does not count.
func (r *Rates) Allow(who Owner, within Limit) (left int, ok bool) {
	if within.Most == 0 {
		return 0, true
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.allowed == nil {
		r.allowed = map[rateKey][]time.Time{}
	}
	key := rateKey{who, within.Class}
	recent := r.allowed[key]
	first := 0
	for first < len(recent) && now.Sub(recent[first]) >= within.Window {
		first++
	}
	recent = recent[first:]
	if len(recent) >= within.Most {
		r.allowed[key] = recent
		return 0, false
	}
	r.allowed[key] = append(recent, now)
	return within.Most - len(recent) - 1, true
}
