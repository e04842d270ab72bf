package sandbox

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request on its way to its answer.
type call struct {
	w       *reply
	r       *http.Request
	path    string // escaped, below the path prefix
	pattern string
	args    map[string]string
	body    []byte
	set     *dataset
	owner   owner
	log     *slog.Logger
}

// match compares a path's escaped segments with the route's and returns what
// stands for the braces, unescaped.
func (rt route) match(segments []string) (map[string]string, bool) {
	args := map[string]string{}
	for i, want := range rt.segments {
		if i >= len(segments) {
			return nil, false
		}
		name, isArg := strings.CutPrefix(want, "{")
		if !isArg {
			if segments[i] != want {
				return nil, false
			}
			continue
		}
		rest := segments[i : i+1]
		name, toEnd := strings.CutSuffix(name, "...}")
		if toEnd {
			rest = segments[i:]
		}
		value, err := url.PathUnescape(strings.Join(rest, "/"))
		if err != nil || value == "" {
			return nil, false
		}
		args[strings.TrimSuffix(name, "}")] = value
		if toEnd {
			return args, true
		}
	}
	return args, len(segments) == len(rt.segments)
}

// answer finds the route and answers, or hands over to unrouted. A known path
// with the wrong verb is answered with 500, as the provider documents, or by the
// real-time API with 503.
func (c *coresignal) answer(req *call, unrouted func(*call)) {
	segments := strings.Split(strings.TrimPrefix(req.path, "/"), "/")
	known := false
	for _, rt := range c.routes {
		args, ok := rt.match(segments)
		if !ok {
			continue
		}
		known = true
		if rt.method != req.r.Method {
			continue
		}
		req.args, req.pattern, req.set = args, rt.method+" "+rt.pattern, rt.set
		if p := c.serve(rt, req); p != nil {
			req.w.refuse(p)
		}
		return
	}
	switch {
	case known && segments[0] == "rtapi":
		req.w.refuse(refusal(http.StatusServiceUnavailable, "Service Unavailable"))
		return
	case known:
		req.w.refuse(refusal(http.StatusInternalServerError, "Internal Server Error"))
		return
	}
	unrouted(req)
}

func tooFast() *problem { return refusal(http.StatusTooManyRequests, "Too many requests") }

func (c *coresignal) serve(rt route, req *call) *problem {
	c.mu.RLock()
	who, ok := c.keys.find(rt.credential, req.r.Header)
	c.mu.RUnlock()
	if !ok {
		return refusal(http.StatusUnauthorized, "Unauthorized")
	}
	req.owner = who
	req.w.finalise = func(h http.Header) {
		h.Set("X-Credits-Remaining", strconv.Itoa(c.creditsLeft(rt.set.purse)))
	}
	within := limit{"all", c.settings.rateLimit, time.Second}
	if rt.set.purse == realTimePurse {
		within = realTimeLimit() // instead of the other one (assumed)
	}
	left, ok := c.rates.allow(who, within, time.Now())
	if within.most > 0 && within.window == time.Second {
		// Seen on live answers, not documented.
		req.w.Header().Set("X-Ratelimit-Limit-Second", strconv.Itoa(within.most))
		req.w.Header().Set("X-Ratelimit-Remaining-Second", strconv.Itoa(left))
	}
	if !ok {
		return tooFast()
	}
	return rt.serve(req)
}
