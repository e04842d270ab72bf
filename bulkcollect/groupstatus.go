package bulkcollect

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// PartState is how far a part of a group has come.
type PartState int

// The states of a part.
const (
	// PartNotStarted is a part that no job was requested for, or whose request was refused.
	PartNotStarted PartState = iota
	// PartInDoubt is a part whose request may have made a job that is not known: see [Group.Resolve] and
	// [Group.PayAgain].
	PartInDoubt
	// PartRunning is a part whose job was requested and whose files are not all on the disk.
	PartRunning
	// PartDone is a part whose files are on the disk, or whose job found nobody.
	PartDone
)

// String names the state.
func (s PartState) String() string {
	switch s {
	case PartNotStarted:
		return "not started"
	case PartInDoubt:
		return "in doubt"
	case PartRunning:
		return "running"
	case PartDone:
		return "done"
	}
	return fmt.Sprintf("PartState(%d)", int(s))
}

// PartStatus is the state of one part of a group.
type PartStatus struct {
	// Part is its number, from 1.
	Part int
	// State is how far it has come.
	State PartState
	// IDs is how many IDs it has.
	IDs int
	// Entry is what the ledger says of it; the zero Entry for one that was never requested.
	Entry Entry
}

// GroupStatus is how far a group has come.
type GroupStatus struct {
	// IDs is how many IDs the group has, and Duplicates how many further ones its list had.
	IDs, Duplicates int64
	// Parts are its parts, in order.
	Parts []PartStatus
	// LastError is the last error about a part that a Run of this Group has met, a *[PartError], or nil.
	LastError error
}

// Count returns how many parts are in a state.
func (s *GroupStatus) Count(state PartState) int {
	n := 0
	for _, p := range s.Parts {
		if p.State == state {
			n++
		}
	}
	return n
}

// In returns the parts that are in a state.
func (s *GroupStatus) In(state PartState) []PartStatus {
	var found []PartStatus
	for _, p := range s.Parts {
		if p.State == state {
			found = append(found, p)
		}
	}
	return found
}

// Expiring returns the running parts whose files can be fetched for less than the given time, or no longer. Those that
// were paid are then lost: Run fetches them.
func (s *GroupStatus) Expiring(within time.Duration) []PartStatus {
	soon := time.Now().Add(within)
	var found []PartStatus
	for _, p := range s.In(PartRunning) {
		if p.Entry.ExpiresAt().Before(soon) {
			found = append(found, p)
		}
	}
	return found
}

// Finished reports whether all parts are done. A status without parts is that of no group, and not finished.
func (s *GroupStatus) Finished() bool { return len(s.Parts) > 0 && s.Count(PartDone) == len(s.Parts) }

// String says how many parts are in which state.
func (s *GroupStatus) String() string {
	return fmt.Sprintf("%d of %d parts are done, %d running, %d in doubt, %d not started",
		s.Count(PartDone), len(s.Parts), s.Count(PartRunning), s.Count(PartInDoubt), s.Count(PartNotStarted))
}

