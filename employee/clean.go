package employee

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/record"
)

// CleanRecord is a profile of the Clean dataset. The fields that the facts about the dataset name are typed; its
// collections besides experience and education, and whatever else a record holds, are in [CleanRecord.Unknown]. The
// file product of the same name puts "member_" before every field; it is another format and not read here.
//
// A field that is null, absent or of an unexpected JSON type is zero. The record remembers the JSON it was decoded
// from: see [Decode].
type CleanRecord struct {
	// ID is Coresignal's number for the profile in this dataset.
	ID int64 `json:"id"`
	// LastUpdated is the day on which the record last changed, without a time.
	LastUpdated Timestamp `json:"last_updated"`
	// IsDeleted marks a profile that is deleted or private.
	IsDeleted Flag `json:"is_deleted"`
	// IsParent is documented and was never seen filled: duplicates of a person cannot be found by it.
	IsParent Flag `json:"is_parent"`
	// IsHidden marks a profile that is hidden.
	IsHidden Flag `json:"is_hidden"`
	// FullName is the full name, cleaned by the provider.
	FullName string `json:"full_name"`
	// FirstName is the first name.
	FirstName string `json:"name_first"`
	// MiddleName is the middle name, which the provider makes out of FullName.
	MiddleName string `json:"name_middle"`
	// LastName is the last name.
	LastName string `json:"name_last"`
	// ProfessionalNetworkURL is the address of the profile. The search index holds it without scheme and "www.".
	ProfessionalNetworkURL string `json:"websites_professional_network"`
	// ShorthandNames is the present and former names after "/in/".
	ShorthandNames Texts `json:"shorthand_names"`
	// PublicProfileID is the number of the profile at the source.
	PublicProfileID Text `json:"public_profile_id"`
	// PictureURL is the address of the photo.
	PictureURL string `json:"picture_url"`
	// FollowerCount is the number of followers.
	FollowerCount Number `json:"follower_count"`
	// Skills is the names of skills.
	Skills Texts `json:"skills"`
	// Description is the text about the present position.
	Description string `json:"description"`
	// Headline is the line under the name.
	Headline string `json:"headline"`
	// GeneratedHeadline is the headline as other public pages show it.
	GeneratedHeadline string `json:"generated_headline"`
	// CompanyID is Coresignal's number for the company of the main present position, or 0.
	CompanyID Number `json:"company_id"`
	// JobTitle is the title of the main present position.
	JobTitle string `json:"job_title"`
	// ManagementLevel is the level of that position, such as "Head" or "C-Level".
	ManagementLevel string `json:"management_level"`
	// Department is the department of that position.
	Department string `json:"department"`
	// IsDecisionMaker marks a person who decides, judged by the title.
	IsDecisionMaker Flag `json:"is_decision_maker"`
	// IsWorking marks a person who has a present position.
	IsWorking Flag `json:"is_working"`
	// LocationCountry is the English name of the country.
	LocationCountry string `json:"location_country"`
	// LocationRegions is the parts of the world that the country belongs to.
	LocationRegions []Region `json:"location_regions"`

	// Experience is positions, present and past.
	Experience []CleanExperience `json:"experience"`
	// Education is schools and degrees.
	Education []CleanEducation `json:"education"`

	kept record.Kept
}

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (r *CleanRecord) EmployeeID() int64 { return r.ID }

// CurrentExperience returns the positions without an end, in their order. The dataset has no mark for a current
// position: an open one lacks date_to, and null is read alike. The first of them need not be the one that JobTitle and
// CompanyID describe.
func (r *CleanRecord) CurrentExperience() []CleanExperience {
	var current []CleanExperience
	for _, e := range r.Experience {
		if e.DateTo == "" {
			current = append(current, e)
		}
	}
	return current
}

// Raw is the JSON that the record was decoded from by [Decode], otherwise nil. It must not be changed.
func (r *CleanRecord) Raw() json.RawMessage { return r.kept.Raw() }

// Unknown returns the fields of that JSON that have no place in the types, at every depth, under their paths, such as
// "languages" or "experience[0].tenure". It is worked out at each call and nil if there are none.
func (r *CleanRecord) Unknown() map[string]json.RawMessage { return r.kept.Unknown(*r) }

// Mismatched returns the paths of the fields of that JSON whose type did not fit and which are therefore zero, at most
// 1,000.
func (r *CleanRecord) Mismatched() []string { return r.kept.Mismatched() }

// Origin is the file and line that the record was read from; it is zero for a record that came from no file.
func (r *CleanRecord) Origin() Origin { return Origin(r.kept.Origin()) }

// MarshalJSON writes the record over the JSON it was decoded from: what was not changed stays as it came, with nulls,
// absent and unknown fields and the spelling of numbers, and what was changed is written in the form of its type. A row
// that was changed in its place keeps its unknown fields. A record that was not decoded by [Decode] is written without
// the fields that are zero.
func (r CleanRecord) MarshalJSON() ([]byte, error) { return r.kept.Merge(r) }

func (r *CleanRecord) keep(kept record.Kept) { r.kept = kept }

