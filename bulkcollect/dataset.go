package bulkcollect

import (
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/transport"
)

// Dataset makes and reads the jobs of one dataset, whose records are of the type R. It is safe for concurrent use.
type Dataset[R any] struct {
	pipeline *transport.Pipeline
	ops      *operations
	settings Settings
	known    *knownJobs
}

func newDataset[R any](pipeline *transport.Pipeline, ops *operations, settings Settings) Dataset[R] {
	return Dataset[R]{pipeline: pipeline, ops: ops, settings: settings, known: &knownJobs{}}
}

// FilterDataset is a Dataset whose jobs can also be made from filters of the type F.
type FilterDataset[R, F any] struct {
	Dataset[R]
}

// ProfileDataset is a Dataset whose jobs can also be made from shorthand names and profile addresses.
type ProfileDataset[R any] struct {
	Dataset[R]
}

// BaseDataset is the Base dataset, whose jobs can be made from everything.
type BaseDataset struct {
	FilterDataset[employee.BaseRecord, employee.BaseFilter]
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *Dataset[R]) Cost() int64 { return d.ops.cost }
