package export

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/wire"
)

// File is a file that gets its name once it is complete, so that what has the name is always a whole export: the new
// one or, until then, the one before.
type File struct {
	root *os.Root
	file *os.File
	temp string
	name string
	done bool
}

// CreateFile begins a file that [File.Commit] gives its name, instead of one that has it. Others may not read it, since
// it holds personal data. Always Close it: without a Commit before, nothing is left. A crash leaves what was written
// beside it, such as .people.jsonl.new- and random letters; the next CreateFile of the same path removes such files
// once nothing was written to them for a day. Whoever pauses for longer may so lose an unfinished file, and Commit then
// fails.
//
//	file, err := export.CreateFile("people.jsonl")
//	defer file.Close()
//	n, err := export.Copy(ctx, records, export.NewJSONLines(file, export.JSONLinesOptions{}))
//	err = file.Commit() // if all of them went well
func CreateFile(path string) (*File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fileError("the folder could not be opened", err)
	}
	name := filepath.Base(path)
	temp := unfinished(name)
	removeLeft(root, temp)
	temp += rand.Text()
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = wire.Plain("there is something else than a file", api.ErrConflict)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var file *os.File
	if err == nil {
		file, err = root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return nil, fileError("the file could not be made", errors.Join(err, root.Close()))
	}
	return &File{root: root, file: file, temp: temp, name: name}, nil
}

// Write writes to the file.
func (f *File) Write(p []byte) (int, error) {
	if f == nil || f.file == nil {
		return 0, errNoFile
	}
	return f.file.Write(p)
}

var errNoFile = wire.Plain("export: the file is none: CreateFile and AppendFile return one", api.ErrInvalid)

// Commit makes what was written last on the disk and gives the file its name. When it fails, what had the name before
// has it still, other than after a failure of the disk itself.
func (f *File) Commit() error {
	if f == nil || f.file == nil {
		return errNoFile
	}
	if f.done {
		return fileError("the file was not given its name", fs.ErrClosed)
	}
	f.done = true
	err := errors.Join(f.file.Sync(), f.file.Close())
	if err == nil {
		err = durable.Rename(f.root, f.temp, f.name)
	}
	if err != nil {
		_ = f.root.Remove(f.temp) // it may have its name by now
	}
	if err = errors.Join(err, f.root.Close()); err != nil {
		return fileError("the file was not given its name", err)
	}
	return nil
}

// Close drops a file that was not committed, and removes what was written. After Commit it does nothing.
func (f *File) Close() error {
	if f == nil || f.file == nil || f.done {
		return nil
	}
	f.done = true
	if err := errors.Join(f.file.Close(), f.root.Remove(f.temp), f.root.Close()); err != nil {
		return fileError("the unfinished file could not be removed", err)
	}
	return nil
}

// fileError is an error whose text has the reason, but not the path: it may say more than a log should.
func fileError(what string, err error) error {
	return wire.Plain("export: "+what+": "+cmp.Or(reasonOf(err), "the disk failed"), err)
}

// reasonOf is why a file could not be written or read, as far as it may be printed, or "".
func reasonOf(err error) string {
	var errno syscall.Errno
	switch {
	case wire.SafeText(err) != "":
		return wire.SafeText(err)
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, fs.ErrClosed):
		return "it is closed"
	case errors.Is(err, durable.ErrLocked):
		return "another one writes to it"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.ErrShortWrite):
		return "it took less than it was given"
	case isContext(err):
		return api.Describe(err)
	}
	return ""
}
