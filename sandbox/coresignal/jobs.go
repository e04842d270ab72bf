package coresignal

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
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
	price       int // in credits, of each record
	limit       int // at most so many records; 0 is no limit
	webhookURL  string
	fingerprint [sha256.Size]byte

	state    jobState
	accepted time.Time
	polls    int
	finished time.Time
	files    []*partFile
}

// jobList holds every data request.
type jobList struct {
	byID    map[string]*job
	inOrder []*job
	stalled bool // none comes to its end
}

// StallJobs switches on or off that the data requests in progress, and new ones, stay in progress for ever: however often
// they are polled and whatever the clock says. What is ready by then stays so.
func (sb *Sandbox) StallJobs(on bool) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.jobs.stalled = on
}

func newJobList() jobList { return jobList{byID: map[string]*job{}} }

// running finds a data request in progress that is identical to another.
func (l *jobList) running(fingerprint [sha256.Size]byte) bool {
	return slices.ContainsFunc(l.inOrder, func(j *job) bool {
		return j.state == jobRunning && j.fingerprint == fingerprint
	})
}

// addJob accepts a data request unless an identical one is in progress.
func (c *state) addJob(j *job) *problem {
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
	j.id = c.shell.UUID()
	j.accepted = c.shell.Now()
	c.jobs.byID[j.id] = j
	c.jobs.inOrder = append(c.jobs.inOrder, j)
	if c.settings.jobPolls == 0 && !c.jobs.stalled {
		c.notify(c.finish(j))
	}
	return nil
}

// finishJobs finishes the data requests in progress and returns the notices
// about them.
func (c *state) finishJobs() []shell.Parcel {
	c.mu.Lock()
	defer c.mu.Unlock()
	var parcels []shell.Parcel
	for _, j := range c.jobs.inOrder {
		if j.state == jobRunning && !c.jobs.stalled {
			parcels = append(parcels, c.finish(j)...)
		}
	}
	return parcels
}

// notify sends a data request's notice in the background.
func (c *state) notify(parcels []shell.Parcel) {
	for _, p := range parcels {
		c.shell.Later(p)
	}
}

// finish evaluates a data request, takes its price and returns the notice about
// it, which is sent for a failure too. The lock must be held. That people are
// selected now and not when the request was made is assumed.
func (c *state) finish(j *job) []shell.Parcel {
	found := c.selected(j)
	most := c.settings.maxBulkRecords
	switch {
	case len(found) == 0:
		j.state = jobEmpty
	case len(found) > most:
		j.state = jobTooBig
	case !c.pools[j.set.purse].take(len(found) * j.price):
		j.state = jobUnpaid
	default:
		j.state = jobReady
		j.files = c.parts(found, j.set)
	}
	j.finished = c.shell.Now()
	if j.webhookURL == "" {
		return nil
	}
	return []shell.Parcel{j.notice(c.settings.jobNotice)}
}

// selected returns the people of a data request, at most its limit, by ID. Those
// that do not exist are left out (assumed).
func (c *state) selected(j *job) []*people.Person {
	var found []*people.Person
	add := func(p *people.Person) {
		if p, ok := c.shown(p); ok {
			found = append(found, p)
		}
	}
	if j.people.query == nil {
		for _, id := range j.people.ids {
			if p, ok := c.roster.byID[id]; ok {
				add(p)
			}
		}
		for _, name := range j.people.names {
			if p, ok := c.roster.byShorthand[name]; ok {
				add(p)
			}
		}
	} else {
		for _, p := range c.roster.all {
			if p.MergedInto() == nil && j.people.matches(p, j.set) {
				add(p)
			}
		}
	}
	slices.SortFunc(found, func(a, b *people.Person) int { return cmp.Compare(a.ID, b.ID) })
	found = slices.Compact(found) // two IDs may be of one profile by now
	if j.limit > 0 {
		found = found[:min(j.limit, len(found))]
	}
	return found
}

