package prospectnotes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

// maxCheckpoint is the most bytes of a checkpoint's JSON, for about a million notes.
const maxCheckpoint = 128 << 20

// stored is a state as it is kept: JSON with the number of its format.
type stored struct {
	Format int `json:"format"`
	State
}

var checkpointFiles = durable.State[stored]{
	Format: 1, MaxBytes: maxCheckpoint,
	Generation: func(s *stored) int64 { return int64(min(s.Generation, math.MaxInt64)) },
	Valid:      func(s *stored) bool { return s.Generation <= math.MaxInt64 && !s.Contract.IsZero() },
}

var errState = fmt.Errorf("prospectnotes: a state to save has a generation from 1 on, and a contract: %w", api.ErrInvalid)

// savable refuses what no checkpoint stores.
func savable(next *State) error {
	if next.Generation < 1 || next.Generation > math.MaxInt64 || next.Contract.IsZero() {
		return errState
	}
	return nil
}

// FileCheckpoint is a [Checkpoint] in a file, readable by the user of the process alone. Each save writes a new file,
// syncs it and renames it into place, so that a crash leaves the old state or the new one. It has no transaction: after a
// crash between Apply and the save, the batch is applied again.
//
// While a save runs, a lock file beside it, with ".lock" after its name, is held, and another save gets [ErrConflict].
// The lock ends with the process on Windows and on Unix systems that have flock; elsewhere a crash leaves it behind, and the
// error says which file to delete. A folder on a network may have no locks that hold between machines.
type FileCheckpoint struct{ path string }

// OpenFileCheckpoint returns the checkpoint in a file, which the first save makes; its folder must be there. The file is
// read once: what is no checkpoint, or a damaged one, is refused with [api.ErrInvalid], here and in Load and Save, and
// stays as it is. To begin from the start again, remove the file.
func OpenFileCheckpoint(path string) (*FileCheckpoint, error) {
	if path == "" {
		return nil, fmt.Errorf("prospectnotes: the path of the checkpoint is empty: %w", api.ErrInvalid)
	}
	c := &FileCheckpoint{path}
	if _, err := c.Load(context.Background()); err != nil {
		return nil, err
	}
	return c, nil
}

// Load implements [Checkpoint].
func (c *FileCheckpoint) Load(ctx context.Context) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	content, err := checkpointFiles.ReadFile(c.path)
	switch {
	case err == nil:
		return content.State, nil
	case errors.Is(err, fs.ErrNotExist) && isFolder(filepath.Dir(c.path)):
		return State{}, nil
	}
	return State{}, checkpointError(err)
}

// Save implements [Checkpoint]. The transaction is always nil.
func (c *FileCheckpoint) Save(ctx context.Context, next State, apply func(ctx context.Context, tx *sql.Tx) error) error {
	if err := errors.Join(ctx.Err(), savable(&next)); err != nil {
		return err
	}
	var failed error
	err := checkpointFiles.SwapFileAfter(c.path, &stored{checkpointFiles.Format, next}, func() error {
		failed = apply(ctx, nil)
		return failed
	})
	if failed != nil {
		return failed
	}
	return checkpointError(err)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func checkpointError(err error) error {
	if other, ok := errors.AsType[*durable.FormatError](err); ok {
		return fmt.Errorf("prospectnotes: the checkpoint has the format %d, this version knows %d: %w", other.Found, other.Known, api.ErrInvalid)
	}
	switch {
	case errors.Is(err, durable.ErrTooLong):
		return fmt.Errorf("prospectnotes: the checkpoint is larger than %d bytes: %w", maxCheckpoint, api.ErrTooLarge)
	case errors.Is(err, durable.ErrDamaged), errors.Is(err, durable.ErrNotRegular):
		return fmt.Errorf("prospectnotes: the file is no checkpoint of a sync, or damaged: %w", api.ErrInvalid)
	case errors.Is(err, durable.ErrChanged):
		return fmt.Errorf("%w: it was saved meanwhile", ErrConflict)
	case errors.Is(err, durable.ErrLocked):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}
