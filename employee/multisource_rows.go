package employee

import (
	"cmp"
)

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

// MultiSourceExperience is a position, with what is known of the company today.
type MultiSourceExperience struct {
	MultiSourceRow

	// ID is a hash that names the position, since August 2026.
	ID Text `json:"id"`
	// ActiveExperience marks a position that is held now.
	ActiveExperience Flag `json:"active_experience"`
	// PositionTitle is the job title.
	PositionTitle string `json:"position_title"`
	// Department is the department of the position.
	Department string `json:"department"`
	// ManagementLevel is the level of the position, such as "Senior".
	ManagementLevel string `json:"management_level"`
	// Location is the place of work.
	Location string `json:"location"`
	// Description is a free text.
	Description string `json:"description"`
	// DateFrom is when it began: "March 2020" or "2020".
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ended; it is empty for a current position and for an unknown end.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
	// DurationMonths is how long it lasted.
	DurationMonths Number `json:"duration_months"`

	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID Number `json:"company_id"`
	// CompanyName is the name of the company.
	CompanyName string `json:"company_name"`
	// CompanyType is its legal kind, such as "Privately Held".
	CompanyType string `json:"company_type"`
	// CompanyFoundedYear is the year of its founding, or 0. The documents call it a string; a number is sent.
	CompanyFoundedYear Number `json:"company_founded_year"`
	// CompanyFollowersCount is the number of followers of its profile.
	CompanyFollowersCount Number `json:"company_followers_count"`
	// CompanyWebsite is the address of its website.
	CompanyWebsite string `json:"company_website"`
	// CompanyFacebookURL is the addresses of its Facebook pages, sent as one text or a list.
	CompanyFacebookURL Texts `json:"company_facebook_url"`
	// CompanyTwitterURL is the addresses of its X (Twitter) pages, sent as one text or a list.
	CompanyTwitterURL Texts `json:"company_twitter_url"`
	// CompanyLinkedInURL is the address of its profile, under the name that records were seen to have.
	CompanyLinkedInURL string `json:"company_linkedin_url"`
	// CompanyProfessionalNetworkURL is the same address, under the name that preview rows have. Read
	// [MultiSourceExperience.CompanyNetworkURL].
	CompanyProfessionalNetworkURL string `json:"company_professional_network_url"`
	// CompanySizeRange is a text such as "51-200 employees".
	CompanySizeRange string `json:"company_size_range"`
	// CompanyEmployeesCount is the number of people who name it as their company.
	CompanyEmployeesCount Number `json:"company_employees_count"`
	// CompanyEmployeesCountChangeYearlyPercentage is how that number changed in a year, in percent.
	CompanyEmployeesCountChangeYearlyPercentage Decimal `json:"company_employees_count_change_yearly_percentage"`
	// CompanyIndustry is its industry.
	CompanyIndustry string `json:"company_industry"`
	// CompanyCategoriesAndKeywords is what it and its products are filed under.
	CompanyCategoriesAndKeywords Texts `json:"company_categories_and_keywords"`
	// CompanyIsB2B marks a company that sells to companies.
	CompanyIsB2B Flag `json:"company_is_b2b"`
	// CompanyAnnualRevenueSource1 is its revenue in a year, by one source.
	CompanyAnnualRevenueSource1 Decimal `json:"company_annual_revenue_source_1"`
	// CompanyAnnualRevenueCurrencySource1 is the currency of CompanyAnnualRevenueSource1.
	CompanyAnnualRevenueCurrencySource1 string `json:"company_annual_revenue_currency_source_1"`
	// CompanyAnnualRevenueSource5 is its revenue in a year, by another source.
	CompanyAnnualRevenueSource5 Number `json:"company_annual_revenue_source_5"`
	// CompanyAnnualRevenueCurrencySource5 is the currency of CompanyAnnualRevenueSource5, such as "$".
	CompanyAnnualRevenueCurrencySource5 string `json:"company_annual_revenue_currency_source_5"`
	// CompanyLastFundingRoundDate is when its last funding round was announced, such as "2014-03-25".
	CompanyLastFundingRoundDate ProfileDate `json:"company_last_funding_round_date"`
	// CompanyLastFundingRoundAmountRaised is what that round raised. The currency is not stated.
	CompanyLastFundingRoundAmountRaised Number `json:"company_last_funding_round_amount_raised"`
	// CompanyStockTicker is where its shares are traded.
	CompanyStockTicker []StockTicker `json:"company_stock_ticker"`
	// StockTicker is the same, under the name that the documents print. Read [MultiSourceExperience.StockTickers].
	StockTicker []StockTicker `json:"stock_ticker"`
	// CompanyHQFullAddress is the address of its headquarters.
	CompanyHQFullAddress string `json:"company_hq_full_address"`
	// CompanyHQCountry is the English name of their country.
	CompanyHQCountry string `json:"company_hq_country"`
	// CompanyHQCountryISO2 is the code of that country with two letters.
	CompanyHQCountryISO2 string `json:"company_hq_country_iso2"`
	// CompanyHQCountryISO3 is the code of that country with three letters.
	CompanyHQCountryISO3 string `json:"company_hq_country_iso3"`
	// CompanyHQRegions is the parts of the world that the country belongs to.
	CompanyHQRegions []Region `json:"company_hq_regions"`
	// CompanyHQCity is the city of the headquarters.
	CompanyHQCity string `json:"company_hq_city"`
	// CompanyHQState is the state or region of the headquarters.
	CompanyHQState string `json:"company_hq_state"`
	// CompanyHQStreet is the street of the headquarters.
	CompanyHQStreet string `json:"company_hq_street"`
	// CompanyHQZIPCode is the postal code of the headquarters.
	CompanyHQZIPCode Text `json:"company_hq_zipcode"`
	// CompanyLastUpdatedAt is when what is known of the company last changed, a day.
	CompanyLastUpdatedAt Timestamp `json:"company_last_updated_at"`
}

