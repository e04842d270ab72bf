package money

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

// database is where the user's function stores. It fails one time in three, sometimes after it has committed, and is down
// for as many calls as down says.
type database struct {
	*provider
	server  *httptest.Server
	calls   atomic.Int64
	down    atomic.Int64
	away    atomic.Bool     // it is down until it is not
	panics  atomic.Int64    // the person about whom the user's function panics, once
	refuses [2]atomic.Int64 // the people whose records it does not take
}

// The statuses with which the database makes the user's function fail.
const (
	itFails  = http.StatusInternalServerError
	itIsDown = http.StatusServiceUnavailable
	itPanics = http.StatusTeapot
	itIsDead = http.StatusGone // to a process that was killed: what was on its way from it comes to nothing
)

func newDatabase(p *provider) *database {
	d := &database{provider: p}
	d.server = httptest.NewServer(d)
	return d
}

func (d *database) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/taken" {
		d.at(updateTaken)
		return
	}
	l := new(line)
	if err := json.NewDecoder(r.Body).Decode(l); err != nil {
		return
	}
	status, commit, how := http.StatusOK, true, "done"
	if d.panics.CompareAndSwap(l.ID, 0) {
		status, commit, how = itPanics, false, "the function panics"
	} else if l.ID == d.refuses[0].Load() || l.ID == d.refuses[1].Load() {
		status, commit, how = itFails, false, "the function returns an error"
	} else if d.away.Load() {
		status, commit, how = itIsDown, false, "the database is down"
	} else if d.calm.Load() {
		// it has recovered
	} else if d.down.Add(-1) >= 0 {
		status, commit, how = itIsDown, false, "the database is down"
	} else if x := d.chance("store", int(d.calls.Add(1))).IntN(1000); x < 5 {
		status, commit, how = itPanics, false, "the function panics"
	} else if x < 25 {
		status, how = itFails, "done, and the function returns an error"
	} else if x < 333 {
		status, commit, how = itFails, false, "the function returns an error"
	}
	d.at(storeAsked)
	if !d.store(l, commit, how) {
		status = itIsDead
	} else if commit {
		d.at(storeCommitted)
	}
	rw.WriteHeader(status)
}
