package employee

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/record"
)

// BaseRecord is a profile of the Base dataset. All root fields and collections of documented and observed records are
// typed. Of the rows of most collections no complete sample is known: the fields whose names are assumed say so, and
// what else a row holds is in [BaseRecord.Unknown]. Lists are read whether their elements are values or objects that
// hold one.
//
// A field that is null, absent or of an unexpected JSON type is zero. The record remembers the JSON it was decoded
// from: see [Decode].
type BaseRecord struct {
	// ID is Coresignal's number for the profile in this dataset.
	ID int64 `json:"id"`
	// ParentID is the ID of the profile that this one is a duplicate of, or 0.
	ParentID int64 `json:"parent_id"`
	// IsParent marks the one profile among duplicates of a person to be used.
	IsParent Flag `json:"is_parent"`
	// FullName is the full name.
	FullName string `json:"full_name"`
	// FirstName is the first name.
	FirstName string `json:"first_name"`
	// LastName is the last name.
	LastName string `json:"last_name"`
	// Headline is the line under the name.
	Headline string `json:"headline"`
	// GeneratedHeadline is a headline that the provider made.
	GeneratedHeadline string `json:"generated_headline"`
	// CreatedAt is when the record was made.
	CreatedAt Timestamp `json:"created_at"`
	// UpdatedAt is when the record last changed.
	UpdatedAt Timestamp `json:"updated_at"`
	// CheckedAt is when the provider last looked for changes.
	CheckedAt Timestamp `json:"checked_at"`
	// ProcessedAt is when the provider last processed the record.
	ProcessedAt Timestamp `json:"processed_at"`
	// PublicProfileID is the number of the profile at the source.
	PublicProfileID Text `json:"public_profile_id"`
	// ProfileURL is the address of the profile.
	ProfileURL string `json:"profile_url"`
	// Location is the place as the profile states it.
	Location string `json:"location"`
	// City is the city of Location.
	City string `json:"city"`
	// State is the state or region of Location.
	State string `json:"state"`
	// Country is the English name of the country.
	Country string `json:"country"`
	// CountryISO2 is the code of the country with two letters.
	CountryISO2 string `json:"country_iso_2"`
	// CountryISO3 is the code of the country with three letters.
	CountryISO3 string `json:"country_iso_3"`
	// Regions is the parts of the world that the country belongs to.
	Regions []BaseRegion `json:"regions"`
	// Industry is the industry of the person.
	Industry string `json:"industry"`
	// Summary is the text about the person.
	Summary string `json:"summary"`
	// Services is the services that the person offers.
	Services string `json:"services"`
	// ProfilePhotoURL is the address of the photo.
	ProfilePhotoURL string `json:"profile_photo_url"`
	// Deleted marks a profile that is gone.
	Deleted Flag `json:"deleted"`
	// IsHidden marks a profile that is hidden.
	IsHidden Flag `json:"is_hidden"`
	// RecommendationsCount is the number of recommendations.
	RecommendationsCount Number `json:"recommendations_count"`
	// ConnectionsCount is the number of connections.
	ConnectionsCount Number `json:"connections_count"`
	// FollowerCount is the number of followers.
	FollowerCount Number `json:"follower_count"`
	// ExperienceCount is the number of positions.
	ExperienceCount Number `json:"experience_count"`
	// HistoricalIDs is the former IDs of the profile.
	HistoricalIDs Numbers `json:"historical_ids"`
	// ShorthandName is the part of ProfileURL after "/in/".
	ShorthandName string `json:"shorthand_name"`
	// CanonicalShorthandName is the shorthand name of the address that ProfileURL is redirected to.
	CanonicalShorthandName string `json:"canonical_shorthand_name"`
	// ShorthandNames is the present and former names after "/in/".
	ShorthandNames Texts `json:"shorthand_names"`

	// Activity is posts and reactions.
	Activity []BaseActivity `json:"activity"`
	// AlsoViewed is the profiles that visitors also looked at.
	AlsoViewed []BaseAlsoViewed `json:"also_viewed"`
	// Awards is honours and awards.
	Awards []BaseAward `json:"awards"`
	// Certifications is licences and certifications.
	Certifications []BaseCertification `json:"certifications"`
	// CourseSuggestions is courses that the source suggests.
	CourseSuggestions []BaseCourseSuggestion `json:"course_suggestions"`
	// Courses is courses taken.
	Courses []BaseCourse `json:"courses"`
	// Education is schools and degrees.
	Education []BaseEducation `json:"education"`
	// Experience is positions, present, past and deleted.
	Experience []BaseExperience `json:"experience"`
	// Groups is groups the person is in.
	Groups []BaseGroup `json:"groups"`
	// HiddenDetails is what the profile hides.
	HiddenDetails []BaseHiddenDetail `json:"hidden_details"`
	// InferredSkills is the names of skills.
	InferredSkills Texts `json:"inferred_skills"`
	// Interests is interests.
	Interests []BaseInterest `json:"interests"`
	// Languages is languages spoken.
	Languages []BaseLanguage `json:"languages"`
	// Organizations is memberships.
	Organizations []BaseOrganization `json:"organizations"`
	// OthersNamed is profiles of people of the same name.
	OthersNamed []BaseOtherNamed `json:"others_named"`
	// Patents is patents.
	Patents []BasePatent `json:"patents"`
	// PostsSeeMoreURLs is addresses of further posts.
	PostsSeeMoreURLs []BasePostsSeeMoreURL `json:"posts_see_more_urls"`
	// Projects is projects.
	Projects []BaseProject `json:"projects"`
	// Publications is publications.
	Publications []BasePublication `json:"publications"`
	// Recommendations is texts that others wrote about the person.
	Recommendations []BaseRecommendation `json:"recommendations"`
	// SimilarProfiles is profiles that the source finds alike.
	SimilarProfiles []BaseSimilarProfile `json:"similar_profiles"`
	// Skills is skills that the person gives.
	Skills []BaseSkill `json:"skills"`
	// TestScores is test scores.
	TestScores []BaseTestScore `json:"test_scores"`
	// VolunteeringCares is causes the person cares about.
	VolunteeringCares []BaseVolunteeringCare `json:"volunteering_cares"`
	// VolunteeringOpportunities is kinds of help that the person offers.
	VolunteeringOpportunities []BaseVolunteeringOpportunity `json:"volunteering_opportunities"`
	// VolunteeringPositions is voluntary work.
	VolunteeringPositions []BaseVolunteeringPosition `json:"volunteering_positions"`
	// VolunteeringSupports is organizations that the person supports.
	VolunteeringSupports []BaseVolunteeringSupport `json:"volunteering_supports"`
	// Websites is addresses the person gives.
	Websites []BaseWebsite `json:"websites"`

	kept record.Kept
}

