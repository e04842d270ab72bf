package subscriptions

import (
	"context"
	"iter"
	"reflect"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.Subscriptions. Its methods manage the subscriptions of all datasets of the current API; they are
// created by dataset. Only those made with the same credential are visible.
type Service struct {
	// V1 is the first API version: its subscriptions are managed apart, with a JWT.
	V1 *V1Dataset
	// Base is the Base dataset of the current API.
	Base *BaseDataset
	// Clean is the Clean dataset of the current API.
	Clean *CleanDataset
	// MultiSource is the Multi-source dataset of the current API.
	MultiSource *MultiSourceDataset
	// ExperienceChanges sends notices only when a position begins or ends.
	ExperienceChanges *ExperienceChanges

	manager manager
}

// ExperienceChanges creates subscriptions to the beginning and end of positions, by dataset. Their notices have the one
// status webhook.StatusChanged and no changed fields. Whether a promotion at the same company counts, the provider's
// pages contradict each other.
type ExperienceChanges struct {
	// Base is the Base dataset.
	Base *BaseExperienceChanges
	// Clean is the Clean dataset.
	Clean *CleanExperienceChanges
	// MultiSource is the Multi-source dataset.
	MultiSource *MultiSourceExperienceChanges
}

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings wire.CoresignalSettings) *Service {
	p.Declare(
		&opV1CreateFromIDs, &opV1CreateFromFilter, &opV1CreateFromQuery,
		&opBaseCreateFromIDs, &opBaseCreateFromFilter, &opBaseCreateFromQuery,
		&opCleanCreateFromIDs, &opCleanCreateFromQuery,
		&opMultiSourceCreateFromIDs, &opMultiSourceCreateFromQuery,
		&opExperienceBaseCreateFromIDs, &opExperienceBaseCreateFromQuery,
		&opExperienceCleanCreateFromIDs, &opExperienceCleanCreateFromQuery, &opExperienceCleanCreateForAll,
		&opExperienceMultiSourceCreateFromIDs, &opExperienceMultiSourceCreateFromQuery,
		&opList, &opGet, &opRenew, &opDelete, &opSimulate,
		&opV1List, &opV1Get, &opV1Delete, &opV1Simulate,
	)
	by := func(forbidden restrictions, tracking reflect.Type) creator {
		return creator{pipeline: p, settings: settings, forbidden: forbidden, tracking: tracking}
	}
	return &Service{
		V1:          &V1Dataset{by(v1Forbidden, nil), manager{p, settings}},
		Base:        &BaseDataset{by(baseForbidden, reflect.TypeFor[employee.BaseRecord]())},
		Clean:       &CleanDataset{by(cleanForbidden, reflect.TypeFor[employee.CleanRecord]())},
		MultiSource: &MultiSourceDataset{by(restrictions{}, reflect.TypeFor[employee.MultiSourceRecord]())}, // no restrictions are documented
		ExperienceChanges: &ExperienceChanges{
			Base:        &BaseExperienceChanges{by(baseForbidden, nil)},
			Clean:       &CleanExperienceChanges{by(cleanForbidden, nil)},
			MultiSource: &MultiSourceExperienceChanges{by(restrictions{}, nil)},
		},
		manager: manager{p, settings},
	}
}

func (s *Service) manages() *manager {
	if s == nil {
		return new(manager)
	}
	return &s.manager
}

// List returns one page of the subscriptions, about 1,000. Next is the number of the following page; it is "" on an
// empty page, since the provider does not say how many there are.
//
// Source: docs.coresignal.com, "Subscription management".
func (s *Service) List(ctx context.Context, o ListOptions, options ...api.CallOption) (*api.Page[Subscription], error) {
	return s.manages().list(ctx, &opList, o, options)
}

// All walks the subscriptions page by page, from Page on, each id once. It is lazy, starts over with each loop, and
// ends after an error. It stops at an empty page, or at one with nothing new, which counts as the end: no source says
// what follows the last page. One that is deleted meanwhile can make another be missed.
func (s *Service) All(ctx context.Context, o ListOptions, options ...api.CallOption) iter.Seq2[Subscription, error] {
	return s.manages().all(ctx, &opList, o, options)
}

// Get returns one subscription that is active. One that is unknown, or of another credential, is api.ErrNotFound; one
// that was just created may be api.ErrConflict for a moment.
func (s *Service) Get(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	return s.manages().one(ctx, &opGet, id, options)
}

// Renew extends a subscription, to one year after its creation at the most: beyond, and for one that has ended, the
// error is api.ErrInvalid. One that is unknown is api.ErrNotFound.
func (s *Service) Renew(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	return s.manages().one(ctx, &opRenew, id, options)
}

