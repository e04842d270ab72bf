//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Lock makes the file at path, which must not be there yet. Closing the result removes it; a crash leaves it behind.
func Lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return lockFile{f}, nil
}

type lockFile struct{ f *os.File }

func (l lockFile) Close() error { return errors.Join(l.f.Close(), os.Remove(l.f.Name())) }
