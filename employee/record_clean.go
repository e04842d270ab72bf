package employee

import (
	"encoding/json"

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
	// IsParent is documented and was never seen filled: duplicates of a person cannot be told by it.
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
	ShorthandNames []string `json:"shorthand_names"`
	// PublicProfileID is the number of the profile at the source.
	PublicProfileID Text `json:"public_profile_id"`
	// PictureURL is the address of the photo.
	PictureURL string `json:"picture_url"`
	// FollowerCount is the number of followers.
	FollowerCount Number `json:"follower_count"`
	// Skills is the names of skills.
	Skills []string `json:"skills"`
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
