package employee

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// maxMapped is the most IDs that the provider maps at once.
const maxMapped = 10_000

// MappedID is what became of an ID of V1 in the Base dataset.
type MappedID struct {
	// Old is the ID that was asked for.
	Old int64
	// New is its ID in the Base dataset, 0 when it has none.
	New int64
}

// MapIDs translates IDs of V1 into those of the Base dataset, in the order of the list and in as many calls as are
// needed. One that is not known has New 0. The walk is lazy, starts anew with each loop, and ends after an error. A bad
// list is found out where it is bad: IDs before that line may have been translated, those of the same call are not, so
// Check the list first if that matters.
//
// Source: docs.coresignal.com/api/base-employee-api-mapping-endpoint.
func (d *BaseDataset) MapIDs(ctx context.Context, ids IDSource, options ...api.CallOption) iter.Seq2[MappedID, error] {
	op := &d.ops.mapIDs
	return func(yield func(MappedID, error) bool) {
		part := make([]int64, 0, maxMapped)
		flush := func() bool {
			mapped, err := d.mapPart(ctx, op, part, options)
			if err != nil {
				yield(MappedID{}, err)
				return false
			}
			for _, old := range part {
				if !yield(MappedID{Old: old, New: mapped[strconv.FormatInt(old, 10)]}, nil) {
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

func (d *BaseDataset) mapPart(ctx context.Context, op *wire.Op, ids []int64, options []api.CallOption) (map[string]int64, error) {
	body, err := transport.JSON(ids)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	var mapped map[string]int64
	_, err = d.pipeline.Do(ctx, transport.Call{Op: op, Body: body, Options: options, Decode: func(answer []byte) (err error) {
		mapped, err = decodeMapped(answer)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return mapped, nil
}

// decodeMapped takes an answer that names neither IDs that were mapped nor such that were not for another one.
func decodeMapped(answer []byte) (map[string]int64, error) {
	var ids struct {
		Mapped   map[string]int64 `json:"mapped_ids"`
		Unmapped json.RawMessage  `json:"unmapped_ids"`
	}
	if err := codec.Decode(answer, &ids); err != nil {
		return nil, err
	}
	if ids.Mapped == nil && ids.Unmapped == nil {
		return nil, wire.Plain("the answer does not say which IDs are mapped", nil)
	}
	return ids.Mapped, nil
}
