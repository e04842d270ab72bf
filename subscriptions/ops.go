package subscriptions

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/wire"
)

// Where the provider describes the endpoints.
const (
	v1Source          = "docs.coresignal.com/api/employee-api-webhooks"
	manageSource      = "docs.coresignal.com/api-introduction/webhooks/subscription-management"
	baseSource        = "docs.coresignal.com/employee-api/base-employee-api"
	cleanSource       = "docs.coresignal.com/legacy-data/clean-employee-api"
	multiSourceSource = "docs.coresignal.com/employee-api/multi-source-employee-api"
)

// What to look at when a response was lost.
const (
	v1CreateInDoubt = "look for a new one in client.Subscriptions.V1.All"
	simulateInDoubt = "a test notice may be on its way"
	createInDoubt   = "look for a new one in client.Subscriptions.All"
	renewInDoubt    = "ExpiringAt of client.Subscriptions.Get tells whether it was renewed"
)

// The V1 dataset.
var (
	opV1CreateFromIDs = wire.Op{
		Name: "Subscriptions.V1.CreateFromIDs", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/subscriptions/professional_network/employee/id_file",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: v1CreateInDoubt, Source: v1Source,
		Certainty: wire.Assumed, Note: "the names of the form fields (ids_file, webhook_url) are assumed; the file field is settable",
	}
	opV1CreateFromFilter = wire.Op{
		Name: "Subscriptions.V1.CreateFromFilter", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/subscriptions/professional_network/employee/filter",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: v1CreateInDoubt, Source: v1Source,
		Certainty: wire.Assumed, Note: "the key webhook_url of the body is assumed, as v2 has it",
	}
	opV1CreateFromQuery = wire.Op{
		Name: "Subscriptions.V1.CreateFromQuery", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/subscriptions/professional_network/employee/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: v1CreateInDoubt, Source: v1Source,
		Certainty: wire.Assumed, Note: "the key webhook_url of the body is assumed, as v2 has it",
	}
	opV1List = wire.Op{
		Name: "Subscriptions.V1.List", Provider: api.CoresignalV1,
		Method: wire.Get, Route: "/cdapi/v1/subscriptions",
		Class: dataset.ClassSubscriptions, Retry: api.RetryIdempotent, Source: manageSource,
	}
	opV1Get = wire.Op{
		Name: "Subscriptions.V1.Get", Provider: api.CoresignalV1,
		Method: wire.Get, Route: "/cdapi/v1/subscriptions/{subscription}",
		Class: dataset.ClassSubscriptions, Retry: api.RetryIdempotent, Source: manageSource,
		Note: "the names of the filter or query in the response are not known: see Subscription.Raw",
	}
	opV1Delete = wire.Op{
		Name: "Subscriptions.V1.Delete", Provider: api.CoresignalV1,
		Method: wire.Delete, Route: "/cdapi/v1/subscriptions/{subscription}",
		Class: dataset.ClassSubscriptions, Retry: api.RetryIdempotent, Source: manageSource,
	}
	opV1Simulate = wire.Op{
		Name: "Subscriptions.V1.Simulate", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/subscriptions/simulate",
		Class: dataset.ClassSimulate, Retry: api.RetryUnsent, InDoubt: simulateInDoubt, Source: manageSource,
	}
)