// Delete ends a subscription. One that is unknown is api.ErrNotFound, unless this very call was sent more than once: an
// earlier attempt whose response was lost may have deleted it.
func (s *Service) Delete(ctx context.Context, id string, options ...api.CallOption) error {
	return s.manages().remove(ctx, &opDelete, id, options)
}

// Simulate asks the provider for a test notice to a webhook URL, which comes within minutes. It is one object with
// change_type, where real notices are arrays with status. At most one call a second is allowed.
//
// Source: docs.coresignal.com, "Subscription simulation".
func (s *Service) Simulate(ctx context.Context, webhookURL string, options ...api.CallOption) error {
	return s.manages().simulate(ctx, &opSimulate, webhookURL, options)
}

// V1Dataset creates and manages the subscriptions of the first API version, client.Subscriptions.V1. They cannot be
// renewed.
type V1Dataset struct {
	creator creator
	manager manager
}

func (d *V1Dataset) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

func (d *V1Dataset) manages() *manager {
	if d == nil {
		return new(manager)
	}
	return &d.manager
}

// CreateFromIDs subscribes to the changes of the listed employees: any number, sent as a file in constant memory. The
// whole list is checked before anything is sent; a bad line is an *employee.LineError.
//
// The error is api.ErrMaybeApplied when the response was lost: then look at the list of subscriptions before you create
// it again. When notices begin, the provider's pages disagree: after two days, or on the next Monday.
//
// Source: document 000, "Subscriptions using IDs". The form fields are assumed.
func (d *V1Dataset) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDFile(ctx, &opV1CreateFromIDs, ids, o, options)
}

// CreateFromFilter subscribes to the employees that search filters match, as [BaseDataset.CreateFromFilter] does.
func (d *V1Dataset) CreateFromFilter(ctx context.Context, filter employee.V1Filter, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromFilter(ctx, &opV1CreateFromFilter, filter, o, options)
}

// CreateFromQuery subscribes to the employees that an Elasticsearch query matches, as [BaseDataset.CreateFromQuery]
// does.
func (d *V1Dataset) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opV1CreateFromQuery, q, o, options)
}

// List returns one page of the subscriptions of V1, as [Service.List] does of the current API.
func (d *V1Dataset) List(ctx context.Context, o ListOptions, options ...api.CallOption) (*api.Page[Subscription], error) {
	return d.manages().list(ctx, &opV1List, o, options)
}

// All walks the subscriptions of V1 page by page, as [Service.All] does those of the current API.
func (d *V1Dataset) All(ctx context.Context, o ListOptions, options ...api.CallOption) iter.Seq2[Subscription, error] {
	return d.manages().all(ctx, &opV1List, o, options)
}

// Get returns one subscription of V1 that is active, as [Service.Get] does.
func (d *V1Dataset) Get(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	return d.manages().one(ctx, &opV1Get, id, options)
}

// Delete ends a subscription of V1, as [Service.Delete] does.
func (d *V1Dataset) Delete(ctx context.Context, id string, options ...api.CallOption) error {
	return d.manages().remove(ctx, &opV1Delete, id, options)
}

// Simulate asks the provider for a test notice of V1, as [Service.Simulate] does.
func (d *V1Dataset) Simulate(ctx context.Context, webhookURL string, options ...api.CallOption) error {
	return d.manages().simulate(ctx, &opV1Simulate, webhookURL, options)
}

// BaseDataset creates subscriptions to the Base dataset, client.Subscriptions.Base.
type BaseDataset struct{ creator creator }

func (d *BaseDataset) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

// CreateFromIDs subscribes to the changes of the listed employees, at most [MaxIDs]. The whole list is checked before
// anything is sent; a bad line is an *employee.LineError.
//
// The error is api.ErrMaybeApplied when the response was lost: then look at the list of subscriptions before you create
// it again. Notices begin the next day.
//
// Source: document 000, "Subscriptions using IDs". The key of the JSON body is assumed.
func (d *BaseDataset) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDs(ctx, &opBaseCreateFromIDs, ids, o, options)
}

// CreateFromFilter subscribes to the employees that search filters match: to those that start or stop matching, and to
// the changes of those that match.
//
// Filters that a subscription does not allow, typed or in Extra, are refused with a *[ForbiddenFieldsError] before
// anything is sent. The error is api.ErrMaybeApplied when the response was lost: then look at the list of subscriptions
// before you create it again.
//
// Source: document 000, "Subscriptions using search filters".
func (d *BaseDataset) CreateFromFilter(ctx context.Context, filter employee.BaseFilter, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromFilter(ctx, &opBaseCreateFromFilter, filter, o, options)
}

