// Package export writes records where they are used: into files of JSON Lines or CSV, and into a table of PostgreSQL,
// SQLite or MySQL.
//
//	records := client.BulkCollect.Base.Records(ctx, job.ID)
//	n, err := export.Copy(ctx, records, export.NewJSONLines(file, export.JSONLinesOptions{}))
//
// Which one:
//
//   - [JSONLines] to keep everything. Nothing that the provider sent is lost, also fields that this module does not know
//     yet, and other programs read it line by line. Keep one of these even if you want something else: the rest can be
//     made from it again without paying.
//   - [Table] to work with the records: one row for each profile, as it was written last, with the columns that you chose
//     beside the whole record. Running it again, after a crash or with the next job, makes no second row.
//   - [CSV] to hand columns to people with a spreadsheet program. It has only what you chose.
//
// [CreateFile] makes a file that has its name only when it is complete, and [AppendFile] resumes one that a crash may
// have torn. What they make can be read by its owner only: records are personal data.
package export
