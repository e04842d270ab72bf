package employee

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Collect fetches one employee's record. It spends credits (see [Dataset.Cost]); an answer that got lost is not asked
// for again, since it may have been charged: the error is then api.ErrMaybeApplied. An unknown employee is
// api.ErrNotFound, an account without credits api.ErrNoCredits.
//
// The record may be of a profile that is gone (field Deleted). Source: document 000, "Collection endpoints".
func (d *Dataset[R]) Collect(ctx context.Context, ref Ref, options ...api.CallOption) (*R, error) {
	return d.CollectFields(ctx, ref, nil, options...)
}

// CollectFields is Collect for the named root fields only, such as "full_name" and "experience"; none named means all.
// The price is the same. Source: docs.coresignal.com, release notes of August 2025.
func (d *Dataset[R]) CollectFields(ctx context.Context, ref Ref, fields []string, options ...api.CallOption) (*R, error) {
	op := &d.ops.collect
	segment, err := ref.Segment()
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	projection, err := encodeFields(fields)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if err := d.budget.Reserve(d.ops.cost); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	var record *R
	_, err = d.pipeline.Do(ctx, transport.Call{
		Op: op, Path: []string{segment}, Query: projection, Options: options,
		Decode: func(body []byte) (err error) {
			record, err = decodeWith[R](d.pipeline.Decoder(), bytes.Clone(body)) // the record keeps its JSON
			return err
		},
	})
	if !spent(err) {
		d.budget.Return(d.ops.cost)
	}
	if err != nil {
		return nil, err
	}
	return record, nil
}

func encodeFields(fields []string) (string, error) {
	if len(fields) == 0 {
		return "", nil
	}
	for _, field := range fields {
		if field == "" || len(field) > 200 {
			return "", errors.New("the name of a field is empty or longer than 200 bytes")
		}
	}
	values, err := query.Values(struct {
		Fields []string `url:"fields"`
	}{fields})
	if err != nil {
		return "", err
	}
	return values.Encode(), nil
}
