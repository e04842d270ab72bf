package prospectnotes

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// SyncOptions says what [Service.Sync] reads, and where its changes go. Contract, Checkpoint and Apply are required, and
// so is From on a first run.
type SyncOptions struct {
	// Contract is the contract, such as urn:li:contract:123.
	Contract urn.URN
	// Owners are the seats whose notes are kept in step; those of all seats unless set.
	Owners []urn.URN
	// Checkpoint keeps where the sync stands. It is one of this contract and these owners.
	Checkpoint Checkpoint
	// From is the time after which a first run begins. Give later runs the same: they begin at the checkpoint, but a
	// reconciling walk does not go back behind From.
	From time.Time
	// Apply does with your copy what a batch says. When it returns an error the run ends with it, the checkpoint stays, and
	// the next run begins with the same changes. It is called on the goroutine of Sync or Handle, one batch of a checkpoint after
	// the other, and not for a window without changes. It must not call either.
	Apply func(ctx context.Context, batch Batch) error

	// Window is how much time one window spans: 12 hours unless set, and not more.
	Window time.Duration
	// Overlap is how much of what was delivered each run reads again, for notes that LinkedIn lists later than their date
	// says: 15 minutes unless set. One that comes later still is missed. It is also how far LinkedIn's clock may be ahead of
	// this machine's: a run ends with [api.ErrUnexpectedResponse] when a response has a Date that is further ahead, since what
	// is written until then would be missed.
	Overlap time.Duration
	// Count is how many notes are asked for with one call, 100 unless set. A window that one response holds costs one call.
	Count int
	// Parallel is how many windows are read at once, 1 unless set, up to 64. They are delivered in their order.
	Parallel int
	// Walks is how often a window of several pages is walked at most until two walks in a row are equal: 10 unless set.
	Walks int
	// Tombstones is how long after its deletion a note is remembered, so that a late read does not bring it back: 30 days unless
	// set, and in any case while its time is read again.
	Tombstones time.Duration
	// Reconcile says when the time behind the checkpoint is read once more.
	Reconcile Reconcile
	// OnFlood is asked about each millisecond that has more notes than LinkedIn lists: true delivers those that it
	// lists, and tells the flood in the Report. Without it, and with false, the run ends with a [*FloodError]. A note that may
	// be one of those that are not listed is not told as Absent.
	OnFlood func(flood Flood) bool
	// Progress is called after each window, on the goroutine of Sync.
	Progress func(progress Progress)
	// Now is this machine's clock, [time.Now] unless set. A test that moves the clock of a sandbox gives the sandbox's.
	Now func() time.Time
}

// Reconcile is the reconciling walk: every so often a run begins further back than at the checkpoint, and compares what it
// finds with what was delivered. It finds the edits and deletions that the bounds of a call hide when they go by creation,
// and notes that are no longer listed. With windows of 12 hours and a depth of 7 days it costs 14 calls more, if each
// window fits a response.
type Reconcile struct {
	// Mode is ReconcileAuto unless set.
	Mode ReconcileMode
	// Depth is how far it goes back: 7 days unless set. As much of what was delivered is kept in the checkpoint.
	Depth time.Duration
	// Every is how often it is due: once in 24 hours unless set.
	Every time.Duration
	// DeleteAbsent makes a note that is no longer listed a Delete instead of an Absent. How long a deleted note stays listed
	// is not known, so absence is no proof that it is one.
	DeleteAbsent bool
}

// ReconcileMode is when there are reconciling walks.
type ReconcileMode int

const (
	// ReconcileAuto walks until a note has told that the bounds go by the last change.
	ReconcileAuto ReconcileMode = iota
	// ReconcileAlways walks whatever the bounds go by.
	ReconcileAlways
	// ReconcileNever does not.
	ReconcileNever
)

// Window is a time of notes: after Cutoff, exclusive, until Before, inclusive.
type Window struct {
	Cutoff, Before time.Time
}

// Kind is what happened to a note.
type Kind int

