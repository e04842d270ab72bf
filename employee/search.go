package employee

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// maxPageSize is the most IDs that the provider puts on one page.
const maxPageSize = 1000

// SearchOptions says which page of a search to list.
type SearchOptions struct {
	// PageSize is the number of IDs on a page, 1 to 1,000; 0 leaves it to the provider (1,000).
	PageSize int
	// Cursor is the Next of the page before; "" is the first page.
	Cursor string
}

// ListByFilter searches by filters and returns one page of employee IDs. Collect turns IDs into records.
//
// A filter that the provider does not take is api.ErrInvalid. Source: docs.coresignal.com, "Search filters".
func (d *FilterDataset[R, F]) ListByFilter(ctx context.Context, filter F, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	op := &d.ops.searchFilter
	encoded, err := codec.Encode(filter)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.search(ctx, op, encoded, o, options)
}

// AllByFilter walks all IDs that a search by filters finds, page by page. It is lazy, starts anew with each loop, and
// ends after an error. What changes between two pages can be missed or come twice.
func (d *FilterDataset[R, F]) AllByFilter(ctx context.Context, filter F, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	encoded, err := codec.Encode(filter) // now, so that later changes of the caller's filter do not matter
	if err != nil {
		return failed[int64](wire.Refuse(&d.ops.searchFilter, err))
	}
	return d.all(ctx, &d.ops.searchFilter, encoded, o, options)
}

// ListByQuery searches by an Elasticsearch query and returns one page of employee IDs.
//
// A query beyond the provider's limits, or one that it does not understand, is api.ErrInvalid. Source:
// docs.coresignal.com, "Elasticsearch DSL".
func (d *Dataset[R]) ListByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	op := &d.ops.searchQuery
	encoded, err := EncodeQuery(q)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.search(ctx, op, encoded, o, options)
}

// AllByQuery walks all IDs that a search by query finds, page by page. It is lazy, starts anew with each loop, and ends
// after an error. What changes between two pages can be missed or come twice.
func (d *Dataset[R]) AllByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	encoded, err := EncodeQuery(q)
	if err != nil {
		return failed[int64](wire.Refuse(&d.ops.searchQuery, err))
	}
	return d.all(ctx, &d.ops.searchQuery, encoded, o, options)
}

func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, err)
	}
}

func (d *Dataset[R]) all(ctx context.Context, op *wire.Op, body []byte, o SearchOptions, options []api.CallOption) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for at := o; ; {
			page, err := d.search(ctx, op, body, at, options)
			if err != nil {
				yield(0, err)
				return
			}
			for _, id := range page.Items {
				if !yield(id, nil) {
					return
				}
			}
			if page.Next == "" || len(page.Items) == 0 {
				return
			}
			at.Cursor = page.Next
		}
	}
}

// search asks for one page.
func (d *Dataset[R]) search(ctx context.Context, op *wire.Op, body []byte, o SearchOptions, options []api.CallOption) (*api.Page[int64], error) {
	if o.PageSize < 0 || o.PageSize > maxPageSize {
		return nil, wire.Refuse(op, fmt.Errorf("a PageSize of %d is not between 1 and %d", o.PageSize, maxPageSize))
	}
	if o.Cursor != "" && !isCursor(o.Cursor) {
		return nil, wire.Refuse(op, errors.New("the Cursor is not one that a page returned"))
	}
	values, err := query.Values(struct {
		After        string `url:"after,omitempty"`
		ItemsPerPage int    `url:"items_per_page,omitempty"`
	}{o.Cursor, o.PageSize})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	page := &api.Page[int64]{Total: -1}
	answer, err := d.pipeline.Do(ctx, transport.Call{
		Op: op, Query: values.Encode(), Body: transport.Bytes("application/json", body), Into: &page.Items, Options: options,
	})
	if err != nil {
		return nil, err
	}
	if page.Next, err = nextCursor(answer.Header); err == nil && page.Next != "" && page.Next == o.Cursor {
		err = api.ErrSameCursor
	}
	if err != nil {
		e := wire.NewStatusError(op, answer.Status)
		wire.Add(e, api.ErrUnexpectedResponse)
		e.Cause, e.Header = err, answer.Header
		return nil, e
	}
	if total, err := strconv.ParseInt(answer.Header.Get("X-Total-Results"), 10, 64); err == nil && total >= 0 {
		page.Total = total
	}
	return page, nil
}

// nextCursor reads the cursor of the next page, which the provider wants back to the letter. It is absent or empty on the last page.
func nextCursor(header http.Header) (string, error) {
	cursor := header.Get("X-Next-Page-After")
	if cursor != "" && !isCursor(cursor) {
		return "", wire.Plain("the cursor of the next page is too long or holds control characters", nil)
	}
	return cursor, nil
}

// isCursor bounds what a cursor can be: the provider's are sort values such as 26.806067,"2025-02-25",6428995.
func isCursor(s string) bool {
	if len(s) > 2048 {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
