// Package bulkcollect collects many employee records at once: a data request (a job) is made, takes minutes, and leaves
// files of records that can be fetched for 30 days without paying again.
//
//	job, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(ids...), bulkcollect.Options{})
//	for rec, err := range client.BulkCollect.Base.Records(ctx, job.ID) { ... }
//
// Keep job.ID: it alone lets another process resume after a crash, while a second request would be paid a second time.
// A request has no idempotency key, so one whose response was lost is never retried by itself: the error is
// api.ErrMaybeApplied, and the decision is yours.
//
// For one or a few records, client.Employees is quicker at the same price. Which one, otherwise:
//
//   - [BaseDataset.OpenGroup]: any number of IDs, or when a crash must not cost money. It makes the jobs, downloads
//     their files and reads the records. If unsure, this one.
//   - [BaseDataset.RequestIDs] and [BaseDataset.Records]: up to 10,000 IDs, names, addresses, a query or a filter, read
//     as they arrive. Options.Ledger gives a single job what a group has.
//   - [BaseDataset.Download] and [OpenDownload]: a job's files on disk, resumed where they were cut.
//   - [BaseDataset.RecordsFrom]: the records of files on disk, in memory or at the provider, decoded on several
//     goroutines; [BaseDataset.RecordsWith] is Records with its options. [BaseDataset.FileRecords] and
//     [BaseDataset.DecodeRecords] read one file.
package bulkcollect
