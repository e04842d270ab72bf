package prospectnotes

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pronet-go/pronet/linkedin/urn"
)

// ErrConflict is returned when another sync has saved the checkpoint since it was loaded, or the checkpoint is one of
// another contract or other owners.
var ErrConflict = errors.New("prospectnotes: the checkpoint is another sync's")

// Checkpoint keeps where the sync of one contract and set of owners stands. Implementations must be safe for several
// processes: of two that save the same generation, one gets [ErrConflict].
type Checkpoint interface {
	// Load returns the state that was saved last, and the zero State when there is none.
	Load(ctx context.Context) (State, error)
	// Save stores next once apply has returned nil, and nothing otherwise; the error is then apply's. The state that is
	// stored must have the generation before that of next, or none is stored and next has generation 1: apply is not
	// called else, and the error is [ErrConflict]. tx is the transaction in which the state is stored, so that what apply
	// does in it happens exactly once; it is nil of a store that has none, where a crash after apply makes it be called again.
	Save(ctx context.Context, next State, apply func(ctx context.Context, tx *sql.Tx) error) error
}

// State is where a sync stands. It is JSON without loss.
type State struct {
	// Generation counts how often it was saved, from 1.
	Generation uint64 `json:"generation"`
	// Contract and Owners (sorted) are those of the sync.
	Contract urn.URN   `json:"contract"`
	Owners   []urn.URN `json:"owners,omitempty"`
	// Pushes counts how many of those saves were for push events, see [Service.Handle].
	Pushes uint64 `json:"pushes,omitempty"`
	// Until is the time up to which, inclusive, everything was delivered; zero before the first window, which push events
	// may come before.
	Until time.Time `json:"until"`
	// Bounds says which of a note's dates LinkedIn's bounds go by, once a note has told.
	Bounds Bounds `json:"bounds,omitempty"`
	// Reconciled is when the last reconciling walk was whole.
	Reconciled time.Time `json:"reconciled,omitzero"`
	// Seen are the notes that were delivered lately, within the reconciling walk's depth or the overlap.
	Seen []Seen `json:"seen,omitempty"`
	// Tombs are the notes that were deleted lately, which a late read must not bring back.
	Tombs []Tomb `json:"tombs,omitempty"`
}

// Bounds is which of a note's dates the bounds of a call go by.
type Bounds string

// Unless a note has told, nothing is known.
const (
	BoundsUnknown      Bounds = ""
	BoundsByLastChange Bounds = "lastModified"
	BoundsByCreation   Bounds = "created"
)

// Seen is a note as it was delivered last.
type Seen struct {
	ID string `json:"id"`
	// Created and Changed are its dates in milliseconds since 1970.
	Created int64 `json:"created,omitempty"`
	Changed int64 `json:"changed,omitempty"`
	// Digest is of its JSON, "" unless it came without a date of its last change: an edit shows in nothing else.
	Digest string `json:"digest,omitempty"`
}

// Tomb is a note that was deleted.
type Tomb struct {
	ID string `json:"id"`
	// Changed is the date of its deletion, or of the last change before it, in milliseconds since 1970. Of a push event, which
	// has no date, it is when it came, and the Overlap more.
	Changed int64 `json:"changed,omitempty"`
	// Kept is until when it is remembered, or longer if its time is read again.
	Kept time.Time `json:"kept"`
}
