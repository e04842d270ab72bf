package saleswebhooks

import (
	"github.com/pronet-go/pronet/api"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
	"github.com/pronet-go/pronet/internal/wire"
)

// Where the provider describes the endpoints.
const (
	subscriptionsSource = "docs.saleswebhooks.com/api/subscriptions"
	webhooksSource      = "docs.saleswebhooks.com/api/webhooks"
	accountSource       = "docs.saleswebhooks.com/api/account"
)

// What to look at when a response was lost.
const (
	bulkInDoubt      = "look at what exists in client.SalesWebhooks.Subscriptions.Exported"
	createInDoubt    = "look for it with Search of client.SalesWebhooks.Subscriptions.List, or call Ensure"
	configureInDoubt = "client.SalesWebhooks.Webhook.Get tells what is set; the secret may be a new one"
	rotateInDoubt    = "deliveries may already be signed with a secret that nobody has: rotate once more, and keep the old secret in the verifier too"
	testInDoubt      = "a test webhook may be on its way"
	keyInDoubt       = "a key that nobody has may exist: look for it in client.SalesWebhooks.Account.Keys and revoke it"
)

const assumedClass = "what it counts against is assumed; settable"

// rows are the operations of one client: a class that is assumed can be set.
type rows struct {
	create, list, get, cancel, bulkCreate, bulkCancel, export          wire.Op
	configure, configuration, update, test, deliveries, rotate         wire.Op
	account, updateAccount, listKeys, createKey, revokeKey, usageStats wire.Op
}

