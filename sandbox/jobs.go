package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

const fileLifetime = 30 * day

// jobState is how far a data request has come. The provider names no states; it
// shows them as status codes.
type jobState int

const (
	jobRunning jobState = iota // 202
	jobReady                   // 200
	jobUnpaid                  // 402
	jobEmpty                   // 404
	jobTooBig                  // 422
)

// job is one data request. The provider's lock guards it.
type job struct {
	id          string
	set         *dataset
	people      selection
	limit       int // at most so many records; 0 is no limit
	webhookURL  string
	fingerprint [sha256.Size]byte

	state    jobState
	polls    int
	finished time.Time
	files    []*partFile
}

// jobList holds every data request.
type jobList struct {
	byID    map[string]*job
	inOrder []*job
}

func newJobList() jobList { return jobList{byID: map[string]*job{}} }

// running finds a data request in progress that is identical to another.
func (l *jobList) running(fingerprint [sha256.Size]byte) bool {
	return slices.ContainsFunc(l.inOrder, func(j *job) bool {
		return j.state == jobRunning && j.fingerprint == fingerprint
	})
}

// addJob accepts a data request unless an identical one is in progress.
func (c *coresignal) addJob(j *job) *problem {
	identity, err := json.Marshal([]any{j.set.records, j.people.how, j.people.given, j.people.ids, j.people.names, j.limit, j.webhookURL})
	if err != nil {
		return refusal(http.StatusUnprocessableEntity, "The data request cannot be read")
	}
	j.fingerprint = sha256.Sum256(identity)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.jobs.running(j.fingerprint) {
		return refusal(http.StatusConflict, "Identical data request is already in progress.")
	}
	j.id = c.identities.uuid()
	c.jobs.byID[j.id] = j
	c.jobs.inOrder = append(c.jobs.inOrder, j)
	if c.settings.jobPolls == 0 {
		c.notify(c.finish(j))
	}
	return nil
}

// finishJobs finishes the data requests in progress and returns the notices
// about them.
func (c *coresignal) finishJobs() []parcel {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parcels []parcel
	for _, j := range c.jobs.inOrder {
		if j.state == jobRunning {
			parcels = append(parcels, c.finish(j)...)
		}
	}
	return parcels
}

// notify sends a data request's notice in the background.
func (c *coresignal) notify(parcels []parcel) {
	for _, p := range parcels {
		c.courier.later(p)
	}
}

// finish evaluates a data request, takes its price and returns the notice about
// it, which is sent for a failure too. The lock must be held. That people are
// selected now and not when the request was made is assumed.
func (c *coresignal) finish(j *job) []parcel {
	found := c.selected(j)
	most := c.settings.maxBulkRecords
	switch {
	case len(found) == 0:
		j.state = jobEmpty
	case len(found) > most:
		j.state = jobTooBig
	case !c.pools[j.set.purse].take(len(found) * j.set.recordPrice):
		j.state = jobUnpaid
	default:
		j.state = jobReady
		j.files = c.parts(found, j.set)
	}
	j.finished = c.clock.now()
	if j.webhookURL == "" {
		return nil
	}
	return []parcel{j.notice(c.settings.jobNotice)}
}

// selected returns the people of a data request, at most its limit, by ID. Those
// that do not exist are left out (assumed).
func (c *coresignal) selected(j *job) []*people.Person {
	var found []*people.Person
	if j.people.query == nil {
		for _, id := range j.people.ids {
			if p, ok := c.roster.byID[id]; ok {
				found = append(found, p)
			}
		}
		for _, name := range j.people.names {
			if p, ok := c.roster.byShorthand[name]; ok {
				found = append(found, p)
			}
		}
	} else {
		for _, p := range c.roster.all {
			if j.people.matches(p, j.set) {
				found = append(found, p)
			}
		}
	}
	slices.SortFunc(found, func(a, b *people.Person) int { return cmp.Compare(a.ID, b.ID) })
	if j.limit > 0 {
		found = found[:min(j.limit, len(found))]
	}
	return found
}

// pollJob answers how far a data request has come, and for a ready one returns
// it. A poll may finish the data request.
func (c *coresignal) pollJob(req *call) (*job, *problem) {
	now := c.clock.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	j, ok := c.jobs.byID[req.args["id"]]
	if !ok || j.set.credential != req.set.credential {
		return nil, jobNotFound()
	}
	switch {
	case j.state == jobRunning && j.polls < c.settings.jobPolls:
		j.polls++
		return j, nil
	case j.state == jobRunning:
		c.notify(c.finish(j))
	case j.state == jobUnpaid:
		c.finish(j) // there may be credits by now (assumed); it is not told again
	}
	switch {
	case j.state == jobEmpty, now.Sub(j.finished) >= fileLifetime:
		return nil, jobNotFound()
	case j.state == jobUnpaid:
		return nil, noCredits()
	case j.state == jobTooBig:
		return nil, refusal(http.StatusUnprocessableEntity, "request matched too many ids maximum is %s ids", thousands(c.settings.maxBulkRecords))
	}
	return j, nil
}

func jobNotFound() *problem { return refusal(http.StatusNotFound, "Not Found") }
