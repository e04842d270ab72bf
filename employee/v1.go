package employee

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/record"
)

// V1Record is a profile of the V1 dataset, the member or employee record of the first API version. All fields of
// documented and observed records are typed. Collections are slices of rows; most rows of a record are history, marked
// deleted, so read them through [V1Record.CurrentExperience] or with a look at Deleted.
//
// A field that is null, absent or of an unexpected JSON type is zero. The record remembers the JSON it was decoded
// from: see [Decode].
type V1Record struct {
	// ID is Coresignal's number for the profile in this dataset.
	ID int64 `json:"id"`
	// Name is the full name.
	Name string `json:"name"`
	// FirstName stands only in newer records.
	FirstName string `json:"first_name"`
	// LastName stands only in newer records.
	LastName string `json:"last_name"`
	// Title is the line under the name.
	Title string `json:"title"`
	// UserGeneratedHeadline is known from the search index; no record with it was seen.
	UserGeneratedHeadline string `json:"user_generated_headline"`
	// URL is the address of the profile.
	URL string `json:"url"`
	// Hash is the provider's hash of URL.
	Hash string `json:"hash"`
	// Location is the place as the profile states it.
	Location string `json:"location"`
	// Industry is the industry of the person.
	Industry string `json:"industry"`
	// Summary is the text about the person.
	Summary string `json:"summary"`
	// Connections is a text such as "500+ connections".
	Connections Text `json:"connections"`
	// RecommendationsCount is written as a string.
	RecommendationsCount Number `json:"recommendations_count"`
	// LogoURL is the address of the photo.
	LogoURL string `json:"logo_url"`
	// LastResponseCode is the HTTP status that the provider last got for the profile.
	LastResponseCode int64 `json:"last_response_code"`
	// Created is when the record was made.
	Created Timestamp `json:"created"`
	// LastUpdated is when the record last changed.
	LastUpdated Timestamp `json:"last_updated"`
	// Outdated marks a record that the provider holds for old.
	Outdated Flag `json:"outdated"`
	// Deleted marks a profile that is gone.
	Deleted Flag `json:"deleted"`
	// Country is the English name of the country.
	Country string `json:"country"`
	// ConnectionsCount is the number of connections.
	ConnectionsCount int64 `json:"connections_count"`
	// ExperienceCount is the number of positions.
	ExperienceCount int64 `json:"experience_count"`
	// LastUpdatedUX is LastUpdated in seconds since 1970.
	LastUpdatedUX int64 `json:"last_updated_ux"`
	// ShorthandName is the part of URL after "/in/".
	ShorthandName string `json:"member_shorthand_name"`
	// ShorthandNameHash is the provider's hash of ShorthandName.
	ShorthandNameHash string `json:"member_shorthand_name_hash"`
	// CanonicalURL is the address that the source redirects to.
	CanonicalURL string `json:"canonical_url"`
	// CanonicalHash is the provider's hash of CanonicalURL.
	CanonicalHash string `json:"canonical_hash"`
	// CanonicalShorthandName is the part of CanonicalURL after "/in/".
	CanonicalShorthandName string `json:"canonical_shorthand_name"`
	// CanonicalShorthandNameHash is the provider's hash of CanonicalShorthandName.
	CanonicalShorthandNameHash string `json:"canonical_shorthand_name_hash"`

	// AlsoViewed is the profiles that visitors also looked at.
	AlsoViewed []V1AlsoViewed `json:"member_also_viewed_collection"`
	// Awards is honours and awards.
	Awards []V1Award `json:"member_awards_collection"`
	// Certifications is licences and certifications.
	Certifications []V1Certification `json:"member_certifications_collection"`
	// Courses is courses taken.
	Courses []V1Course `json:"member_courses_collection"`
	// CourseSuggestions is courses that the source suggests.
	CourseSuggestions []V1CourseSuggestion `json:"member_courses_suggestion_collection"`
	// Education is schools and degrees.
	Education []V1Education `json:"member_education_collection"`
	// Experience is positions, present, past and deleted.
	Experience []V1Experience `json:"member_experience_collection"`
	// Groups is groups the person is in.
	Groups []V1Group `json:"member_groups_collection"`
	// Interests is interests; every row seen is deleted.
	Interests []V1Interest `json:"member_interests_collection"`
	// Languages is languages spoken.
	Languages []V1Language `json:"member_languages_collection"`
	// Organizations is memberships.
	Organizations []V1Organization `json:"member_organizations_collection"`
	// Patents is patents.
	Patents []V1Patent `json:"member_patents_collection"`
	// PostsSeeMoreURLs is addresses of further posts.
	PostsSeeMoreURLs []V1PostsSeeMoreURL `json:"member_posts_see_more_urls_collection"`
	// Projects is projects.
	Projects []V1Project `json:"member_projects_collection"`
	// Publications is publications.
	Publications []V1Publication `json:"member_publications_collection"`
	// Recommendations is texts that others wrote about the person.
	Recommendations []V1Recommendation `json:"member_recommendations_collection"`
	// SimilarProfiles is profiles that the source finds alike.
	SimilarProfiles []V1SimilarProfile `json:"member_similar_profiles_collection"`
	// Skills is skills; every row seen is deleted.
	Skills []V1Skill `json:"member_skills_collection"`
	// TestScores was never seen filled.
	TestScores []V1TestScore `json:"member_test_scores_collection"`
	// VolunteeringCares is causes the person cares about.
	VolunteeringCares []V1VolunteeringCare `json:"member_volunteering_cares_collection"`
	// VolunteeringOpportunities is kinds of help that the person offers.
	VolunteeringOpportunities []V1VolunteeringOpportunity `json:"member_volunteering_opportunities_collection"`
	// VolunteeringPositions is voluntary work.
	VolunteeringPositions []V1VolunteeringPosition `json:"member_volunteering_positions_collection"`
	// VolunteeringSupports is organizations that the person supports.
	VolunteeringSupports []V1VolunteeringSupport `json:"member_volunteering_supports_collection"`
	// Websites is addresses the person gives, often malformed.
	Websites []V1Website `json:"member_websites_collection"`

	kept record.Kept
}

