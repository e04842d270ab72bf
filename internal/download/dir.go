package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/filename"
	"github.com/pronet-go/pronet/internal/jsonlines"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	manifestName = "manifest.jsonl"
	lockName     = "lock"
	filesName    = "files"
)

// Dir is the directory of one job: its manifest, its lock, and its files in a folder. Whatever the names in it lead to,
// nothing outside of it is written.
type Dir struct {
	root *os.Root
	lock io.Closer
	job  string

	mu       sync.Mutex // guards what follows
	journal  *durable.Journal
	manifest manifest
	folders  map[string]bool // known to be there

	maxFile int64
	pause   func(ctx context.Context, n int) error
	wrap    func(storedFile) storedFile // nil but in tests
}

// Open opens the directory of a job for a download, or makes it. The errors are ErrLocked, ErrOtherJob, ErrManifest and
// *StorageError.
func Open(dir, job string) (*Dir, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, storage("make", ".", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, storage("open", ".", err)
	}
	d := &Dir{root: root, job: job, folders: make(map[string]bool), maxFile: jsonlines.MaxFile, pause: pause}
	if d.lock, err = durable.Lock(filepath.Join(dir, lockName)); err != nil {
		if errors.Is(err, durable.ErrLocked) {
			err = ErrLocked
		} else {
			err = storage("lock", lockName, err)
		}
		return nil, errors.Join(err, root.Close())
	}
	if err := d.load(); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// Close gives the directory free.
func (d *Dir) Close() error {
	var err error
	if d.journal != nil {
		err = d.journal.Close()
	}
	return errors.Join(err, d.root.Close(), d.lock.Close())
}

// load reads the manifest, if there is one.
func (d *Dir) load() error {
	info, err := d.root.Lstat(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Size() > maxManifest {
		return fmt.Errorf("%w: it has more than %d bytes", ErrManifest, maxManifest)
	}
	if err == nil {
		d.journal, err = durable.OpenJournal(d.root, manifestName, d.manifest.take)
	}
	if err = manifestError(err); err != nil {
		return err
	}
	if d.manifest.byName != nil && d.manifest.job != d.job {
		return ErrOtherJob
	}
	if d.manifest.isComplete() {
		return nil
	}
	err = errors.Join(d.journal.Close(), d.root.Remove(manifestName)) // nothing was begun: the job is asked again
	d.journal, d.manifest = nil, manifest{}
	return storage("remove", manifestName, err)
}

// IsListed reports whether the manifest has the list of the job's files.
func (d *Dir) IsListed() bool { return d.manifest.isComplete() }

// List writes the job's files into a new manifest. A name that comes twice is one file. The errors are
// api.ErrUnexpectedResponse, api.ErrTooLarge and *StorageError.
func (d *Dir) List(names []string) error {
	if len(names) > MaxFiles {
		return wire.Plain(fmt.Sprintf("the job has more than the %d files accepted", MaxFiles), api.ErrTooLarge)
	}
	seen := make(map[string]bool, len(names))
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		again := seen[name]
		seen[name] = true
		return again
	})
	if i := slices.IndexFunc(names, func(name string) bool { return !isName(name) }); i >= 0 {
		return unexpected("a file's name is empty, too long or not UTF-8", nil)
	}
	entries, err := listing(d.job, names)
	if err != nil {
		return unexpected("two files have one name", err)
	}
	journal, err := durable.OpenJournal(d.root, manifestName, func([]byte) error { return ErrManifest })
	if err != nil {
		return storage("write", manifestName, err)
	}
	d.journal = journal
	for _, e := range entries {
		if err := journal.Append(e); err != nil {
			return storage("write", manifestName, err)
		}
		if d.manifest.byName == nil {
			d.manifest.job, d.manifest.count, d.manifest.byName = e.Job, e.Count, make(map[string]*file)
		}
		if err := d.manifest.list(e.Files); err != nil {
			return err
		}
	}
	return nil
}

