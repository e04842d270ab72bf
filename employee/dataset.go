package employee

import "github.com/pronet-go/pronet/internal/transport"

// Dataset is what every dataset can do: collect records of the type R, and search by query. It is safe for concurrent use.
type Dataset[R any] struct {
	pipeline *transport.Pipeline
	ops      *operations
	budget   *Budget
}

// FilterDataset is a Dataset that can also be searched by filters of the type F.
type FilterDataset[R, F any] struct {
	Dataset[R]
}

// BaseDataset is the Base dataset: besides what a FilterDataset can do it has previews, and maps the IDs of V1.
type BaseDataset struct {
	FilterDataset[BaseRecord, BaseFilter]
}

// SemanticDataset is a Dataset with previews that can also be searched by a query to which the provider adds synonyms of
// job titles.
type SemanticDataset[R any] struct {
	Dataset[R]
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *Dataset[R]) Cost() int64 { return d.ops.cost }

// WithBudget returns a Dataset whose Collect, CollectFields and CollectMany spend out of the budget: a call that it does
// not cover is not made, and fails with api.ErrBudget. A Budget in the options of CollectMany holds besides; if it is the
// same, each record is paid out of it once. A nil budget sets no bound.
func (d *Dataset[R]) WithBudget(budget *Budget) *Dataset[R] {
	return &Dataset[R]{pipeline: d.pipeline, ops: d.ops, budget: budget}
}
