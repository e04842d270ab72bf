package employee

import (
	"context"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// ListBySemanticQuery is ListByQuery with synonyms of the job titles in the query, which the provider adds.
//
// Source: docs.coresignal.com, release notes of July 2026. For the Clean dataset only one source names it (assumed).
func (d *SemanticDataset[R]) ListBySemanticQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	op := &d.ops.searchSemantic
	encoded, err := EncodeQuery(q)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.search(ctx, op, encoded, o, options)
}

// AllBySemanticQuery walks all IDs that ListBySemanticQuery finds, as AllByQuery does.
func (d *SemanticDataset[R]) AllBySemanticQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	encoded, err := EncodeQuery(q)
	if err != nil {
		return failed[int64](wire.Refuse(&d.ops.searchSemantic, err))
	}
	return d.all(ctx, &d.ops.searchSemantic, encoded, o, options)
}