// CurrentExperience returns the positions that the profile shows without an end, in their order. Deleted rows, which
// are history and four fifths of all rows, are left out. The provider writes no end also where it does not know it, so
// a position returned here may be over.
func (r *V1Record) CurrentExperience() []V1Experience {
	var current []V1Experience
	for _, e := range r.Experience {
		if !e.Deleted && e.DateTo == "" {
			current = append(current, e)
		}
	}
	return current
}

// Raw is the JSON that the record was decoded from by [Decode], otherwise nil. It must not be changed.
func (r *V1Record) Raw() json.RawMessage { return r.kept.Raw() }

// Unknown returns the fields of that JSON that have no place in the types, at every depth, under their paths, such as
// "processed_by" or "member_experience_collection[0].tenure". It is worked out at each call and nil if there are none.
func (r *V1Record) Unknown() map[string]json.RawMessage { return r.kept.Unknown(*r) }

// Mismatched returns the paths of the fields of that JSON whose type did not fit and which are therefore zero, at most
// 1,000.
func (r *V1Record) Mismatched() []string { return r.kept.Mismatched() }

// Origin is the file and line that the record was read from; it is zero for a record that came from no file.
func (r *V1Record) Origin() Origin { return Origin(r.kept.Origin()) }

// MarshalJSON writes the record over the JSON it was decoded from: what was not changed stays as it came, with nulls,
// absent and unknown fields and the spelling of numbers, and what was changed is written in the form of its type. A row
// that was changed in its place keeps its unknown fields. A record that was not decoded by [Decode] is written without
// the fields that are zero.
func (r V1Record) MarshalJSON() ([]byte, error) { return r.kept.Merge(r) }

func (r *V1Record) keep(kept record.Kept) { r.kept = kept }

// V1AlsoViewed is a profile that visitors also looked at.
type V1AlsoViewed struct {
	V1Row

	// URL is the address of the profile.
	URL string `json:"url"`
	// Title is the line under the name.
	Title string `json:"title"`
	// Location is the place as the profile states it.
	Location string `json:"location"`
}

// V1SimilarProfile is a profile that the source finds alike.
type V1SimilarProfile struct {
	V1Row

	// URL is the address of the profile.
	URL string `json:"url"`
}

// V1Group is a group the person is in.
type V1Group struct {
	V1Row

	// Name is its name.
	Name string `json:"name"`
	// URL is its address.
	URL string `json:"url"`
}