// CleanExperience is a position. A position that is held now has no DateTo; there is no other mark.
type CleanExperience struct {
	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID Number `json:"company_id"`
	// CompanyName is the name of the company.
	CompanyName string `json:"company_name"`
	// CompanyProfessionalNetworkURL is the address of the company's profile. The search index holds it without scheme
	// and "www.".
	CompanyProfessionalNetworkURL string `json:"company_professional_network_url"`
	// CompanyShorthandName is the part of that address after "/company/". It goes stale when the company changes it.
	CompanyShorthandName string `json:"company_shorthand_name"`
	// CompanyWebsite is the company's website. The search index holds it without scheme and "www.".
	CompanyWebsite string `json:"company_website"`
	// Title is the job title.
	Title string `json:"title"`
	// Department is the department of the position.
	Department string `json:"department"`
	// ManagementLevel is the level of the position, such as "Head" or "C-Level".
	ManagementLevel string `json:"management_level"`
	// DateFrom is when it began. The form in which it is written is not known.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended; it is empty for a position that is held now.
	DateTo ProfileDate `json:"date_to"`
	// Duration is how long it lasted. Neither its form nor its unit is known.
	Duration Text `json:"duration"`
	// Location is the place of work.
	Location string `json:"location"`
	// OrderInProfile is the place in the profile, from 1.
	OrderInProfile Number `json:"order_in_profile"`
}

// CleanEducation is a school or degree. No source shows a row of this collection: the names of all fields are
// assumed, and what a row really holds may be found in [CleanRecord.Unknown].
type CleanEducation struct {
	// Title is the name of the school. The name is assumed.
	Title Text `json:"title"`
	// Major is the field of study. The name is assumed.
	Major Text `json:"major"`
	// DateFrom is when it began. The name is assumed.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended. The name is assumed.
	DateTo ProfileDate `json:"date_to"`
	// OrderInProfile is the place in the profile, from 1. The name is assumed.
	OrderInProfile Number `json:"order_in_profile"`
}

// CleanDataset is the Clean dataset of the current API, client.Employees.Clean. It is safe for concurrent use. The
// methods that it shares with [BaseDataset] are described there in full.
type CleanDataset struct{ core core[CleanRecord] }

func (d *CleanDataset) calls() *core[CleanRecord] {
	if d == nil {
		return new(core[CleanRecord])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *CleanDataset) Cost() int64 { return d.calls().cost }

// PreviewCost returns the price of one page of a preview in credits, as the provider lists it (2026).
func (d *CleanDataset) PreviewCost() int64 { return d.calls().cost }

// WithBudget returns a dataset whose Collect, CollectFields, CollectMany and previews spend out of the budget: a call
// that it does not cover is not made, and fails with api.ErrBudget. A nil budget sets no bound.
func (d *CleanDataset) WithBudget(budget *Budget) *CleanDataset {
	return &CleanDataset{d.calls().withBudget(budget)}
}

// Collect fetches one employee's record. It spends credits (see [CleanDataset.Cost]); a call whose response was lost is
// not retried, since it may have been charged: the error is then api.ErrMaybeApplied. An unknown employee is
// api.ErrNotFound, an account without credits api.ErrNoCredits.
func (d *CleanDataset) Collect(ctx context.Context, ref Ref, options ...api.CallOption) (*CleanRecord, error) {
	return d.calls().collect(ctx, ref, nil, options)
}

// CollectFields is Collect for the named fields only; none named means all. The price is the same. Which names are
// taken is said at [BaseDataset.CollectFields].
func (d *CleanDataset) CollectFields(ctx context.Context, ref Ref, fields []string, options ...api.CallOption) (*CleanRecord, error) {
	return d.calls().collect(ctx, ref, fields, options)
}

// CollectMany collects the records of many references, one call each, several at a time. It yields exactly one Result
// for each, in their order; one that fails does not end the others.
func (d *CleanDataset) CollectMany(ctx context.Context, refs []Ref, o CollectManyOptions, options ...api.CallOption) iter.Seq[Result[CleanRecord]] {
	return d.calls().collectMany(ctx, refs, o, options)
}

// ListByQuery searches by an Elasticsearch query and returns one page of employee IDs.
func (d *CleanDataset) ListByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opCleanListByQuery, q, o, options)
}

// AllByQuery walks all IDs that a search by query finds, page by page. It is lazy, starts over with each loop, and ends
// after an error.
func (d *CleanDataset) AllByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opCleanListByQuery, q, o, options)
}

// EstimateByQuery returns, by one search, how many employees a query finds and what they would cost. The search is
// free.
func (d *CleanDataset) EstimateByQuery(ctx context.Context, q Query, options ...api.CallOption) (Estimate, error) {
	return d.calls().estimate(ctx, &opCleanListByQuery, q, options)
}

// ListBySemanticQuery is ListByQuery with synonyms of the job titles in the query, which the provider adds.
//
// Source: docs.coresignal.com, release notes of July 2026. Only one source names it for the Clean dataset (assumed).
func (d *CleanDataset) ListBySemanticQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opCleanListBySemanticQuery, q, o, options)
}

// AllBySemanticQuery walks all IDs that ListBySemanticQuery finds, as AllByQuery does.
func (d *CleanDataset) AllBySemanticQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opCleanListBySemanticQuery, q, o, options)
}

// PreviewByQuery returns one page, counted from 1, of short rows of the employees that a query finds. Each page costs
// credits (PreviewCost), and only the first [MaxPreviewPages] exist.
func (d *CleanDataset) PreviewByQuery(ctx context.Context, q Query, page int, options ...api.CallOption) ([]Preview, error) {
	return d.calls().preview(ctx, &opCleanPreviewByQuery, q, page, options)
}

// AllPreviewsByQuery walks the pages of PreviewByQuery, each paid for when the loop gets there. It starts over, and
// pays again, with each loop, and ends after an error.
func (d *CleanDataset) AllPreviewsByQuery(ctx context.Context, q Query, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	return d.calls().previews(ctx, &opCleanPreviewByQuery, q, o, options)
}
