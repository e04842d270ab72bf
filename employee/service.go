package employee

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.Employees: search and collect, by dataset.
type Service struct {
	// V1 is the dataset of the first API version, with a JWT.
	V1 *FilterDataset[V1Record, V1Filter]
	// Base is the Base dataset of the current API.
	Base *BaseDataset
	// Clean is the Clean dataset of the current API.
	Clean *SemanticDataset[CleanRecord]
	// MultiSource is the Multi-source dataset of the current API.
	MultiSource *SemanticDataset[MultiSourceRecord]
	// RealTime scrapes profiles while you wait.
	RealTime *RealTime
}

// New returns the service on a pipeline. Programs get it from pronet.New.
func New(pipeline *transport.Pipeline) *Service {
	return &Service{
		V1:          &FilterDataset[V1Record, V1Filter]{Dataset[V1Record]{pipeline: pipeline, ops: &v1Ops}},
		Base:        &BaseDataset{FilterDataset[BaseRecord, BaseFilter]{Dataset[BaseRecord]{pipeline: pipeline, ops: &baseOps}}},
		Clean:       &SemanticDataset[CleanRecord]{Dataset[CleanRecord]{pipeline: pipeline, ops: &cleanOps}},
		MultiSource: &SemanticDataset[MultiSourceRecord]{Dataset[MultiSourceRecord]{pipeline: pipeline, ops: &multiSourceOps}},
		RealTime:    &RealTime{pipeline: pipeline},
	}
}

// operations are the endpoints of one dataset. Those that it does not have are zero, and no method uses them.
type operations struct {
	collect                                   wire.Op
	searchFilter, searchQuery, searchSemantic wire.Op
	previewFilter, previewQuery               wire.Op
	mapIDs                                    wire.Op
	cost, previewCost                         int64
}

var (
	v1Ops          = operationsOf(&dataset.V1)
	baseOps        = operationsOf(&dataset.Base)
	cleanOps       = operationsOf(&dataset.Clean)
	multiSourceOps = operationsOf(&dataset.MultiSource)
)

const service = "employee"

func operationsOf(d *dataset.Dataset) operations {
	o := operations{cost: d.CollectCost, previewCost: d.PreviewCost}
	o.collect = d.Op(service, "Collect", wire.Get, d.Records+"/collect/{employee}")
	o.collect.Class, o.collect.Retry = dataset.ClassCollect, api.RetryPaidRead
	o.collect.Cost = wire.Credits(d.CollectCost)
	o.collect.InDoubt = "compare Meta.CreditsRemaining of a later call: the record may have been charged"

	o.searchQuery = searchOp(d, "ListByQuery", "/search/es_dsl")
	if d.Name == dataset.V1.Name || d.Name == dataset.Base.Name {
		o.searchFilter = searchOp(d, "ListByFilter", "/search/filter")
	} else {
		o.searchSemantic = searchOp(d, "ListBySemanticQuery", "/semantic_search/es_dsl")
	}
	if d.Name == dataset.Clean.Name {
		o.searchSemantic.Certainty, o.searchSemantic.Note = wire.Assumed, "one source only names it for Clean"
	}
	if d.PreviewCost > 0 {
		o.previewQuery = previewOp(d, "PreviewByQuery", "/search/es_dsl/preview")
	}
	if d.Name == dataset.Base.Name {
		o.previewFilter = previewOp(d, "PreviewByFilter", "/search/filter/preview")
		o.mapIDs = d.Op(service, "MapIDs", wire.Post, d.Records+"/map/ids")
		o.mapIDs.Class, o.mapIDs.Retry = dataset.ClassSearch, api.RetryIdempotent
	}
	return o
}

func searchOp(d *dataset.Dataset, verb, route string) wire.Op {
	op := d.Op(service, verb, wire.Post, d.Records+route)
	op.Class, op.Retry = dataset.ClassSearch, api.RetryIdempotent
	if d.SearchPaid {
		op.Retry, op.Cost = api.RetryPaidRead, "1 search credit"
		op.InDoubt = "compare Meta.CreditsRemaining of a later call: the search may have been charged"
	}
	return op
}

func previewOp(d *dataset.Dataset, verb, route string) wire.Op {
	op := d.Op(service, verb, wire.Post, d.Records+route)
	op.Class, op.Retry, op.Cost = dataset.ClassSearch, api.RetryPaidRead, wire.Credits(d.PreviewCost)+" a page"
	op.InDoubt = "compare Meta.CreditsRemaining of a later call: the page may have been charged"
	return op
}

// Operations lists the endpoints of this package.
func Operations() []wire.Op {
	all := []wire.Op{scrapeOp}
	for _, o := range []*operations{&v1Ops, &baseOps, &cleanOps, &multiSourceOps} {
		for _, op := range []wire.Op{o.collect, o.searchFilter, o.searchQuery, o.searchSemantic, o.previewFilter, o.previewQuery, o.mapIDs} {
			if op.Name != "" {
				all = append(all, op)
			}
		}
	}
	return all
}
