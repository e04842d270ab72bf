// Package bulkcollect collects many employee records at once: a data request (a job) is made, takes minutes, and leaves
// files of records that can be fetched for 30 days without paying again.
//
//	job, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(ids...), bulkcollect.Options{})
//	for rec, err := range client.BulkCollect.Base.Records(ctx, job.ID) { ... }
//
// Keep job.ID: with it alone another process goes on after a crash, while a second request would be paid a second time.
// A request has no idempotency key, so one whose answer was lost is never sent again by itself: the error is
// api.ErrMaybeApplied, and the decision is yours.
//
// For one or a few records, client.Employees is quicker at the same price.
package bulkcollect
