package prospectnotes

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
)

// MemoryCheckpoint is a [Checkpoint] for tests and trials: a restart forgets it. The zero value is empty and ready.
type MemoryCheckpoint struct {
	saving sync.Mutex // held while a Save runs
	mu     sync.Mutex // guards what follows
	state  []byte     // as JSON, so that nobody else has a part of it
}

// Load implements [Checkpoint].
func (c *MemoryCheckpoint) Load(ctx context.Context) (state State, err error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != nil {
		err = json.Unmarshal(c.state, &state)
	}
	return state, err
}

// Save implements [Checkpoint]. The transaction is always nil, and a save during another one is [ErrConflict].
func (c *MemoryCheckpoint) Save(ctx context.Context, next State, apply func(ctx context.Context, tx *sql.Tx) error) error {
	if err := errors.Join(ctx.Err(), savable(&next)); err != nil {
		return err
	}
	if !c.saving.TryLock() {
		return ErrConflict
	}
	defer c.saving.Unlock()
	before, err := c.Load(ctx)
	if err != nil {
		return err
	}
	if next.Generation != before.Generation+1 {
		return ErrConflict
	}
	state, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := apply(ctx, nil); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
	return nil
}
