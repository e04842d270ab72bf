package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

const maxStateBytes = 8 << 20

// stateFiles says how a Keeper's state is kept in a file.
var stateFiles = durable.State[stateFile]{
	Format: 1, MaxBytes: maxStateBytes, Generation: func(f *stateFile) int64 { return f.State.Generation },
}

// FileState is a [KeeperState] in a file, readable by the process's own user. Each save writes a new file, syncs it and
// renames it into place, so that a crash leaves the old state or the new one. A save that is based on an older state
// than the file holds is api.ErrConflict: two Keepers use it. Of two that save at once, one loses, by a lock file beside it
// with ".lock" after its name. What they do between saves is not locked: let one process sweep at a time.
func FileState(path string) KeeperState { return fileState{path} }

type fileState struct{ path string }

// stateFile is the file's content.
type stateFile struct {
	Format int   `json:"format"`
	State  State `json:"state"`
}

var errNoPath = fmt.Errorf("subscriptions: the path of the state file is empty: %w", api.ErrInvalid)

func (f fileState) Load(context.Context) (State, error) {
	if f.path == "" {
		return State{}, errNoPath
	}
	content, err := stateFiles.ReadFile(f.path)
	switch {
	case err == nil:
		return content.State, nil
	case errors.Is(err, fs.ErrNotExist):
		return State{}, nil
	}
	return State{}, stateError(err)
}

func (f fileState) Save(ctx context.Context, state State) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.path == "" {
		return errNoPath
	}
	return stateError(stateFiles.SwapFile(f.path, &stateFile{Format: stateFiles.Format, State: state}))
}

func stateError(err error) error {
	if other, ok := errors.AsType[*durable.FormatError](err); ok {
		return fmt.Errorf("subscriptions: the state file has the format %d, this version knows %d: %w", other.Found, other.Known, api.ErrInvalid)
	}
	switch {
	case errors.Is(err, durable.ErrTooLong):
		return fmt.Errorf("subscriptions: the state file is larger than %d bytes: %w", maxStateBytes, api.ErrTooLarge)
	case errors.Is(err, durable.ErrDamaged), errors.Is(err, durable.ErrNotRegular):
		return fmt.Errorf("subscriptions: the state file is not one of a Keeper: %w", api.ErrInvalid)
	case errors.Is(err, durable.ErrChanged), errors.Is(err, durable.ErrLocked):
		return fmt.Errorf("subscriptions: the state was changed by another Keeper meanwhile: %w", api.ErrConflict)
	}
	return err
}