// Status returns how far the group has come, as far as its ledger knows.
func (g *Group[R]) Status() GroupStatus {
	if g == nil {
		return GroupStatus{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	status := GroupStatus{IDs: g.spec.IDs, Duplicates: g.spec.Duplicates, Parts: make([]PartStatus, len(g.parts)), LastError: g.lastErr}
	for i, e := range g.parts {
		status.Parts[i] = PartStatus{Part: i + 1, State: partState(e), IDs: g.countOf(i), Entry: e}
	}
	return status
}

func partState(e Entry) PartState {
	switch {
	case e.Doubtful():
		return PartInDoubt
	case e.Open():
		return PartRunning
	case e.State == Ended:
		return PartDone
	}
	return PartNotStarted
}

// GroupError reports a group that is not finished, or not all on the disk any more: how far it has come, and what kept
// it. Another Run resumes where it is possible. It is whatever Errs are: api.ErrNoCredits when credits ran out, api.ErrBudget when the Budget did,
// api.ErrMaybeApplied (a *[DoubtError]) when parts are in doubt, the context's error.
type GroupError struct {
	// Status is how far the group has come.
	Status GroupStatus
	// Errs are the errors that kept it.
	Errs []error
}

const maxListed = 3 // errors in one text

// Error says how far the group has come, and the first errors.
func (e *GroupError) Error() string {
	var text strings.Builder
	text.WriteString("bulkcollect: the group is not finished: " + e.Status.String())
	if e.Status.Finished() {
		text.Reset()
		text.WriteString("bulkcollect: the group is finished, but not all of it is on the disk")
	}
	listed, left := 0, 0
	for _, err := range e.Errs {
		if _, paid := errors.AsType[*UnrecordedJobError](err); !paid && listed == maxListed { // an id that is nowhere else is always shown
			left++
			continue
		}
		listed++
		text.WriteString("; " + api.Describe(err))
	}
	if left > 0 {
		fmt.Fprintf(&text, "; and %d more errors", left)
	}
	return text.String()
}

// SafeText is Error.
func (e *GroupError) SafeText() string { return e.Error() }

// Unwrap returns Errs.
func (e *GroupError) Unwrap() []error { return e.Errs }

// PartError is an error about one part of a group.
type PartError struct {
	// Part is its number, from 1.
	Part int
	// JobID is the provider's id of its job, if it has one.
	JobID string
	// Err is what happened.
	Err error
}

// Error names the part.
func (e *PartError) Error() string {
	if e.JobID == "" {
		return fmt.Sprintf("part %d: %s", e.Part, api.Describe(e.Err))
	}
	return fmt.Sprintf("part %d, job %.100q: %s", e.Part, e.JobID, api.Describe(e.Err))
}

// SafeText is Error.
func (e *PartError) SafeText() string { return e.Error() }

// Unwrap returns Err.
func (e *PartError) Unwrap() error { return e.Err }

// errExpired is a job whose files are gone.
var errExpired = wire.Plain("the job's files are gone, 30 days after it was requested; PayAgain makes a new one", api.ErrNotFound)

const noFiles = "the provider knows no files of the job: it found nobody, or it was requested with another account's key; AcceptNobody or PayAgain decides"

const unknownJob = "the provider does not know the job that Resolve named, or it found nobody; Resolve names another, PayAgain makes a new one"

// GroupProgress is how far a Run of a group is.
type GroupProgress struct {
	// Parts is how many there are. Done, Running, InDoubt and NotStarted are how many are in each state.
	Parts, Done, Running, InDoubt, NotStarted int
	// IDs is how many IDs the group has, and DoneIDs how many of them are in parts that are done.
	IDs, DoneIDs int64
	// Credits is the most that the jobs cost that were requested so far, in this Run and before.
	Credits int64
	// TotalFiles is how many files the jobs have that this Run has found ready, and Files how many of them are on the
	// disk.
	Files, TotalFiles int
	// Bytes is how many bytes of these files are on the disk, and TotalBytes how many they have as far as is known.
	Bytes, TotalBytes int64
	// Elapsed is the time since Run was called.
	Elapsed time.Duration
}

// progressOf gathers the progress of the downloads of a Run, by part.
type progressOf struct {
	started   time.Time
	downloads map[int]DownloadProgress
}

// report calls OnProgress. The lock must be held.
func (g *Group[R]) report() {
	if g.options.OnProgress == nil {
		return
	}
	p := GroupProgress{Parts: len(g.parts), IDs: g.spec.IDs, Elapsed: time.Since(g.progress.started)}
	for i, e := range g.parts {
		if e.Open() || e.State == Ended {
			p.Credits += e.Credits
		}
		switch partState(e) {
		case PartNotStarted:
			p.NotStarted++
		case PartInDoubt:
			p.InDoubt++
		case PartRunning:
			p.Running++
		case PartDone:
			p.Done++
			p.DoneIDs += int64(g.countOf(i))
		}
	}
	for _, d := range g.progress.downloads {
		p.Files += d.Files
		p.TotalFiles += d.TotalFiles
		p.Bytes += d.Bytes
		p.TotalBytes += max(d.Bytes, d.TotalBytes)
	}
	g.options.OnProgress(p)
}

// begin starts the progress of a Run.
func (g *Group[R]) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress = progressOf{started: time.Now(), downloads: make(map[int]DownloadProgress)}
	g.report()
}

// downloading notes the progress of a part's download.
func (g *Group[R]) downloading(i int, d DownloadProgress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress.downloads[i] = d
	g.report()
}
