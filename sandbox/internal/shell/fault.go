package shell

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Drop is a moment at which a connection breaks, see package sandbox.
type Drop int

// The moments at which a fault can break the connection.
const (
	NoDrop Drop = iota
	DropBeforeAct
	DropAfterAct
	DropMidBody
)

// Fault is something that goes wrong with requests. Package sandbox, which users see, says what its fields mean.
type Fault struct {
	Origin, Method, Path string
	After, Times         int

	Delay        time.Duration
	Status       int
	Header       http.Header
	Body         string
	RetryAfter   string
	HTML         bool
	Redirect     string
	Drop         Drop
	TruncateGzip bool
}

// responds tells whether the fault responds instead of the provider.
func (f Fault) responds() bool { return f.Status != 0 || f.Body != "" || f.HTML || f.Redirect != "" }

// faultList holds the faults that are set up, the oldest first.
type faultList struct {
	mu   sync.Mutex
	list []*pendingFault
}

type pendingFault struct {
	Fault

	passed, served int
}

// take finds the fault for a request and counts it. A request that an older fault lets pass counts for the younger
// ones too, until one serves it.
func (l *faultList) take(origin, method, path string) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		switch {
		case f.Origin != "" && f.Origin != origin, !concerns(f.Method, f.Path, method, path):
			continue
		case f.passed < f.After:
			f.passed++
			continue
		}
		f.served++
		if f.Times > 0 && f.served >= f.Times {
			l.list = slices.Delete(l.list, i, i+1)
		}
		return f.Fault, true
	}
	return Fault{}, false
}

// Fail sets up a fault.
func (sh *Shell) Fail(f Fault) {
	f.Header = f.Header.Clone()
	sh.faults.mu.Lock()
	defer sh.faults.mu.Unlock()
	sh.faults.list = append(sh.faults.list, &pendingFault{Fault: f})
}

// Faults returns the faults that are set up, the oldest first.
func (sh *Shell) Faults() []Fault {
	sh.faults.mu.Lock()
	defer sh.faults.mu.Unlock()
	faults := make([]Fault, 0, len(sh.faults.list))
	for _, f := range sh.faults.list {
		fault := f.Fault
		fault.Header = fault.Header.Clone()
		faults = append(faults, fault)
	}
	return faults
}

// ClearFaults removes every fault.
func (sh *Shell) ClearFaults() {
	sh.faults.mu.Lock()
	defer sh.faults.mu.Unlock()
	sh.faults.list = nil
}

// serveFault lets a fault happen to a request.
func (sh *Shell) serveFault(f Fault, provider Provider, c *Call) {
	if !sh.wait(c, f.Delay) {
		abort(c.W)
		return
	}
	header := c.W.Header()
	if f.RetryAfter != "" {
		header.Set("Retry-After", f.RetryAfter)
	}
	if f.Drop == DropBeforeAct {
		abort(c.W)
		return
	}

	recorded := &recording{header: maps.Clone(header)}
	target := c.W
	c.W = &Reply{ResponseWriter: recorded}
	if f.responds() {
		f.respond(provider, c)
	} else {
		provider.Serve(c)
	}
	c.W = target
	if f.Drop == DropAfterAct {
		abort(target)
		return
	}

	maps.Copy(header, recorded.header)
	maps.Copy(header, f.Header)
	body := recorded.body.Bytes()
	if f.TruncateGzip && bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		body = body[:len(body)/2]
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	target.WriteHeader(cmp.Or(recorded.status, http.StatusOK)) // a provider that writes nothing responds with 200
	if f.Drop != DropMidBody {
		_, _ = target.Write(body)
		return
	}
	_, _ = target.Write(body[:len(body)/2])
	_ = http.NewResponseController(target).Flush()
	abort(target)
}

// wait passes the time of a delay and tells whether the request is still wanted after it.
func (sh *Shell) wait(c *Call, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.R.Context().Done():
	case <-sh.ctx.Done():
	}
	return false
}

// abort closes the connection without another byte: by taking it over where that is possible, and by a panic that
// net/http's server understands otherwise.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told to drop a connection
	}
	_ = conn.Close()
}

// respond writes the fault's own response.
func (f Fault) respond(provider Provider, c *Call) {
	status := f.Status
	switch {
	case f.Redirect != "":
		c.W.Header().Set("Location", f.Redirect)
		if status == 0 {
			status = http.StatusFound
		}
	case f.HTML && status == 0:
		status = http.StatusBadGateway
	}
	switch {
	case f.HTML:
		page := f.Body
		if page == "" {
			title := fmt.Sprintf("%d %s", status, http.StatusText(status))
			page = "<html>\n<head><title>" + title + "</title></head>\n<body><h1>" + title + "</h1></body>\n</html>\n"
		}
		c.W.Bytes(status, "text/html; charset=utf-8", []byte(page))
	case f.Body != "":
		c.W.Bytes(cmp.Or(status, http.StatusOK), "application/json", []byte(f.Body))
	default:
		provider.Refuse(c, status, http.StatusText(status))
	}
}
