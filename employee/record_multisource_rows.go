package employee

// MultiSourceRow is what the rows of most MultiSource collections have in common.
type MultiSourceRow struct {
	// OrderInProfile is the place in the profile, from 1.
	OrderInProfile Number `json:"order_in_profile"`
}

// MultiSourceEmail is an address at work.
type MultiSourceEmail struct {
	// ProfessionalEmail is the address.
	ProfessionalEmail string `json:"professional_email"`
	// ProfessionalEmailStatus is how sure it is, as in [MultiSourceRecord].PrimaryProfessionalEmailStatus.
	ProfessionalEmailStatus string `json:"professional_email_status"`
	// OrderOfPriority is its place among the addresses, the best being 1.
	OrderOfPriority Number `json:"order_of_priority"`
}

// MultiSourceDepartmentDuration is the length of all positions in a department.
type MultiSourceDepartmentDuration struct {
	// Department is the department.
	Department string `json:"department"`
	// TotalExperienceDurationMonths is the length.
	TotalExperienceDurationMonths Number `json:"total_experience_duration_months"`
}

// MultiSourceManagementLevelDuration is the length of all positions at a level.
type MultiSourceManagementLevelDuration struct {
	// ManagementLevel is the level.
	ManagementLevel string `json:"management_level"`
	// TotalExperienceDurationMonths is the length.
	TotalExperienceDurationMonths Number `json:"total_experience_duration_months"`
}

// MultiSourceFieldChange is the last change of a field.
type MultiSourceFieldChange struct {
	// FieldName is the name of the field in JSON.
	FieldName string `json:"field_name"`
	// ChangeType is what happened, such as "updated".
	ChangeType string `json:"change_type"`
	// LastChangedAt is when the field last changed.
	LastChangedAt Timestamp `json:"last_changed_at"`
}

// MultiSourceEducation is a school or degree.
type MultiSourceEducation struct {
	MultiSourceRow

	// ID is a hash that names the row, since August 2026.
	ID Text `json:"id"`
	// Degree is the degree and field of study.
	Degree string `json:"degree"`
	// Description is a free text.
	Description string `json:"description"`
	// InstitutionURL is the address of the school's profile.
	InstitutionURL string `json:"institution_url"`
	// InstitutionName is the name of the school.
	InstitutionName string `json:"institution_name"`
	// InstitutionFullAddress is its address.
	InstitutionFullAddress string `json:"institution_full_address"`
	// InstitutionCountryISO2 is the code of its country with two letters.
	InstitutionCountryISO2 string `json:"institution_country_iso2"`
	// InstitutionCountryISO3 is the code of its country with three letters.
	InstitutionCountryISO3 string `json:"institution_country_iso3"`
	// InstitutionRegions is the parts of the world that it is in.
	InstitutionRegions []Region `json:"institution_regions"`
	// InstitutionCity is its city.
	InstitutionCity string `json:"institution_city"`
	// InstitutionState is its state or region.
	InstitutionState string `json:"institution_state"`
	// InstitutionStreet is its street.
	InstitutionStreet string `json:"institution_street"`
	// InstitutionZIPCode is its postal code.
	InstitutionZIPCode Text `json:"institution_zipcode"`
	// DateFromYear is the year in which it began, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateToYear is the year in which it ended, or 0.
	DateToYear Number `json:"date_to_year"`
	// ActivitiesAndSocieties is a free text.
	ActivitiesAndSocieties string `json:"activities_and_societies"`
}
