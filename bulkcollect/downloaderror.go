package bulkcollect

import (
	"context"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/internal/download"
	"github.com/pronet-go/pronet/internal/wire"
)

var (
	// ErrDirInUse reports a directory in which another Download is at work, in this process or another.
	ErrDirInUse = download.ErrLocked
	// ErrDirOfOtherJob reports a directory that holds the files of another job.
	ErrDirOfOtherJob = download.ErrOtherJob
	// ErrDirDamaged reports a directory whose manifest is damaged, or of a later version. Use another directory: the files can
	// be fetched again without paying.
	ErrDirDamaged = download.ErrManifest
)

// StorageError reports what the disk did not do. What was stored stays: call Download again when the reason is gone.
type StorageError struct {
	// Op is what was tried, such as "write" or "rename".
	Op string
	// File is the name in the directory, slash-separated.
	File string
	// Err is why: errors.Is finds syscall.ENOSPC, fs.ErrPermission and the like.
	Err error
}

// Error names the file in the directory and the reason, not the directory.
func (e *StorageError) Error() string { return "bulkcollect: " + e.SafeText() }

// SafeText marks the text as one that may be printed.
func (e *StorageError) SafeText() string {
	return fmt.Sprintf("%s %.100q: %s", e.Op, e.File, download.Reason(e.Err))
}

// Unwrap returns Err.
func (e *StorageError) Unwrap() error { return e.Err }

// storageError gives an error of the disk its exported type.
func storageError(err error) error {
	if e, ok := errors.AsType[*download.StorageError](err); ok {
		return &StorageError{Op: e.Op, File: e.File, Err: e.Err}
	}
	return err
}

// causeOf adds to a context's error the cause that the caller gave, which errors.Is and errors.As find. It is not printed.
func causeOf(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || ctx.Err() == nil || cause == ctx.Err() { //nolint:errorlint // it is this very error when none was given
		return err
	}
	return wire.Plain(err.Error(), errors.Join(err, cause))
}

// downloadError is the error of a download whose files failed or whose context ended; nil when neither did.
func downloadError(failures []download.Failure, ended error) error {
	var all failedFiles
	if ended != nil {
		all = append(all, fmt.Errorf("bulkcollect: the download was interrupted: %w", ended))
	}
	for _, f := range failures {
		err := storageError(f.Err)
		if _, ok := errors.AsType[*StorageError](err); !ok {
			err = &FileError{File: f.Name, Err: err}
		}
		all = append(all, err)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// failedFiles are the errors of several files.
type failedFiles []error

func (f failedFiles) Error() string {
	return fmt.Sprintf("%s (and %d more)", f[0], len(f)-1)
}

func (f failedFiles) Unwrap() []error { return f }
