package employee

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/record"
)

// MultiSourceRecord is a profile of the MultiSource dataset, which the provider also calls simply the Employee
// dataset. Every field of its search index and of observed records is typed. The provider adds fields every month:
// those are in [MultiSourceRecord.Unknown] until they get a place here.
//
// Some fields have one name in the documents and another in what the provider sends. Both have a field, and a method
// that returns the one that is filled: [MultiSourceRecord.NetworkURL], [MultiSourceRecord.ShorthandNames],
// [MultiSourceExperience.CompanyNetworkURL] and [MultiSourceExperience.StockTickers].
//
// A field that is null, absent or of an unexpected JSON type is zero. The record remembers the JSON it was decoded
// from: see [Decode].
type MultiSourceRecord struct {
	// ID is Coresignal's number for the profile in this dataset.
	ID int64 `json:"id"`
	// ParentID is the ID of the main profile of the person; for that profile it is its own ID.
	ParentID Number `json:"parent_id"`
	// HistoricalIDs is the present and former IDs of the profile. The documents call them strings; numbers are sent.
	HistoricalIDs Numbers `json:"historical_ids"`
	// PublicProfileID is the number of the profile at the source.
	PublicProfileID Number `json:"public_profile_id"`
	// LinkedInURL is the address of the profile, under the name that records were seen to have.
	LinkedInURL string `json:"linkedin_url"`
	// ProfessionalNetworkURL is the same address, under the name that the documents have. Read
	// [MultiSourceRecord.NetworkURL].
	ProfessionalNetworkURL string `json:"professional_network_url"`
	// LinkedInShorthandNames is the present and former names after "/in/", under the name that records were seen to
	// have.
	LinkedInShorthandNames Texts `json:"linkedin_shorthand_names"`
	// ProfessionalNetworkShorthandNames is the same names, under the name that the documents have. Read
	// [MultiSourceRecord.ShorthandNames].
	ProfessionalNetworkShorthandNames Texts `json:"professional_network_shorthand_names"`

	// CreatedAt is when the record was made.
	CreatedAt Timestamp `json:"created_at"`
	// UpdatedAt is when the record was last updated in full.
	UpdatedAt Timestamp `json:"updated_at"`
	// CheckedAt is when the provider last checked a part of the profile.
	CheckedAt Timestamp `json:"checked_at"`
	// ChangedAt is when the record last changed.
	ChangedAt Timestamp `json:"changed_at"`
	// ExperienceChangeLastIdentifiedAt is when a change of positions was last found.
	ExperienceChangeLastIdentifiedAt Timestamp `json:"experience_change_last_identified_at"`
	// ProcessedAt is when the provider last processed the record, since August 2026.
	ProcessedAt Timestamp `json:"processed_at"`
	// IsDeleted marks a profile that is deleted or private.
	IsDeleted Flag `json:"is_deleted"`
	// IsParent marks the one profile among duplicates of a person to be used.
	IsParent Flag `json:"is_parent"`

	// FullName is the full name.
	FullName string `json:"full_name"`
	// FirstName is the first name.
	FirstName string `json:"first_name"`
	// FirstNameInitial is the first letter of FirstName.
	FirstNameInitial string `json:"first_name_initial"`
	// MiddleName is the middle name.
	MiddleName string `json:"middle_name"`
	// MiddleNameInitial is the first letter of MiddleName.
	MiddleNameInitial string `json:"middle_name_initial"`
	// LastName is the last name.
	LastName string `json:"last_name"`
	// LastNameInitial is the first letter of LastName.
	LastNameInitial string `json:"last_name_initial"`
	// Headline is the line under the name.
	Headline string `json:"headline"`
	// GeneratedHeadline is a headline from other sources. It stands in a sample of the documents; no record with it
	// was seen.
	GeneratedHeadline string `json:"generated_headline"`
	// Summary is the text about the person; it may hold HTML.
	Summary string `json:"summary"`
	// Services is the services that the person offers.
	Services string `json:"services"`
	// PictureURL is the address of the photo.
	PictureURL string `json:"picture_url"`
	// Interests is what the person is interested in.
	Interests Texts `json:"interests"`
	// InferredSkills is skills that the provider read out of the texts of the profile.
	InferredSkills Texts `json:"inferred_skills"`
	// HistoricalSkills is skills that the profile once listed.
	HistoricalSkills Texts `json:"historical_skills"`
	// ConnectionsCount is the number of connections.
	ConnectionsCount Number `json:"connections_count"`
	// FollowersCount is the number of followers.
	FollowersCount Number `json:"followers_count"`

	// LocationFull is the place as the profile states it.
	LocationFull string `json:"location_full"`
	// LocationCity is the city of LocationFull.
	LocationCity string `json:"location_city"`
	// LocationState is the state or region of LocationFull.
	LocationState string `json:"location_state"`
	// LocationCountry is the English name of the country.
	LocationCountry string `json:"location_country"`
	// LocationCountryISO2 is the code of the country with two letters.
	LocationCountryISO2 string `json:"location_country_iso2"`
	// LocationCountryISO3 is the code of the country with three letters.
	LocationCountryISO3 string `json:"location_country_iso3"`
	// LocationRegions is the parts of the world that the country belongs to.
	LocationRegions []Region `json:"location_regions"`

	// PrimaryProfessionalEmail is the best address at work.
	PrimaryProfessionalEmail string `json:"primary_professional_email"`
	// PrimaryProfessionalEmailStatus is how sure it is: "verified", "matched_email", "matched_pattern" or
	// "guessed_common_pattern".
	PrimaryProfessionalEmailStatus string `json:"primary_professional_email_status"`
	// ProfessionalEmails is all addresses at work.
	ProfessionalEmails []MultiSourceEmail `json:"professional_emails_collection"`

	// IsWorking marks a person who has a present position.
	IsWorking Flag `json:"is_working"`
	// IsDecisionMaker marks a person who decides, judged by the title.
	IsDecisionMaker Flag `json:"is_decision_maker"`
	// ActiveExperienceCompanyID is Coresignal's number for the company of the main present position, or 0.
	ActiveExperienceCompanyID Number `json:"active_experience_company_id"`
	// ActiveExperienceTitle is the title of that position.
	ActiveExperienceTitle string `json:"active_experience_title"`
	// ActiveExperienceDescription is the text about that position.
	ActiveExperienceDescription string `json:"active_experience_description"`
	// ActiveExperienceDepartment is the department of that position.
	ActiveExperienceDepartment string `json:"active_experience_department"`
	// ActiveExperienceManagementLevel is the level of that position, such as "Senior".
	ActiveExperienceManagementLevel string `json:"active_experience_management_level"`
	// TotalExperienceDurationMonths is the length of all positions together.
	TotalExperienceDurationMonths Number `json:"total_experience_duration_months"`
	// DurationsByDepartment is that length by department.
	DurationsByDepartment []MultiSourceDepartmentDuration `json:"total_experience_duration_months_breakdown_department"`
	// DurationsByManagementLevel is that length by level.
	DurationsByManagementLevel []MultiSourceManagementLevelDuration `json:"total_experience_duration_months_breakdown_management_level"`
	// Experience is positions, present and past, each with what is known of the company.
	Experience []MultiSourceExperience `json:"experience"`
	// ExperienceRecentlyStarted is positions that were lately found to have begun.
	ExperienceRecentlyStarted []MultiSourceExperienceChange `json:"experience_recently_started"`
	// ExperienceRecentlyClosed is positions that were lately found to have ended.
	ExperienceRecentlyClosed []MultiSourceExperienceChange `json:"experience_recently_closed"`
	// RootFieldChanges is when each root field last changed.
	RootFieldChanges []MultiSourceFieldChange `json:"profile_root_field_changes_summary"`
	// CollectionFieldChanges is when each collection last changed; its rows have no ChangeType.
	CollectionFieldChanges []MultiSourceFieldChange `json:"profile_collection_field_changes_summary"`

	MultiSourceSalaries
	MultiSourceSignals

	// LastGraduationDate is when the last degree was got: a year, although the documents call it a date.
	LastGraduationDate ProfileDate `json:"last_graduation_date"`
	// EducationDegrees is the names of degrees.
	EducationDegrees Texts `json:"education_degrees"`
	// Education is schools and degrees.
	Education []MultiSourceEducation `json:"education"`

	// Activity is posts and reactions.
	Activity []MultiSourceActivity `json:"activity"`
	// Awards is honours and awards.
	Awards []MultiSourceAward `json:"awards"`
	// Certifications is licences and certifications.
	Certifications []MultiSourceCertification `json:"certifications"`
	// Courses is courses taken.
	Courses []MultiSourceCourse `json:"courses"`
	// Languages is languages spoken.
	Languages []MultiSourceLanguage `json:"languages"`
	// Organizations is memberships.
	Organizations []MultiSourceOrganization `json:"organizations"`
	// PatentsCount is the number of patents.
	PatentsCount Number `json:"patents_count"`
	// PatentsTopics is what the patents are about.
	PatentsTopics Texts `json:"patents_topics"`
	// Patents is patents.
	Patents []MultiSourcePatent `json:"patents"`
	// ProjectsCount is the number of projects.
	ProjectsCount Number `json:"projects_count"`
	// ProjectsTopics is what the projects are about.
	ProjectsTopics Texts `json:"projects_topics"`
	// Projects is projects.
	Projects []MultiSourceProject `json:"projects"`
	// PublicationsCount is the number of publications.
	PublicationsCount Number `json:"publications_count"`
	// PublicationsTopics is what the publications are about.
	PublicationsTopics Texts `json:"publications_topics"`
	// Publications is publications.
	Publications []MultiSourcePublication `json:"publications"`
	// RecommendationsCount is the number of recommendations.
	RecommendationsCount Number `json:"recommendations_count"`
	// Recommendations is texts that others wrote about the person.
	Recommendations []MultiSourceRecommendation `json:"recommendations"`
	// GitHubURL is the address of the person's GitHub profile.
	GitHubURL string `json:"github_url"`
	// GitHubUsername is the name of that profile.
	GitHubUsername string `json:"github_username"`
	// GitHubMappingConfidence is how sure it is that the GitHub profile is this person's. The scale is not known.
	GitHubMappingConfidence Number `json:"github_mapping_confidence"`
	// GitHubContributionsCount is the number of contributions there.
	GitHubContributionsCount Number `json:"github_contributions_count"`
	// GitHubRepositories is repositories there.
	GitHubRepositories []MultiSourceRepository `json:"github_repos_summary"`

	kept record.Kept
}

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (r *MultiSourceRecord) EmployeeID() int64 { return r.ID }

