package durable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

var (
	// ErrChanged reports a value that is not based on the one in the file: another process has written it meanwhile.
	ErrChanged = errors.New("durable: the file was changed meanwhile")
	// ErrTooLong reports a file, or a value for one, of more bytes than are accepted.
	ErrTooLong = errors.New("durable: too many bytes")
	// ErrNotRegular reports a link, a directory, a pipe or a device where a file belongs.
	ErrNotRegular = errors.New("durable: not a regular file")
)

// A FormatError reports a file of another format, such as one that a newer version wrote.
type FormatError struct {
	// Found is the format of the file; Known is the one of this version.
	Found, Known int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("durable: the file has the format %d, this version knows %d", e.Found, e.Known)
}

// State says how a value is kept in a file that is always replaced as a whole: a JSON object with the member
// "format", which T has too. A crash leaves the old value or the new one. What cannot be read is an error and left as
// it is; only a file that is not there is [fs.ErrNotExist].
type State[T any] struct {
	// Format is the number that the file's member "format" must have, from 1 on.
	Format int
	// MaxBytes bounds the file, read and written.
	MaxBytes int64
	// Valid says whether a decoded value makes sense; nil accepts all.
	Valid func(*T) bool
	// Generation counts the writes of a value, from 1 on; [State.SwapFile] needs it. With it, a value of which none is
	// told is damaged: it is not what was written.
	Generation func(*T) int64
}

// Read returns the value in a file. Errors besides those of the file system: [ErrDamaged], [*FormatError],
// [ErrTooLong], [ErrNotRegular].
func (s State[T]) Read(root *os.Root, name string) (*T, error) {
	data, err := ReadFile(root, name, s.MaxBytes)
	if err != nil {
		return nil, err
	}
	return s.Decode(data)
}

// ReadFile returns the content of a file of at most so many bytes. Errors besides those of the file system: [ErrTooLong],
// [ErrNotRegular].
func ReadFile(root *os.Root, name string, most int64) ([]byte, error) {
	info, err := root.Lstat(name) // before it is opened: to open a pipe may take for ever
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, ErrNotRegular
	case info.Size() > most:
		return nil, tooLong(most)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	switch _, err = content.ReadFrom(io.LimitReader(file, most+1)); {
	case err != nil:
		return nil, err
	case int64(content.Len()) > most: // it has grown
		return nil, tooLong(most)
	}
	return content.Bytes(), nil
}

// Decode returns the value in the bytes of a file, with the errors of Read.
func (s State[T]) Decode(data []byte) (*T, error) {
	var head struct {
		Format int `json:"format"`
	}
	value := new(T)
	switch {
	case int64(len(data)) > s.MaxBytes:
		return nil, tooLong(s.MaxBytes)
	case json.Unmarshal(data, &head) != nil || head.Format == 0:
		return nil, ErrDamaged
	case head.Format != s.Format:
		return nil, &FormatError{Found: head.Format, Known: s.Format}
	case json.Unmarshal(data, value) != nil, s.Generation != nil && s.Generation(value) < 1, s.Valid != nil && !s.Valid(value):
		return nil, ErrDamaged
	}
	return value, nil
}

func tooLong(most int64) error { return fmt.Errorf("%w: more than %d", ErrTooLong, most) }

// Write replaces the file, whatever it holds. The caller has a lock on its directory.
func (s State[T]) Write(root *os.Root, name string, value *T) error {
	data, err := s.encode(value)
	if err != nil {
		return err
	}
	return Replace(root, name, data)
}

func (s State[T]) encode(value *T) ([]byte, error) {
	data, err := json.MarshalIndent(value, "", "\t")
	if err != nil {
		return nil, err
	}
	data = append(data, '\n')
	_, err = s.Decode(data) // or it could not be read again
	return data, err
}

// ReadFile is [State.Read] of the file at a path of the whole file system.
func (s State[T]) ReadFile(path string) (*T, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return s.Read(root, filepath.Base(path))
}

// SwapFile replaces the file if the value's generation is the next after that of the file, or 1 when there is no
// file. Otherwise it is [ErrChanged], and [ErrLocked] while another process swaps: of two that began with the same
// generation, one loses. The lock is a file with ".lock" after the name, which stays. On the systems where [Lock]
// cannot end with the process, a crash during the swap leaves it held: it has to be deleted by hand.
func (s State[T]) SwapFile(path string, value *T) error {
	return s.SwapFileAfter(path, value, func() error { return nil })
}

// SwapFileAfter is [State.SwapFile] that does something first, with the lock held, once nothing but the disk can refuse
// the value. When that fails or panics, the file stays as it was.
func (s State[T]) SwapFileAfter(path string, value *T, do func() error) (err error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	lock, err := Lock(path + ".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	var generation int64
	stored, err := s.Read(root, filepath.Base(path))
	switch {
	case err == nil:
		generation = s.Generation(stored)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if s.Generation(value) != generation+1 {
		return ErrChanged
	}
	data, err := s.encode(value)
	if err == nil {
		err = do()
	}
	if err != nil {
		return err
	}
	return Replace(root, filepath.Base(path), data)
}
