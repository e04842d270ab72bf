// Package refresh turns notices into what changed. [Open] is the one call for all of it: a [Pipeline] receives notices,
// collects, compares with the former record, and calls a function of yours. Begin there.
//
// The rest of this page is about its part that turns notices into records, a [Refresher], for those who put the parts
// together by themselves: it takes the employees that a delivery says have changed, and collects them, one by one or with
// a bulk job, within a credit budget.
//
//	budget, err := employee.OpenDailyBudget("budget.json", 5_000) // credits a day
//	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{Budget: budget})
//	err = notices.Run(ctx, refresher.Handle) // notices is a spool
//
// It runs behind the sink of package webhook, in the spool's Run for example, never inside a delivery: collecting takes
// seconds and a bulk job minutes, while a sender waits for its response.
//
// A notice is a hint, since Coresignal does not sign it. The budget bounds what a forged one can spend, and
// Options.Known limits the work to employees that you know.
//
// A notice says that a profile has changed, not that it is still there for all to see. The record may be of somebody who
// is hidden for privacy, who was merged into another profile, or who is deleted; a store that saves whatever comes then
// keeps what it may not keep, or overwrites a person with the rest of one. So there is a record to save only when
// [Outcome].Err is nil. Erase what you have of a hidden person, move a merged one, mark a deleted one and one that is
// unknown to the provider as gone; see the Example. Mark rather than delete: a mistake of the provider can be undone then.
//
// What is promised: each change is handed over at least once, or Handle returns an error, so that the spool retries
// later. What was collected is kept until the store has returned nil, and a retry never buys it again: beside the
// delivery, over a restart too, if it comes from a spool ([webhook.Delivery.Kept]), otherwise in memory while the process
// lives. After a crash, what was being collected then is in doubt (api.ErrMaybeApplied): it is told to the store, and
// bought again only if the store returns [ErrBuyAgain]. These are at most as many as calls are in progress at a time, or
// the employees of one job. Some of them may not have been paid. A shutdown leaves none in doubt: what is on its way when
// the context of Handle ends has Options.Grace to be responded to. When there is no room to keep more, nothing more is
// bought one by one; and nothing at all for a delivery that has no place of its own while 10,000 such deliveries wait, as
// nobody would know of it at the next try.
//
// A person can see what happens: [Refresher.Status] for health checks, [Observer] for metrics and traces, and the log,
// which at WARN has what failed, and what is in doubt.
//
// A delivery that a person has put back from the dead ones of a spool ([webhook.Delivery.Requeues]) is collected anew,
// but for the employees that were handed over: what was bought for the others before is given up, with a warning, since
// newer records may have been handed over meanwhile.
//
// # Order
//
// From a spool, deliveries about the same employee are worked on in the order of their arrival, over failures and
// restarts: an older record is never handed over after a newer one.
//
// From a queue ([webhook.Delivery.Kept] is nil), several workers may call Handle of one Refresher at the same time, for
// different deliveries. Promised is then for each delivery what is said above, within one process: a retry that another
// process gets buys again, and so does one after a restart, but for the jobs that a Ledger knows. The same delivery must
// not be given to two calls at the same time: each would buy.
//
// Outcomes then come to the store in any order. A worker whose store has refused a record hands it over at a later try,
// when another worker has perhaps handed over a newer one of the same employee; of two records that are being collected at
// the same time, either may come last. [NewUpdater] is for that: over any number of processes that share a database and
// its clock (Options.Clock), an older record is never handed over after a newer one. With a store of your own, let the
// queue give the deliveries of one employee to one worker at a time (a message group, a partition), and drop, as done, an
// outcome that was asked for before what you have: by [Outcome].Asked, when all processes have one clock. Of two collects
// that were on their way at the same time, it does not tell which one the provider has read first.
package refresh
