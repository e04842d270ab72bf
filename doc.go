// Package pronet keeps records of sales and recruiting software in step with professional profiles. It subscribes to
// profile changes, receives the notices, and collects what changed, one by one or in bulk.
//
// Make one [Client] with the credentials that you have and use its services:
//
//	client, err := pronet.New(pronet.WithCoresignal(os.Getenv("CORESIGNAL_API_KEY")))
//	sub, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(1, 2), subscriptions.Options{WebhookURL: url})
//	record, err := client.Employees.Base.Collect(ctx, employee.ID(1))
//	job, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(1, 2), bulkcollect.Options{})
//
// Notices arrive at a handler of package webhook, and package refresh turns them into records. Package sandbox is a
// fake provider to try all of it without keys: examples/quickstart does.
//
// A Client holds to the provider's rate limits by itself, retries what is safe to retry, and never sends twice what may
// have spent credits: such a call ends with [ErrMaybeApplied]. Every error is tested with errors.Is against the
// sentinels here, and errors.As finds the [Error] with the details. Contexts bound all waits.
package pronet
