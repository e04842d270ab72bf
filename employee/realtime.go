package employee

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// RealTime scrapes profiles while you wait, with a limit (50 a minute) and credits of its own.
type RealTime struct {
	pipeline *transport.Pipeline
}

var scrapeOp = wire.Op{
	Name: "employee.RealTime.Scrape", Provider: api.Coresignal, Method: wire.Post, Route: "/rtapi/v2/employee/scrape",
	Class: dataset.ClassRealTime, Retry: api.RetryPaidRead, Cost: "real-time credits, sold apart",
	Certainty: wire.Assumed, Note: "the key max_age is documented once, and the error table speaks of cache age",
	InDoubt: "ask again: a profile that was just scraped comes from the cache if MaxAge allows",
	Source:  "docs.coresignal.com/employee-data/real-time-employee-api",
}

// Scrape fetches a profile by its address as it is now, or from the provider's cache if it is not older than maxAge (whole
// hours; 0 sends none and leaves it to the provider). It takes up to 30 seconds; the record has the form of the Base
// dataset's.
//
// A profile removed for privacy is api.ErrRemovedForPrivacy, one that is missing or private api.ErrMissingOrPrivate; both
// are api.ErrNotFound too and cost nothing. A scrape that timed out at the provider costs nothing either, and is
// api.ErrUnavailable.
func (r *RealTime) Scrape(ctx context.Context, profile Ref, maxAge time.Duration, options ...api.CallOption) (*BaseRecord, error) {
	op := &scrapeOp
	if err := profile.Validate(); err != nil {
		return nil, wire.Refuse(op, err)
	}
	if profile.kind != refProfileURL {
		return nil, wire.Refuse(op, fmt.Errorf("%w: only a ProfileURL can be scraped", ErrInvalidRef))
	}
	if maxAge < 0 || maxAge%time.Hour != 0 {
		return nil, wire.Refuse(op, fmt.Errorf("a maximum age of %s is not a number of whole hours", maxAge))
	}
	body, err := transport.JSON(struct {
		URL    string `json:"url"`
		MaxAge int64  `json:"max_age,omitzero"`
	}{profile.text, int64(maxAge / time.Hour)})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	var record *BaseRecord
	_, err = r.pipeline.Do(ctx, transport.Call{Op: op, Body: body, Options: options, Decode: func(answer []byte) (err error) {
		record, err = decodeWith[BaseRecord](r.pipeline.Decoder(), bytes.Clone(answer))
		return err
	}})
	if err != nil {
		return nil, err
	}
	return record, nil
}