// CompanyNetworkURL returns the address of the company's profile, whichever of its two names it came under. If both are
// filled, it is CompanyProfessionalNetworkURL.
func (e *MultiSourceExperience) CompanyNetworkURL() string {
	return cmp.Or(e.CompanyProfessionalNetworkURL, e.CompanyLinkedInURL)
}

// StockTickers returns where the company's shares are traded, whichever of its two names it came under. If both are
// filled, it is CompanyStockTicker. The slice is the record's own.
func (e *MultiSourceExperience) StockTickers() []StockTicker {
	if len(e.CompanyStockTicker) > 0 {
		return e.CompanyStockTicker
	}
	return e.StockTicker
}

// MultiSourceExperienceChange is a position that was lately found to have begun or ended.
type MultiSourceExperienceChange struct {
	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID Number `json:"company_id"`
	// CompanyName is the name of the company.
	CompanyName string `json:"company_name"`
	// CompanyURL is the address of the company's profile.
	CompanyURL string `json:"company_url"`
	// CompanyShorthandName is the part of CompanyURL after "/company/".
	CompanyShorthandName string `json:"company_shorthand_name"`
	// DateFrom is when the position began, such as "Nov 2024".
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// Title is the job title.
	Title string `json:"title"`
	// IdentificationDate is when the change was found.
	IdentificationDate Timestamp `json:"identification_date"`
}

// MultiSourceAward is an honour or award.
type MultiSourceAward struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Issuer is who gave it.
	Issuer string `json:"issuer"`
	// Description is a free text.
	Description string `json:"description"`
	// Date is when it was given.
	Date ProfileDate `json:"date"`
	// DateYear is the year of Date, or 0.
	DateYear Number `json:"date_year"`
	// DateMonth is the month of Date, 1 to 12, or 0.
	DateMonth Number `json:"date_month"`
}

// MultiSourceCertification is a licence or certification.
type MultiSourceCertification struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Issuer is who gave it.
	Issuer string `json:"issuer"`
	// IssuerURL is the address of the issuer's profile.
	IssuerURL string `json:"issuer_url"`
	// CredentialID is the issuer's number for it.
	CredentialID Text `json:"credential_id"`
	// CertificateURL is where it can be seen.
	CertificateURL string `json:"certificate_url"`
	// DateFrom is when it was given.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ends.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
}

