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

// route is one endpoint. A segment in braces stands for any one segment, and
// with dots for the rest of the path.
type route struct {
	method     string
	pattern    string
	segments   []string
	set        *dataset
	credential credential
	serve      func(*call) *problem
}

// table lists every endpoint of the provider that the sandbox answers.
func (c *coresignal) table() []route {
	base, v1 := baseDataset(), v1Dataset()
	var routes []route
	add := func(set *dataset, method, pattern string, serve func(*call) *problem) {
		routes = append(routes, route{
			method:     method,
			pattern:    pattern,
			segments:   strings.Split(strings.TrimPrefix(pattern, "/"), "/"),
			set:        set,
			credential: set.credential,
			serve:      serve,
		})
	}

	for _, how := range []selector{byIDs, byFilter, byQuery} {
		add(base, "POST", "/cdapi/v2/subscriptions/employee_base/"+string(how), c.createSubscription(how))
		add(base, "POST", "/cdapi/v2/data_requests/employee_base/"+string(how), c.createJob(how))
	}
	for _, how := range []selector{byIDFile, byFilter, byQuery} {
		add(v1, "POST", "/cdapi/v1/subscriptions/professional_network/employee/"+string(how), c.createSubscription(how))
		add(v1, "POST", "/cdapi/v1/professional_network/employee/bulk_collect/"+string(how), c.createJob(how))
	}
	for _, how := range []selector{byFilter, byQuery} {
		add(base, "POST", "/cdapi/v2/employee_base/search/"+string(how), c.search(how))
		add(v1, "POST", "/cdapi/v1/professional_network/employee/search/"+string(how), c.search(how))
	}
	add(base, "GET", "/cdapi/v2/employee_base/collect/{ref}", c.collect)
	add(v1, "GET", "/cdapi/v1/professional_network/employee/collect/{ref}", c.collect)

	add(base, "POST", "/cdapi/v2/subscriptions/{id}/renew", c.renewSubscription)
	for _, at := range []struct {
		set           *dataset
		subscriptions string
		jobs          string
	}{
		{base, "/cdapi/v2/subscriptions", "/cdapi/v2/data_requests"},
		{v1, "/cdapi/v1/subscriptions", "/cdapi/v1/bulk_collect"},
	} {
		add(at.set, "POST", at.subscriptions+"/simulate", c.simulate)
		add(at.set, "GET", at.subscriptions, c.listSubscriptions)
		add(at.set, "GET", at.subscriptions+"/{id}", c.getSubscription)
		add(at.set, "DELETE", at.subscriptions+"/{id}", c.deleteSubscription)
		add(at.set, "GET", at.jobs+"/{id}/files", c.listFiles)
		add(at.set, "GET", at.jobs+"/{id}/files/{name...}", c.getFile)
	}
	return routes
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
// with the wrong verb is answered with 500, as the provider documents.
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
	if known {
		req.w.refuse(refusal(http.StatusInternalServerError, "Internal Server Error"))
		return
	}
	unrouted(req)
}

func (c *coresignal) serve(rt route, req *call) *problem {
	c.mu.RLock()
	who, ok := c.keys.find(rt.credential, req.r.Header)
	c.mu.RUnlock()
	if !ok {
		return refusal(http.StatusUnauthorized, "Unauthorized")
	}
	req.owner = who
	limit := c.settings.rateLimit
	left, ok := c.rates.allow(who, "all", limit, time.Now())
	if limit > 0 {
		// Seen on live answers, not documented.
		req.w.Header().Set("X-Ratelimit-Limit-Second", strconv.Itoa(limit))
		req.w.Header().Set("X-Ratelimit-Remaining-Second", strconv.Itoa(left))
	}
	if !ok {
		return refusal(http.StatusTooManyRequests, "Too many requests")
	}
	req.w.finalise = func(h http.Header) {
		h.Set("X-Credits-Remaining", strconv.Itoa(c.creditsLeft(rt.credential)))
	}
	return rt.serve(req)
}