// The Base dataset.
var (
	opBaseCreateFromIDs = wire.Op{
		Name: "Subscriptions.Base.CreateFromIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_base/ids",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: baseSource,
		Certainty: wire.Assumed, Note: "the key ids of the JSON body is assumed",
	}
	opBaseCreateFromFilter = wire.Op{
		Name: "Subscriptions.Base.CreateFromFilter", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_base/filter",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: baseSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
	opBaseCreateFromQuery = wire.Op{
		Name: "Subscriptions.Base.CreateFromQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_base/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: baseSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
)

// The Clean dataset.
var (
	opCleanCreateFromIDs = wire.Op{
		Name: "Subscriptions.Clean.CreateFromIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_clean/ids",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: cleanSource,
		Certainty: wire.Assumed, Note: "the key ids of the JSON body is assumed",
	}
	opCleanCreateFromQuery = wire.Op{
		Name: "Subscriptions.Clean.CreateFromQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_clean/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: cleanSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
)

// The Multi-source dataset.
var (
	opMultiSourceCreateFromIDs = wire.Op{
		Name: "Subscriptions.MultiSource.CreateFromIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_multi_source/ids",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: multiSourceSource,
		Certainty: wire.Assumed, Note: "the key ids of the JSON body is assumed",
	}
	opMultiSourceCreateFromQuery = wire.Op{
		Name: "Subscriptions.MultiSource.CreateFromQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/employee_multi_source/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: multiSourceSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
)

// Changes of positions, by dataset.
var (
	opExperienceBaseCreateFromIDs = wire.Op{
		Name: "Subscriptions.ExperienceChanges.Base.CreateFromIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_base/ids",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: baseSource,
		Certainty: wire.Assumed, Note: "the key ids of the JSON body is assumed",
	}
	opExperienceBaseCreateFromQuery = wire.Op{
		Name: "Subscriptions.ExperienceChanges.Base.CreateFromQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_base/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: baseSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
	opExperienceCleanCreateFromIDs = wire.Op{
		Name: "Subscriptions.ExperienceChanges.Clean.CreateFromIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_clean/ids",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: cleanSource,
		Certainty: wire.Assumed, Note: "the key ids of the JSON body is assumed",
	}
	opExperienceCleanCreateFromQuery = wire.Op{
		Name: "Subscriptions.ExperienceChanges.Clean.CreateFromQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_clean/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: cleanSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
	opExperienceCleanCreateForAll = wire.Op{
		Name: "Subscriptions.ExperienceChanges.Clean.CreateForAll", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_clean/all",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: cleanSource,
		Certainty: wire.Assumed, Note: "a body with webhook_url only is assumed, as is that it costs nothing; about 500,000 notices a week",
	}
	opExperienceMultiSourceCreateFromIDs = wire.Op{
		Name: "Subscriptions.ExperienceChanges.MultiSource.CreateFromIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_multi_source/ids",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: multiSourceSource,
		Certainty: wire.Assumed, Note: "the key ids of the JSON body is assumed",
	}
	opExperienceMultiSourceCreateFromQuery = wire.Op{
		Name: "Subscriptions.ExperienceChanges.MultiSource.CreateFromQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/experience_changes/employee_multi_source/es_dsl",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: createInDoubt, Source: multiSourceSource,
		Note: "the provider's pages contradict each other on whether it costs credits",
	}
)

// Managing the subscriptions of all datasets of the current API.
var (
	opList = wire.Op{
		Name: "Subscriptions.List", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/subscriptions",
		Class: dataset.ClassSubscriptions, Retry: api.RetryIdempotent, Source: manageSource,
	}
	opGet = wire.Op{
		Name: "Subscriptions.Get", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/subscriptions/{subscription}",
		Class: dataset.ClassSubscriptions, Retry: api.RetryIdempotent, Source: manageSource,
		Note: "the names of the filter or query in the response are not known: see Subscription.Raw",
	}
	opRenew = wire.Op{
		Name: "Subscriptions.Renew", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/{subscription}/renew",
		Class: dataset.ClassSubscriptions, Retry: api.RetryUnsent, InDoubt: renewInDoubt, Source: manageSource,
	}
	opDelete = wire.Op{
		Name: "Subscriptions.Delete", Provider: api.Coresignal,
		Method: wire.Delete, Route: "/cdapi/v2/subscriptions/{subscription}",
		Class: dataset.ClassSubscriptions, Retry: api.RetryIdempotent, Source: manageSource,
	}
	opSimulate = wire.Op{
		Name: "Subscriptions.Simulate", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/subscriptions/simulate",
		Class: dataset.ClassSimulate, Retry: api.RetryUnsent, InDoubt: simulateInDoubt, Source: manageSource,
	}
)
