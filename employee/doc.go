// Package employee holds the vocabulary of Coresignal's employee data: records, references, search filters, queries and
// lists of IDs. With it, a [Service] searches for employees and collects their records.
//
// A profile is one [BaseRecord] in the Base dataset, one [CleanRecord] in Clean, one [MultiSourceRecord] in MultiSource
// and one [V1Record] in the dataset of the first API version; a search preview has rows of the type [Preview]. [Decode]
// reads each from its JSON and keeps that JSON, so that a record written again has lost nothing, not even fields that
// this package does not know:
//
//	rec, err := employee.Decode[employee.BaseRecord](line)
//
// A [Ref] names the profile to collect. [BaseFilter] and [V1Filter] are the two filter vocabularies, and [Query] is an
// Elasticsearch query, written as any value that marshals to JSON or put together from [Match], [All] and the other
// clauses. [Budget] bounds what calls may spend, once or each day. [CheckStanding] tells a profile that is hidden, merged
// into another or deleted from one that is there: look before you store what was collected. [IDFile],
// [IDColumn], [IDReader], [IDs] and [IDSeq] are lists of employee IDs,
// checked before they are sent.
//
// Nothing in this package is logged, and errors hold no values of a record.
package employee
