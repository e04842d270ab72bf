package unlisted

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
)

// JobQuery says which jobs are found. What the overview names without a parameter (seniority, skills, qualifications,
// industry, function, company) goes into Extra, under names of yours.
type JobQuery struct {
	Params

	// Title is words of the job's title (title).
	Title string
	// Location is where it is (location).
	Location string
	// PostedWithin is how long ago it was posted at most, in whole seconds (f_TPR, a parameter of LinkedIn's website). The
	// overview's r604800 is 7 days, not the 60 that it says.
	PostedWithin time.Duration
}

var (
	errPosted = errors.New("PostedWithin is a number of whole seconds")
	errJobs   = errors.New("nothing to search for")
	errSaved  = errors.New("the query is required")
)

// SearchJobs searches jobs (GET /jobs/search) and returns the response's JSON, which the overview does not print.
//
// Instead, LinkedIn has its Job Library, of promoted jobs alone: client.LinkedIn.Jobs.Library.
func (s *Service) SearchJobs(ctx context.Context, q JobQuery, options ...api.CallOption) (json.RawMessage, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.searchJobs.Endpoint); err != nil {
		return nil, err
	}
	op := s.searchJobs.Op
	if q.PostedWithin < 0 || q.PostedWithin%time.Second != 0 {
		return nil, wire.Refuse(op, errPosted)
	}
	var query restli.Record
	for _, field := range []restli.Field{{Name: "title", Value: q.Title}, {Name: "location", Value: q.Location}} {
		if field.Value != "" {
			query = append(query, field)
		}
	}
	if q.PostedWithin > 0 {
		query = append(query, restli.Field{Name: "f_TPR", Value: "r" + strconv.FormatInt(int64(q.PostedWithin/time.Second), 10)})
	}
	query, err := q.add(query)
	if err == nil && len(query) == 0 {
		err = errJobs
	}
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	raw, _, err := s.send(ctx, s.searchJobs, query, nil, options)
	return raw, err
}

// SavedSearch is a search that was saved.
type SavedSearch struct {
	// ID is its id, from the response's header or body; "" when neither has one.
	ID string
	// Raw is the response's JSON, which the overview does not print; nil when it is empty.
	Raw json.RawMessage
}

// SaveSearch saves a search of jobs (POST /jobs/savedSearch), such as "title:( Engineer ) AND location:( Austin )".
//
// LinkedIn's API has no saved searches. When the response was lost, the error is [api.ErrMaybeApplied].
func (s *Service) SaveSearch(ctx context.Context, query string, options ...api.CallOption) (*SavedSearch, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.saveSearch.Endpoint); err != nil {
		return nil, err
	}
	if query == "" {
		return nil, wire.Refuse(s.saveSearch.Op, errSaved)
	}
	raw, response, err := s.send(ctx, s.saveSearch, nil, map[string]string{"query": query}, options)
	if err != nil {
		return nil, err
	}
	var body struct {
		ID linkedinapi.Text `json:"id"`
	}
	if raw != nil {
		_ = codec.Decode(raw, &body)
	}
	return &SavedSearch{ID: cmp.Or(linkedinapi.CreatedID(response.Header), string(body.ID)), Raw: raw}, nil
}

// SearchAlert returns an alert of a saved search (GET /jobs/savedSearches/{saved-search-id}/search-alerts/{alert-id}): the
// response's JSON, which the overview does not print.
//
// LinkedIn's API has no saved searches.
func (s *Service) SearchAlert(ctx context.Context, savedSearchID, alertID string, p Params, options ...api.CallOption) (json.RawMessage, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.alert.Endpoint); err != nil {
		return nil, err
	}
	query, err := p.add(nil)
	if err != nil {
		return nil, wire.Refuse(s.alert.Op, err)
	}
	raw, _, err := s.send(ctx, s.alert, query, nil, options, savedSearchID, alertID)
	return raw, err
}
