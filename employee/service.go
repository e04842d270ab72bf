package employee

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
)

// Service is client.Employees: search and collect, by dataset.
type Service struct {
	// V1 is the dataset of the first API version, with a JWT.
	V1 *FilterDataset[V1Record, V1Filter]
	// Base is the Base dataset of the current API.
	Base *FilterDataset[BaseRecord, BaseFilter]
}

// New returns the service on a pipeline. Programs get it from pronet.New.
func New(pipeline *transport.Pipeline) *Service {
	return &Service{
		V1:   newFilterDataset[V1Record, V1Filter](pipeline, &v1Ops),
		Base: newFilterDataset[BaseRecord, BaseFilter](pipeline, &baseOps),
	}
}

// operations are the endpoints of one dataset.
type operations struct {
	collect, searchFilter, searchQuery api.Op
	cost                               int64
}

var (
	v1Ops   = operationsOf(&dataset.V1)
	baseOps = operationsOf(&dataset.Base)
)

func operationsOf(d *dataset.Dataset) operations {
	const service = "employee"
	collect := d.Op(service, "Collect", dataset.Get, d.Records+"/collect/{employee}")
	collect.LimitClass, collect.Repeat = dataset.ClassCollect, api.RepeatPaidRead
	collect.InDoubt = "compare Meta.CreditsRemaining of a later call: the record may have been charged"

	filter := d.Op(service, "ListByFilter", dataset.Post, d.Records+"/search/filter")
	query := d.Op(service, "ListByQuery", dataset.Post, d.Records+"/search/es_dsl")
	for _, op := range []*api.Op{&filter, &query} {
		op.LimitClass, op.Repeat = dataset.ClassSearch, api.RepeatIdempotent
		if d.SearchPaid {
			op.Repeat, op.Cost = api.RepeatPaidRead, "1 search credit"
			op.InDoubt = "compare Meta.CreditsRemaining of a later call: the search may have been charged"
		}
	}
	switch d.Name {
	case dataset.V1.Name:
		collect.Cost = "1 credit"
	case dataset.Base.Name:
		collect.Cost = "10 credits"
	}
	return operations{collect: collect, searchFilter: filter, searchQuery: query, cost: d.CollectCost}
}

// Operations lists the endpoints of this package.
func Operations() []api.Op {
	return []api.Op{
		v1Ops.collect, v1Ops.searchFilter, v1Ops.searchQuery,
		baseOps.collect, baseOps.searchFilter, baseOps.searchQuery,
	}
}
