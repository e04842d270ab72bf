package durable

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
)

// TempPrefix begins the name of a file that [Replace] has not finished. A crash may leave one behind.
const TempPrefix = ".new-"

// Replace writes the file of that name, so that a crash leaves the old content or the new one.
func Replace(root *os.Root, name string, data []byte) error {
	return ReplaceWith(root, name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// ReplaceWith is [Replace] with content that is too much to have at once.
func ReplaceWith(root *os.Root, name string, write func(w io.Writer) error) (err error) {
	temp := path.Join(path.Dir(name), TempPrefix+rand.Text())
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(temp)
		}
	}()
	buffer := bufio.NewWriterSize(f, 64<<10)
	if err = write(buffer); err == nil {
		err = buffer.Flush()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return Rename(root, temp, name)
}

// ReplaceFile is [Replace] of the file at a path of the whole file system.
func ReplaceFile(file string, data []byte) error {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(Replace(root, filepath.Base(file), data), root.Close())
}

// Rename gives a synced file its name, instead of a file that has it, and makes the name last.
func Rename(root *os.Root, from, to string) error {
	if err := root.Rename(from, to); err != nil {
		return err
	}
	return SyncName(root, to)
}

// SyncName makes a name that was given last.
func SyncName(root *os.Root, name string) error {
	dir, err := root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(SyncDir(dir), dir.Close())
}