func newRows(s sw.Settings) *rows {
	cancels, exports, accounts := s.Class(sw.Cancels), s.Class(sw.Exports), s.Class(sw.Accounts)
	return &rows{
		create: wire.Op{
			Name: "SalesWebhooks.Subscriptions.Create", Provider: api.SalesWebhooks,
			Method: wire.Post, Route: "/v1/subscriptions",
			Class: sw.ClassWrite, Retry: api.RetryConflictSafe, InDoubt: createInDoubt, Source: subscriptionsSource,
			Note: "the pages contradict each other on whether linkedin_id or linkedin_url is required",
		},
		list: wire.Op{
			Name: "SalesWebhooks.Subscriptions.List", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/subscriptions",
			Class: sw.ClassRead, Retry: api.RetryIdempotent, Source: subscriptionsSource,
			Note: "what is listed without a status, and in which order, is not known",
		},
		get: wire.Op{
			Name: "SalesWebhooks.Subscriptions.Get", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/subscriptions/{subscription}",
			Class: sw.ClassRead, Retry: api.RetryIdempotent, Source: subscriptionsSource,
			Certainty: wire.Assumed, Note: "the method is assumed",
		},
		cancel: wire.Op{
			Name: "SalesWebhooks.Subscriptions.Cancel", Provider: api.SalesWebhooks,
			Method: wire.Delete, Route: "/v1/subscriptions/{subscription}",
			Class: cancels, Retry: api.RetryIdempotent, Source: subscriptionsSource,
			Certainty: wire.Assumed, Note: "the method is assumed; " + assumedClass,
		},
		bulkCreate: wire.Op{
			Name: "SalesWebhooks.Subscriptions.BulkCreate", Provider: api.SalesWebhooks,
			Method: wire.Post, Route: "/v1/subscriptions/bulk",
			Class: sw.ClassBulk, Retry: api.RetryNever, InDoubt: bulkInDoubt, Source: subscriptionsSource,
			Certainty: wire.Assumed, Note: "the method is assumed; at most 100 a call; after a lost response what exists is read first",
		},
		bulkCancel: wire.Op{
			Name: "SalesWebhooks.Subscriptions.BulkCancel", Provider: api.SalesWebhooks,
			Method: wire.Delete, Route: "/v1/subscriptions/bulk",
			Class: sw.ClassBulk, Retry: api.RetryNever, InDoubt: bulkInDoubt, Source: subscriptionsSource,
			Certainty: wire.Assumed, Note: "the method and the 100 a call are assumed; a proxy may drop the body of a DELETE; after a lost response what exists is read first",
		},
		export: wire.Op{
			Name: "SalesWebhooks.Subscriptions.Export", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/subscriptions/export",
			Class: exports, Retry: api.RetryIdempotent, Source: subscriptionsSource,
			Certainty: wire.Assumed, Note: assumedClass + "; the form of its JSON is not known",
		},
		configure: wire.Op{
			Name: "SalesWebhooks.Webhook.Configure", Provider: api.SalesWebhooks,
			Method: wire.Post, Route: "/v1/webhooks/configure",
			Class: accounts, Retry: api.RetryUnsent, InDoubt: configureInDoubt, Source: webhooksSource,
			Certainty: wire.Assumed, Note: assumedClass,
		},
		configuration: wire.Op{
			Name: "SalesWebhooks.Webhook.Get", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/webhooks/configuration",
			Class: accounts, Retry: api.RetryIdempotent, Source: webhooksSource,
			Certainty: wire.Assumed, Note: assumedClass,
		},
		update: wire.Op{
			Name: "SalesWebhooks.Webhook.Update", Provider: api.SalesWebhooks,
			Method: wire.Put, Route: "/v1/webhooks/configure",
			Class: accounts, Retry: api.RetryIdempotent, Source: webhooksSource,
			Certainty: wire.Assumed, Note: "the body is assumed to be that of Configure; " + assumedClass,
		},
		test: wire.Op{
			Name: "SalesWebhooks.Webhook.Test", Provider: api.SalesWebhooks,
			Method: wire.Post, Route: "/v1/webhooks/test",
			Class: accounts, Retry: api.RetryUnsent, InDoubt: testInDoubt, Source: webhooksSource,
			Certainty: wire.Assumed, Note: "that it needs no body is assumed; " + assumedClass,
		},
		deliveries: wire.Op{
			Name: "SalesWebhooks.Webhook.Deliveries", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/webhooks/deliveries",
			Class: accounts, Retry: api.RetryIdempotent, Source: webhooksSource,
			Certainty: wire.Assumed, Note: "its parameters are not known; " + assumedClass,
		},
		rotate: wire.Op{
			Name: "SalesWebhooks.Webhook.RotateSecret", Provider: api.SalesWebhooks,
			Method: wire.Post, Route: "/v1/webhooks/rotate-secret",
			Class: accounts, Retry: api.RetryNever, InDoubt: rotateInDoubt, Source: webhooksSource,
			Certainty: wire.Assumed, Note: "that it needs no body is assumed; " + assumedClass,
		},
		account: wire.Op{
			Name: "SalesWebhooks.Account.Get", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/account",
			Class: accounts, Retry: api.RetryIdempotent, Source: accountSource,
			Certainty: wire.Assumed, Note: assumedClass,
		},
		updateAccount: wire.Op{
			Name: "SalesWebhooks.Account.Update", Provider: api.SalesWebhooks,
			Method: wire.Put, Route: "/v1/account",
			Class: accounts, Retry: api.RetryIdempotent, Source: accountSource,
			Certainty: wire.Assumed, Note: "whether settings that are left out stay is not known; " + assumedClass,
		},
		listKeys: wire.Op{
			Name: "SalesWebhooks.Account.Keys", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/account/api-keys",
			Class: accounts, Retry: api.RetryIdempotent, Source: accountSource,
			Certainty: wire.Assumed, Note: assumedClass,
		},
		createKey: wire.Op{
			Name: "SalesWebhooks.Account.CreateKey", Provider: api.SalesWebhooks,
			Method: wire.Post, Route: "/v1/account/api-keys",
			Class: accounts, Retry: api.RetryNever, InDoubt: keyInDoubt, Source: accountSource,
			Certainty: wire.Assumed, Note: "the names name and permissions of the body are assumed, as the list has them; " + assumedClass,
		},
		revokeKey: wire.Op{
			Name: "SalesWebhooks.Account.RevokeKey", Provider: api.SalesWebhooks,
			Method: wire.Delete, Route: "/v1/account/api-keys/{key}",
			Class: accounts, Retry: api.RetryIdempotent, Source: accountSource,
			Certainty: wire.Assumed, Note: assumedClass,
		},
		usageStats: wire.Op{
			Name: "SalesWebhooks.Account.Usage", Provider: api.SalesWebhooks,
			Method: wire.Get, Route: "/v1/account/usage",
			Class: accounts, Retry: api.RetryIdempotent, Source: accountSource,
			Certainty: wire.Assumed, Note: "parameters and response are not known; " + assumedClass,
		},
	}
}

// all are the operations in the order of the provider's pages.
func (r *rows) all() []*wire.Op {
	return []*wire.Op{
		&r.create, &r.list, &r.get, &r.cancel, &r.bulkCreate, &r.bulkCancel, &r.export,
		&r.configure, &r.configuration, &r.update, &r.test, &r.deliveries, &r.rotate,
		&r.account, &r.updateAccount, &r.listKeys, &r.createKey, &r.revokeKey, &r.usageStats,
	}
}
