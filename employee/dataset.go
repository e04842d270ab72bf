package employee

import (
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// Dataset is what every dataset can do: collect records of the type R, and search by query. It is safe for concurrent use.
type Dataset[R any] struct {
	pipeline *transport.Pipeline
	ops      *operations
}

// FilterDataset is a Dataset that can also be searched by filters of the type F.
type FilterDataset[R, F any] struct {
	Dataset[R]
}

func newFilterDataset[R, F any](pipeline *transport.Pipeline, ops *operations) *FilterDataset[R, F] {
	return &FilterDataset[R, F]{Dataset[R]{pipeline: pipeline, ops: ops}}
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *Dataset[R]) Cost() int64 { return d.ops.cost }

// refuse wraps an error that was found before anything was sent.
func refuse(op *api.Op, err error) error {
	if errors.Is(err, api.ErrInvalid) {
		return fmt.Errorf("%s: %w", op.Name, err)
	}
	return fmt.Errorf("%s: %w: %w", op.Name, api.ErrInvalid, err)
}
