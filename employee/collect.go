package employee

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// collect fetches one record.
func (c *core[R]) collect(ctx context.Context, ref Ref, fields []string, options []api.CallOption) (*R, error) {
	op := c.collectOp
	if err := ready(ctx, c.pipeline, op); err != nil {
		return nil, err
	}
	segment, err := ref.Segment()
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	fields, err = checkFields[R](fields)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	projection, err := encodeFields(fields)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if err := c.budget.Reserve(c.cost); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	var collected *R
	_, err = c.pipeline.Do(ctx, transport.Call{
		Op: op, Path: []string{segment}, Query: projection, Options: options,
		Decode: func(body []byte) (err error) {
			collected, err = decode[R](bytes.Clone(body), DecodeOptions{Unmarshal: c.pipeline.Decoder()}) // the record keeps its JSON
			if err == nil && !isRecord(collected, body, fields) {
				err = errNoRecord
			}
			return err
		},
	})
	if !spent(err) {
		c.budget.Return(c.cost)
	}
	if err != nil {
		return nil, err
	}
	return collected, nil
}

var errNoRecord = wire.Plain("the response is a JSON object, but not a record", nil)

// isRecord tells a record from another object, such as {} or an error in a response of success: it has an ID or, if that
// was not asked for, one of the fields that were.
func isRecord[R any](r *R, text []byte, fields []string) bool {
	if any(r).(Record).EmployeeID() > 0 {
		return true
	}
	if len(fields) == 0 || slices.Contains(fields, "id") {
		return false
	}
	var members map[string]jsontext.Value
	if codec.Decode(text, &members) != nil {
		return false
	}
	return slices.ContainsFunc(fields, func(field string) bool {
		root, _, _ := strings.Cut(field, ".")
		_, whole := members[field]
		_, part := members[root]
		return whole || part
	})
}

// checkFields returns the names of fields as they are sent. It fails for those that the record type does not know.
func checkFields[R any](fields []string) ([]string, error) {
	checked := make([]string, len(fields))
	for i, field := range fields {
		if field == "" || len(field) > 200 {
			return nil, errors.New("the name of a field is empty or longer than 200 bytes")
		}
		if err := record.CheckPath(reflect.TypeFor[R](), field); err != nil {
			return nil, err
		}
		if strings.ContainsRune(field, '[') {
			return nil, errors.New("a field is collected with all its rows: leave the brackets out")
		}
		checked[i] = strings.TrimPrefix(field, record.NewField)
	}
	return checked, nil
}

func encodeFields(fields []string) (string, error) {
	if len(fields) == 0 {
		return "", nil
	}
	values, err := query.Values(struct {
		Fields []string `url:"fields"`
	}{fields})
	if err != nil {
		return "", err
	}
	return values.Encode(), nil
}

const (
	defaultConcurrency = 8

	// MaxConcurrency is the most calls that CollectMany has in progress at a time.
	MaxConcurrency = 256
)

// Result is what became of one reference: a record or an error.
type Result[R any] struct {
	// Ref is the reference.
	Ref Ref
	// Record is the record, nil when there is an error.
	Record *R
	// Err is why there is no record.
	Err error
}

// CollectManyOptions says how CollectMany works. The zero value is ready to use.
type CollectManyOptions struct {
	// Concurrency is how many calls are in progress at a time; 0 means 8, at most 256. The provider's rate limit holds
	// in any case.
	Concurrency int
	// Fields names the fields to collect, as for CollectFields; empty means all.
	Fields []string
	// Budget is what the calls may spend; nil sets no bound. A call that it does not cover is not made: its error is
	// api.ErrBudget.
	Budget *Budget
}

