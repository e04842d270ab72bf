//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package webhook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// lockSpool creates a file that must not exist yet. Closing the result removes
// it; a crash leaves it behind.
func lockSpool(dir string) (io.Closer, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrSpoolLocked
	}
	if err != nil {
		return nil, fmt.Errorf("webhook: lock spool: %w", err)
	}
	return lockFile{f}, nil
}

type lockFile struct{ f *os.File }

func (l lockFile) Close() error { return errors.Join(l.f.Close(), os.Remove(l.f.Name())) }
