package bulkcollect

import (
	"context"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.BulkCollect: jobs, by dataset.
type Service struct {
	// V1 is the dataset of the first API version, with a JWT.
	V1 *V1Dataset
	// Base is the Base dataset of the current API.
	Base *BaseDataset
	// Clean is the Clean dataset of the current API.
	Clean *CleanDataset
	// MultiSource is the Multi-source dataset of the current API.
	MultiSource *MultiSourceDataset
}

// IDsForm is how a list of IDs is sent: the provider's pages contradict each other. A request that was refused is never
// retried in another form, since it could be paid twice: which one is used is a setting.
type IDsForm int

const (
	// IDsAsJSON sends {"ids": [1, 2]}, as the provider's page for the Multi-source dataset has it.
	IDsAsJSON IDsForm = iota
	// IDsAsFormField sends a multipart form whose field ids holds [1,2], as the provider's general page has it.
	IDsAsFormField
	// IDsAsFile sends a multipart form with a file in the field ids_file, as third parties have it.
	IDsAsFile
)

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings wire.CoresignalSettings) *Service {
	p.Declare(
		&opV1RequestIDs, &opV1RequestByQuery, &opV1RequestByFilter, &opV1Files, &opV1OpenFile,
		&opBaseRequestIDs, &opBaseRequestByQuery, &opBaseRequestByFilter, &opBaseRequestByShorthandNames, &opBaseRequestByURLs,
		&opBaseFiles, &opBaseOpenFile,
		&opCleanRequestIDs, &opCleanRequestByQuery, &opCleanRequestByShorthandNames, &opCleanRequestByURLs,
		&opCleanFiles, &opCleanOpenFile,
		&opMultiSourceRequestIDs, &opMultiSourceRequestByQuery, &opMultiSourceFiles, &opMultiSourceOpenFile,
	)
	byFile := settings
	byFile.IDsForm = int(IDsAsFile)
	return &Service{
		V1: &V1Dataset{core[employee.V1Record]{
			pipeline: p, ops: operations{&opV1RequestIDs, &opV1Files, &opV1OpenFile},
			settings: byFile, cost: dataset.CostV1, known: new(knownJobs),
		}},
		Base: &BaseDataset{core[employee.BaseRecord]{
			pipeline: p, ops: operations{&opBaseRequestIDs, &opBaseFiles, &opBaseOpenFile},
			settings: settings, cost: dataset.CostBase, known: new(knownJobs),
		}},
		Clean: &CleanDataset{core[employee.CleanRecord]{
			pipeline: p, ops: operations{&opCleanRequestIDs, &opCleanFiles, &opCleanOpenFile},
			settings: byFile, cost: dataset.CostClean, known: new(knownJobs),
		}},
		MultiSource: &MultiSourceDataset{core[employee.MultiSourceRecord]{
			pipeline: p, ops: operations{&opMultiSourceRequestIDs, &opMultiSourceFiles, &opMultiSourceOpenFile},
			settings: settings, cost: dataset.CostMultiSource, known: new(knownJobs),
		}},
	}
}

// core is what the methods of a dataset work on.
type core[R any] struct {
	pipeline *transport.Pipeline
	ops      operations
	settings wire.CoresignalSettings
	cost     int64 // of a record, in credits
	known    *knownJobs
}

// ready refuses a call of a dataset that no client has made, or without a context.
func (d *core[R]) ready(ctx context.Context) error {
	switch {
	case d.pipeline == nil:
		return errNoDataset
	case ctx == nil:
		return errNoContext
	}
	return nil
}

var (
	errNoDataset = wire.Plain("bulkcollect: the dataset is not one of a client's BulkCollect", api.ErrNotConfigured)
	errNoContext = wire.Plain("bulkcollect: the context is nil", api.ErrInvalid)
)

// operations are those that all datasets have.
type operations struct{ requestIDs, files, file *wire.Op }
