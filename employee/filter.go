package employee

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrInvalidFilter reports a filter that cannot be encoded.
var ErrInvalidFilter = errors.New("invalid filter")

// FilterTime is a time in a search filter, written as "YYYY-MM-DD hh:mm:ss" in UTC (the zone is assumed; no source
// states one). The zero FilterTime is not sent.
type FilterTime struct{ time.Time }

// MarshalJSON writes the time to the second. It fails for years that do not have four digits.
func (t FilterTime) MarshalJSON() ([]byte, error) {
	utc := t.UTC()
	if y := utc.Year(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("employee: %w: the year %d", ErrInvalidFilter, y)
	}
	return strconv.AppendQuote(nil, utc.Format(time.DateTime)), nil
}

// encodeFilter writes a filter struct and adds what is not typed, in the order of its names.
func encodeFilter(typed any, extra map[string]any) ([]byte, error) {
	encoded, err := jsonv2.Marshal(typed)
	if err != nil {
		return nil, fmt.Errorf("employee: %w: %w", ErrInvalidFilter, err)
	}
	if len(extra) == 0 {
		return encoded, nil
	}
	var known map[string]jsontext.Value
	if err := jsonv2.Unmarshal(encoded, &known); err != nil {
		return nil, fmt.Errorf("employee: %w: %w", ErrInvalidFilter, err)
	}
	encoded = encoded[:len(encoded)-1]
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if _, twice := known[name]; twice {
			return nil, fmt.Errorf("employee: %w: %q is set in a field and in Extra", ErrInvalidFilter, name)
		}
		value, err := marshal(extra[name])
		if err != nil {
			return nil, fmt.Errorf("employee: %w: Extra %q: %w", ErrInvalidFilter, name, err)
		}
		if len(encoded) > 1 {
			encoded = append(encoded, ',')
		}
		if encoded, err = jsontext.AppendQuote(encoded, name); err != nil {
			return nil, fmt.Errorf("employee: %w: a name in Extra: %w", ErrInvalidFilter, err)
		}
		encoded = append(append(encoded, ':'), value...)
	}
	encoded = append(encoded, '}')
	if !jsontext.Value(encoded).IsValid() {
		return nil, fmt.Errorf("employee: %w: a value in Extra holds a key twice or text that is not UTF-8", ErrInvalidFilter)
	}
	return encoded, nil
}