// note adds what became of a file to the manifest.
func (d *Dir) note(f *file, e entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.journal.Append(e); err != nil {
		return storage("write", manifestName, err)
	}
	if e.Started != nil {
		return d.manifest.start(*e.Started)
	}
	return d.manifest.finish(*e.Finished)
}

// place is where a file is kept, in the directory.
func (f *file) place() string { return path.Join(filesName, f.Local) }

// makeFolders makes the folders that a place needs. What has the name of one and is none, a symlink too, is refused.
func (d *Dir) makeFolders(place string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range []byte(place) {
		folder := place[:i]
		if c != '/' || d.folders[folder] {
			continue
		}
		err := d.root.Mkdir(folder, 0o700)
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
		if err == nil {
			var info fs.FileInfo
			if info, err = d.root.Lstat(folder); err == nil && !info.IsDir() {
				err = errNoFolder
			}
		}
		if err == nil {
			err = durable.SyncName(d.root, folder)
		}
		if err != nil {
			return storage("make", folder, err)
		}
		d.folders[folder] = true
	}
	return nil
}

var (
	errNoFolder  = wire.Plain("it is no folder", nil)
	errNoRegular = wire.Plain("it is no regular file", nil)
)

// size returns the size of the regular file at a place that no symlink leads to, -1 when there is none.
func size(root *os.Root, place string) int64 {
	for i, c := range []byte(place) {
		if c != '/' {
			continue
		}
		if info, err := root.Lstat(place[:i]); err != nil || !info.IsDir() {
			return -1
		}
	}
	info, err := root.Lstat(place)
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

// openRegular opens the regular file at a place.
func openRegular(root *os.Root, place string, flag int) (*os.File, error) {
	before, err := root.Lstat(place)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errNoRegular
	}
	f, err := root.OpenFile(place, flag, 0)
	if err != nil {
		return nil, err
	}
	after, err := f.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = errNoRegular
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Stored is a file of a job as the directory has it.
type Stored struct {
	Name, Path string // Path is below the directory, in the form of this system
	Size       int64  // of a file that is not finished, what is there so far
	Checksum   uint32
	Unverified bool
	Finished   bool
}

// Files tells of all files, in the provider's order.
func (d *Dir) Files() []Stored {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.manifest.stored(d.root)
}

func (m *manifest) stored(root *os.Root) []Stored {
	all := make([]Stored, len(m.files))
	for i, f := range m.files {
		place := f.place()
		s := Stored{Name: f.Name, Path: filepath.FromSlash(place)}
		if f.finished != nil && f.finished.Size == size(root, place) {
			s.Size, s.Checksum, s.Unverified, s.Finished = f.finished.Size, f.finished.Checksum, f.finished.Unverified, true
		} else {
			s.Size = max(0, size(root, partialOf(place)))
		}
		all[i] = s
	}
	return all
}

// Read tells what the directory of a download has. It changes nothing, and may be called while a download is at work.
func Read(dir string) (job string, files []Stored, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", nil, storage("open", ".", err)
	}
	defer func() { _ = root.Close() }()
	f, err := openRegular(root, manifestName, os.O_RDONLY)
	if err != nil {
		return "", nil, storage("open", manifestName, err)
	}
	defer func() { _ = f.Close() }()
	var m manifest
	if _, err := durable.ReadJournal(io.LimitReader(f, maxManifest), m.take); err != nil {
		return "", nil, manifestError(err)
	}
	if !m.isComplete() {
		return "", nil, wire.Plain("the files of the job are not listed yet", api.ErrNotReady)
	}
	return m.job, m.stored(root), nil
}

// partialOf returns the name of what is stored of a file that is not finished.
func partialOf(place string) string { return place + filename.Partial }

// shown is a place as errors name it.
func shown(place string) string { return strings.TrimPrefix(place, filesName+"/") }