// MultiSourceCourse is a course taken.
type MultiSourceCourse struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Organizer is who held it.
	Organizer string `json:"organizer"`
}

// MultiSourceLanguage is a language spoken.
type MultiSourceLanguage struct {
	MultiSourceRow

	// Language is its name.
	Language string `json:"language"`
	// Proficiency is how well it is spoken, such as "Limited working proficiency".
	Proficiency string `json:"proficiency"`
}

// MultiSourceOrganization is a membership.
type MultiSourceOrganization struct {
	MultiSourceRow

	// OrganizationName is the name of the organization.
	OrganizationName string `json:"organization_name"`
	// Position is the role in it.
	Position string `json:"position"`
	// Description is a free text.
	Description string `json:"description"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
}

// MultiSourcePatent is a patent.
type MultiSourcePatent struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Status is whether it is issued.
	Status string `json:"status"`
	// Description is a free text.
	Description string `json:"description"`
	// PatentURL is its address.
	PatentURL string `json:"patent_url"`
	// PatentNumber is its number at the office.
	PatentNumber Text `json:"patent_number"`
	// Date is when it was issued or applied for.
	Date ProfileDate `json:"date"`
	// DateYear is the year of Date, or 0.
	DateYear Number `json:"date_year"`
	// DateMonth is the month of Date, 1 to 12, or 0.
	DateMonth Number `json:"date_month"`
}

// MultiSourceProject is a project.
type MultiSourceProject struct {
	MultiSourceRow

	// Name is its name.
	Name string `json:"name"`
	// Description is a free text.
	Description string `json:"description"`
	// ProjectURL is its address.
	ProjectURL string `json:"project_url"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
}

// MultiSourcePublication is a publication.
type MultiSourcePublication struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Description is a free text.
	Description string `json:"description"`
	// PublicationURL is its address.
	PublicationURL string `json:"publication_url"`
	// PublisherNames is who published it: authors, in the samples.
	PublisherNames Texts `json:"publisher_names"`
	// Date is when it was published.
	Date ProfileDate `json:"date"`
	// DateYear is the year of Date, or 0.
	DateYear Number `json:"date_year"`
	// DateMonth is the month of Date, 1 to 12, or 0.
	DateMonth Number `json:"date_month"`
}

// MultiSourceSalaries is what the provider projects for the present position. It is not what anybody said; a record may
// have none.
type MultiSourceSalaries struct {
	// ProjectedBaseSalaryP25 is the 25th percentile of the base salary.
	ProjectedBaseSalaryP25 Decimal `json:"projected_base_salary_p25"`
	// ProjectedBaseSalaryMedian is the median of the base salary.
	ProjectedBaseSalaryMedian Decimal `json:"projected_base_salary_median"`
	// ProjectedBaseSalaryP75 is the 75th percentile of the base salary.
	ProjectedBaseSalaryP75 Decimal `json:"projected_base_salary_p75"`
	// ProjectedBaseSalaryPeriod is what the base salary is for, such as "ANNUAL".
	ProjectedBaseSalaryPeriod string `json:"projected_base_salary_period"`
	// ProjectedBaseSalaryCurrency is the currency of the base salary, such as "USD".
	ProjectedBaseSalaryCurrency string `json:"projected_base_salary_currency"`
	// ProjectedBaseSalaryUpdatedAt is the day of the projection.
	ProjectedBaseSalaryUpdatedAt Timestamp `json:"projected_base_salary_updated_at"`
	// ProjectedAdditionalSalary is what is paid besides the base salary.
	ProjectedAdditionalSalary []MultiSourceAdditionalSalary `json:"projected_additional_salary"`
	// ProjectedAdditionalSalaryPeriod is what the additional salary is for, such as "ANNUAL".
	ProjectedAdditionalSalaryPeriod string `json:"projected_additional_salary_period"`
	// ProjectedAdditionalSalaryCurrency is the currency of the additional salary, such as "USD".
	ProjectedAdditionalSalaryCurrency string `json:"projected_additional_salary_currency"`
	// ProjectedAdditionalSalaryUpdatedAt is the day of the projection.
	ProjectedAdditionalSalaryUpdatedAt Timestamp `json:"projected_additional_salary_updated_at"`
	// ProjectedTotalSalaryP25 is the 25th percentile of the total salary.
	ProjectedTotalSalaryP25 Decimal `json:"projected_total_salary_p25"`
	// ProjectedTotalSalaryMedian is the median of the total salary.
	ProjectedTotalSalaryMedian Decimal `json:"projected_total_salary_median"`
	// ProjectedTotalSalaryP75 is the 75th percentile of the total salary.
	ProjectedTotalSalaryP75 Decimal `json:"projected_total_salary_p75"`
	// ProjectedTotalSalaryPeriod is what the total salary is for, such as "ANNUAL".
	ProjectedTotalSalaryPeriod string `json:"projected_total_salary_period"`
	// ProjectedTotalSalaryCurrency is the currency of the total salary, such as "USD".
	ProjectedTotalSalaryCurrency string `json:"projected_total_salary_currency"`
	// ProjectedTotalSalaryUpdatedAt is the day of the projection.
	ProjectedTotalSalaryUpdatedAt Timestamp `json:"projected_total_salary_updated_at"`
}

