package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

const (
	// packBytes is how large a pack becomes before it is divided: what a Put writes, for people whose records are small.
	packBytes = 16 << 10
	// maxPack bounds a pack: the records of one person can be this much.
	maxPack    = 8 * MaxRecord
	packEnding = ".pack"
	shelves    = 256
	// maxBits is how many bits of a hash remain when the shelf is known.
	maxBits = 56
)

// Files keeps the snapshots in files of a directory, for one process at a time. Nothing of it is in memory: it takes as
// much for a million people as for a hundred. It is safe for concurrent use.
//
// Records are compressed, and some people share a file, a pack, of up to 16 KiB: 100,000 people or a million take about a
// fifth more than their compressed records, where a file for each would take a block of the disk each. A Put reads one
// pack and writes it anew beside the old one: synced, renamed into its place, and the directory synced. So a crash at any
// point leaves the old snapshot or the new one, whole. People whose IDs fall into different packs of the directory's 256
// folders do not wait for each other.
//
// A pack that is not what was written, by its checksum, is [ErrDamaged] with the file's name, for all whose snapshots are
// in it, and left as it is. Delete it, and these people are seen for the first time again; or bring the whole directory
// back from a backup.
//
// Forget writes the pack anew without the person before it returns. The file system may still have the old blocks until it
// writes over them, as with any file that is deleted: where that matters, encrypt the disk. Backups are yours.
//
// Directories have mode 0700 and files 0600. The directory must be on a disk of this machine.
type Files struct {
	root    *os.Root
	lock    io.Closer
	shelves [shelves]sync.RWMutex // each guards the files of a folder
}

// OpenFiles opens the store in a directory, and makes it if there is none. It removes what a crash left unfinished. While
// it is open, another one of this process or of another is [api.ErrConflict]: for several processes there is [SQL]. On Unix
// and Windows the lock ends with the process; elsewhere the error says which file to delete after a crash. Close it.
func OpenFiles(dir string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("snapshot: the directory cannot be made: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("snapshot: the directory cannot be opened: %w", err)
	}
	f := &Files{root: root}
	if err := f.open(dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Files) open(dir string) error {
	lock, err := durable.Lock(filepath.Join(dir, "lock"))
	switch {
	case errors.Is(err, durable.ErrLocked):
		return fmt.Errorf("snapshot: the directory is open already: %w: %w", api.ErrConflict, err)
	case err != nil:
		return fmt.Errorf("snapshot: the directory cannot be locked: %w", err)
	}
	f.lock = lock
	for shelf := range shelves {
		if err := f.root.Mkdir(folderOf(shelf), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("snapshot: a folder cannot be made: %w", err)
		}
		if err := f.sweep(shelf); err != nil {
			return err
		}
	}
	return durable.SyncName(f.root, folderOf(0))
}

// Close releases the directory. The store cannot be used afterwards.
func (f *Files) Close() error {
	err := f.root.Close()
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
		f.lock = nil
	}
	return err
}

// Get implements [Store].
func (f *Files) Get(ctx context.Context, key Key) (Snapshot, error) {
	if err := key.check(ctx); err != nil {
		return Snapshot{}, err
	}
	p, err := f.find(key.ID)
	if err != nil {
		return Snapshot{}, err
	}
	i, found := p.find(key)
	if !found {
		return Snapshot{}, nil
	}
	s, err := p.entries[i].snapshot()
	if err != nil {
		return Snapshot{}, fmt.Errorf("snapshot: the file %s: %w", p.name(), err)
	}
	return s, nil
}

func (f *Files) find(id int64) (pack, error) {
	shelf := shelfOf(id)
	f.shelves[shelf].RLock()
	defer f.shelves[shelf].RUnlock()
	return f.load(id)
}

// Put implements [Store].
func (f *Files) Put(ctx context.Context, key Key, s Snapshot) error {
	if err := errors.Join(key.check(ctx), s.check()); err != nil {
		return err
	}
	e := entry{key: key, taken: s.Taken.UnixNano(), packed: compress(s.Record)}
	shelf := shelfOf(key.ID)
	f.shelves[shelf].Lock()
	defer f.shelves[shelf].Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := f.load(key.ID)
	if err != nil {
		return err
	}
	switch i, found := p.find(key); {
	case !found:
		p.entries = slices.Insert(p.entries, i, e)
	case e.taken < p.entries[i].taken:
		return ErrOlder
	default:
		p.entries[i] = e
	}
	return f.store(p)
}

// Forget implements [Store].
func (f *Files) Forget(ctx context.Context, id int64) error {
	if err := errors.Join(checkID(id), ctx.Err()); err != nil {
		return err
	}
	shelf := shelfOf(id)
	f.shelves[shelf].Lock()
	defer f.shelves[shelf].Unlock()
	if err := f.sweep(shelf); err != nil { // a write that failed may have left something of the person
		return err
	}
	p, err := f.load(id)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(p.entries, func(e entry) bool { return e.key.ID == id })
	if len(others) == len(p.entries) {
		return nil
	}
	p.entries = others
	return f.store(p)
}

// Before implements [Store]. The order is by folder. What is yielded of a folder was read before.
func (f *Files) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if err := checkDataset(dataset); err != nil {
			yield(0, err)
			return
		}
		for shelf := range shelves {
			if err := ctx.Err(); err != nil {
				yield(0, err)
				return
			}
			ids, err := f.before(shelf, dataset, t)
			for _, id := range ids {
				if !yield(id, nil) {
					return
				}
			}
			if err != nil && (!yield(0, err) || !errors.Is(err, ErrDamaged)) {
				return
			}
		}
	}
}

// before returns the IDs of a folder, and what kept it from reading all of them.
func (f *Files) before(shelf int, dataset string, t time.Time) (ids []int64, err error) {
	f.shelves[shelf].RLock()
	defer f.shelves[shelf].RUnlock()
	names, _, err := f.list(shelf)
	if err != nil {
		return nil, err
	}
	var damaged []error
	for _, name := range names {
		p := pack{shelf: shelf, bits: strings.TrimSuffix(name, packEnding)[1:]}
		switch err := f.read(&p); {
		case errors.Is(err, ErrDamaged):
			damaged = append(damaged, err)
		case err != nil:
			return ids, err
		}
		for _, e := range p.entries {
			if e.key.Dataset == dataset && time.Unix(0, e.taken).Before(t) {
				ids = append(ids, e.key.ID)
			}
		}
	}
	return ids, errors.Join(damaged...)
}
