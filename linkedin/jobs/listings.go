package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

// ListingStatus says whether people see a job.
type ListingStatus string

// The states that LinkedIn's page lists. Others are kept as they are.
const (
	Listed         ListingStatus = "LISTED"
	NotListed      ListingStatus = "NOT_LISTED"
	ListingPending ListingStatus = "IN_PROGRESS"
)

// Listing is what became of a job that was posted.
type Listing struct {
	// ExternalID is the job's id in your system.
	ExternalID string
	// Status says whether people see it, and Reason, in LinkedIn's words, why they do not.
	Status ListingStatus
	Reason string
	// URL is its page, "" unless it is listed.
	URL string
	// Promotion is such as PROMOTED or NOT_PROMOTED, and Apply, whether people apply on LinkedIn, such as ENABLED or
	// NOT_ENABLED.
	Promotion, Apply string
	// Listed and Expires have milliseconds, in UTC. Each is zero when not stated.
	Listed, Expires time.Time
	// Err is nil unless LinkedIn could not tell of it; [api.ErrNotFound] is a job that was never posted.
	Err error
	// Raw is the listing's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a listing and keeps its JSON. What is in another form than is known is left zero.
func (l *Listing) UnmarshalJSON(data []byte) error {
	var read struct {
		ExternalID linkedinapi.Text `json:"externalJobPostingId"`
		Status     linkedinapi.Text `json:"listingStatus"`
		Detail     json.RawMessage  `json:"listingStatusDetail"`
		URL        linkedinapi.Text `json:"jobPostingUrl"`
		Promotion  linkedinapi.Text `json:"promotionStatus"`
		Apply      linkedinapi.Text `json:"linkedInApplyStatus"`
		Info       json.RawMessage  `json:"jobPostingInfo"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	var detail struct {
		Message linkedinapi.Text `json:"statusMessage"`
	}
	var info struct {
		Listed  linkedinapi.Number `json:"listedAt"`
		Expires linkedinapi.Number `json:"expireAt"`
	}
	_ = codec.Decode(read.Detail, &detail)
	_ = codec.Decode(read.Info, &info)
	*l = Listing{
		ExternalID: string(read.ExternalID), Status: ListingStatus(read.Status), Reason: string(detail.Message), URL: string(read.URL), Promotion: string(read.Promotion),
		Apply: string(read.Apply), Listed: linkedinapi.Time(info.Listed), Expires: linkedinapi.Time(info.Expires), Raw: bytes.Clone(data),
	}
	return nil
}

var (
	errNoJob      = errors.New("there is no ExternalID")
	errExternalID = errors.New("an ExternalID is empty, or stands twice in the list")
)

// Listings returns what became of jobs, in the order of their ExternalIDs, 100 a call. It is also how to find out what
// a lost response of Submit has done: a job that LinkedIn does not know has Err [api.ErrNotFound]. Wait some minutes
// before you believe that, since LinkedIn works on tasks for as long.
//
// Source: LinkedIn's page "Check Job Posting Statuses", and for the request LinkedIn's client for Java.
func (s *Service) Listings(ctx context.Context, externalIDs []string, options ...api.CallOption) ([]Listing, error) {
	s = linkedinapi.Made(s)
	if err := s.tasks.caller.Ready(ctx, s.listings); err != nil {
		return nil, err
	}
	if len(externalIDs) == 0 {
		return nil, wire.Refuse(s.listings.Op, errNoJob)
	}
	seen := make(map[string]bool, len(externalIDs))
	for _, id := range externalIDs {
		if id == "" || seen[id] {
			return nil, wire.Refuse(s.listings.Op, errExternalID)
		}
		seen[id] = true
	}
	var all []Listing
	for chunk := range slices.Chunk(externalIDs, MaxBatch) {
		told, err := readBatch(ctx, s.tasks.caller, s.listings, chunk, options)
		if err != nil {
			return nil, err
		}
		for _, id := range chunk {
			all = append(all, readListing(s.listings.Op, id, told))
		}
	}
	return all, nil
}

func readListing(op *wire.Op, id string, told told) (listing Listing) {
	raw, err := told.take(op, id)
	if err == nil && codec.Decode(raw, &listing) != nil {
		err = linkedinapi.ElementError(op, raw)
	}
	if err != nil {
		listing = Listing{Err: err, Raw: raw}
	}
	listing.ExternalID = id
	return listing
}
