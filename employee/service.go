package employee

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.Employees: search and collect, by dataset.
type Service struct {
	// V1 is the dataset of the first API version, with a JWT.
	V1 *V1Dataset
	// Base is the Base dataset of the current API.
	Base *BaseDataset
	// Clean is the Clean dataset of the current API.
	Clean *CleanDataset
	// MultiSource is the Multi-source dataset of the current API.
	MultiSource *MultiSourceDataset
	// RealTime scrapes profiles while you wait.
	RealTime *RealTime
}

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, _ wire.CoresignalSettings) *Service {
	p.Declare(
		&opRealTimeScrape,
		&opV1Collect, &opV1ListByFilter, &opV1ListByQuery,
		&opBaseCollect, &opBaseListByFilter, &opBaseListByQuery, &opBasePreviewByFilter, &opBasePreviewByQuery, &opBaseMapIDs,
		&opCleanCollect, &opCleanListByQuery, &opCleanListBySemanticQuery, &opCleanPreviewByQuery,
		&opMultiSourceCollect, &opMultiSourceListByQuery, &opMultiSourceListBySemanticQuery, &opMultiSourcePreviewByQuery,
	)
	return &Service{
		V1:          &V1Dataset{core[V1Record]{pipeline: p, collectOp: &opV1Collect, cost: dataset.CostV1}},
		Base:        &BaseDataset{core[BaseRecord]{pipeline: p, collectOp: &opBaseCollect, cost: dataset.CostBase}},
		Clean:       &CleanDataset{core[CleanRecord]{pipeline: p, collectOp: &opCleanCollect, cost: dataset.CostClean}},
		MultiSource: &MultiSourceDataset{core[MultiSourceRecord]{pipeline: p, collectOp: &opMultiSourceCollect, cost: dataset.CostMultiSource}},
		RealTime:    &RealTime{pipeline: p},
	}
}

// Record is a record of any dataset, or a [Preview].
type Record interface {
	// EmployeeID returns the number of the profile in its dataset.
	EmployeeID() int64
	// Standing is what the record says of the profile behind it.
	Standing() Standing
	// FormerIDs are IDs under which the profile is or was known.
	FormerIDs() Numbers
}

// core is what the methods of a dataset work on.
type core[R any] struct {
	pipeline  *transport.Pipeline
	collectOp *wire.Op
	cost      int64 // of a record and of a page of a preview, in credits
	budget    *Budget
}

func (c core[R]) withBudget(budget *Budget) core[R] {
	c.budget = budget
	return c
}

var errNilContext = errors.New("the context is nil")

// ready refuses a call of a dataset that no client has made, or without a context.
func ready(ctx context.Context, p *transport.Pipeline, op *wire.Op) error {
	switch {
	case p == nil:
		return fmt.Errorf("employee: the dataset is not one of a client's Employees: %w", api.ErrNotConfigured)
	case ctx == nil:
		return wire.Refuse(op, errNilContext)
	}
	return nil
}

// encode encodes a filter or query of a call that can be made.
func (c *core[R]) encode(ctx context.Context, op *wire.Op, search json.Marshaler) ([]byte, error) {
	if err := ready(ctx, c.pipeline, op); err != nil {
		return nil, err
	}
	encoded, err := search.MarshalJSON()
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return encoded, nil
}
