package bulkcollect

import (
	"context"
	"io"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

// V1Dataset makes and reads the jobs of the first API version, client.BulkCollect.V1. It is safe for concurrent use.
// Its methods are described in full at [BaseDataset].
type V1Dataset struct{ core core[employee.V1Record] }

func (d *V1Dataset) calls() *core[employee.V1Record] {
	if d == nil {
		return new(core[employee.V1Record])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *V1Dataset) Cost() int64 { return d.calls().cost }

// RequestIDs requests the records of the listed employees, at most [MaxIDs], and spends credits; see
// [BaseDataset.RequestIDs].
func (d *V1Dataset) RequestIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestIDs(ctx, ids, o, options)
}

// RequestByQuery requests the records of the employees that an Elasticsearch query matches; see
// [BaseDataset.RequestByQuery].
func (d *V1Dataset) RequestByQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByQuery(ctx, &opV1RequestByQuery, q, o, options)
}

// RequestByFilter requests the records of the employees that search filters match; see [BaseDataset.RequestByFilter].
func (d *V1Dataset) RequestByFilter(ctx context.Context, filter employee.V1Filter, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByFilter(ctx, &opV1RequestByFilter, filter, o, options)
}

// Files returns the names of a job's files, or api.ErrNotReady; see [BaseDataset.Files].
func (d *V1Dataset) Files(ctx context.Context, jobID string, options ...api.CallOption) ([]string, error) {
	return d.calls().files(ctx, jobID, options...)
}

// Wait polls until a job is ready and returns the names of its files; see [BaseDataset.Wait].
func (d *V1Dataset) Wait(ctx context.Context, jobID string, o WaitOptions, options ...api.CallOption) ([]string, error) {
	return d.calls().wait(ctx, jobID, o, options...)
}

// Records waits for a job and walks the records of all its files, in order, as they arrive; see [BaseDataset.Records].
func (d *V1Dataset) Records(ctx context.Context, jobID string, options ...api.CallOption) iter.Seq2[*employee.V1Record, error] {
	return d.calls().recordsWith(ctx, jobID, RecordsOptions{}, options...)
}

// RecordsWith is Records with options; see [BaseDataset.RecordsFrom] for what the walk promises.
func (d *V1Dataset) RecordsWith(ctx context.Context, jobID string, o RecordsOptions, options ...api.CallOption) iter.Seq2[*employee.V1Record, error] {
	return d.calls().recordsWith(ctx, jobID, o, options...)
}

// RecordsFrom walks the records of many files, in the order of files and lines, decoded on several goroutines; see
// [BaseDataset.RecordsFrom].
func (d *V1Dataset) RecordsFrom(ctx context.Context, files []RecordFile, o RecordsOptions) iter.Seq2[*employee.V1Record, error] {
	return d.calls().recordsFrom(ctx, files, o)
}

// FileRecords walks the records of one file, as Records does of all. api.WithMeta has no effect here.
func (d *V1Dataset) FileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*employee.V1Record, error] {
	return d.calls().fileRecords(ctx, jobID, name, options...)
}

// DecodeRecords walks the records in a stored file that is open, on the caller's goroutine; see
// [BaseDataset.DecodeRecords].
func (d *V1Dataset) DecodeRecords(name string, r io.Reader) iter.Seq2[*employee.V1Record, error] {
	return d.calls().decodeRecords(name, r)
}

// OpenFile opens one of a job's files, by the name that Files or Wait returned. It can be opened again for 30 days
// without paying. Cancelling the context ends the stream.
func (d *V1Dataset) OpenFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*File, error) {
	return d.calls().openFile(ctx, jobID, name, options...)
}

// JobFile is one of a job's files at the provider, for RecordsFrom; see [BaseDataset.JobFile].
func (d *V1Dataset) JobFile(jobID, name string, options ...api.CallOption) RecordFile {
	return d.calls().jobFile(jobID, name, options...)
}

// Download stores all files of a job in a directory, and resumes what an earlier call left; see [BaseDataset.Download].
func (d *V1Dataset) Download(ctx context.Context, jobID, dir string, o DownloadOptions, options ...api.CallOption) (*Download, error) {
	return d.calls().download(ctx, jobID, dir, o, nil, options...)
}

// OpenGroup makes a group of jobs for any number of IDs in a directory, or resumes the one that is there; see
// [BaseDataset.OpenGroup].
func (d *V1Dataset) OpenGroup(ctx context.Context, dir string, ids employee.IDSource, o GroupOptions) (*Group[employee.V1Record], error) {
	return d.calls().openGroup(ctx, dir, &ids, o)
}

// ResumeGroup resumes the group in a directory. Without one, the error is api.ErrNotFound.
func (d *V1Dataset) ResumeGroup(ctx context.Context, dir string, o GroupOptions) (*Group[employee.V1Record], error) {
	return d.calls().openGroup(ctx, dir, nil, o)
}

// CleanDataset makes and reads the jobs of the Clean dataset, client.BulkCollect.Clean. It is safe for concurrent use.
// Its methods are described in full at [BaseDataset].
type CleanDataset struct{ core core[employee.CleanRecord] }