// CreateFromQuery subscribes to the employees that an Elasticsearch query matches: to those that start or stop
// matching, and to the changes of those that match. Add Term("is_parent", 1) to the query, or each duplicate of a
// person sends its own notices.
//
// Fields that a subscription does not allow are refused with a *[ForbiddenFieldsError] before anything is sent. The
// error is api.ErrMaybeApplied when the response was lost: then look at the list of subscriptions before you create it
// again.
//
// Source: document 000, "Subscriptions using ES DSL".
func (d *BaseDataset) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opBaseCreateFromQuery, q, o, options)
}

// CleanDataset creates subscriptions to the Clean dataset, client.Subscriptions.Clean.
type CleanDataset struct{ creator creator }

func (d *CleanDataset) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

// CreateFromIDs subscribes to the changes of the listed employees, as [BaseDataset.CreateFromIDs] does. Notices begin
// within a week.
func (d *CleanDataset) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDs(ctx, &opCleanCreateFromIDs, ids, o, options)
}

// CreateFromQuery subscribes to the employees that an Elasticsearch query matches, as [BaseDataset.CreateFromQuery]
// does.
func (d *CleanDataset) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opCleanCreateFromQuery, q, o, options)
}

// MultiSourceDataset creates subscriptions to the Multi-source dataset, client.Subscriptions.MultiSource.
type MultiSourceDataset struct{ creator creator }

func (d *MultiSourceDataset) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

// CreateFromIDs subscribes to the changes of the listed employees, as [BaseDataset.CreateFromIDs] does. Notices begin
// within a week.
func (d *MultiSourceDataset) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDs(ctx, &opMultiSourceCreateFromIDs, ids, o, options)
}

// CreateFromQuery subscribes to the employees that an Elasticsearch query matches, as [BaseDataset.CreateFromQuery]
// does.
func (d *MultiSourceDataset) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opMultiSourceCreateFromQuery, q, o, options)
}

// BaseExperienceChanges creates subscriptions to changes of positions, client.Subscriptions.ExperienceChanges.Base.
type BaseExperienceChanges struct{ creator creator }

func (d *BaseExperienceChanges) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

// CreateFromIDs subscribes to the changes of positions of the listed employees, as [BaseDataset.CreateFromIDs] does to
// all changes.
func (d *BaseExperienceChanges) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDs(ctx, &opExperienceBaseCreateFromIDs, ids, o, options)
}

// CreateFromQuery subscribes to the changes of positions of the employees that an Elasticsearch query matches, as
// [BaseDataset.CreateFromQuery] does to all changes.
func (d *BaseExperienceChanges) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opExperienceBaseCreateFromQuery, q, o, options)
}

// CleanExperienceChanges creates subscriptions to changes of positions, client.Subscriptions.ExperienceChanges.Clean.
type CleanExperienceChanges struct{ creator creator }

func (d *CleanExperienceChanges) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

// CreateFromIDs subscribes to the changes of positions of the listed employees, as [BaseDataset.CreateFromIDs] does to
// all changes.
func (d *CleanExperienceChanges) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDs(ctx, &opExperienceCleanCreateFromIDs, ids, o, options)
}

// CreateFromQuery subscribes to the changes of positions of the employees that an Elasticsearch query matches, as
// [BaseDataset.CreateFromQuery] does to all changes.
func (d *CleanExperienceChanges) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opExperienceCleanCreateFromQuery, q, o, options)
}

// CreateForAll subscribes to the changes of positions of everybody in the dataset: about 500,000 notices a week or
// more, which Options.AcceptVolume must say you are prepared for. Each change that you act on costs a collect.
//
// Source: docs.coresignal.com, "Subscribe to changes" of the Clean dataset. That the body holds the webhook URL only is
// assumed.
func (d *CleanExperienceChanges) CreateForAll(ctx context.Context, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().forAll(ctx, &opExperienceCleanCreateForAll, o, options)
}

// MultiSourceExperienceChanges creates subscriptions to changes of positions,
// client.Subscriptions.ExperienceChanges.MultiSource.
type MultiSourceExperienceChanges struct{ creator creator }

func (d *MultiSourceExperienceChanges) calls() *creator {
	if d == nil {
		return new(creator)
	}
	return &d.creator
}

// CreateFromIDs subscribes to the changes of positions of the listed employees, as [BaseDataset.CreateFromIDs] does to
// all changes.
func (d *MultiSourceExperienceChanges) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromIDs(ctx, &opExperienceMultiSourceCreateFromIDs, ids, o, options)
}

// CreateFromQuery subscribes to the changes of positions of the employees that an Elasticsearch query matches, as
// [BaseDataset.CreateFromQuery] does to all changes.
func (d *MultiSourceExperienceChanges) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	return d.calls().fromQuery(ctx, &opExperienceMultiSourceCreateFromQuery, q, o, options)
}
