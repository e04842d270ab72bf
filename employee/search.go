package employee

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/page"
	"github.com/pronet-go/pronet/internal/record"
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

// Estimate is what it would cost to collect all that a search finds.
type Estimate struct {
	// Records is how many employees the search finds, -1 when the provider did not say, or what cannot be.
	Records int64
	// Credits is the price of collecting all of them, -1 when Records is.
	Credits int64
}

// list returns one page of what a filter or query finds.
func (c *core[R]) list(ctx context.Context, op *wire.Op, search json.Marshaler, o SearchOptions, options []api.CallOption) (*api.Page[int64], error) {
	encoded, err := c.encode(ctx, op, search)
	if err != nil {
		return nil, err
	}
	return c.search(ctx, op, encoded, o, options)
}

// all walks all that a filter or query finds. It is encoded now, so that later changes of the caller's do not matter.
func (c *core[R]) all(ctx context.Context, op *wire.Op, search json.Marshaler, o SearchOptions, options []api.CallOption) iter.Seq2[int64, error] {
	encoded, err := c.encode(ctx, op, search)
	if err != nil {
		return page.Fail[int64](err)
	}
	return page.Walk[int64]{Name: op.Name, Start: o.Cursor, List: func(at string) (*api.Page[int64], error) {
		found, err := c.search(ctx, op, encoded, SearchOptions{PageSize: o.PageSize, Cursor: at}, options)
		if err == nil && len(found.Items) == 0 {
			found.Next = "" // an empty page is the end here, whatever it names
		}
		return found, err
	}}.All()
}

// estimate returns what all that a filter or query finds would cost.
func (c *core[R]) estimate(ctx context.Context, op *wire.Op, search json.Marshaler, options []api.CallOption) (Estimate, error) {
	found, err := c.list(ctx, op, search, SearchOptions{PageSize: 1}, options)
	switch {
	case err != nil:
		return Estimate{}, err
	case found.Total < 0 && found.Next == "":
		found.Total = int64(len(found.Items)) // the only page says it all
	case found.Total < 0, found.Total > math.MaxInt64/c.cost:
		return Estimate{Records: -1, Credits: -1}, nil
	}
	return Estimate{Records: found.Total, Credits: found.Total * c.cost}, nil
}

// search requests one page.
func (c *core[R]) search(ctx context.Context, op *wire.Op, body []byte, o SearchOptions, options []api.CallOption) (*api.Page[int64], error) {
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
	var ids idList
	response, err := c.pipeline.Do(ctx, transport.Call{
		Op: op, Query: values.Encode(), Body: transport.Bytes("application/json", body), Into: &ids, Options: options,
	})
	if err != nil {
		return nil, err
	}
	found := &api.Page[int64]{Items: ids, Total: -1}
	if found.Next, err = nextCursor(response.Header); err == nil && found.Next != "" && found.Next == o.Cursor {
		err = api.ErrSameCursor
	}
	if err != nil {
		e := wire.NewStatusError(op, response.Status)
		wire.Add(e, api.ErrUnexpectedResponse)
		e.Cause, e.Header = err, response.Header
		return nil, e
	}
	if total, err := strconv.ParseInt(response.Header.Get("X-Total-Results"), 10, 64); err == nil && total >= 0 {
		found.Total = total
	}
	return found, nil
}

// idList is a list of IDs, as numbers or texts. One that is no ID spoils the list: it would be missing without a word.
type idList []int64

// UnmarshalJSON reads a list.
func (l *idList) UnmarshalJSON(b []byte) error {
	if err := codec.Decode(b, (*[]int64)(l)); err != nil || bytes.Contains(b, []byte("null")) {
		var elements []jsontext.Value
		if err := codec.Decode(b, &elements); err != nil {
			return err
		}
		*l = make(idList, len(elements))
		for i, element := range elements {
			(*l)[i], _ = record.Whole(element)
		}
	}
	for _, id := range *l {
		if id <= 0 {
			return wire.Plain("the response lists something that is no ID", nil)
		}
	}
	return nil
}

// nextCursor reads the cursor of the next page, which the provider wants back to the letter. It is absent or empty on
// the last page.
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

// maxMapped is the most IDs that the provider maps at once.
const maxMapped = 10_000

// MappedID is what became of an ID of V1 in the Base dataset.
type MappedID struct {
	// Old is the ID that was given.
	Old int64
	// New is its ID in the Base dataset, 0 when it has none.
	New int64
}

// mapIDs translates IDs of V1 into those of Base.
func mapIDs(ctx context.Context, p *transport.Pipeline, op *wire.Op, ids IDSource, options []api.CallOption) iter.Seq2[MappedID, error] {
	return func(yield func(MappedID, error) bool) {
		if err := ready(ctx, p, op); err != nil {
			yield(MappedID{}, err)
			return
		}
		part := make([]int64, 0, maxMapped)
		flush := func() bool {
			mapped, err := mapPart(ctx, p, op, part, options)
			if err != nil {
				yield(MappedID{}, err)
				return false
			}
			for _, old := range part {
				if !yield(MappedID{Old: old, New: int64(mapped[strconv.FormatInt(old, 10)])}, nil) {
					return false
				}
			}
			part = part[:0]
			return true
		}
		for id, err := range ids.All(ctx) {
			if err != nil {
				yield(MappedID{}, wire.Refuse(op, err))
				return
			}
			if part = append(part, id); len(part) == maxMapped && !flush() {
				return
			}
		}
		if len(part) > 0 {
			flush()
		}
	}
}

func mapPart(ctx context.Context, p *transport.Pipeline, op *wire.Op, ids []int64, options []api.CallOption) (map[string]Number, error) {
	body, err := transport.JSON(ids)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	var mapped map[string]Number
	_, err = p.Do(ctx, transport.Call{Op: op, Body: body, Options: options, Decode: func(response []byte) (err error) {
		mapped, err = decodeMapped(response)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return mapped, nil
}

// decodeMapped refuses a response that names neither mapped nor unmapped IDs: it is not one to this call.
func decodeMapped(response []byte) (map[string]Number, error) {
	var ids struct {
		Mapped   map[string]Number `json:"mapped_ids"`
		Unmapped json.RawMessage   `json:"unmapped_ids"`
	}
	if err := codec.Decode(response, &ids); err != nil {
		return nil, err
	}
	if ids.Mapped == nil && ids.Unmapped == nil {
		return nil, wire.Plain("the response does not say which IDs are mapped", nil)
	}
	for _, id := range ids.Mapped {
		if id < 0 {
			return nil, wire.Plain("the response maps to something that is no ID", nil)
		}
	}
	return ids.Mapped, nil
}
