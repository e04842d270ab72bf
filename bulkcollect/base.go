package bulkcollect

import (
	"context"
	"io"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

// BaseDataset makes and reads the jobs of the Base dataset, client.BulkCollect.Base. It is safe for concurrent use.
type BaseDataset struct{ core core[employee.BaseRecord] }

func (d *BaseDataset) calls() *core[employee.BaseRecord] {
	if d == nil {
		return new(core[employee.BaseRecord])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *BaseDataset) Cost() int64 { return d.calls().cost }

// RequestIDs requests the records of the listed employees, at most [MaxIDs]; a duplicate is sent once. The list is
// checked as a whole before anything is sent; a bad line is an *employee.LineError. It spends credits, one price for
// each record found, when the job becomes ready.
//
// The error is api.ErrMaybeApplied when the response was lost, and when the provider says that an identical request is
// in progress while its id is known neither here nor from Options.JobID: a job may be running then. It is
// api.ErrNoCredits without credits, though the provider may find that out only later, in [BaseDataset.Wait].
//
// Source: document 000, "Bulk Collect endpoints". How the IDs are sent is what others report, see [IDsForm].
func (d *BaseDataset) RequestIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestIDs(ctx, ids, o, options)
}

// RequestByQuery requests the records of the employees that an Elasticsearch query matches, at most 10,000: a query
// that matches more is accepted and fails later, in [BaseDataset.Wait], with api.ErrInvalid, unless Options.MaxRecords
// caps it.
//
// EstimateByQuery of client.Employees says beforehand what it would cost. With a Budget, MaxRecords must say how many
// records it is for. The errors are those of RequestIDs.
//
// Source: docs.coresignal.com, "Bulk collect", POST requests.
func (d *BaseDataset) RequestByQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByQuery(ctx, &opBaseRequestByQuery, q, o, options)
}

// RequestByFilter requests the records of the employees that search filters match, as [BaseDataset.RequestByQuery] does
// for a query.
func (d *BaseDataset) RequestByFilter(ctx context.Context, filter employee.BaseFilter, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByFilter(ctx, &opBaseRequestByFilter, filter, o, options)
}

// RequestByShorthandNames requests the records of the profiles with these shorthand names, at most [MaxIDs]; a
// duplicate is sent once. The errors are those of RequestIDs. That the body's key is shorthand_names is assumed.
func (d *BaseDataset) RequestByShorthandNames(ctx context.Context, names []string, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByShorthandNames(ctx, &opBaseRequestByShorthandNames, names, o, options)
}

// RequestByURLs requests the records of the profiles with these addresses, at most [MaxIDs]; a duplicate is sent once.
// The errors are those of RequestIDs. That the body's key is urls is what others report.
func (d *BaseDataset) RequestByURLs(ctx context.Context, urls []string, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByURLs(ctx, &opBaseRequestByURLs, urls, o, options)
}

// Files returns the names of a job's files. A job that is not ready is api.ErrNotReady; one of which nothing matched,
// that is unknown, or older than 30 days, is api.ErrNotFound (nothing matched has been seen as api.ErrInvalid, 422,
// too); one that the account cannot pay is api.ErrNoCredits.
//
// Source: document 000, "Bulk Collect endpoints".
func (d *BaseDataset) Files(ctx context.Context, jobID string, options ...api.CallOption) ([]string, error) {
	return d.calls().files(ctx, jobID, options...)
}

// Wait polls until a job is ready and returns the names of its files. It needs nothing but the job's id, so any process
// can wait for a job. The errors are those of [BaseDataset.Files]; when the context's deadline leaves no time for
// another poll it returns at once an error that is both api.ErrNotReady and context.DeadlineExceeded. The job
// continues.
func (d *BaseDataset) Wait(ctx context.Context, jobID string, o WaitOptions, options ...api.CallOption) ([]string, error) {
	return d.calls().wait(ctx, jobID, o, options...)
}

// Records waits for a job and walks the records of all its files, in order, as they arrive. It is lazy, starts over
// with each loop (a file can be fetched again without paying), and ends after an error: a *[FileError] when a file is
// cut, is not what it should be, or has a line that is no record.
//
// The options are for each request; api.WithMeta is filled by the request for the list of files only.
func (d *BaseDataset) Records(ctx context.Context, jobID string, options ...api.CallOption) iter.Seq2[*employee.BaseRecord, error] {
	return d.calls().recordsWith(ctx, jobID, RecordsOptions{}, options...)
}

// RecordsWith is [BaseDataset.Records] with options. [BaseDataset.RecordsFrom] says what the walk promises.
func (d *BaseDataset) RecordsWith(ctx context.Context, jobID string, o RecordsOptions, options ...api.CallOption) iter.Seq2[*employee.BaseRecord, error] {
	return d.calls().recordsWith(ctx, jobID, o, options...)
}

