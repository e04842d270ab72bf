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
//
// # Personal data
//
// Records of people lie on this disk where you asked for it, in files that only the process's own user can read on Unix:
//
//   - A group's directory: "ids-….txt" has the IDs, "parts" the provider's files with whole records. They stay until
//     [Group.Remove], or until you delete the directory.
//   - A download's directory: "files" has whole records, "manifest.jsonl" the names of the provider's files. They stay
//     until you delete the directory.
//   - A [FileLedger]: what was requested, as hashes, counts, names that you gave and the provider's job ids. No IDs of
//     people and no records.
//
// Temporary files of lists of IDs are gone with the process. To erase one person, store the records of the others
// elsewhere and remove the groups and downloads that may have the person's: nothing takes a single record out of a file.
package bulkcollect
