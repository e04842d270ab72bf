package employee

import (
	"cmp"
	"encoding/json"

	"github.com/pronet-go/pronet/internal/record"
)

// Preview is a row of a search preview: a profile in short. Its fields are those of the previews of Base and
// MultiSource together; a row fills those of its dataset, and the methods read what both have under different names.
// The list of Base is not complete, and of Clean only a few names are known: whatever else a row holds is in
// [Preview.Unknown]. Decode rows with [Decode], one by one.
//
// A field that is null, absent or of an unexpected JSON type is zero.
type Preview struct {
	// ID is Coresignal's number for the profile in its dataset.
	ID int64 `json:"id"`
	// FullName is the full name.
	FullName string `json:"full_name"`
	// Headline is the line under the name.
	Headline string `json:"headline"`
	// ConnectionsCount is the number of connections.
	ConnectionsCount Number `json:"connections_count"`
	// RelevanceScore is how well the profile fits the query. Read [Preview.Score].
	RelevanceScore Decimal `json:"_score"`

	// CompanyName is the name of the company of the present position.
	CompanyName string `json:"company_name"`
	// CompanyWebsite is the company's website.
	CompanyWebsite string `json:"company_website"`
	// CompanyIndustry is the company's industry.
	CompanyIndustry string `json:"company_industry"`

	// ProfileURL is the address of the profile, in Base. Read [Preview.NetworkURL].
	ProfileURL string `json:"profile_url"`
	// Industry is the industry of the person, in Base.
	Industry string `json:"industry"`
	// Location is the place as the profile states it, in Base. Read [Preview.Place].
	Location string `json:"location"`
	// Country is the English name of the country, in Base. Read [Preview.CountryName].
	Country string `json:"country"`
	// FollowerCount is the number of followers, in Base. Read [Preview.Followers].
	FollowerCount Number `json:"follower_count"`
	// ExperienceCount is the number of positions, in Base.
	ExperienceCount Number `json:"experience_count"`
	// CompanyURL is the address of the company's profile, in Base. Read [Preview.CompanyNetworkURL].
	CompanyURL string `json:"company_url"`

	// ProfessionalNetworkURL is the address of the profile, in MultiSource.
	ProfessionalNetworkURL string `json:"professional_network_url"`
	// LocationFull is the place as the profile states it, in MultiSource.
	LocationFull string `json:"location_full"`
	// LocationCountry is the English name of the country, in MultiSource.
	LocationCountry string `json:"location_country"`
	// FollowersCount is the number of followers, in MultiSource.
	FollowersCount Number `json:"followers_count"`
	// ActiveExperienceTitle is the title of the present position, in MultiSource.
	ActiveExperienceTitle string `json:"active_experience_title"`
	// ActiveExperienceDepartment is the department of that position, in MultiSource.
	ActiveExperienceDepartment string `json:"active_experience_department"`
	// ActiveExperienceManagementLevel is the level of that position, in MultiSource.
	ActiveExperienceManagementLevel string `json:"active_experience_management_level"`
	// CompanyProfessionalNetworkURL is the address of the company's profile, in MultiSource.
	CompanyProfessionalNetworkURL string `json:"company_professional_network_url"`
	// CompanyHQFullAddress is the address of the company's headquarters, in MultiSource.
	CompanyHQFullAddress string `json:"company_hq_full_address"`
	// CompanyHQCountry is the English name of their country, in MultiSource.
	CompanyHQCountry string `json:"company_hq_country"`

	// CompanyLinkedInURL is the address of the company's profile, reported of Clean.
	CompanyLinkedInURL string `json:"company_linkedin_url"`

	kept record.Kept
}

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (p *Preview) EmployeeID() int64 { return p.ID }

// Score returns how well the profile fits the query, as Elasticsearch rates it. Scores of two queries do not compare.
// It is not ok if there is none, which a score of 0 is taken for.
func (p *Preview) Score() (score float64, ok bool) {
	return float64(p.RelevanceScore), p.RelevanceScore != 0
}

// NetworkURL returns the address of the profile, whichever name it came under.
func (p *Preview) NetworkURL() string { return cmp.Or(p.ProfessionalNetworkURL, p.ProfileURL) }

// CompanyNetworkURL returns the address of the company's profile, whichever name it came under.
func (p *Preview) CompanyNetworkURL() string {
	return cmp.Or(p.CompanyProfessionalNetworkURL, p.CompanyURL, p.CompanyLinkedInURL)
}

// Place returns the place as the profile states it, whichever name it came under.
func (p *Preview) Place() string { return cmp.Or(p.LocationFull, p.Location) }

// CountryName returns the English name of the country, whichever name it came under.
func (p *Preview) CountryName() string { return cmp.Or(p.LocationCountry, p.Country) }

// Followers returns the number of followers, whichever name it came under.
func (p *Preview) Followers() Number { return cmp.Or(p.FollowersCount, p.FollowerCount) }

// Raw is the JSON that the row was decoded from by [Decode], otherwise nil. It must not be changed.
func (p *Preview) Raw() json.RawMessage { return p.kept.Raw() }

// Unknown returns the fields of that JSON that have no place in the type, under their names. It is worked out at each
// call and nil if there are none.
func (p *Preview) Unknown() map[string]json.RawMessage { return p.kept.Unknown(*p) }

// Mismatched returns the paths of the fields of that JSON whose type did not fit and which are therefore zero, at most
// 1,000.
func (p *Preview) Mismatched() []string { return p.kept.Mismatched() }

// Origin is the file and line that the row was read from; it is zero for a row that came from no file.
func (p *Preview) Origin() Origin { return Origin(p.kept.Origin()) }

// MarshalJSON writes the row over the JSON it was decoded from: what was not changed stays as it came. A row that was
// not decoded by [Decode] is written without the fields that are zero.
func (p Preview) MarshalJSON() ([]byte, error) { return p.kept.Merge(p) }

func (p *Preview) keep(kept record.Kept) { p.kept = kept }
