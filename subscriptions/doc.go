// Package subscriptions makes Coresignal notify a webhook when employee profiles change.
//
// A subscription watches a set of profiles: those that a filter or query matches, or a list of IDs. Create it with
// client.Subscriptions.Base (or V1), receive its notices with package webhook, and let package refresh collect what
// changed:
//
//	sub, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(1, 2, 3), subscriptions.Options{WebhookURL: url})
//
// Three facts decide how to use it. Notices are not signed and do not name their subscription, so give each one a
// webhook URL of its own with a secret in its path (webhook.NewPathToken). A subscription ends silently after 91 days
// unless it is renewed, and for good one year after it was created. And it can only be made or deleted, not changed.
//
// What the provider does not allow in a subscription is refused before anything is sent, see [ForbiddenFieldsError].
package subscriptions
