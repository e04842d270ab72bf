package idfile

import (
	"errors"
	"io"
	"os"
)

// storage is a temporary file.
type storage interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// tempFile is a file that nobody else can open: its name is taken away at once where the system allows that, and when
// it is closed where it does not.
type tempFile struct {
	*os.File
	name string // that is still there
}

// createTemp makes a file with mode 0600 in the given directory; empty means that of the system.
func createTemp(dir string) (storage, error) {
	f, err := os.CreateTemp(dir, "pronet-ids-*")
	if err != nil {
		return nil, withoutPath(err)
	}
	t := &tempFile{File: f}
	if os.Remove(f.Name()) != nil {
		t.name = f.Name()
	}
	return t, nil
}

// Close closes the file, and with that removes it.
func (t *tempFile) Close() error {
	err := t.File.Close()
	if t.name != "" {
		err = errors.Join(err, os.Remove(t.name))
		t.name = ""
	}
	return err
}