func (d *CleanDataset) calls() *core[employee.CleanRecord] {
	if d == nil {
		return new(core[employee.CleanRecord])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *CleanDataset) Cost() int64 { return d.calls().cost }

// RequestIDs requests the records of the listed employees, at most [MaxIDs], and spends credits; see
// [BaseDataset.RequestIDs].
func (d *CleanDataset) RequestIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestIDs(ctx, ids, o, options)
}

// RequestByQuery requests the records of the employees that an Elasticsearch query matches; see
// [BaseDataset.RequestByQuery].
func (d *CleanDataset) RequestByQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByQuery(ctx, &opCleanRequestByQuery, q, o, options)
}

// RequestByShorthandNames requests the records of the profiles with these shorthand names, at most [MaxIDs]; a
// duplicate is sent once. The errors are those of RequestIDs. That the body's key is shorthand_names is assumed.
func (d *CleanDataset) RequestByShorthandNames(ctx context.Context, names []string, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByShorthandNames(ctx, &opCleanRequestByShorthandNames, names, o, options)
}

// RequestByURLs requests the records of the profiles with these addresses, at most [MaxIDs]; a duplicate is sent once.
// The errors are those of RequestIDs. That the body's key is urls is what others report.
func (d *CleanDataset) RequestByURLs(ctx context.Context, urls []string, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByURLs(ctx, &opCleanRequestByURLs, urls, o, options)
}

// Files returns the names of a job's files, or api.ErrNotReady; see [BaseDataset.Files].
func (d *CleanDataset) Files(ctx context.Context, jobID string, options ...api.CallOption) ([]string, error) {
	return d.calls().files(ctx, jobID, options...)
}

// Wait polls until a job is ready and returns the names of its files; see [BaseDataset.Wait].
func (d *CleanDataset) Wait(ctx context.Context, jobID string, o WaitOptions, options ...api.CallOption) ([]string, error) {
	return d.calls().wait(ctx, jobID, o, options...)
}

// Records waits for a job and walks the records of all its files, in order, as they arrive; see [BaseDataset.Records].
func (d *CleanDataset) Records(ctx context.Context, jobID string, options ...api.CallOption) iter.Seq2[*employee.CleanRecord, error] {
	return d.calls().recordsWith(ctx, jobID, RecordsOptions{}, options...)
}

// RecordsWith is Records with options; see [BaseDataset.RecordsFrom] for what the walk promises.
func (d *CleanDataset) RecordsWith(ctx context.Context, jobID string, o RecordsOptions, options ...api.CallOption) iter.Seq2[*employee.CleanRecord, error] {
	return d.calls().recordsWith(ctx, jobID, o, options...)
}

// RecordsFrom walks the records of many files, in the order of files and lines, decoded on several goroutines; see
// [BaseDataset.RecordsFrom].
func (d *CleanDataset) RecordsFrom(ctx context.Context, files []RecordFile, o RecordsOptions) iter.Seq2[*employee.CleanRecord, error] {
	return d.calls().recordsFrom(ctx, files, o)
}

// FileRecords walks the records of one file, as Records does of all. api.WithMeta has no effect here.
func (d *CleanDataset) FileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*employee.CleanRecord, error] {
	return d.calls().fileRecords(ctx, jobID, name, options...)
}

// DecodeRecords walks the records in a stored file that is open, on the caller's goroutine; see
// [BaseDataset.DecodeRecords].
func (d *CleanDataset) DecodeRecords(name string, r io.Reader) iter.Seq2[*employee.CleanRecord, error] {
	return d.calls().decodeRecords(name, r)
}

// OpenFile opens one of a job's files, by the name that Files or Wait returned. It can be opened again for 30 days
// without paying. Cancelling the context ends the stream.
func (d *CleanDataset) OpenFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*File, error) {
	return d.calls().openFile(ctx, jobID, name, options...)
}

// JobFile is one of a job's files at the provider, for RecordsFrom; see [BaseDataset.JobFile].
func (d *CleanDataset) JobFile(jobID, name string, options ...api.CallOption) RecordFile {
	return d.calls().jobFile(jobID, name, options...)
}

// Download stores all files of a job in a directory, and resumes what an earlier call left; see [BaseDataset.Download].
func (d *CleanDataset) Download(ctx context.Context, jobID, dir string, o DownloadOptions, options ...api.CallOption) (*Download, error) {
	return d.calls().download(ctx, jobID, dir, o, nil, options...)
}

// OpenGroup makes a group of jobs for any number of IDs in a directory, or resumes the one that is there; see
// [BaseDataset.OpenGroup].
func (d *CleanDataset) OpenGroup(ctx context.Context, dir string, ids employee.IDSource, o GroupOptions) (*Group[employee.CleanRecord], error) {
	return d.calls().openGroup(ctx, dir, &ids, o)
}

