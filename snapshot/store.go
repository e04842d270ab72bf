package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
)

// Key names a person in a dataset.
type Key struct {
	// Dataset is the dataset: 1 to 32 small letters, digits and underscores, beginning with a letter. The pipeline of package
	// refresh uses v1, base, clean and multi_source.
	Dataset string
	// ID is the number of the profile in the dataset, from 1 on.
	ID int64
}

// Snapshot is a record as it was at a time. The zero Snapshot is none. Printed in any way it shows its size and time.
type Snapshot struct {
	// Record is the JSON as the provider sent it, of at most [MaxRecord] bytes. It is kept byte for byte and not looked into.
	Record []byte
	// Taken is when the provider was asked for it, from 1970 to 2261. A store returns it in UTC, to the nanosecond.
	Taken time.Time
}

// MaxRecord is the most bytes of a record that is kept: 16 MiB, as of a line of a job's file. Records have about 10 KB.
const MaxRecord = 16 << 20

// IsZero reports whether there is no snapshot.
func (s Snapshot) IsZero() bool { return len(s.Record) == 0 && s.Taken.IsZero() }

// String returns the size and the time.
func (s Snapshot) String() string {
	if s.IsZero() {
		return "no snapshot"
	}
	return fmt.Sprintf("snapshot of %d bytes, taken %s", len(s.Record), s.Taken.UTC().Format(time.RFC3339))
}

// Format writes what String returns, for all verbs.
func (s Snapshot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements [slog.LogValuer].
func (s Snapshot) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Store keeps one snapshot of each person and dataset. All methods are safe for concurrent use. After the context has
// ended nothing changes, and there is an error.
type Store interface {
	// Get returns the snapshot of a person, the zero Snapshot when there is none. What is damaged is an error and never
	// taken for none, or the person would be told of as a new one. The caller may change the bytes.
	Get(ctx context.Context, key Key) (Snapshot, error)
	// Put keeps a snapshot instead of the one that is kept. When it returns nil, a crash of the machine loses nothing of it;
	// after any error the old one or the new one is kept, whole. An older snapshot never replaces a newer one: the error is
	// [ErrOlder], and nothing changes. One that was taken at the same time replaces it, so a Put can be retried.
	// What cannot be kept is [api.ErrInvalid] or [api.ErrTooLarge]. The bytes are the caller's again when Put returns.
	Put(ctx context.Context, key Key, s Snapshot) error
	// Forget erases what is kept of a person, in every dataset. It returns nil too when there is nothing. A Put that comes
	// later keeps the person anew.
	Forget(ctx context.Context, id int64) error
	// Before yields the IDs whose snapshot in a dataset was taken before a time, in an order of the store's own. The loop may
	// call the store; what changes meanwhile may be yielded or not. An error has the ID 0. Behind one that is [ErrDamaged] the
	// walk goes on without the people that cannot be read; any other is the last.
	Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error]
}

var (
	// ErrOlder reports a snapshot that is older than the one that is kept.
	ErrOlder = fmt.Errorf("snapshot: a newer one is kept: %w", api.ErrConflict)
	// ErrDamaged reports a file or row that is not what was written. It is left as it is.
	ErrDamaged = errors.New("snapshot: not what was written")
)

const maxDataset = 32

var (
	firstTaken = time.Unix(0, 1)
	lastTaken  = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC)
)

func checkDataset(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	if name == "" || len(name) > maxDataset || strings.Trim(name, letters+"0123456789_") != "" || strings.Trim(name[:1], letters) != "" {
		return fmt.Errorf("snapshot: %.80q is not the name of a dataset: %w", name, api.ErrInvalid)
	}
	return nil
}

func checkID(id int64) error {
	if id < 1 {
		return fmt.Errorf("snapshot: %d is not the number of a profile: %w", id, api.ErrInvalid)
	}
	return nil
}

func (k Key) check(ctx context.Context) error {
	return errors.Join(checkDataset(k.Dataset), checkID(k.ID), ctx.Err())
}

// check refuses what cannot be kept.
func (s Snapshot) check() error {
	switch {
	case len(s.Record) == 0:
		return fmt.Errorf("snapshot: there is no record: %w", api.ErrInvalid)
	case len(s.Record) > MaxRecord:
		return fmt.Errorf("snapshot: the record has %d bytes, more than %d: %w", len(s.Record), MaxRecord, api.ErrTooLarge)
	case s.Taken.Before(firstTaken) || !s.Taken.Before(lastTaken):
		return fmt.Errorf("snapshot: the record was not taken between 1970 and 2261: %w", api.ErrInvalid)
	}
	return nil
}
