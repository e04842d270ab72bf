package shell

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

// ArrivalsTo returns when the requests for a method and path arrived, by [time.Now]. Empty ones stand for all, and a
// "*" in the path for any one segment.
func (sh *Shell) ArrivalsTo(method, path string) []time.Time {
	sh.requests.mu.Lock()
	defer sh.requests.mu.Unlock()
	var times []time.Time
	for _, a := range sh.requests.arrivals {
		if concerns(method, path, a.method, a.path) {
			times = append(times, a.at)
		}
	}
	return times
}

// concerns tells whether a method and path pattern cover a request. Empty ones cover everything, and a "*" in the
// pattern any one segment.
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