// BaseFilter holds the search filters of the Base dataset, all optional: a profile must meet every one that is set.
// Fields that are zero are not sent.
//
// String filters take the operators AND and OR, parentheses round each phrase, and quotes for an exact phrase:
//
//	Country:         "(United States) OR (Canada)",
//	ExperienceTitle: "(\"Data Engineer\") OR (\"Data Architect\")",
//
// Summary also takes * as a wildcard. Subscriptions refuse every date filter: CreatedAt, UpdatedAt, ExperienceDate and
// EducationDate.
type BaseFilter struct {
	// FullName is the name of the person.
	FullName string `json:"full_name,omitzero"`
	// Headline is the line under the name.
	Headline string `json:"headline,omitzero"`
	// Location is the place as the profile states it.
	Location string `json:"location,omitzero"`
	// Industry is the industry of the person.
	Industry string `json:"industry,omitzero"`
	// Summary is the text about the person; it takes * as a wildcard.
	Summary string `json:"summary,omitzero"`
	// Country is the English name of a country.
	Country string `json:"country,omitzero"`
	// Keyword is looked for in several fields; which ones is not stated.
	Keyword string `json:"keyword,omitzero"`
	// Skill is the name of a skill. The newest documentation names another key that begins with inferred_skill; use
	// Extra for it.
	Skill string `json:"skill,omitzero"`
	// CertificationTitle is the title of a certification.
	CertificationTitle string `json:"certification_title,omitzero"`

	// CreatedAtGTE is the earliest creation of the record.
	CreatedAtGTE FilterTime `json:"created_at_gte,omitzero"`
	// CreatedAtLTE is the latest creation of the record.
	CreatedAtLTE FilterTime `json:"created_at_lte,omitzero"`
	// UpdatedAtGTE is the earliest last change of the record.
	UpdatedAtGTE FilterTime `json:"updated_at_gte,omitzero"`
	// UpdatedAtLTE is the latest last change of the record.
	UpdatedAtLTE FilterTime `json:"updated_at_lte,omitzero"`

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
	// ExperienceCompanyProfessionalNetworkURL is the address of a company's profile.
	ExperienceCompanyProfessionalNetworkURL string `json:"experience_company_professional_network_url,omitzero"`
	// ExperienceCompanyIndustry is the industry of a company.
	ExperienceCompanyIndustry string `json:"experience_company_industry,omitzero"`
	// ExperienceCompanySize is the size of a company as its profile states it.
	ExperienceCompanySize string `json:"experience_company_size,omitzero"`
	// ExperienceDescription is text of a position's description.
	ExperienceDescription string `json:"experience_description,omitzero"`
	// ExperienceDateFrom is when a position began; the documentation gives no format.
	ExperienceDateFrom string `json:"experience_date_from,omitzero"`
	// ExperienceDateTo is when a position ended; the documentation gives no format.
	ExperienceDateTo string `json:"experience_date_to,omitzero"`
	// ExperienceCompanyID is Coresignal's number of a company.
	ExperienceCompanyID int64 `json:"experience_company_id,omitzero"`
	// ExperienceCompanyEmployeesCountGTE is the least number of employees of a company.
	ExperienceCompanyEmployeesCountGTE int64 `json:"experience_company_employees_count_gte,omitzero"`
	// ExperienceCompanyEmployeesCountLTE is the greatest number of employees of a company.
	ExperienceCompanyEmployeesCountLTE int64 `json:"experience_company_employees_count_lte,omitzero"`

	// EducationInstitutionName is words of an institution's name.
	EducationInstitutionName string `json:"education_institution_name,omitzero"`
	// EducationInstitutionExactName is the whole name of an institution.
	EducationInstitutionExactName string `json:"education_institution_exact_name,omitzero"`
	// EducationProgramName is the name of a study programme.
	EducationProgramName string `json:"education_program_name,omitzero"`
	// EducationDescription is text of an education's description.
	EducationDescription string `json:"education_description,omitzero"`
	// EducationDateFrom is when an education began; the documentation gives no format.
	EducationDateFrom string `json:"education_date_from,omitzero"`
	// EducationDateTo is when an education ended; the documentation gives no format.
	EducationDateTo string `json:"education_date_to,omitzero"`
	// EducationInstitutionProfessionalNetworkURL is the address of an institution's profile.
	EducationInstitutionProfessionalNetworkURL string `json:"education_institution_professional_network_url,omitzero"`

	// Deleted selects profiles by whether they were removed from the source. As with the other flags, nil is not sent:
	// write new(false) or new(true).
	Deleted *bool `json:"deleted,omitzero"`
	// ExperienceDeleted selects by whether the position was removed from the profile.
	ExperienceDeleted *bool `json:"experience_deleted,omitzero"`
	// ActiveExperience selects by whether the position is a current one.
	ActiveExperience *bool `json:"active_experience,omitzero"`
	// IsHidden selects profiles by whether they are hidden.
	IsHidden *bool `json:"is_hidden,omitzero"`

	// Extra holds filters that have no field here, by the provider's names. A name that is also set in a field is an
	// error.
	Extra map[string]any `json:"-"`
}

// MarshalJSON writes the filters that are set as one object, those of Extra last. It fails with [ErrInvalidFilter].
func (f BaseFilter) MarshalJSON() ([]byte, error) {
	type typed BaseFilter
	return encodeFilter(typed(f), f.Extra)
}

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
