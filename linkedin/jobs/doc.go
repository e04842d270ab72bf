// Package jobs posts jobs on LinkedIn for the customers of an applicant tracking system or job distributor, and
// searches the Job Library. Get its service as client.LinkedIn.Jobs:
//
//	results, err := client.LinkedIn.Jobs.Submit(ctx, []jobs.Posting{posting})
//	...
//	tasks, err := client.LinkedIn.Jobs.Wait(ctx, []urn.URN{results[0].Task}, nil)
//
// LinkedIn takes a posting as a task and works on it for some minutes: a posting that was accepted is not a job yet.
// [Service.Submit] never posts twice by itself. When its response was lost, only that response had the task's URN: the
// error is [api.ErrMaybeApplied], and [Service.Listings] tells by your own ids which jobs are there.
//
// The token is an app's own (linkedin.AppTokens) of an approved partner: the customer's child app. The Job Library has
// promoted jobs alone, and is for apps with the product Ad Library; see [LibraryService].
package jobs
