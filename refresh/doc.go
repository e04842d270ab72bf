// Package refresh turns notices into records: it takes the employees that a delivery says have changed, and collects
// them, one by one or with a bulk job, within a credit budget.
//
//	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{Budget: budget})
//	go spool.Run(ctx, refresher.Handle)
//
// It runs behind the sink of package webhook, in the spool's Run for example, never inside a delivery: collecting takes
// seconds and a bulk job minutes, while a sender waits for its response.
//
// A notice is a hint, since Coresignal does not sign it. The budget bounds what a forged one can spend, and
// Options.Known limits the work to employees that you know.
//
// What is promised: each change is handed over at least once, or Handle returns an error, so that the spool retries
// later. What was collected is kept until the store has returned nil, and a retry never buys it again: beside the
// delivery, over a restart too, if it comes from a spool ([webhook.Delivery.Kept]), otherwise in memory while the process
// lives. After a crash, what was being collected then is in doubt (api.ErrMaybeApplied): it is told to the store, and
// bought again only if the store returns [ErrBuyAgain]. These are at most as many as calls are in progress at a time, or
// the employees of one job. Some of them may not have been paid. When there is no room to keep more, nothing more is
// bought one by one.
//
// Two deliveries about the same employee must not be worked on out of order, or an older record would follow a newer
// one. A spool sees to that; the workers of a queue must do so themselves.
package refresh
