package bulkcollect

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/wire"
)

// Where the provider describes the endpoints.
const (
	v1Source          = "docs.coresignal.com/api/employee-api-webhooks"
	baseSource        = "docs.coresignal.com/employee-api/base-employee-api"
	cleanSource       = "docs.coresignal.com/legacy-data/clean-employee-api"
	multiSourceSource = "docs.coresignal.com/employee-api/multi-source-employee-api"
)

// What to look at when a response was lost.
const (
	requestInDoubt = "a job may be running and will be charged; if you do not have its id, ask the provider's support"
)

// The V1 dataset.
var (
	opV1RequestIDs = wire.Op{
		Name: "BulkCollect.V1.RequestIDs", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/professional_network/employee/bulk_collect/id_file",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "1 credit a record", InDoubt: requestInDoubt, Source: v1Source,
		Certainty: wire.Assumed, Note: "the form field ids_file is named by third parties only; it is settable",
	}
	opV1RequestByQuery = wire.Op{
		Name: "BulkCollect.V1.RequestByQuery", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/professional_network/employee/bulk_collect/es_dsl",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "1 credit a record", InDoubt: requestInDoubt, Source: v1Source,
	}
	opV1RequestByFilter = wire.Op{
		Name: "BulkCollect.V1.RequestByFilter", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/professional_network/employee/bulk_collect/filter",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "1 credit a record", InDoubt: requestInDoubt, Source: v1Source,
	}
	opV1Files = wire.Op{
		Name: "BulkCollect.V1.Files", Provider: api.CoresignalV1,
		Method: wire.Get, Route: "/cdapi/v1/bulk_collect/{job}/files",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: v1Source,
	}
	opV1OpenFile = wire.Op{
		Name: "BulkCollect.V1.OpenFile", Provider: api.CoresignalV1,
		Method: wire.Get, Route: "/cdapi/v1/bulk_collect/{job}/files/{file...}",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: v1Source,
	}
)

// The Base dataset.
var (
	opBaseRequestIDs = wire.Op{
		Name: "BulkCollect.Base.RequestIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_base/ids",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: baseSource,
		Certainty: wire.Reported, Note: "the provider's pages show the key ids as JSON and as a form field, a second source has it as JSON; which is sent is a setting",
	}
	opBaseRequestByQuery = wire.Op{
		Name: "BulkCollect.Base.RequestByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_base/es_dsl",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: baseSource,
	}
	opBaseRequestByFilter = wire.Op{
		Name: "BulkCollect.Base.RequestByFilter", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_base/filter",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: baseSource,
	}
	opBaseRequestByShorthandNames = wire.Op{
		Name: "BulkCollect.Base.RequestByShorthandNames", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_base/shorthand_names",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: baseSource,
		Certainty: wire.Assumed, Note: "the key shorthand_names of the JSON body is assumed",
	}
	opBaseRequestByURLs = wire.Op{
		Name: "BulkCollect.Base.RequestByURLs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_base/urls",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: baseSource,
		Certainty: wire.Reported, Note: "the key urls of the JSON body is what third parties report",
	}
	opBaseFiles = wire.Op{
		Name: "BulkCollect.Base.Files", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/data_requests/{job}/files",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: baseSource,
	}
	opBaseOpenFile = wire.Op{
		Name: "BulkCollect.Base.OpenFile", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/data_requests/{job}/files/{file...}",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: baseSource,
	}
)

// The Clean dataset.
var (
	opCleanRequestIDs = wire.Op{
		Name: "BulkCollect.Clean.RequestIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_clean/id_file",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: cleanSource,
		Certainty: wire.Assumed, Note: "the form field ids_file is named by third parties only; it is settable",
	}
	opCleanRequestByQuery = wire.Op{
		Name: "BulkCollect.Clean.RequestByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_clean/es_dsl",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: cleanSource,
	}
	opCleanRequestByShorthandNames = wire.Op{
		Name: "BulkCollect.Clean.RequestByShorthandNames", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_clean/shorthand_names",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: cleanSource,
		Certainty: wire.Assumed, Note: "the key shorthand_names of the JSON body is assumed",
	}
	opCleanRequestByURLs = wire.Op{
		Name: "BulkCollect.Clean.RequestByURLs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_clean/urls",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "10 credits a record", InDoubt: requestInDoubt, Source: cleanSource,
		Certainty: wire.Reported, Note: "the key urls of the JSON body is what third parties report",
	}
	opCleanFiles = wire.Op{
		Name: "BulkCollect.Clean.Files", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/data_requests/{job}/files",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: cleanSource,
	}
	opCleanOpenFile = wire.Op{
		Name: "BulkCollect.Clean.OpenFile", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/data_requests/{job}/files/{file...}",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: cleanSource,
	}
)

// The Multi-source dataset.
var (
	opMultiSourceRequestIDs = wire.Op{
		Name: "BulkCollect.MultiSource.RequestIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_multi_source/ids",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "20 credits a record", InDoubt: requestInDoubt, Source: multiSourceSource,
		Certainty: wire.Reported, Note: "the provider's pages show the key ids as JSON and as a form field, a second source has it as JSON; which is sent is a setting",
	}
	opMultiSourceRequestByQuery = wire.Op{
		Name: "BulkCollect.MultiSource.RequestByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/data_requests/employee_multi_source/es_dsl",
		Class: dataset.ClassBulk, Retry: api.RetryUnsent, Cost: "20 credits a record", InDoubt: requestInDoubt, Source: multiSourceSource,
	}
	opMultiSourceFiles = wire.Op{
		Name: "BulkCollect.MultiSource.Files", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/data_requests/{job}/files",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: multiSourceSource,
	}
	opMultiSourceOpenFile = wire.Op{
		Name: "BulkCollect.MultiSource.OpenFile", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/data_requests/{job}/files/{file...}",
		Class: dataset.ClassBulk, Retry: api.RetryIdempotent, Source: multiSourceSource,
	}
)