// MultiSourceAdditionalSalary is a kind of pay besides the base salary.
type MultiSourceAdditionalSalary struct {
	// Type is the kind, such as "Cash Bonus".
	Type string `json:"projected_additional_salary_type"`
	// P25 is its 25th percentile.
	P25 Decimal `json:"projected_additional_salary_p25"`
	// Median is its median.
	Median Decimal `json:"projected_additional_salary_median"`
	// P75 is its 75th percentile.
	P75 Decimal `json:"projected_additional_salary_p75"`
}

// MultiSourceSignals is what the provider works out about a career and about posts, since 2026. That these fields
// stand at the root of a record is assumed, and so are the JSON types of those that say so.
type MultiSourceSignals struct {
	// ProfileScore is how complete and active the profile is, reported to be 0 to 1. The type is assumed.
	ProfileScore Decimal `json:"profile_score"`
	// InfluenceScore is the reach of the person, 0 to 100.
	InfluenceScore Decimal `json:"influence_score"`
	// InstitutionRankingScore is the rank of the schools attended. Type and scale are assumed.
	InstitutionRankingScore Decimal `json:"institution_ranking_score"`
	// MonthsInManagement is the length of positions as a manager. The type is assumed.
	MonthsInManagement Decimal `json:"months_in_management"`
	// TenureStats is how long the person stayed with companies.
	TenureStats MultiSourceTenure `json:"tenure_stats"`
	// InternalPromotionRate is how the person rose within companies.
	InternalPromotionRate MultiSourcePromotions `json:"internal_promotion_rate"`
	// PostFrequencyYearly is how often the person posts in a year. Its JSON type is not known.
	PostFrequencyYearly Text `json:"post_frequency_yearly"`
	// PostingRecency is how recent the last post is. Its form is not known.
	PostingRecency Text `json:"posting_recency"`
	// EngagementPerPost is how much a post is reacted to. Its JSON type is not known.
	EngagementPerPost Text `json:"engagement_per_post"`
}

// MultiSourceTenure is how long a person stayed with companies, in months. Several positions held at one company at
// the same time count once.
type MultiSourceTenure struct {
	// AverageMonths is the average by company.
	AverageMonths Decimal `json:"avg_tenure_months"`
	// MedianMonths is the median by company.
	MedianMonths Decimal `json:"median_tenure"`
	// CurrentMonths is the time with the present company.
	CurrentMonths Decimal `json:"current_tenure"`
	// LongestMonths is the longest time with one company.
	LongestMonths Decimal `json:"longest_tenure"`
}

// MultiSourcePromotions is how a person rose within companies. The names of its fields are reported by one user of
// the API, and their JSON types are assumed.
type MultiSourcePromotions struct {
	// Count is the number of promotions.
	Count Number `json:"promotion_count"`
	// AverageMonths is the average time between promotions, in months.
	AverageMonths Decimal `json:"avg_months_per_promotion"`
	// Recent marks a person who was promoted lately.
	Recent Flag `json:"recently_promoted"`
}
