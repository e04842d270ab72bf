//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Lock makes the file at path, which must not be there yet. Closing the result removes it. A crash leaves it behind,
// which looks like a holder: the error says so, and which file to delete. These systems have no lock that ends with
// the process and holds within one process too; to judge by a process id would let two through that find the same
// dead one.
func Lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w, or a crash left the lock behind: if no process uses it, delete %s", ErrLocked, path)
	}
	if err != nil {
		return nil, err
	}
	return lockFile{f}, nil
}

type lockFile struct{ f *os.File }

func (l lockFile) Close() error { return errors.Join(l.f.Close(), os.Remove(l.f.Name())) }
