package sandbox

import (
	"strings"
	"sync"
	"time"
)

// arrival is one request as it came in.
type arrival struct {
	at           time.Time
	method, path string
}

// requestLog remembers every request until the sandbox is garbage.
type requestLog struct {
	mu       sync.Mutex
	arrivals []arrival
}

func (l *requestLog) add(a arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals = append(l.arrivals, a)
}

func (l *requestLog) to(method, pattern string) []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	var times []time.Time
	for _, a := range l.arrivals {
		if concerns(method, pattern, a.method, a.path) {
			times = append(times, a.at)
		}
	}
	return times
}

// concerns tells whether a method and path pattern cover a request. Empty ones
// cover everything, and a "*" in the pattern any one segment.
func concerns(wantMethod, pattern, method, path string) bool {
	if wantMethod != "" && !strings.EqualFold(wantMethod, method) {
		return false
	}
	if pattern == "" {
		return true
	}
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != got[i] {
			return false
		}
	}
	return true
}

// Requests returns how many requests have arrived, whatever their answer.
func (sb *Sandbox) Requests() int { return len(sb.requests.to("", "")) }

// RequestsTo returns how many requests have arrived for a method and path. The
// path starts with "/cdapi", without the path prefix and as it was escaped; a
// "*" stands for any one segment. Empty strings stand for all.
func (sb *Sandbox) RequestsTo(method, path string) int { return len(sb.requests.to(method, path)) }

// Arrivals returns when each request arrived, by [time.Now], in their order.
func (sb *Sandbox) Arrivals() []time.Time { return sb.requests.to("", "") }

// ArrivalsTo returns when the requests for a method and path arrived. The
// arguments are those of [Sandbox.RequestsTo].
func (sb *Sandbox) ArrivalsTo(method, path string) []time.Time {
	return sb.requests.to(method, path)
}

// SubscriptionsCreated returns how many subscriptions have been created, in both
// versions of the API, whether or not they still exist.
func (sb *Sandbox) SubscriptionsCreated() int {
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return sb.coresignal.subscriptions.created
}

// JobsCreated returns how many data requests have been accepted, in both
// versions of the API.
func (sb *Sandbox) JobsCreated() int {
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return len(sb.coresignal.jobs.byID)
}

// JobIDs returns the ids of all data requests that were accepted, in both versions
// of the API, in their order. The provider does not list them; its support does.
func (sb *Sandbox) JobIDs() []string {
	c := sb.coresignal
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
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return sb.coresignal.simulations
}

// Scraped returns how often a person's record has been fetched through the
// real-time endpoint and paid for.
func (sb *Sandbox) Scraped(id int64) int {
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return sb.coresignal.scraped[id]
}

// Collected returns how often a person's record has been collected and paid for,
// one by one. Records of data requests are not counted here.
func (sb *Sandbox) Collected(id int64) int {
	sb.coresignal.mu.RLock()
	defer sb.coresignal.mu.RUnlock()
	return sb.coresignal.collected[id]
}
