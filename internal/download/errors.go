package download

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/wire"
)

var (
	// ErrLocked reports a directory in which another download is at work.
	ErrLocked = errors.New("bulkcollect: another download is at work in the directory")
	// ErrOtherJob reports a directory that belongs to another job.
	ErrOtherJob = errors.New("bulkcollect: the directory belongs to another job")
	// ErrManifest reports a manifest that is damaged, or that another version of this package wrote.
	ErrManifest = errors.New("bulkcollect: the manifest cannot be used")
)

// StorageError reports what the disk did not do.
type StorageError struct {
	Op   string // such as "write"
	File string // the name in the directory
	Err  error
}

// Error names the file in the directory and the reason.
func (e *StorageError) Error() string { return "download: " + e.SafeText() }

// Unwrap returns Err.
func (e *StorageError) Unwrap() error { return e.Err }

// SafeText marks the text as one that may be printed.
func (e *StorageError) SafeText() string {
	return fmt.Sprintf("%s %.100q: %s", e.Op, e.File, Reason(e.Err))
}

// Reason describes an error of the disk without the paths that are in it.
func Reason(err error) string {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, durable.ErrDamaged), errors.Is(err, durable.ErrBroken):
		return "the journal is damaged"
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case wire.SafeText(err) != "":
		return wire.SafeText(err)
	}
	return "refused"
}

// storage returns a StorageError, nil for nil.
func storage(op, file string, err error) error {
	if err == nil {
		return nil
	}
	return &StorageError{Op: op, File: file, Err: err}
}

func isStorage(err error) bool {
	var storage *StorageError
	return errors.As(err, &storage)
}

// unexpected is an error of what the provider sent.
func unexpected(text string, cause error) error {
	return wire.Plain(text, errors.Join(api.ErrUnexpectedResponse, cause))
}