// NetworkURL returns the address of the profile, whichever of its two names it came under. If both are filled, it is
// ProfessionalNetworkURL.
func (r *MultiSourceRecord) NetworkURL() string {
	return cmp.Or(r.ProfessionalNetworkURL, r.LinkedInURL)
}

// ShorthandNames returns the present and former names after "/in/", whichever of their two names they came under. If
// both are filled, it is ProfessionalNetworkShorthandNames. The slice is the record's own.
func (r *MultiSourceRecord) ShorthandNames() []string {
	if len(r.ProfessionalNetworkShorthandNames) > 0 {
		return r.ProfessionalNetworkShorthandNames
	}
	return r.LinkedInShorthandNames
}

// CurrentExperience returns the positions that the provider marks as active, in their order.
func (r *MultiSourceRecord) CurrentExperience() []MultiSourceExperience {
	var current []MultiSourceExperience
	for i := range r.Experience {
		if r.Experience[i].ActiveExperience {
			current = append(current, r.Experience[i])
		}
	}
	return current
}

// Raw is the JSON that the record was decoded from by [Decode], otherwise nil. It must not be changed.
func (r *MultiSourceRecord) Raw() json.RawMessage { return r.kept.Raw() }

// Unknown returns the fields of that JSON that have no place in the types, at every depth, under their paths, such as
// "investments" or "experience[0].tenure". It is worked out at each call and nil if there are none.
func (r *MultiSourceRecord) Unknown() map[string]json.RawMessage { return r.kept.Unknown(*r) }