// pollJob tells how far a data request has come, and for a ready one returns
// it. A poll may finish the data request.
func (c *state) pollJob(req *call) (*job, *problem) {
	now := c.shell.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	j, ok := c.jobs.byID[req.Args["id"]]
	if !ok || j.set.credential != req.set.credential {
		return nil, jobNotFound()
	}
	switch {
	case j.state == jobRunning && (j.polls < c.settings.jobPolls || c.jobs.stalled):
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

// NoticeShape is a shape of what is POSTed when a data request has finished.
type NoticeShape int

// The provider documents that something is POSTed to the webhook_url when a data
// request is ready or has failed, but not what. A receiver should rely on no more
// than the POST. Ready and failed look the same.
const (
	RequestIDNotice NoticeShape = iota // {"request_id": "..."}
	EmptyNotice                        // {}
	ArrayNotice                        // [{"request_id": "..."}]
	TextNotice                         // the ID alone, as plain text
)

// notice is the POST that tells that the data request has finished.
func (j *job) notice(shape NoticeShape) shell.Parcel {
	p := shell.Parcel{Kind: JobNotice, About: j.id, URL: j.webhookURL}
	switch shape {
	case EmptyNotice:
		p.Body = []byte(`{}`)
	case ArrayNotice:
		p.Body = fmt.Appendf(nil, `[{"request_id":%q}]`, j.id)
	case TextNotice:
		p.Header, p.Body = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, []byte(j.id)
	default:
		p.Body = fmt.Appendf(nil, `{"request_id":%q}`, j.id)
	}
	return p
}

// partFile is one file of a data request: gzip of one JSON record a line. It is
// compressed when first asked for.
type partFile struct {
	name    string
	records []json.RawMessage

	once    sync.Once
	content []byte
	etag    string
}

// parts splits people's records into files. The lock must be held.
func (c *state) parts(found []*people.Person, set *dataset) []*partFile {
	var files []*partFile
	id := c.shell.UUID()
	for chunk := range slices.Chunk(found, c.settings.partSize) {
		file := &partFile{name: fmt.Sprintf("%spart-%05d-%s-h000.json.gz", set.filePrefix, len(files), id)}
		for _, p := range chunk {
			file.records = append(file.records, c.record(p, set))
		}
		files = append(files, file)
	}
	return files
}

// compress makes the file's bytes, the same ones for the same records.
func (f *partFile) compress() {
	f.once.Do(func() {
		var lines, packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		for _, record := range f.records {
			lines.Reset()
			if json.Compact(&lines, record) != nil {
				continue // records are valid JSON
			}
			lines.WriteByte('\n')
			_, _ = w.Write(lines.Bytes()) // into memory
		}
		_ = w.Close()
		f.content = packed.Bytes()
		f.etag = fmt.Sprintf(`"%x"`, sha256.Sum256(f.content))[:33] + `"`
		f.records = nil
	})
}

// listFiles responds to a poll: 202 while the data request is in progress, then the
// names of its files.
func (c *state) listFiles(req *call) *problem {
	j, p := c.pollJob(req)
	if p != nil {
		return p
	}
	c.mu.RLock()
	running := j.state == jobRunning
	names := []string{}
	for _, file := range j.files {
		names = append(names, file.name)
	}
	c.mu.RUnlock()
	if running {
		req.W.JSON(http.StatusAccepted, map[string]string{"message": "Data request is still being processed"})
		return nil
	}
	req.W.JSON(http.StatusOK, map[string][]string{"data_request_files": names})
	return nil
}

// getFile responds with a file's bytes. It honours ranges and conditions and
// sends a strong ETag, which the provider is not known to do (assumed).
func (c *state) getFile(req *call) *problem {
	now := c.shell.Now()
	c.mu.RLock()
	var file *partFile
	var finished time.Time
	j, ok := c.jobs.byID[req.Args["id"]]
	if ok && j.set.credential == req.set.credential && now.Sub(j.finished) < fileLifetime {
		finished = j.finished
		if i := slices.IndexFunc(j.files, func(f *partFile) bool { return f.name == req.Args["name"] }); i >= 0 {
			file = j.files[i]
		}
	}
	c.mu.RUnlock()
	if file == nil {
		return jobNotFound()
	}
	file.compress()
	h := req.W.Header()
	h.Set("Content-Type", "application/gzip")
	h.Set("ETag", file.etag)
	http.ServeContent(req.W, req.R, strings.TrimSuffix(file.name, ".gz"), finished, bytes.NewReader(file.content))
	return nil
}
