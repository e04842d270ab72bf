package subscriptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

const (
	stateFormat   = 1
	maxStateBytes = 8 << 20
)

// FileState is a [KeeperState] in a file, readable by the process's own user. Each save writes a new file, syncs it and
// renames it into place, so that a crash leaves the old state or the new one. A save that is based on an older state
// than the file holds is api.ErrConflict: two Keepers use it. That is noticed, not prevented: let one process sweep at a time.
func FileState(path string) KeeperState { return fileState{path} }

type fileState struct{ path string }

// stateFile is the file's content.
type stateFile struct {
	Format int   `json:"format"`
	State  State `json:"state"`
}

func (f fileState) Load(context.Context) (State, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxStateBytes+1))
	if err != nil {
		return State{}, err
	}
	var content stateFile
	switch {
	case len(data) > maxStateBytes:
		return State{}, fmt.Errorf("subscriptions: the state file is larger than %d bytes: %w", maxStateBytes, api.ErrTooLarge)
	case json.Unmarshal(data, &content) != nil || content.Format == 0:
		return State{}, fmt.Errorf("subscriptions: the state file is not one of a Keeper: %w", api.ErrInvalid)
	case content.Format != stateFormat:
		return State{}, fmt.Errorf("subscriptions: the state file has the format %d, this version knows %d: %w", content.Format, stateFormat, api.ErrInvalid)
	}
	return content.State, nil
}

func (f fileState) Save(ctx context.Context, state State) error {
	stored, err := f.Load(ctx)
	if err != nil {
		return err
	}
	if stored.Generation != state.Generation-1 {
		return fmt.Errorf("subscriptions: the state was changed by another Keeper meanwhile: %w", api.ErrConflict)
	}
	data, err := json.MarshalIndent(stateFile{Format: stateFormat, State: state}, "", "\t")
	if err != nil {
		return err
	}
	return durable.ReplaceFile(f.path, append(data, '\n'))
}