const (
	// Upsert is a note that was written or changed.
	Upsert Kind = iota + 1
	// Delete is a note that was deleted. It may be one that was never an Upsert. Of one that a push event told of, only ID and
	// Contract are set.
	Delete
	// Absent is a note that a reconciling walk no longer finds, told once, unless it may be where LinkedIn lists only a part.
	// Only ID, Created and LastModified of the Note are set. Should it be found again, it is an Upsert.
	Absent
)

// String returns the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Upsert:
		return "upsert"
	case Delete:
		return "delete"
	case Absent:
		return "absent"
	}
	return "unknown"
}

// Change is one change of a note. Changes of one note come in the order of their dates.
type Change struct {
	Kind Kind
	Note Note
}

// Batch is the changes of one window, at least one. Those of a reconciling walk that are Absent, or deleted for it, are one
// batch, whose window is all the time that was read. The deletion of a push event is one with the zero Window.
type Batch struct {
	Window
	// Changes are in the order of their dates, and then of ids.
	Changes []Change
	// Tx is the transaction in which the checkpoint moves: what is done in it happens exactly once. Do not commit it. It is
	// nil of a checkpoint that has none, where a batch can come again after a crash: at least once. Such a checkpoint does
	// not know a note that was applied right before the crash, so that no Absent tells of it.
	Tx *sql.Tx
}

// Progress is where a run stands.
type Progress struct {
	// Done of Windows have been delivered.
	Done, Windows int
	// Notes is how many changes were delivered, and Calls how many requests were sent, retries too.
	Notes, Calls int
	// Until is the time up to which everything was delivered, and Lag how long ago that is, by the server's clock.
	Until time.Time
	Lag   time.Duration
	// QuotaLeft is how many calls of the day's quota are left, as counted by this client; -1 when that is not known.
	QuotaLeft int
}

// Report is what a run did.
type Report struct {
	// Windows were delivered, with so many Notes: changes of all kinds. Deletes and Absent are how many of them were those.
	Windows, Notes, Deletes, Absent int
	// Calls is how many requests were sent, retries too, and Walks how many walks of a window they were.
	Calls, Walks int
	// Splits is how often a window was divided because LinkedIn lists only so many notes of one.
	Splits int
	// Short is how many windows listed fewer notes than their total says. Either the total counts what is not shown, or the
	// list ended early without a word, and notes are missing: what LinkedIn's totals count is not known. Of a window whose
	// list ended before its total nothing is told as Absent.
	Short int
	// Until is the time up to which everything was delivered.
	Until time.Time
	// Bounds is which date the bounds of calls go by, as far as notes have told.
	Bounds Bounds
	// Reconciled says that there was a reconciling walk, and ReconcileCalls how many of the Calls it took.
	Reconciled     bool
	ReconcileCalls int
	// Unseen says in words what a sync cannot see, "" when nothing is known: edits and deletions of notes that are older than
	// the depth of the reconciling walk, when the bounds go by creation.
	Unseen string
	// Floods are those that OnFlood let pass.
	Floods []Flood
}

// Flood is a millisecond with more notes than LinkedIn lists. That there are no more of them than it lists is not to be
// proved by the list.
type Flood struct {
	// At is the millisecond.
	At time.Time
	// Owner is the seat.
	Owner urn.URN
	// Listed is how many notes are listed.
	Listed int
}

func (f *Flood) window() Window { return Window{f.At.Add(-time.Millisecond), f.At} }

// FloodError reports a millisecond that has more notes of one owner than LinkedIn lists. The checkpoint stays before it.
type FloodError struct {
	Flood
	// Cause is LinkedIn's refusal of the page behind those that are listed.
	Cause error
}

// Error says when and whose it is.
func (e *FloodError) Error() string {
	return fmt.Sprintf("prospectnotes: LinkedIn lists only the first %d notes of the millisecond %s of %s: OnFlood can let it pass",
		e.Listed, e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Owner)
}

// SafeText is Error: it holds a date and an id.
func (e *FloodError) SafeText() string { return e.Error() }

// Unwrap returns the cause.
func (e *FloodError) Unwrap() error { return e.Cause }

