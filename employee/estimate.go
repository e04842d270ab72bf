package employee

import (
	"context"
	"math"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/wire"
)

// Estimate is what it would cost to collect all that a search finds.
type Estimate struct {
	// Records is how many employees the search finds, -1 when the provider did not say, or what cannot be.
	Records int64
	// Credits is the price of collecting all of them, -1 when Records is.
	Credits int64
}

// EstimateByQuery asks, with a search, how many employees a query finds and what they would cost. The search is free but
// in V1.
func (d *Dataset[R]) EstimateByQuery(ctx context.Context, q Query, options ...api.CallOption) (Estimate, error) {
	page, err := d.ListByQuery(ctx, q, SearchOptions{PageSize: 1}, options...)
	return d.estimate(page, err)
}

// EstimateByFilter asks, with a search, how many employees filters find and what they would cost. The search is free but
// in V1.
func (d *FilterDataset[R, F]) EstimateByFilter(ctx context.Context, filter F, options ...api.CallOption) (Estimate, error) {
	encoded, err := codec.Encode(filter)
	if err != nil {
		return Estimate{}, wire.Refuse(&d.ops.searchFilter, err)
	}
	page, err := d.search(ctx, &d.ops.searchFilter, encoded, SearchOptions{PageSize: 1}, options)
	return d.estimate(page, err)
}

func (d *Dataset[R]) estimate(page *api.Page[int64], err error) (Estimate, error) {
	switch {
	case err != nil:
		return Estimate{}, err
	case page.Total < 0 && page.Next == "":
		page.Total = int64(len(page.Items)) // the only page says it all
	case page.Total < 0, page.Total > math.MaxInt64/d.ops.cost:
		return Estimate{Records: -1, Credits: -1}, nil
	}
	return Estimate{Records: page.Total, Credits: page.Total * d.ops.cost}, nil
}