// ResumeGroup resumes the group in a directory. Without one, the error is api.ErrNotFound.
func (d *CleanDataset) ResumeGroup(ctx context.Context, dir string, o GroupOptions) (*Group[employee.CleanRecord], error) {
	return d.calls().openGroup(ctx, dir, nil, o)
}

// MultiSourceDataset makes and reads the jobs of the Multi-source dataset, client.BulkCollect.MultiSource. It is safe
// for concurrent use. Its methods are described in full at [BaseDataset].
type MultiSourceDataset struct {
	core core[employee.MultiSourceRecord]
}

func (d *MultiSourceDataset) calls() *core[employee.MultiSourceRecord] {
	if d == nil {
		return new(core[employee.MultiSourceRecord])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *MultiSourceDataset) Cost() int64 { return d.calls().cost }

// RequestIDs requests the records of the listed employees, at most [MaxIDs], and spends credits; see
// [BaseDataset.RequestIDs].
func (d *MultiSourceDataset) RequestIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestIDs(ctx, ids, o, options)
}

// RequestByQuery requests the records of the employees that an Elasticsearch query matches; see
// [BaseDataset.RequestByQuery].
func (d *MultiSourceDataset) RequestByQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Job, error) {
	return d.calls().requestByQuery(ctx, &opMultiSourceRequestByQuery, q, o, options)
}

// Files returns the names of a job's files, or api.ErrNotReady; see [BaseDataset.Files].
func (d *MultiSourceDataset) Files(ctx context.Context, jobID string, options ...api.CallOption) ([]string, error) {
	return d.calls().files(ctx, jobID, options...)
}

// Wait polls until a job is ready and returns the names of its files; see [BaseDataset.Wait].
func (d *MultiSourceDataset) Wait(ctx context.Context, jobID string, o WaitOptions, options ...api.CallOption) ([]string, error) {
	return d.calls().wait(ctx, jobID, o, options...)
}

// Records waits for a job and walks the records of all its files, in order, as they arrive; see [BaseDataset.Records].
func (d *MultiSourceDataset) Records(ctx context.Context, jobID string, options ...api.CallOption) iter.Seq2[*employee.MultiSourceRecord, error] {
	return d.calls().recordsWith(ctx, jobID, RecordsOptions{}, options...)
}

// RecordsWith is Records with options; see [BaseDataset.RecordsFrom] for what the walk promises.
func (d *MultiSourceDataset) RecordsWith(ctx context.Context, jobID string, o RecordsOptions, options ...api.CallOption) iter.Seq2[*employee.MultiSourceRecord, error] {
	return d.calls().recordsWith(ctx, jobID, o, options...)
}

// RecordsFrom walks the records of many files, in the order of files and lines, decoded on several goroutines; see
// [BaseDataset.RecordsFrom].
func (d *MultiSourceDataset) RecordsFrom(ctx context.Context, files []RecordFile, o RecordsOptions) iter.Seq2[*employee.MultiSourceRecord, error] {
	return d.calls().recordsFrom(ctx, files, o)
}

// FileRecords walks the records of one file, as Records does of all. api.WithMeta has no effect here.
func (d *MultiSourceDataset) FileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*employee.MultiSourceRecord, error] {
	return d.calls().fileRecords(ctx, jobID, name, options...)
}

// DecodeRecords walks the records in a stored file that is open, on the caller's goroutine; see
// [BaseDataset.DecodeRecords].
func (d *MultiSourceDataset) DecodeRecords(name string, r io.Reader) iter.Seq2[*employee.MultiSourceRecord, error] {
	return d.calls().decodeRecords(name, r)
}

// OpenFile opens one of a job's files, by the name that Files or Wait returned. It can be opened again for 30 days
// without paying. Cancelling the context ends the stream.
func (d *MultiSourceDataset) OpenFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*File, error) {
	return d.calls().openFile(ctx, jobID, name, options...)
}

// JobFile is one of a job's files at the provider, for RecordsFrom; see [BaseDataset.JobFile].
func (d *MultiSourceDataset) JobFile(jobID, name string, options ...api.CallOption) RecordFile {
	return d.calls().jobFile(jobID, name, options...)
}

// Download stores all files of a job in a directory, and resumes what an earlier call left; see [BaseDataset.Download].
func (d *MultiSourceDataset) Download(ctx context.Context, jobID, dir string, o DownloadOptions, options ...api.CallOption) (*Download, error) {
	return d.calls().download(ctx, jobID, dir, o, nil, options...)
}

// OpenGroup makes a group of jobs for any number of IDs in a directory, or resumes the one that is there; see
// [BaseDataset.OpenGroup].
func (d *MultiSourceDataset) OpenGroup(ctx context.Context, dir string, ids employee.IDSource, o GroupOptions) (*Group[employee.MultiSourceRecord], error) {
	return d.calls().openGroup(ctx, dir, &ids, o)
}

// ResumeGroup resumes the group in a directory. Without one, the error is api.ErrNotFound.
func (d *MultiSourceDataset) ResumeGroup(ctx context.Context, dir string, o GroupOptions) (*Group[employee.MultiSourceRecord], error) {
	return d.calls().openGroup(ctx, dir, nil, o)
}
