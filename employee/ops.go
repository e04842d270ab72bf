package employee

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/wire"
)

// Where the provider describes the endpoints.
const (
	realTimeSource    = "docs.coresignal.com/employee-data/real-time-employee-api"
	v1Source          = "docs.coresignal.com/api/employee-api-webhooks"
	baseSource        = "docs.coresignal.com/employee-api/base-employee-api"
	cleanSource       = "docs.coresignal.com/legacy-data/clean-employee-api"
	multiSourceSource = "docs.coresignal.com/employee-api/multi-source-employee-api"
)

// What to look at when a response was lost.
const (
	scrapeInDoubt = "call it again: a profile that was just scraped comes from the cache if MaxAge allows"
	recordInDoubt = "compare Meta.CreditsRemaining of a later call: the record may have been charged"
	searchInDoubt = "compare Meta.CreditsRemaining of a later call: the search may have been charged"
	pageInDoubt   = "compare Meta.CreditsRemaining of a later call: the page may have been charged"
)

// Scraping while the caller waits.
var (
	opRealTimeScrape = wire.Op{
		Name: "Employees.RealTime.Scrape", Provider: api.Coresignal,
		Method: wire.Post, Route: "/rtapi/v2/employee/scrape",
		Class: dataset.ClassRealTime, Retry: api.RetryPaidRead, Cost: "real-time credits, sold apart", InDoubt: scrapeInDoubt, Source: realTimeSource,
		Certainty: wire.Assumed, Note: "the key max_age is documented once, and the error table speaks of cache age",
	}
)

// The V1 dataset.
var (
	opV1Collect = wire.Op{
		Name: "Employees.V1.Collect", Provider: api.CoresignalV1,
		Method: wire.Get, Route: "/cdapi/v1/professional_network/employee/collect/{employee}",
		Class: dataset.ClassCollect, Retry: api.RetryPaidRead, Cost: "1 credit", Price: 1, InDoubt: recordInDoubt, Source: v1Source,
	}
	opV1ListByFilter = wire.Op{
		Name: "Employees.V1.ListByFilter", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/professional_network/employee/search/filter",
		Class: dataset.ClassSearch, Retry: api.RetryPaidRead, Cost: "1 search credit", Price: 1, InDoubt: searchInDoubt, Source: v1Source,
	}
	opV1ListByQuery = wire.Op{
		Name: "Employees.V1.ListByQuery", Provider: api.CoresignalV1,
		Method: wire.Post, Route: "/cdapi/v1/professional_network/employee/search/es_dsl",
		Class: dataset.ClassSearch, Retry: api.RetryPaidRead, Cost: "1 search credit", Price: 1, InDoubt: searchInDoubt, Source: v1Source,
	}
)

// The Base dataset.
var (
	opBaseCollect = wire.Op{
		Name: "Employees.Base.Collect", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/employee_base/collect/{employee}",
		Class: dataset.ClassCollect, Retry: api.RetryPaidRead, Cost: "10 credits", Price: 10, InDoubt: recordInDoubt, Source: baseSource,
	}
	opBaseListByFilter = wire.Op{
		Name: "Employees.Base.ListByFilter", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_base/search/filter",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: baseSource,
	}
	opBaseListByQuery = wire.Op{
		Name: "Employees.Base.ListByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_base/search/es_dsl",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: baseSource,
	}
	opBasePreviewByFilter = wire.Op{
		Name: "Employees.Base.PreviewByFilter", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_base/search/filter/preview",
		Class: dataset.ClassSearch, Retry: api.RetryPaidRead, Cost: "10 credits a page", Price: 10, InDoubt: pageInDoubt, Source: baseSource,
	}
	opBasePreviewByQuery = wire.Op{
		Name: "Employees.Base.PreviewByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_base/search/es_dsl/preview",
		Class: dataset.ClassSearch, Retry: api.RetryPaidRead, Cost: "10 credits a page", Price: 10, InDoubt: pageInDoubt, Source: baseSource,
	}
	opBaseMapIDs = wire.Op{
		Name: "Employees.Base.MapIDs", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_base/map/ids",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: baseSource,
	}
)

// The Clean dataset.
var (
	opCleanCollect = wire.Op{
		Name: "Employees.Clean.Collect", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/employee_clean/collect/{employee}",
		Class: dataset.ClassCollect, Retry: api.RetryPaidRead, Cost: "10 credits", Price: 10, InDoubt: recordInDoubt, Source: cleanSource,
	}
	opCleanListByQuery = wire.Op{
		Name: "Employees.Clean.ListByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_clean/search/es_dsl",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: cleanSource,
	}
	opCleanListBySemanticQuery = wire.Op{
		Name: "Employees.Clean.ListBySemanticQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_clean/semantic_search/es_dsl",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: cleanSource,
		Certainty: wire.Assumed, Note: "one source only names it for Clean",
	}
	opCleanPreviewByQuery = wire.Op{
		Name: "Employees.Clean.PreviewByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_clean/search/es_dsl/preview",
		Class: dataset.ClassSearch, Retry: api.RetryPaidRead, Cost: "10 credits a page", Price: 10, InDoubt: pageInDoubt, Source: cleanSource,
	}
)

// The Multi-source dataset.
var (
	opMultiSourceCollect = wire.Op{
		Name: "Employees.MultiSource.Collect", Provider: api.Coresignal,
		Method: wire.Get, Route: "/cdapi/v2/employee_multi_source/collect/{employee}",
		Class: dataset.ClassCollect, Retry: api.RetryPaidRead, Cost: "20 credits", Price: 20, InDoubt: recordInDoubt, Source: multiSourceSource,
	}
	opMultiSourceListByQuery = wire.Op{
		Name: "Employees.MultiSource.ListByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_multi_source/search/es_dsl",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: multiSourceSource,
	}
	opMultiSourceListBySemanticQuery = wire.Op{
		Name: "Employees.MultiSource.ListBySemanticQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_multi_source/semantic_search/es_dsl",
		Class: dataset.ClassSearch, Retry: api.RetryIdempotent, Source: multiSourceSource,
	}
	opMultiSourcePreviewByQuery = wire.Op{
		Name: "Employees.MultiSource.PreviewByQuery", Provider: api.Coresignal,
		Method: wire.Post, Route: "/cdapi/v2/employee_multi_source/search/es_dsl/preview",
		Class: dataset.ClassSearch, Retry: api.RetryPaidRead, Cost: "20 credits a page", Price: 20, InDoubt: pageInDoubt, Source: multiSourceSource,
	}
)
