package employee

import (
	"encoding/json"

	"github.com/pronet-go/pronet/internal/record"
)

// BaseRecord is a profile of the Base dataset. All root fields and collections of documented and observed records are
// typed. Of the rows of most collections no complete sample is known: the fields whose names are assumed say so, and
// what else a row holds is in [BaseRecord.Unknown].
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
	HistoricalIDs []Number `json:"historical_ids"`
	// ShorthandNames is the present and former names after "/in/".
	ShorthandNames []string `json:"shorthand_names"`

	// Activity is posts and reactions.
	Activity []BaseActivity `json:"activity"`
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
	// InferredSkills is the names of skills.
	InferredSkills []string `json:"inferred_skills"`
	// Languages is languages spoken.
	Languages []BaseLanguage `json:"languages"`
	// Organizations is memberships.
	Organizations []BaseOrganization `json:"organizations"`
	// OthersNamed is profiles of people of the same name.
	OthersNamed []BaseOtherNamed `json:"others_named"`
	// Patents is patents.
	Patents []BasePatent `json:"patents"`
	// Projects is projects.
	Projects []BaseProject `json:"projects"`
	// Publications is publications.
	Publications []BasePublication `json:"publications"`
	// Recommendations is texts that others wrote about the person.
	Recommendations []BaseRecommendation `json:"recommendations"`
	// SimilarProfiles is profiles that the source finds alike.
	SimilarProfiles []BaseSimilarProfile `json:"similar_profiles"`
	// TestScores is test scores.
	TestScores []BaseTestScore `json:"test_scores"`
	// VolunteeringPositions is voluntary work.
	VolunteeringPositions []BaseVolunteeringPosition `json:"volunteering_positions"`
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
