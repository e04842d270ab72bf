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
// later. Within one process a delivery that is retried does not collect again what it has collected before, and resumes
// the job that it made. After a crash in the middle of a delivery its records may be collected, and paid, again; with
// Options.Ledger not those of bulk jobs.
package refresh
