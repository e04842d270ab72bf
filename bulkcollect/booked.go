package bulkcollect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// booked is a request on its way through a ledger. A nil one is a request without a ledger.
type booked struct {
	ledger Ledger
	entry  Entry
}

// book looks a request up. An error means that it must not be sent, a job that it need not be.
func book(ctx context.Context, l Ledger, o *order) (*booked, *Job, error) {
	e, err := l.Get(ctx, o.name)
	if err != nil {
		return nil, nil, ledgerFailed("read", err)
	}
	if e.Request != "" && e.valid() != nil {
		return nil, nil, errBadEntry
	}
	switch {
	case e.Doubtful():
		return nil, nil, &DoubtError{Entry: e}
	case o.once && o.part == 0 && e.JobID != "" && e.Fingerprint != o.fingerprint.String():
		return nil, nil, fmt.Errorf("bulkcollect: request %.200q was for something else before: %w", e.Request, api.ErrConflict)
	case e.Open(), o.once && e.State == Ended && e.JobID != "":
		return nil, &Job{ID: e.JobID, IDs: e.IDs, Attached: true, Request: e.Request}, nil
	}
	return &booked{ledger: l, entry: e}, nil, nil
}

// intend stores that the request is about to be sent.
func (b *booked) intend(ctx context.Context, o *order) error {
	if b == nil {
		return nil
	}
	return put(ctx, b.ledger, &b.entry, func(e *Entry) {
		*e = Entry{
			Request: o.name, Revision: e.Revision, State: Sending, Operation: storedName(o.op),
			Fingerprint: o.fingerprint.String(), IDs: o.listed, Credits: o.credits, Sent: e.Sent + 1,
			Once: o.once, Part: o.part, GivenUp: e.GivenUp, Asked: o.asked,
		}
	})
}

// settle stores what became of the request.
func (b *booked) settle(ctx context.Context, job *Job, failure error) error {
	if b == nil {
		return failure
	}
	ctx, cancel := happened(ctx)
	defer cancel()
	err := put(ctx, b.ledger, &b.entry, func(e *Entry) {
		switch {
		case job != nil:
			e.State, e.JobID, e.RequestedAt, e.Resolved = Requested, job.ID, time.Now().UTC(), job.named
			if !job.twinOf.IsZero() {
				e.RequestedAt, e.Asked = job.twinOf, time.Time{}
			}
		case errors.Is(failure, api.ErrMaybeApplied):
			e.State, e.Reason = InDoubt, reasonOf(failure)
		default:
			e.State, e.Reason = Refused, reasonOf(failure)
		}
	})
	switch {
	case err == nil && b.entry.State == InDoubt:
		return &DoubtError{Entry: b.entry, Err: failure}
	case err == nil:
		return failure
	case job != nil:
		return &UnrecordedJobError{JobID: job.ID, Request: b.entry.Request, Err: err}
	}
	return errors.Join(failure, err)
}

// twin returns the entry of the identical request whose job may still be in progress; without one, the zero Entry.
func (b *booked) twin(ctx context.Context) (latest Entry, err error) {
	if b == nil {
		return Entry{}, nil
	}
	entries, err := b.ledger.Entries(ctx)
	if err != nil {
		return Entry{}, ledgerFailed("read", err)
	}
	for _, e := range entries {
		young := time.Since(e.RequestedAt) <= maxKnownAge
		if e.Fingerprint == b.entry.Fingerprint && e.Open() && young && e.RequestedAt.After(latest.RequestedAt) {
			latest = e
		}
	}
	return latest, nil
}

// name is what the ledger calls the request.
func (b *booked) name() string {
	if b == nil {
		return ""
	}
	return b.entry.Request
}

const (
	// maxKnown bounds how many requests are remembered.
	maxKnown = 1000
	// maxKnownAge bounds how long a job that was not seen to end counts as the one in progress (assumed: jobs take
	// minutes).
	maxKnownAge = time.Hour
)

// storedName is what ledgers and groups call an operation, in fingerprints too: the name that the first version gave it.
// Another name would make a paid request look like one that was never made.
func storedName(op *wire.Op) string {
	return strings.Replace(op.Name, "BulkCollect.", "bulkcollect.", 1)
}

// fingerprint tells two requests apart.
type fingerprint [sha256.Size]byte

func fingerprintOf(op *wire.Op, body []byte) fingerprint {
	hash := sha256.New()
	_, _ = io.WriteString(hash, storedName(op)+"\n")
	_, _ = hash.Write(body)
	return fingerprint(hash.Sum(nil))
}

func (f fingerprint) String() string { return hex.EncodeToString(f[:]) }

// knownJobs remembers the ids of the jobs that were made for a request and not seen to end, so that a 409 "identical
// request in progress" yields the id of that very job, and never an old one.
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