// Mismatched returns the paths of the fields of that JSON whose type did not fit and which are therefore zero, at most
// 1,000.
func (r *MultiSourceRecord) Mismatched() []string { return r.kept.Mismatched() }

// Origin is the file and line that the record was read from; it is zero for a record that came from no file.
func (r *MultiSourceRecord) Origin() Origin { return Origin(r.kept.Origin()) }

// MarshalJSON writes the record over the JSON it was decoded from: what was not changed stays as it came, with nulls,
// absent and unknown fields and the spelling of numbers, and what was changed is written in the form of its type. A row
// that was changed in its place keeps its unknown fields. A record that was not decoded by [Decode] is written without
// the fields that are zero. It fails for a [Decimal] that is not a finite number.
func (r MultiSourceRecord) MarshalJSON() ([]byte, error) { return r.kept.Merge(r) }

func (r *MultiSourceRecord) keep(kept record.Kept) { r.kept = kept }

// MultiSourceActivity is a post or a reaction to one.
type MultiSourceActivity struct {
	MultiSourceRow

	// ActivityURL is its address.
	ActivityURL string `json:"activity_url"`
	// Title is the text.
	Title string `json:"title"`
	// Action is what the person did, such as "Liked by".
	Action string `json:"action"`
}

// MultiSourceRecommendation is what somebody wrote about the person.
type MultiSourceRecommendation struct {
	MultiSourceRow

	// Recommendation is the text.
	Recommendation string `json:"recommendation"`
	// RefereeFullName is the name of who wrote it.
	RefereeFullName string `json:"referee_full_name"`
	// RefereeURL is the address of who wrote it.
	RefereeURL string `json:"referee_url"`
}

// MultiSourceRepository is a repository on GitHub.
type MultiSourceRepository struct {
	// Name is its name.
	Name string `json:"name"`
	// Summary is what it is about.
	Summary string `json:"summary"`
	// Stars is how many people starred it. The provider spells the field "starts".
	Stars Number `json:"starts"`
	// ContributionsCount is the person's contributions to it.
	ContributionsCount Number `json:"contributions_count"`
}

