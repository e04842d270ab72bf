// Package saleswebhooks keeps subscriptions to contacts and companies at Sales Webhooks, and configures where their events
// are sent. Package webhook receives the events.
//
//	sub, err := client.SalesWebhooks.Subscriptions.Create(ctx, saleswebhooks.Contact("https://linkedin.com/in/jane-roe"))
//
// Which call:
//
//   - one entity: [Subscriptions.Create], or [Subscriptions.Ensure] when it may be subscribed to already
//   - a list of any length: [Subscriptions.BulkCreate] and [Subscriptions.BulkCancel]
//   - a list that is to be mirrored, now and again: [Subscriptions.Plan] and [Plan.Apply]
//   - everything that exists: [Subscriptions.Exported]. [Subscriptions.All] walks pages by offset, which can miss items while
//     the set changes.
//
// The provider allows 10 bulk calls of 100 items, 100 calls that create and 1,000 that read in any 15 minutes. A call that
// would have to wait longer than the client's longest wait ends with an api.RateLimitError that says until when;
// [Service.Forecast] tells how long calls will take before they are made.
//
// Of the provider's pages only the openings can be read, and they contradict each other. What is assumed is marked so in
// docs/endpoints.md, is an option of the client (pronet.SalesWebhooksBasePath and others beside it), and what the provider
// sends beyond the fields here is kept in Raw.
package saleswebhooks