// CurrentExperience returns the positions that the provider marks as current and that were not deleted from the
// profile, in their order.
func (r *BaseRecord) CurrentExperience() []BaseExperience {
	var current []BaseExperience
	for _, e := range r.Experience {
		if e.IsCurrent && !e.Deleted {
			current = append(current, e)
		}
	}
	return current
}

// Raw is the JSON that the record was decoded from by [Decode], otherwise nil. It must not be changed.
func (r *BaseRecord) Raw() json.RawMessage { return r.kept.Raw() }

// Unknown returns the fields of that JSON that have no place in the types, at every depth, under their paths, such as
// "processed_by" or "experience[0].tenure". It is worked out at each call and nil if there are none.
func (r *BaseRecord) Unknown() map[string]json.RawMessage { return r.kept.Unknown(*r) }

// Mismatched returns the paths of the fields of that JSON whose type did not fit and which are therefore zero, at most
// 1,000.
func (r *BaseRecord) Mismatched() []string { return r.kept.Mismatched() }

// Origin is the file and line that the record was read from; it is zero for a record that came from no file.
func (r *BaseRecord) Origin() Origin { return Origin(r.kept.Origin()) }

// MarshalJSON writes the record over the JSON it was decoded from: what was not changed stays as it came, with nulls,
// absent and unknown fields and the spelling of numbers, and what was changed is written in the form of its type. A row
// that was changed in its place keeps its unknown fields. A record that was not decoded by [Decode] is written without
// the fields that are zero.
func (r BaseRecord) MarshalJSON() ([]byte, error) { return r.kept.Merge(r) }

