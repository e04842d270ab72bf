package bulkcollect

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// maxKnown bounds how many requests are remembered.
	maxKnown = 1000
	// maxKnownAge bounds how long a job that was not seen to end is taken for the one in progress (assumed: jobs take minutes).
	maxKnownAge = time.Hour
)

// fingerprint tells two requests apart.
type fingerprint [sha256.Size]byte

func fingerprintOf(op *wire.Op, body []byte) fingerprint {
	hash := sha256.New()
	_, _ = io.WriteString(hash, op.Name+"\n")
	_, _ = hash.Write(body)
	return fingerprint(hash.Sum(nil))
}

func (f fingerprint) String() string { return hex.EncodeToString(f[:]) }

// knownJobs remembers the ids of the jobs that were made for a request and not seen to end, so that a 409 "identical
// request in progress" can be answered with the id of that very job, and never with an old one's.
type knownJobs struct {
	mu   sync.Mutex
	jobs []knownJob // the oldest first
}

type knownJob struct {
	request fingerprint
	id      string
	made    time.Time
}

func (k *knownJobs) remember(request fingerprint, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	k.jobs = slices.DeleteFunc(k.jobs, func(j knownJob) bool { return j.request == request || now.Sub(j.made) > maxKnownAge })
	if len(k.jobs) == maxKnown {
		k.jobs = slices.Delete(k.jobs, 0, 1)
	}
	k.jobs = append(k.jobs, knownJob{request: request, id: id, made: now})
}

// ended forgets a job that is not in progress any more.
func (k *knownJobs) ended(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.jobs = slices.DeleteFunc(k.jobs, func(j knownJob) bool { return j.id == id })
}

func (k *knownJobs) recall(request fingerprint) (id string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, j := range k.jobs {
		if j.request == request && time.Since(j.made) <= maxKnownAge {
			return j.id, true
		}
	}
	return "", false
}
