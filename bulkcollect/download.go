package bulkcollect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/download"
	"github.com/pronet-go/pronet/internal/route"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const defaultParallel = 4

// DownloadOptions says how Download fetches. The zero value fetches four files at a time.
type DownloadOptions struct {
	// Parallel is how many files are fetched at a time; 0 means 4. Each takes a connection and 1 MiB of memory.
	Parallel int
	// Wait is how the job is waited for when its files are not known yet.
	Wait WaitOptions
	// Verify reads every file through: a new one that is gzip to its trailer, one that an earlier Download finished by
	// its checksum. Without it this is done where the end of a file is not proven otherwise, or the file came in
	// several responses, and a finished file is trusted while its size is right.
	Verify bool
	// OnProgress, if not nil, is called with how far the download is: at the beginning, with each finished file, at the
	// end, and in between at most every 250 ms. It is never called concurrently, and delays the download while it runs.
	// If it panics, the download ends, and Download panics with an error that has the value and its stack.
	OnProgress func(DownloadProgress)
}

// DownloadProgress is how far a download is. What earlier calls have stored is part of it.
type DownloadProgress struct {
	// Bytes is how many are stored. It goes down when a file starts over.
	Bytes int64
	// TotalBytes is how many there will be, -1 until the length of every file is known.
	TotalBytes int64
	// Files is how many are finished, TotalFiles how many there are.
	Files, TotalFiles int
}

// Download is a job's files on this disk.
type Download struct {
	// JobID is the job.
	JobID string
	// Files are all its files, in the provider's order. A name that the provider lists twice is one file.
	Files []StoredFile
}

// StoredFile is one file of a job on this disk.
type StoredFile struct {
	// Name is the provider's name.
	Name string
	// Path is where the file is, or will be: the provider's name below the directory's folder "files", or, when that
	// would not be safe on every system, one made from its hash.
	Path string
	// Size is how many bytes it has; of a file that is not finished, how many are stored so far.
	Size int64
	// Checksum is its CRC-32C (Castagnoli), 0 until it is finished.
	Checksum uint32
	// Unverified reports that nothing proves that the file was not cut: the response did not state its length, and the
	// content is neither gzip nor lines of JSON.
	Unverified bool
	// Finished reports that the whole file is there.
	Finished bool
}

// download stores the files of a job. Slots, if not nil, bounds by its capacity how many files are fetched at a time
// over all calls that share it.
func (d *core[R]) download(ctx context.Context, jobID, dir string, o DownloadOptions, slots chan struct{}, options ...api.CallOption) (*Download, error) {
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	if err := d.checkDownload(jobID, dir, &o, options); err != nil {
		return nil, wire.Refuse(d.ops.file, err)
	}
	stored, err := download.Open(dir, jobID)
	if err != nil {
		return nil, storageError(err)
	}
	defer func() { _ = stored.Close() }()
	if !stored.IsListed() {
		names, err := d.wait(ctx, jobID, o.Wait, options...)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 { // it would look like a job that found nobody
			return nil, fmt.Errorf("%s: %w", d.ops.files.Name, wire.Plain("the response lists no files", api.ErrUnexpectedResponse))
		}
		if err := d.list(stored, jobID, names); err != nil {
			return nil, err
		}
	}
	options = append(slices.Clip(options), api.WithMeta(nil)) // several requests at a time would fill the same
	open := func(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
		return d.pipeline.Open(ctx, transport.Call{
			Op: d.ops.file, Path: []string{jobID, name}, MayRedirect: true, Header: header, Options: options,
		})
	}
	run := download.Options{Parallel: o.Parallel, Slots: slots, Verify: o.Verify}
	if o.OnProgress != nil {
		run.Report = func(p download.Progress) { o.OnProgress(DownloadProgress(p)) }
	}
	failures, ended := stored.Fetch(ctx, open, run)
	return newDownload(jobID, dir, stored.Files()), downloadError(failures, causeOf(ctx, ended))
}

func (d *core[R]) checkDownload(jobID, dir string, o *DownloadOptions, options []api.CallOption) error {
	if d.ops.files == nil {
		return wire.ErrNoService
	}
	if _, _, err := route.Build(d.ops.files.Route, nil, jobID); err != nil {
		return err
	}
	switch {
	case !utf8.ValidString(jobID):
		return errors.New("the job's id is not UTF-8")
	case dir == "":
		return errors.New("a directory is needed")
	case o.Parallel < 0:
		return errors.New("the number of files at a time is negative")
	case o.Parallel == 0:
		o.Parallel = defaultParallel
	}
	var settings api.CallSettings
	return settings.Apply(options)
}

// list writes the job's files into the manifest, if all can be requested.
func (d *core[R]) list(stored *download.Dir, jobID string, names []string) error {
	for _, name := range names {
		if _, _, err := route.Build(d.ops.file.Route, nil, jobID, name); err != nil {
			return &FileError{File: name, Err: wire.Plain("the name cannot be requested", err)}
		}
	}
	if err := stored.List(names); err != nil {
		return storageError(fmt.Errorf("bulkcollect: the job's files: %w", err))
	}
	return nil
}

// OpenDownload returns what Download has stored in a directory. It sends nothing and changes nothing; a Download may be
// in progress. A directory without a download is a *[StorageError] that is fs.ErrNotExist; one whose files are not
// known yet is api.ErrNotReady; otherwise the error is [ErrDirDamaged] or a *[StorageError].
func OpenDownload(dir string) (*Download, error) {
	jobID, files, err := download.Read(dir)
	if err != nil {
		return nil, storageError(err)
	}
	return newDownload(jobID, dir, files), nil
}

func newDownload(jobID, dir string, files []download.Stored) *Download {
	d := &Download{JobID: jobID, Files: make([]StoredFile, len(files))}
	for i, f := range files {
		d.Files[i] = StoredFile(f)
		d.Files[i].Path = filepath.Join(dir, f.Path)
	}
	return d
}

// Finished reports whether all files are there.
func (d *Download) Finished() bool {
	return !slices.ContainsFunc(d.Files, func(f StoredFile) bool { return !f.Finished })
}

var (
	// ErrDirInUse reports a directory in which another Download is in progress, in this process or another.
	ErrDirInUse = download.ErrLocked
	// ErrDirOfOtherJob reports a directory that holds the files of another job.
	ErrDirOfOtherJob = download.ErrOtherJob
	// ErrDirDamaged reports a directory whose manifest is damaged, or of a later version. Use another directory: the
	// files can be fetched again without paying.
	ErrDirDamaged = download.ErrManifest
)

// StorageError reports a failure of the disk. What was stored stays: call Download again when the cause is gone.
type StorageError struct {
	// Op is what was tried, such as "write" or "rename".
	Op string
	// File is the name in the directory, slash-separated. It is empty for the directory that the call was given.
	File string
	// Err is why: errors.Is finds syscall.ENOSPC, fs.ErrPermission and the like.
	Err error
}

// Error names the file in the directory and the reason, not the directory.
func (e *StorageError) Error() string { return "bulkcollect: " + e.SafeText() }

// SafeText marks the text as one that may be printed.
func (e *StorageError) SafeText() string {
	if e.File == "" {
		return fmt.Sprintf("%s the directory that was given: %s", e.Op, download.Reason(e.Err))
	}
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

// causeOf adds to a context's error the cause that the caller gave, which errors.Is and errors.As find. It is not
// printed.
func causeOf(ctx context.Context, err error) error {
	if ctx == nil {
		return err
	}
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