// collectMany collects the records of many references.
func (c *core[R]) collectMany(ctx context.Context, refs []Ref, o CollectManyOptions, options []api.CallOption) iter.Seq[Result[R]] {
	refs, o.Fields = slices.Clone(refs), slices.Clone(o.Fields)
	if o.Budget == c.budget {
		o.Budget = nil // each call spends out of it already
	}
	concurrency := o.Concurrency
	if concurrency == 0 {
		concurrency = defaultConcurrency
	}
	var settings api.CallSettings
	err := ready(ctx, c.pipeline, c.collectOp)
	if err == nil {
		err = settings.Apply(options)
	}
	if err == nil && (concurrency < 1 || concurrency > MaxConcurrency) {
		err = wire.Refuse(c.collectOp, fmt.Errorf("a concurrency of %d is not between 1 and %d", o.Concurrency, MaxConcurrency))
	}
	return func(yield func(Result[R]) bool) {
		if err != nil {
			for _, ref := range refs {
				if !yield(Result[R]{Ref: ref, Err: err}) {
					return
				}
			}
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		stop := stopper{op: c.collectOp}
		pending := make([]chan collected[R], 0, min(concurrency, len(refs)))
		for next := 0; next < len(refs) || len(pending) > 0; {
			for next < len(refs) && len(pending) < concurrency {
				ref, done := refs[next], make(chan collected[R], 1)
				next++
				pending = append(pending, done)
				running.Go(func() {
					var one collected[R]
					one.result = c.collectOne(ctx, ref, &o, &stop, append(slices.Clip(options), api.WithMeta(&one.meta)))
					done <- one
				})
			}
			first := <-pending[0]
			pending = pending[1:]
			if settings.Meta != nil {
				*settings.Meta = first.meta
			}
			if !yield(first.result) {
				return
			}
		}
	}
}

// collected is a result on its way to the loop, with what the caller's Meta is to hold then.
type collected[R any] struct {
	result Result[R]
	meta   api.Meta
}

func (c *core[R]) collectOne(ctx context.Context, ref Ref, o *CollectManyOptions, stop *stopper, options []api.CallOption) Result[R] {
	result := Result[R]{Ref: ref}
	if result.Err = stop.reason(ctx); result.Err != nil {
		return result
	}
	if result.Err = o.Budget.Reserve(c.cost); result.Err != nil {
		return result
	}
	result.Record, result.Err = c.collect(ctx, ref, o.Fields, options)
	if !spent(result.Err) {
		o.Budget.Return(c.cost)
	}
	stop.note(result.Err)
	return result
}

// spent reports whether a call that ended so may have been charged.
func spent(err error) bool {
	return err == nil || errors.Is(err, api.ErrMaybeApplied)
}

// stopper keeps the first error that every further call would meet too.
type stopper struct {
	op  *wire.Op
	mu  sync.Mutex
	err error
}

// reason returns why no further call is sent, nil while there is none. An ended context has an error of its own: that
// of a call in progress may say that this call was charged.
func (s *stopper) reason(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return wire.NewError(s.op, nil, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *stopper) note(err error) {
	if !errors.Is(err, api.ErrNoCredits) && !errors.Is(err, api.ErrUnauthorized) && !errors.Is(err, api.ErrNotConfigured) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// RealTime scrapes profiles while you wait, with a limit (50 a minute) and credits of its own.
type RealTime struct {
	pipeline *transport.Pipeline
}

// Scrape fetches a profile by its address as it is now, or from the provider's cache if it is not older than maxAge
// (whole hours; 0 sends none and leaves it to the provider). It takes up to 30 seconds; the record has the form of the
// Base dataset's.
//
// A profile removed for privacy is api.ErrRemovedForPrivacy, one that is missing or private api.ErrMissingOrPrivate;
// both are api.ErrNotFound too and cost nothing. A scrape that timed out at the provider costs nothing either, and is
// api.ErrUnavailable.
func (r *RealTime) Scrape(ctx context.Context, profile Ref, maxAge time.Duration, options ...api.CallOption) (*BaseRecord, error) {
	op := &opRealTimeScrape
	if r == nil {
		r = new(RealTime)
	}
	if err := ready(ctx, r.pipeline, op); err != nil {
		return nil, err
	}
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
	var scraped *BaseRecord
	_, err = r.pipeline.Do(ctx, transport.Call{Op: op, Body: body, Options: options, Decode: func(response []byte) (err error) {
		scraped, err = decode[BaseRecord](bytes.Clone(response), DecodeOptions{Unmarshal: r.pipeline.Decoder()})
		if err == nil && scraped.ID <= 0 && scraped.FullName == "" && scraped.ProfileURL == "" { // one that is new may have no ID
			err = errNoRecord
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	return scraped, nil
}
