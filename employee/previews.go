package employee

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// PreviewPageSize is how many rows a page of a preview has.
	PreviewPageSize = 20
	// MaxPreviewPages is how many pages a preview has at most.
	MaxPreviewPages = 5
)

// PreviewOptions says how far the pages of a preview are walked.
type PreviewOptions struct {
	// Pages is the most pages that are asked for; 0 means all that there are, [MaxPreviewPages].
	Pages int
	// Budget is what the pages may spend; nil sets no bound. A page that it does not cover ends the walk with api.ErrBudget.
	Budget *Budget
	// OnPage, if not nil, is called after each page with what it cost, on the caller's goroutine.
	OnPage func(PreviewPage)
}

// PreviewPage tells of one page that was paid for.
type PreviewPage struct {
	// Number counts from 1.
	Number int
	// Rows is how many rows it has.
	Rows int
	// Cost is its price in credits.
	Cost int64
	// Spent is the price of all pages of this walk so far.
	Spent int64
}

// PreviewCost returns the price of one page of a preview in credits, as the provider lists it (2026).
func (d *BaseDataset) PreviewCost() int64 { return d.ops.previewCost }

// PreviewCost returns the price of one page of a preview in credits, as the provider lists it (2026).
func (d *SemanticDataset[R]) PreviewCost() int64 { return d.ops.previewCost }

// PreviewByQuery returns one page, counted from 1, of short rows of the employees that a query finds. Each page costs
// credits (PreviewCost), and only the first [MaxPreviewPages] exist. The errors are those of Collect.
//
// Source: docs.coresignal.com, "Search preview".
func (d *BaseDataset) PreviewByQuery(ctx context.Context, q Query, page int, options ...api.CallOption) ([]Preview, error) {
	return previewByQuery(ctx, &d.Dataset, q, page, options)
}

// AllPreviewsByQuery walks the pages of PreviewByQuery, each paid for when the loop gets there. It starts anew, and pays
// anew, with each loop, and ends after an error.
func (d *BaseDataset) AllPreviewsByQuery(ctx context.Context, q Query, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	return allPreviewsByQuery(ctx, &d.Dataset, q, o, options)
}

// PreviewByFilter returns one page, counted from 1, of short rows of the employees that filters find, as PreviewByQuery does.
func (d *BaseDataset) PreviewByFilter(ctx context.Context, filter BaseFilter, page int, options ...api.CallOption) ([]Preview, error) {
	encoded, err := codec.Encode(filter)
	if err != nil {
		return nil, wire.Refuse(&d.ops.previewFilter, err)
	}
	return d.preview(ctx, &d.ops.previewFilter, encoded, page, options)
}

// AllPreviewsByFilter walks the pages of PreviewByFilter, as AllPreviewsByQuery does.
func (d *BaseDataset) AllPreviewsByFilter(ctx context.Context, filter BaseFilter, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	encoded, err := codec.Encode(filter)
	if err != nil {
		return failed[Preview](wire.Refuse(&d.ops.previewFilter, err))
	}
	return d.previews(ctx, &d.ops.previewFilter, encoded, o, options)
}

// PreviewByQuery returns one page, counted from 1, of short rows of the employees that a query finds. Each page costs
// credits (PreviewCost), and only the first [MaxPreviewPages] exist. The errors are those of Collect.
//
// Source: docs.coresignal.com, "Search preview".
func (d *SemanticDataset[R]) PreviewByQuery(ctx context.Context, q Query, page int, options ...api.CallOption) ([]Preview, error) {
	return previewByQuery(ctx, &d.Dataset, q, page, options)
}

// AllPreviewsByQuery walks the pages of PreviewByQuery, each paid for when the loop gets there. It starts anew, and pays
// anew, with each loop, and ends after an error.
func (d *SemanticDataset[R]) AllPreviewsByQuery(ctx context.Context, q Query, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	return allPreviewsByQuery(ctx, &d.Dataset, q, o, options)
}

func previewByQuery[R any](ctx context.Context, d *Dataset[R], q Query, page int, options []api.CallOption) ([]Preview, error) {
	encoded, err := EncodeQuery(q)
	if err != nil {
		return nil, wire.Refuse(&d.ops.previewQuery, err)
	}
	return d.preview(ctx, &d.ops.previewQuery, encoded, page, options)
}

func allPreviewsByQuery[R any](ctx context.Context, d *Dataset[R], q Query, o PreviewOptions, options []api.CallOption) iter.Seq2[Preview, error] {
	encoded, err := EncodeQuery(q)
	if err != nil {
		return failed[Preview](wire.Refuse(&d.ops.previewQuery, err))
	}
	return d.previews(ctx, &d.ops.previewQuery, encoded, o, options)
}

// preview asks for one page.
func (d *Dataset[R]) preview(ctx context.Context, op *wire.Op, body []byte, page int, options []api.CallOption) ([]Preview, error) {
	if page < 1 || page > MaxPreviewPages {
		return nil, wire.Refuse(op, fmt.Errorf("page %d is not between 1 and %d", page, MaxPreviewPages))
	}
	if err := d.budget.Reserve(d.ops.previewCost); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	var rows []Preview
	_, err := d.pipeline.Do(ctx, transport.Call{
		Op: op, Query: "page=" + strconv.Itoa(page), Body: transport.Bytes("application/json", body), Options: options,
		Decode: func(answer []byte) (err error) {
			rows, err = d.decodePreviews(answer)
			return err
		},
	})
	if !spent(err) {
		d.budget.Return(d.ops.previewCost)
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// decodePreviews decodes row by row, so that one that has drifted costs no other.
func (d *Dataset[R]) decodePreviews(answer []byte) ([]Preview, error) {
	var texts []json.RawMessage
	if err := codec.Decode(answer, &texts); err != nil {
		return nil, err
	}
	if texts == nil {
		return nil, wire.Plain("the response is null", nil)
	}
	rows := make([]Preview, len(texts))
	for i, text := range texts {
		row, err := DecodeWith[Preview](d.pipeline.Decoder(), text)
		if err != nil {
			return nil, err
		}
		rows[i] = *row
	}
	return rows, nil
}

func (d *Dataset[R]) previews(ctx context.Context, op *wire.Op, body []byte, o PreviewOptions, options []api.CallOption) iter.Seq2[Preview, error] {
	if o.Pages < 0 {
		return failed[Preview](wire.Refuse(op, errors.New("the number of pages is negative")))
	}
	pages := MaxPreviewPages
	if o.Pages > 0 {
		pages = min(o.Pages, MaxPreviewPages)
	}
	if o.Budget != nil {
		d = d.WithBudget(o.Budget)
	}
	return func(yield func(Preview, error) bool) {
		var walked int64
		for number := 1; number <= pages; number++ {
			rows, err := d.preview(ctx, op, body, number, options)
			if err != nil {
				yield(Preview{}, err)
				return
			}
			walked += d.ops.previewCost
			if o.OnPage != nil {
				o.OnPage(PreviewPage{Number: number, Rows: len(rows), Cost: d.ops.previewCost, Spent: walked})
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < PreviewPageSize {
				return
			}
		}
	}
}