// UnstableError reports a window of which no two walks in a row were equal. The checkpoint stays before it; a later run
// may find it at rest.
type UnstableError struct {
	Window
	// Walks is how often it was walked.
	Walks int
}

// Error says which window it is.
func (e *UnstableError) Error() string {
	return fmt.Sprintf("prospectnotes: the notes after %s until %s were walked %d times, and changed each time",
		e.Cutoff.UTC().Format(time.RFC3339), e.Before.UTC().Format(time.RFC3339), e.Walks)
}

// SafeText is Error: it holds dates only.
func (e *UnstableError) SafeText() string { return e.Error() }

// BadNoteError reports a note without an id. The checkpoint stays before its window.
type BadNoteError struct {
	Window
	// Note is the note as it came. It holds personal data: not for a log.
	Note Note
}

// Error says in which window it is.
func (e BadNoteError) Error() string {
	return fmt.Sprintf("prospectnotes: a note after %s until %s has no id", e.Cutoff.UTC().Format(time.RFC3339), e.Before.UTC().Format(time.RFC3339))
}

// SafeText is Error: it holds dates only.
func (e BadNoteError) SafeText() string { return e.Error() }

// Format prints the text of Error for every verb, and MarshalJSON gives it to encoders, so that no note reaches a log by
// accident.
func (e BadNoteError) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.Error())) }

// MarshalJSON gives encoders the text of Error.
func (e BadNoteError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// The defaults of SyncOptions.
const (
	defaultOverlap    = 15 * time.Minute
	defaultWalks      = 10
	defaultTombstones = 30 * 24 * time.Hour
	defaultDepth      = 7 * 24 * time.Hour
	defaultEvery      = 24 * time.Hour
	maxParallel       = 64
)

var (
	errNoCheckpoint = errors.New("a Checkpoint is required")
	errNoApply      = errors.New("the function Apply is required")
	errWindow       = fmt.Errorf("a Window is at most %s long, and at least a millisecond", MaxSpan)
	errNegative     = errors.New("an Overlap, Tombstones, Depth or Every is negative")
	errParallel     = fmt.Errorf("up to %d windows can be read at once", maxParallel)
	errWalks        = errors.New("at least 2 Walks are needed: a window counts as whole once two are equal")
	errMode         = errors.New("there is no such Mode of Reconcile")
	errNoFrom       = errors.New("the checkpoint is empty: From says where the first run begins, from 1970 on")
	errFuture       = errors.New("the time From has not come yet by LinkedIn's clock")
)

// complete checks the options and returns them with their defaults.
func complete(op *wire.Op, o SyncOptions) (SyncOptions, error) {
	for value, otherwise := range map[*time.Duration]time.Duration{
		&o.Window: MaxSpan, &o.Overlap: defaultOverlap, &o.Tombstones: defaultTombstones,
		&o.Reconcile.Depth: defaultDepth, &o.Reconcile.Every: defaultEvery,
	} {
		if *value == 0 {
			*value = otherwise
		}
	}
	if o.Parallel == 0 {
		o.Parallel = 1
	}
	if o.Walks == 0 {
		o.Walks = defaultWalks
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	var err error
	switch {
	case o.Checkpoint == nil:
		err = errNoCheckpoint
	case o.Apply == nil:
		err = errNoApply
	case o.Window < time.Millisecond || o.Window > MaxSpan:
		err = errWindow
	case o.Overlap < 0 || o.Tombstones < 0 || o.Reconcile.Depth < 0 || o.Reconcile.Every < 0:
		err = errNegative
	case o.Parallel < 1 || o.Parallel > maxParallel:
		err = errParallel
	case o.Walks < 2:
		err = errWalks
	case o.Reconcile.Mode < ReconcileAuto || o.Reconcile.Mode > ReconcileNever:
		err = errMode
	default:
		_, err = (&Query{Contract: o.Contract, Owners: o.Owners, Cutoff: o.From}).check()
	}
	if err != nil {
		return o, wire.Refuse(op, err)
	}
	o.Owners = slices.SortedFunc(slices.Values(o.Owners), func(a, b urn.URN) int { return strings.Compare(a.String(), b.String()) })
	return o, nil
}
