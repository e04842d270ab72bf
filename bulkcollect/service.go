package bulkcollect

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
)

// Service is client.BulkCollect: jobs, by dataset.
type Service struct {
	// V1 is the dataset of the first API version, with a JWT.
	V1 *Dataset[employee.V1Record]
	// Base is the Base dataset of the current API.
	Base *Dataset[employee.BaseRecord]
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
	v1 := settings
	v1.IDsForm = IDsAsFile
	return &Service{
		V1:   newDataset[employee.V1Record](pipeline, &v1Ops, v1),
		Base: newDataset[employee.BaseRecord](pipeline, &baseOps, settings),
	}
}

// operations are the endpoints of one dataset's jobs.
type operations struct {
	requestIDs, files, file api.Op
	cost                    int64
}

var (
	v1Ops   = operationsOf(&dataset.V1)
	baseOps = operationsOf(&dataset.Base)
)

func operationsOf(d *dataset.Dataset) operations {
	const service = "bulkcollect"
	method := "/ids"
	if d.IDFile {
		method = "/id_file"
	}
	request := d.Op(service, "RequestIDs", dataset.Post, d.Jobs+method)
	request.Repeat = api.RepeatUnsent
	request.InDoubt = "a job may be running and will be charged; if you do not have its id, ask the provider's support"
	if d.IDFile {
		request.Certainty, request.Note = api.Assumed, "the form field ids_file is named by third parties only; it is settable"
		request.Cost = "1 credit a record"
	} else {
		request.Certainty, request.Note = api.Assumed, "the provider's pages show the key ids as JSON and as a form field; which is sent is a setting"
		request.Cost = "10 credits a record"
	}
	files := d.Op(service, "Files", dataset.Get, d.JobFiles+"/{job}/files")
	file := d.Op(service, "OpenFile", dataset.Get, d.JobFiles+"/{job}/files/{file...}")
	files.Repeat, file.Repeat = api.RepeatIdempotent, api.RepeatIdempotent
	request.LimitClass, files.LimitClass, file.LimitClass = dataset.ClassBulk, dataset.ClassBulk, dataset.ClassBulk
	return operations{requestIDs: request, files: files, file: file, cost: d.CollectCost}
}

// Operations lists the endpoints of this package.
func Operations() []api.Op {
	return []api.Op{v1Ops.requestIDs, v1Ops.files, v1Ops.file, baseOps.requestIDs, baseOps.files, baseOps.file}
}