func (r *BaseRecord) keep(kept record.Kept) { r.kept = kept }

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (r *BaseRecord) EmployeeID() int64 { return r.ID }

// BaseDataset is the Base dataset of the current API, client.Employees.Base. It is safe for concurrent use.
type BaseDataset struct{ core core[BaseRecord] }

func (d *BaseDataset) calls() *core[BaseRecord] {
	if d == nil {
		return new(core[BaseRecord])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *BaseDataset) Cost() int64 { return d.calls().cost }

// PreviewCost returns the price of one page of a preview in credits, as the provider lists it (2026).
func (d *BaseDataset) PreviewCost() int64 { return d.calls().cost }

// WithBudget returns a dataset whose calls that cost credits (Collect, CollectFields, CollectMany and the previews)
// spend out of the budget: a call that it does not cover is not made, and fails with api.ErrBudget. A Budget in the
// options of CollectMany or of a walk over previews holds besides; if it is the same, nothing is paid out of it twice. A
// nil budget sets no bound.
func (d *BaseDataset) WithBudget(budget *Budget) *BaseDataset {
	return &BaseDataset{d.calls().withBudget(budget)}
}

// Collect fetches one employee's record. It spends credits (see [BaseDataset.Cost]); a call whose response was lost is
// not retried, since it may have been charged: the error is then api.ErrMaybeApplied. An unknown employee is
// api.ErrNotFound, an account without credits api.ErrNoCredits.
//
// The record may be of a profile that is hidden or gone: see [BaseRecord.Standing]. It may have another ID than was asked
// for, when the provider has merged profiles. A response that is no record is api.ErrUnexpectedResponse and
// api.ErrMaybeApplied. Source: document 000, "Collection endpoints".
func (d *BaseDataset) Collect(ctx context.Context, ref Ref, options ...api.CallOption) (*BaseRecord, error) {
	return d.calls().collect(ctx, ref, nil, options)
}

// CollectFields is Collect for the named fields only, such as "full_name" and "experience"; none named means all. The
// price is the same. A name that no field of [BaseRecord] has is api.ErrInvalid before anything is sent, and the error
// names the nearest one; for a field that is newer than this package, write "new:" before its name. A field inside a
// collection is named with a dot, "experience.title"; that the provider takes it is assumed. Ask for "id" as well if the
// record is to be told from others. Source: docs.coresignal.com, release notes of August 2025.
func (d *BaseDataset) CollectFields(ctx context.Context, ref Ref, fields []string, options ...api.CallOption) (*BaseRecord, error) {
	return d.calls().collect(ctx, ref, fields, options)
}

// CollectMany collects the records of many references, one call each, several at a time. It yields exactly one Result
// for each, in their order; one that fails does not end the others. Calls begin when the loop does, at most Concurrency
// ahead of it; leaving the loop cancels those in progress, which may have been charged (use a Concurrency of 1 to stop
// early without that). After an error that every further call would meet too (no credits, no valid key, an ended
// context) the rest is not sent and yields that error. api.WithMeta is filled before each Result is yielded.
//
// For more than a few dozen records use client.BulkCollect.
func (d *BaseDataset) CollectMany(ctx context.Context, refs []Ref, o CollectManyOptions, options ...api.CallOption) iter.Seq[Result[BaseRecord]] {
	return d.calls().collectMany(ctx, refs, o, options)
}

// ListByFilter searches by filters and returns one page of employee IDs. Collect turns IDs into records.
//
// A filter that the provider does not take is api.ErrInvalid. Source: docs.coresignal.com, "Search filters".
func (d *BaseDataset) ListByFilter(ctx context.Context, filter BaseFilter, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opBaseListByFilter, filter, o, options)
}

