package employee

import "cmp"

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
	CompanyCategoriesAndKeywords []string `json:"company_categories_and_keywords"`
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