// MultiSourceDataset is the Multi-source dataset of the current API, client.Employees.MultiSource. It is safe for
// concurrent use. The methods that it shares with [BaseDataset] are described there in full.
type MultiSourceDataset struct{ core core[MultiSourceRecord] }

func (d *MultiSourceDataset) calls() *core[MultiSourceRecord] {
	if d == nil {
		return new(core[MultiSourceRecord])
	}
	return &d.core
}

// Cost returns the price of one record in credits, as the provider lists it (2026).
func (d *MultiSourceDataset) Cost() int64 { return d.calls().cost }

// PreviewCost returns the price of one page of a preview in credits, as the provider lists it (2026).
func (d *MultiSourceDataset) PreviewCost() int64 { return d.calls().cost }

// WithBudget returns a dataset whose Collect, CollectFields, CollectMany and previews spend out of the budget: a call
// that it does not cover is not made, and fails with api.ErrBudget. A nil budget sets no bound.
func (d *MultiSourceDataset) WithBudget(budget *Budget) *MultiSourceDataset {
	return &MultiSourceDataset{d.calls().withBudget(budget)}
}

// Collect fetches one employee's record. It spends credits (see [MultiSourceDataset.Cost]); a call whose response was
// lost is not retried, since it may have been charged: the error is then api.ErrMaybeApplied. An unknown employee is
// api.ErrNotFound, an account without credits api.ErrNoCredits.
func (d *MultiSourceDataset) Collect(ctx context.Context, ref Ref, options ...api.CallOption) (*MultiSourceRecord, error) {
	return d.calls().collect(ctx, ref, nil, options)
}

// CollectFields is Collect for the named fields only; none named means all. The price is the same. Which names are
// taken is said at [BaseDataset.CollectFields].
func (d *MultiSourceDataset) CollectFields(ctx context.Context, ref Ref, fields []string, options ...api.CallOption) (*MultiSourceRecord, error) {
	return d.calls().collect(ctx, ref, fields, options)
}

// CollectMany collects the records of many references, one call each, several at a time. It yields exactly one Result
// for each, in their order; one that fails does not end the others.
func (d *MultiSourceDataset) CollectMany(ctx context.Context, refs []Ref, o CollectManyOptions, options ...api.CallOption) iter.Seq[Result[MultiSourceRecord]] {
	return d.calls().collectMany(ctx, refs, o, options)
}

// ListByQuery searches by an Elasticsearch query and returns one page of employee IDs.
func (d *MultiSourceDataset) ListByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opMultiSourceListByQuery, q, o, options)
}

// AllByQuery walks all IDs that a search by query finds, page by page. It is lazy, starts over with each loop, and ends
// after an error.
func (d *MultiSourceDataset) AllByQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opMultiSourceListByQuery, q, o, options)
}

// EstimateByQuery returns, by one search, how many employees a query finds and what they would cost. The search is
// free.
func (d *MultiSourceDataset) EstimateByQuery(ctx context.Context, q Query, options ...api.CallOption) (Estimate, error) {
	return d.calls().estimate(ctx, &opMultiSourceListByQuery, q, options)
}

// ListBySemanticQuery is ListByQuery with synonyms of the job titles in the query, which the provider adds.
//
// Source: docs.coresignal.com, release notes of July 2026.
func (d *MultiSourceDataset) ListBySemanticQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) (*api.Page[int64], error) {
	return d.calls().list(ctx, &opMultiSourceListBySemanticQuery, q, o, options)
}

// AllBySemanticQuery walks all IDs that ListBySemanticQuery finds, as AllByQuery does.
func (d *MultiSourceDataset) AllBySemanticQuery(ctx context.Context, q Query, o SearchOptions, options ...api.CallOption) iter.Seq2[int64, error] {
	return d.calls().all(ctx, &opMultiSourceListBySemanticQuery, q, o, options)
}

// PreviewByQuery returns one page, counted from 1, of short rows of the employees that a query finds. Each page costs
// credits (PreviewCost), and only the first [MaxPreviewPages] exist.
func (d *MultiSourceDataset) PreviewByQuery(ctx context.Context, q Query, page int, options ...api.CallOption) ([]Preview, error) {
	return d.calls().preview(ctx, &opMultiSourcePreviewByQuery, q, page, options)
}

// AllPreviewsByQuery walks the pages of PreviewByQuery, each paid for when the loop gets there. It starts over, and
// pays again, with each loop, and ends after an error.
func (d *MultiSourceDataset) AllPreviewsByQuery(ctx context.Context, q Query, o PreviewOptions, options ...api.CallOption) iter.Seq2[Preview, error] {
	return d.calls().previews(ctx, &opMultiSourcePreviewByQuery, q, o, options)
}