// RecordsFrom walks the records of many files, in the order of files and lines. Files are read ahead, and lines decoded
// on several goroutines, by some MiB at most whatever the sizes of the files, and however slowly the loop takes the
// records. Lines of more than 128 KiB, and those of very many tiny values, are held one at a time.
//
// The walk is lazy, starts over with each loop, and may be ranged over by several goroutines at once. It ends after an
// error: a *[FileError] when a file is cut, is not what it should be, or has a line that is no record. All good records
// before it have been yielded then (but see Unordered). However the loop is left, the files are closed and no goroutine
// is left. The walk ends likewise when the context does.
//
// A gzip file may have several members, and zero bytes behind the last one; other data there is refused, and so is a
// file without a byte. A byte order mark at the beginning of a line, as joined files have them, blank lines, CRLF, and a
// last line without an end are accepted. A file that expands to more
// than 16 GiB ends with api.ErrTooLarge; before that, the bound of a line keeps memory flat.
//
// Most of the time goes into decoding: the client's option WithJSONDecoder sets a faster JSON package for it, and
// DropRaw saves the copy of each line.
//
// If a decoder set with WithJSONDecoder, or your Open, Read or Close, panics on a goroutine of the walk, the loop
// panics with an error that has the value and its stack; a panic of a Close after the loop was left is dropped.
func (d *BaseDataset) RecordsFrom(ctx context.Context, files []RecordFile, o RecordsOptions) iter.Seq2[*employee.BaseRecord, error] {
	return d.calls().recordsFrom(ctx, files, o)
}

// FileRecords walks the records of one file, as [BaseDataset.Records] does of all. api.WithMeta has no effect here.
func (d *BaseDataset) FileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*employee.BaseRecord, error] {
	return d.calls().fileRecords(ctx, jobID, name, options...)
}

// DecodeRecords walks the records in a stored file that is open: gzip or plain, one JSON object a line. Name stands in
// errors and in the records' Origin. It reads and decodes on the caller's goroutine, no further than the loop goes but
// for a buffer; [BaseDataset.RecordsFrom] is faster.
func (d *BaseDataset) DecodeRecords(name string, r io.Reader) iter.Seq2[*employee.BaseRecord, error] {
	return d.calls().decodeRecords(name, r)
}

// OpenFile opens one of a job's files, by the name that Files or Wait returned. It can be opened again for 30 days
// without paying. Cancelling the context ends the stream.
//
// Source: document 000, "Bulk Collect endpoints".
func (d *BaseDataset) OpenFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*File, error) {
	return d.calls().openFile(ctx, jobID, name, options...)
}

// JobFile is one of a job's files at the provider, by the name that Files or Wait returned. It is read as it arrives,
// and opened only when the records of the files before it have been taken, or with Unordered when a goroutine is free.
// api.WithMeta has no effect here, since several files may be read at a time.
func (d *BaseDataset) JobFile(jobID, name string, options ...api.CallOption) RecordFile {
	return d.calls().jobFile(jobID, name, options...)
}

// Download stores all files of a job in a directory, which it makes, and which belongs to that job from then on. It
// waits for the job first, as [BaseDataset.Wait] does. Call it again with the same directory after anything that went
// wrong, a crash too: what is finished is not requested again (when all is, nothing is), and a file that was cut is
// resumed where it ended if the provider's response proves that it is the same version, and starts over otherwise. A
// finished file that is missing or has another size is fetched again. Files can be fetched for 30 days after the job
// without paying again.
//
// Files stay as they came, which is gzip: read them with [BaseDataset.DecodeRecords]. In the directory are
// "manifest.jsonl", which says what is finished, "lock", and the folder "files", where a file that is not finished ends
// in ".partial". A file has its name only once it is on the disk as a whole: its length is the announced one, or else
// its gzip data is whole, or its last line is JSON (assumed to be proof; see StoredFile.Unverified). A file without a
// byte is an error. One that came in several responses is read to the end of its gzip data first.
//
// A connection that breaks is opened again, with growing waits, until five in a row have brought nothing; likewise when
// a host fails to which the provider redirected. A file that fails is a *[FileError]; when it fails for reasons of its
// own (api.ErrNotFound, api.ErrTooLarge, api.ErrUnexpectedResponse), all others are still fetched; otherwise those in
// progress are finished and no further one is started. The errors of several files are found by errors.Is and errors.As
// in the one returned. A disk that fails is a *[StorageError] and, like the end of the context, ends everything at
// once. Errors of the directory are [ErrDirInUse], [ErrDirOfOtherJob] and [ErrDirDamaged]; a name that cannot be
// requested is api.ErrInvalid. With an error, what is stored is returned too, once the files are known.
//
// The options are for each request; api.WithMeta is filled by the request for the list of files only.
//
// Source: document 000, "Bulk Collect endpoints"; that the provider knows ranges and ETags is assumed, and not needed.
func (d *BaseDataset) Download(ctx context.Context, jobID, dir string, o DownloadOptions, options ...api.CallOption) (*Download, error) {
	return d.calls().download(ctx, jobID, dir, o, nil, options...)
}

// OpenGroup makes a group of jobs for a list of IDs in a directory, or resumes the one that is there, which must be for
// the same list and dataset (api.ErrConflict otherwise). The list is read once, checked as a whole and copied without
// its duplicates, so that it may change afterwards; it is never held in memory. Nothing is requested before
// [Group.Run].
//
// An error is a *[employee.LineError] for a line that is not one ID, api.ErrConflict when the group is open already, in this process
// or another, when the group was made with another ledger, or when its ledger is gone: what was paid is unknown then.
func (d *BaseDataset) OpenGroup(ctx context.Context, dir string, ids employee.IDSource, o GroupOptions) (*Group[employee.BaseRecord], error) {
	return d.calls().openGroup(ctx, dir, &ids, o)
}

// ResumeGroup resumes the group in a directory. Without one, the error is api.ErrNotFound.
func (d *BaseDataset) ResumeGroup(ctx context.Context, dir string, o GroupOptions) (*Group[employee.BaseRecord], error) {
	return d.calls().openGroup(ctx, dir, nil, o)
}
