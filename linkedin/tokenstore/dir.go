package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

const (
	format = 1
	// maxFile bounds a file: a value of 8 KiB, which JSON may write in up to six times the bytes.
	maxFile = 64 << 10
	// lockEvery is how often a lock that another process holds is tried again.
	lockEvery = 5 * time.Millisecond
	// longestLock bounds the wait for the lock: it is held for the time of writing one file.
	longestLock = 30 * time.Second
)

// Dir keeps the values in files of a directory, one a key, for several processes of one machine.
type Dir struct {
	root     *os.Root
	lockPath string
	mu       sync.Mutex // the processes' lock belongs to one goroutine at a time
}

// file is the content of a file.
type file struct {
	Format   int    `json:"format"`
	Revision string `json:"revision"`
	Value    string `json:"value"`
}

var state = durable.State[file]{
	Format: format, MaxBytes: maxFile,
	Valid: func(f *file) bool {
		_, err := api.NewSecret(f.Value)
		return err == nil && f.Revision != "" && len(f.Revision) <= maxRevision
	},
}

// OpenDir opens a store of files, and makes the directory with mode 0700 if there is none. The files have mode 0600, and
// names from which the keys cannot be told. Each is replaced as a whole and synced: a crash leaves the old value or the new
// one. A file that is damaged is an error, never taken for none.
//
// Processes keep apart by the file tokens.lock. On systems without a lock that ends with its process a crash leaves it
// behind, which Swap's error says: delete it then. The directory must be on a disk of this machine; network file systems
// differ in what a lock is worth.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("tokenstore: the directory cannot be made: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("tokenstore: the directory cannot be opened: %w", err)
	}
	return &Dir{root: root, lockPath: filepath.Join(path, "tokens.lock")}, nil
}

// Close closes the directory. The store cannot be used afterwards.
func (d *Dir) Close() error { return d.root.Close() }

// Load implements [Store].
func (d *Dir) Load(ctx context.Context, key string) (revision string, value api.Secret, err error) {
	if err := errors.Join(check(key, "", api.Secret{}), ctx.Err()); err != nil {
		return "", api.Secret{}, err
	}
	return d.read(nameOf(key))
}

func (d *Dir) read(name string) (revision string, value api.Secret, err error) {
	stored, err := state.Read(d.root, name+".json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", api.Secret{}, nil
	case err != nil:
		return "", api.Secret{}, fmt.Errorf("tokenstore: the file cannot be read: %w", err)
	}
	value, err = api.NewSecret(stored.Value)
	return stored.Revision, value, err
}

// Swap implements [Store].
func (d *Dir) Swap(ctx context.Context, key, was, revision string, value api.Secret) (err error) {
	if err := check(key, revision, value); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	lock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	name := nameOf(key)
	present, _, err := d.read(name)
	switch {
	case err != nil:
		return err
	case present != was:
		return errConflict
	case revision != "":
		err = state.Write(d.root, name+".json", &file{Format: format, Revision: revision, Value: value.Reveal()})
	case was != "":
		if err = d.root.Remove(name + ".json"); err == nil {
			err = durable.SyncName(d.root, name+".json")
		}
	}
	if err != nil {
		return fmt.Errorf("tokenstore: the file cannot be written: %w", err)
	}
	return nil
}

// lock waits for the lock of the processes.
func (d *Dir) lock(ctx context.Context) (io.Closer, error) {
	ctx, cancel := context.WithTimeout(ctx, longestLock)
	defer cancel()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		lock, err := durable.Lock(d.lockPath)
		if err == nil || !errors.Is(err, durable.ErrLocked) {
			return lock, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if ended := ctx.Err(); ended != nil {
			return nil, fmt.Errorf("tokenstore: %w: %w", err, ended)
		}
	}
}