// AllByFilter walks all IDs that a search by filters finds, page by page. It is lazy, starts over with each loop, and
// ends after an error. What changes between two pages can be missed or come twice.
func (d *BaseDataset) AllByFilter(ctx context.Context, filter BaseFilter, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opBaseListByFilter, filter, o, options)
}

// EstimateByFilter returns, by one search, how many employees filters find and what they would cost. The search is
// free.
func (d *BaseDataset) EstimateByFilter(ctx context.Context, filter BaseFilter, options ...api.CallOption) (Estimate, error) {
	return d.calls().estimate(ctx, &opBaseListByFilter, filter, options)
}

// ListByQuery searches by an Elasticsearch query and returns one page of employee IDs.
//
// A query beyond the provider's limits, or one that it does not understand, is api.ErrInvalid. Source:
// docs.coresignal.com, "Elasticsearch DSL".
func (d *BaseDataset) ListByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opBaseListByQuery, q, o, options)
}

// AllByQuery walks all IDs that a search by query finds, page by page. It is lazy, starts over with each loop, and ends
// after an error. What changes between two pages can be missed or come twice.
func (d *BaseDataset) AllByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opBaseListByQuery, q, o, options)
}

// EstimateByQuery returns, by one search, how many employees a query finds and what they would cost. The search is
// free.
func (d *BaseDataset) EstimateByQuery(ctx context.Context, q Query, options ...api.CallOption) (Estimate, error) {
	return d.calls().estimate(ctx, &opBaseListByQuery, q, options)
}

// PreviewByFilter returns one page, counted from 1, of short rows of the employees that filters find, as PreviewByQuery
// does.
func (d *BaseDataset) PreviewByFilter(ctx context.Context, filter BaseFilter, page int, options ...api.CallOption) ([]Preview, error) {
	return d.calls().preview(ctx, &opBasePreviewByFilter, filter, page, options)
}

// AllPreviewsByFilter walks the pages of PreviewByFilter, as AllPreviewsByQuery does.
func (d *BaseDataset) AllPreviewsByFilter(ctx context.Context, filter BaseFilter, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	return d.calls().previews(ctx, &opBasePreviewByFilter, filter, o, options)
}

// PreviewByQuery returns one page, counted from 1, of short rows of the employees that a query finds. Each page costs
// credits (PreviewCost), and only the first [MaxPreviewPages] exist. The errors are those of Collect.
//
// Source: docs.coresignal.com, "Search preview".
func (d *BaseDataset) PreviewByQuery(ctx context.Context, q Query, page int, options ...api.CallOption) ([]Preview, error) {
	return d.calls().preview(ctx, &opBasePreviewByQuery, q, page, options)
}

// AllPreviewsByQuery walks the pages of PreviewByQuery, each paid for when the loop gets there. It starts over, and
// pays again, with each loop, and ends after an error.
func (d *BaseDataset) AllPreviewsByQuery(ctx context.Context, q Query, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	return d.calls().previews(ctx, &opBasePreviewByQuery, q, o, options)
}

// MapIDs translates IDs of V1 into those of the Base dataset, in the order of the list and in as many calls as are
// needed. One that is not known has New 0. The walk is lazy, starts over with each loop, and ends after an error. A bad
// line is found when the walk gets there: IDs before that line may have been translated, those of the same call are
// not, so Check the list first if that matters.
//
// Source: docs.coresignal.com/api/base-employee-api-mapping-endpoint.
func (d *BaseDataset) MapIDs(ctx context.Context, ids IDSource, options ...api.CallOption) iter.Seq2[MappedID, error] {
	return mapIDs(ctx, d.calls().pipeline, &opBaseMapIDs, ids, options)
}
