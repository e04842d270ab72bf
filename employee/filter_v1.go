package employee

// V1Filter holds the search filters of the V1 dataset, all optional: a profile must meet every one that is set. Fields
// that are zero are not sent.
//
// String filters take the operators AND and OR, parentheses round each phrase, and quotes for an exact phrase:
//
//	Country:         "(United States) OR (Canada)",
//	ExperienceTitle: "(\"Data Engineer\") OR (\"Data Architect\")",
//
// Subscriptions refuse the date filters: CreatedAt, LastUpdated, ExperienceDate and EducationDate.
type V1Filter struct {
	// Name is the name of the person.
	Name string `json:"name,omitzero"`
	// Title is the line under the name.
	Title string `json:"title,omitzero"`
	// Location is the place as the profile states it.
	Location string `json:"location,omitzero"`
	// Industry is the industry of the person.
	Industry string `json:"industry,omitzero"`
	// Summary is the text about the person.
	Summary string `json:"summary,omitzero"`
	// Country is the English name of a country.
	Country string `json:"country,omitzero"`
	// Keyword is looked for in several fields; which ones is not stated.
	Keyword string `json:"keyword,omitzero"`
	// Skill is the name of a skill.
	Skill string `json:"skill,omitzero"`
	// CertificationName is the name of a certification.
	CertificationName string `json:"certification_name,omitzero"`

	// CreatedAtGTE is the earliest creation of the record.
	CreatedAtGTE FilterTime `json:"created_at_gte,omitzero"`
	// CreatedAtLTE is the latest creation of the record.
	CreatedAtLTE FilterTime `json:"created_at_lte,omitzero"`
	// LastUpdatedGTE is the earliest last change of the record.
	LastUpdatedGTE FilterTime `json:"last_updated_gte,omitzero"`
	// LastUpdatedLTE is the latest last change of the record.
	LastUpdatedLTE FilterTime `json:"last_updated_lte,omitzero"`

	// ExperienceTitle is the title of a position.
	ExperienceTitle string `json:"experience_title,omitzero"`
	// ExperienceCompanyName is words of a company's name.
	ExperienceCompanyName string `json:"experience_company_name,omitzero"`
	// ExperienceCompanyExactName is the whole name of a company.
	ExperienceCompanyExactName string `json:"experience_company_exact_name,omitzero"`
	// ExperienceCompanyWebsiteURL is part of a company's website address.
	ExperienceCompanyWebsiteURL string `json:"experience_company_website_url,omitzero"`
	// ExperienceCompanyWebsiteExactURL is the whole address of a company's website.
	ExperienceCompanyWebsiteExactURL string `json:"experience_company_website_exact_url,omitzero"`
	// ExperienceCompanyLinkedInURL is the address of a company's profile, under the key of 2023.
	ExperienceCompanyLinkedInURL string `json:"experience_company_linkedin_url,omitzero"`
	// ExperienceCompanyProfessionalNetworkURL is the address of a company's profile, under the later key.
	ExperienceCompanyProfessionalNetworkURL string `json:"experience_company_professional_network_url,omitzero"`
	// ExperienceCompanyIndustry is the industry of a company.
	ExperienceCompanyIndustry string `json:"experience_company_industry,omitzero"`
	// ExperienceDescription is text of a position's description.
	ExperienceDescription string `json:"experience_description,omitzero"`
	// ExperienceDateFrom is when a position began; the documentation gives no format.
	ExperienceDateFrom string `json:"experience_date_from,omitzero"`
	// ExperienceDateTo is when a position ended; the documentation gives no format.
	ExperienceDateTo string `json:"experience_date_to,omitzero"`
	// ExperienceCompanyID is Coresignal's number of a company.
	ExperienceCompanyID int64 `json:"experience_company_id,omitzero"`

	// EducationDateFrom is when an education began; the documentation gives no format.
	EducationDateFrom string `json:"education_date_from,omitzero"`
	// EducationDateTo is when an education ended; the documentation gives no format.
	EducationDateTo string `json:"education_date_to,omitzero"`

	// ExperienceDeleted selects by whether the position was removed from the profile. As with the other flag, nil is
	// not sent: write new(false) or new(true).
	ExperienceDeleted *bool `json:"experience_deleted,omitzero"`
	// ActiveExperience selects by whether the position is a current one.
	ActiveExperience *bool `json:"active_experience,omitzero"`

	// Extra holds filters that have no field here, by the provider's names. A name that is also set in a field is an
	// error.
	Extra map[string]any `json:"-"`
}

// MarshalJSON writes the filters that are set as one object, those of Extra last. It fails with [ErrInvalidFilter].
func (f V1Filter) MarshalJSON() ([]byte, error) {
	type typed V1Filter
	return encodeFilter(typed(f), f.Extra)
}
