package bulkcollect

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.BulkCollect: jobs, by dataset.
type Service struct {
	// V1 is the dataset of the first API version, with a JWT.
	V1 *FilterDataset[employee.V1Record, employee.V1Filter]
	// Base is the Base dataset of the current API.
	Base *BaseDataset
	// Clean is the Clean dataset of the current API.
	Clean *ProfileDataset[employee.CleanRecord]
	// MultiSource is the Multi-source dataset of the current API.
	MultiSource *Dataset[employee.MultiSourceRecord]
}

// Settings are what the client decides for all jobs.
type Settings struct {
	// AllowLoopback lets webhook URLs be on this machine, for a sandbox.
	AllowLoopback bool
	// IDsForm is how a list of IDs is sent to the current API.
	IDsForm IDsForm
	// UploadField is the form field of an ID file; empty means "ids_file".
	UploadField string
}

// IDsForm is how a list of IDs is sent: the provider's pages contradict each other. A request that was refused is never
// sent again in another form, since it could be paid twice: which one is used is a setting.
type IDsForm int

const (
	// IDsAsJSON sends {"ids": [1, 2]}, as the provider's page for the Multi-source dataset has it.
	IDsAsJSON IDsForm = iota
	// IDsAsFormField sends a multipart form whose field ids holds [1,2], as the provider's general page has it.
	IDsAsFormField
	// IDsAsFile sends a multipart form with a file in the field ids_file, as third parties have it.
	IDsAsFile
)

// New returns the service on a pipeline. Programs get it from pronet.New.
func New(pipeline *transport.Pipeline, settings Settings) *Service {
	if settings.UploadField == "" {
		settings.UploadField = "ids_file"
	}
	byFile := settings
	byFile.IDsForm = IDsAsFile
	return &Service{
		V1:          &FilterDataset[employee.V1Record, employee.V1Filter]{newDataset[employee.V1Record](pipeline, &v1Ops, byFile)},
		Base:        &BaseDataset{FilterDataset[employee.BaseRecord, employee.BaseFilter]{newDataset[employee.BaseRecord](pipeline, &baseOps, settings)}},
		Clean:       &ProfileDataset[employee.CleanRecord]{newDataset[employee.CleanRecord](pipeline, &cleanOps, byFile)},
		MultiSource: new(newDataset[employee.MultiSourceRecord](pipeline, &multiSourceOps, settings)),
	}
}

// operations are the endpoints of one dataset's jobs. Those that it does not have are zero, and no method uses them.
type operations struct {
	requestIDs, requestQuery, requestFilter, requestNames, requestURLs wire.Op
	files, file                                                        wire.Op
	cost                                                               int64
}

var (
	v1Ops          = operationsOf(&dataset.V1)
	baseOps        = operationsOf(&dataset.Base)
	cleanOps       = operationsOf(&dataset.Clean)
	multiSourceOps = operationsOf(&dataset.MultiSource)
)

const service = "bulkcollect"

func operationsOf(d *dataset.Dataset) operations {
	request := func(verb, method string) wire.Op {
		op := d.Op(service, verb, wire.Post, d.Jobs+"/"+method)
		op.Class, op.Retry = dataset.ClassBulk, api.RetryUnsent
		op.InDoubt = "a job may be running and will be charged; if you do not have its id, ask the provider's support"
		op.Cost = wire.Credits(d.CollectCost) + " a record"
		return op
	}
	o := operations{cost: d.CollectCost, requestQuery: request("RequestByQuery", "es_dsl")}
	if d.RequestByFile {
		o.requestIDs = request("RequestIDs", "id_file")
		o.requestIDs.Certainty, o.requestIDs.Note = wire.Assumed, "the form field ids_file is named by third parties only; it is settable"
	} else {
		o.requestIDs = request("RequestIDs", "ids")
		o.requestIDs.Certainty, o.requestIDs.Note = wire.Assumed, "the provider's pages show the key ids as JSON and as a form field; which is sent is a setting"
	}
	if d.Name == dataset.V1.Name || d.Name == dataset.Base.Name {
		o.requestFilter = request("RequestByFilter", "filter")
	}
	if d.Name == dataset.Base.Name || d.Name == dataset.Clean.Name {
		o.requestNames = request("RequestByShorthandNames", "shorthand_names")
		o.requestNames.Certainty, o.requestNames.Note = wire.Assumed, "the key shorthand_names of the JSON body is assumed"
		o.requestURLs = request("RequestByURLs", "urls")
		o.requestURLs.Certainty, o.requestURLs.Note = wire.Assumed, "the key urls of the JSON body is assumed"
	}
	o.files = d.Op(service, "Files", wire.Get, d.JobFiles+"/{job}/files")
	o.file = d.Op(service, "OpenFile", wire.Get, d.JobFiles+"/{job}/files/{file...}")
	for _, op := range []*wire.Op{&o.files, &o.file} {
		op.Class, op.Retry = dataset.ClassBulk, api.RetryIdempotent
	}
	return o
}

// Operations lists the endpoints of this package. The files of all datasets of an API version are at the same place.
func Operations() []wire.Op {
	var all []wire.Op
	routes := make(map[string]bool)
	for _, o := range []*operations{&v1Ops, &baseOps, &cleanOps, &multiSourceOps} {
		for _, op := range []wire.Op{o.requestIDs, o.requestQuery, o.requestFilter, o.requestNames, o.requestURLs, o.files, o.file} {
			if op.Name != "" && !routes[op.Route] {
				routes[op.Route] = true
				all = append(all, op)
			}
		}
	}
	return all
}