// V1Recommendation is what somebody wrote about the person.
type V1Recommendation struct {
	V1Row

	// Recommendation is the text.
	Recommendation string `json:"recommendation"`
}

// V1Website is an address the person gives.
type V1Website struct {
	V1Row

	// Website is the address, often malformed.
	Website string `json:"website"`
}

// V1PostsSeeMoreURL is an address of further posts.
type V1PostsSeeMoreURL struct {
	V1Row

	// URL is the address.
	URL string `json:"url"`
}

// V1TestScore is a test score. No row was ever seen; what it holds besides V1Row is not known.
type V1TestScore struct {
	V1Row
}

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (r *V1Record) EmployeeID() int64 { return r.ID }

// V1Dataset is the dataset of the first API version, client.Employees.V1. It is safe for concurrent use. Searches cost
// a credit there, and there are no previews. The methods that it shares with [BaseDataset] are described there in full.
type V1Dataset struct{ core core[V1Record] }

func (d *V1Dataset) calls() *core[V1Record] {
	if d == nil {
		return new(core[V1Record])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *V1Dataset) Cost() int64 { return d.calls().cost }

// WithBudget returns a dataset whose Collect, CollectFields and CollectMany spend out of the budget: a call that it
// does not cover is not made, and fails with api.ErrBudget. A nil budget sets no bound.
func (d *V1Dataset) WithBudget(budget *Budget) *V1Dataset {
	return &V1Dataset{d.calls().withBudget(budget)}
}

// Collect fetches one employee's record. It spends credits (see [V1Dataset.Cost]); a call whose response was lost is
// not retried, since it may have been charged: the error is then api.ErrMaybeApplied. An unknown employee is
// api.ErrNotFound, an account without credits api.ErrNoCredits.
func (d *V1Dataset) Collect(ctx context.Context, ref Ref, options ...api.CallOption) (*V1Record, error) {
	return d.calls().collect(ctx, ref, nil, options)
}

// CollectFields is Collect for the named fields only; none named means all. The price is the same. Which names are
// taken is said at [BaseDataset.CollectFields].
func (d *V1Dataset) CollectFields(ctx context.Context, ref Ref, fields []string, options ...api.CallOption) (*V1Record, error) {
	return d.calls().collect(ctx, ref, fields, options)
}

// CollectMany collects the records of many references, one call each, several at a time. It yields exactly one Result
// for each, in their order; one that fails does not end the others.
func (d *V1Dataset) CollectMany(ctx context.Context, refs []Ref, o CollectManyOptions, options ...api.CallOption) iter.Seq[Result[V1Record]] {
	return d.calls().collectMany(ctx, refs, o, options)
}

// ListByFilter searches by filters and returns one page of employee IDs. Collect turns IDs into records. It costs a
// search credit.
func (d *V1Dataset) ListByFilter(ctx context.Context, filter V1Filter, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opV1ListByFilter, filter, o, options)
}

// AllByFilter walks all IDs that a search by filters finds, page by page, each for a search credit. It is lazy, starts
// over with each loop, and ends after an error.
func (d *V1Dataset) AllByFilter(ctx context.Context, filter V1Filter, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opV1ListByFilter, filter, o, options)
}

// EstimateByFilter returns, by one search, how many employees filters find and what they would cost. The search
// costs a search credit.
func (d *V1Dataset) EstimateByFilter(ctx context.Context, filter V1Filter, options ...api.CallOption) (Estimate, error) {
	return d.calls().estimate(ctx, &opV1ListByFilter, filter, options)
}

// ListByQuery searches by an Elasticsearch query and returns one page of employee IDs. It costs a search credit.
func (d *V1Dataset) ListByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opV1ListByQuery, q, o, options)
}

// AllByQuery walks all IDs that a search by query finds, page by page, each for a search credit. It is lazy, starts
// over with each loop, and ends after an error.
func (d *V1Dataset) AllByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opV1ListByQuery, q, o, options)
}

// EstimateByQuery returns, by one search, how many employees a query finds and what they would cost. The search
// costs a search credit.
func (d *V1Dataset) EstimateByQuery(ctx context.Context, q Query, options ...api.CallOption) (Estimate, error) {
	return d.calls().estimate(ctx, &opV1ListByQuery, q, options)
}
