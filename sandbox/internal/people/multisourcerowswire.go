package people

type multiEmail struct {
	Email           string `json:"professional_email"`
	Status          string `json:"professional_email_status"`
	OrderOfPriority int    `json:"order_of_priority"`
}

type multiDepartmentMonths struct {
	Department string `json:"department"`
	Months     int    `json:"total_experience_duration_months"`
}

type multiLevelMonths struct {
	ManagementLevel string `json:"management_level"`
	Months          int    `json:"total_experience_duration_months"`
}

type multiExperience struct {
	ID               string  `json:"id"` // a hash
	ActiveExperience flag    `json:"active_experience"`
	PositionTitle    string  `json:"position_title"`
	Department       string  `json:"department"`
	ManagementLevel  string  `json:"management_level"`
	Location         *string `json:"location"`
	Description      *string `json:"description"`
	DateFrom         *string `json:"date_from"` // "March 2020" or "2020"
	DateFromYear     *int    `json:"date_from_year"`
	DateFromMonth    *int    `json:"date_from_month"`
	DateTo           *string `json:"date_to"`
	DateToYear       *int    `json:"date_to_year"`
	DateToMonth      *int    `json:"date_to_month"`
	DurationMonths   *int    `json:"duration_months"`
	CompanyID        *int64  `json:"company_id"`
	CompanyName      string  `json:"company_name"`
	*multiCompany
	OrderInProfile int `json:"order_in_profile"`
}

// multiCompany is what a position tells about its company beyond the name.
type multiCompany struct {
	Type           *string `json:"company_type"`
	FoundedYear    *int    `json:"company_founded_year"`
	FollowersCount *int64  `json:"company_followers_count"`
	Website        *string `json:"company_website"`
	FacebookURL    any     `json:"company_facebook_url"` // a string, a list of strings, or null
	TwitterURL     any     `json:"company_twitter_url"`  // likewise
	*multiCompanyLiveName
	*multiCompanyDocumentedName
	SizeRange              *string       `json:"company_size_range"`
	EmployeesCount         *int64        `json:"company_employees_count"`
	Industry               *string       `json:"company_industry"`
	Keywords               []string      `json:"company_categories_and_keywords"`
	RevenueSource5         *int64        `json:"company_annual_revenue_source_5"`
	RevenueCurrencySource5 *string       `json:"company_annual_revenue_currency_source_5"`
	RevenueSource1         *float64      `json:"company_annual_revenue_source_1"`
	RevenueCurrencySource1 *string       `json:"company_annual_revenue_currency_source_1"`
	EmployeesChangeYearly  *float64      `json:"company_employees_count_change_yearly_percentage"`
	LastFundingDate        *string       `json:"company_last_funding_round_date"`
	LastFundingAmount      *int64        `json:"company_last_funding_round_amount_raised"`
	HQFullAddress          *string       `json:"company_hq_full_address"`
	HQCountry              *string       `json:"company_hq_country"`
	HQRegions              []string      `json:"company_hq_regions"`
	HQISO2                 *string       `json:"company_hq_country_iso2"`
	HQISO3                 *string       `json:"company_hq_country_iso3"`
	HQCity                 *string       `json:"company_hq_city"`
	HQState                *string       `json:"company_hq_state"`
	HQStreet               *string       `json:"company_hq_street"`
	HQZipcode              *string       `json:"company_hq_zipcode"`
	LastUpdatedAt          *string       `json:"company_last_updated_at"`
	StockTicker            []multiTicker `json:"company_stock_ticker"`
	IsB2B                  *flag         `json:"company_is_b2b"`
}

type multiCompanyLiveName struct {
	URL *string `json:"company_linkedin_url"`
}

type multiCompanyDocumentedName struct {
	URL *string `json:"company_professional_network_url"`
}

type multiTicker struct {
	Exchange string `json:"exchange"`
	Ticker   string `json:"ticker"`
}

type multiEducation struct {
	ID              string   `json:"id"` // a hash
	Degree          *string  `json:"degree"`
	Description     *string  `json:"description"`
	InstitutionURL  *string  `json:"institution_url"`
	InstitutionName string   `json:"institution_name"`
	FullAddress     *string  `json:"institution_full_address"`
	ISO2            *string  `json:"institution_country_iso2"`
	ISO3            *string  `json:"institution_country_iso3"`
	Regions         []string `json:"institution_regions"`
	City            *string  `json:"institution_city"`
	State           *string  `json:"institution_state"`
	Street          *string  `json:"institution_street"`
	Zipcode         *string  `json:"institution_zipcode"`
	DateFromYear    *int     `json:"date_from_year"`
	DateToYear      *int     `json:"date_to_year"`
	Activities      *string  `json:"activities_and_societies"`
	OrderInProfile  int      `json:"order_in_profile"`
}

type multiRecommendation struct {
	Recommendation  string  `json:"recommendation"`
	RefereeFullName *string `json:"referee_full_name"`
	RefereeURL      *string `json:"referee_url"`
	OrderInProfile  int     `json:"order_in_profile"`
}

type multiActivity struct {
	URL            string  `json:"activity_url"`
	Title          *string `json:"title"`
	Action         string  `json:"action"`
	OrderInProfile int     `json:"order_in_profile"`
}

type multiAward struct {
	Title          string  `json:"title"`
	Issuer         *string `json:"issuer"`
	Description    *string `json:"description"`
	Date           *string `json:"date"`
	DateYear       *int    `json:"date_year"`
	DateMonth      *int    `json:"date_month"`
	OrderInProfile int     `json:"order_in_profile"`
}

type multiCourse struct {
	Organizer      *string `json:"organizer"`
	Title          string  `json:"title"`
	OrderInProfile int     `json:"order_in_profile"`
}

type multiCertification struct {
	Title          string  `json:"title"`
	Issuer         *string `json:"issuer"`
	IssuerURL      *string `json:"issuer_url"`
	CredentialID   *string `json:"credential_id"`
	CertificateURL *string `json:"certificate_url"`
	multiSpan
	OrderInProfile int `json:"order_in_profile"`
}

// multiSpan is a span of time as most rows have it: "Nov 2023".
type multiSpan struct {
	DateFrom      *string `json:"date_from"`
	DateFromYear  *int    `json:"date_from_year"`
	DateFromMonth *int    `json:"date_from_month"`
	DateTo        *string `json:"date_to"`
	DateToYear    *int    `json:"date_to_year"`
	DateToMonth   *int    `json:"date_to_month"`
}

type multiLanguage struct {
	Language       string  `json:"language"`
	Proficiency    *string `json:"proficiency"`
	OrderInProfile int     `json:"order_in_profile"`
}

type multiPatent struct {
	Title          string  `json:"title"`
	Status         *string `json:"status"`
	Description    *string `json:"description"`
	URL            *string `json:"patent_url"`
	Date           *string `json:"date"`
	DateYear       *int    `json:"date_year"`
	DateMonth      *int    `json:"date_month"`
	Number         *string `json:"patent_number"`
	OrderInProfile int     `json:"order_in_profile"`
}

type multiPublication struct {
	Title          string   `json:"title"`
	Description    *string  `json:"description"`
	URL            *string  `json:"publication_url"`
	PublisherNames []string `json:"publisher_names"`
	Date           *string  `json:"date"`
	DateYear       *int     `json:"date_year"`
	DateMonth      *int     `json:"date_month"`
	OrderInProfile int      `json:"order_in_profile"`
}

type multiProject struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
	URL         *string `json:"project_url"`
	multiSpan
	OrderInProfile int `json:"order_in_profile"`
}

type multiOrganization struct {
	Name        string  `json:"organization_name"`
	Position    *string `json:"position"`
	Description *string `json:"description"`
	multiSpan
	OrderInProfile int `json:"order_in_profile"`
}

type multiRepository struct {
	Name          string  `json:"name"`
	Summary       *string `json:"summary"`
	Stars         int     `json:"starts"` // the provider's spelling
	Contributions int     `json:"contributions_count"`
}

type multiRootChange struct {
	FieldName     string `json:"field_name"`
	ChangeType    string `json:"change_type"`
	LastChangedAt string `json:"last_changed_at"`
}

type multiCollectionChange struct {
	FieldName     string `json:"field_name"`
	LastChangedAt string `json:"last_changed_at"`
}

// multiRecent is a position that started or ended lately.
type multiRecent struct {
	CompanyID            *int64  `json:"company_id"`
	CompanyName          string  `json:"company_name"`
	CompanyURL           *string `json:"company_url"`
	CompanyShorthandName *string `json:"company_shorthand_name"`
	DateFrom             *string `json:"date_from"` // "Nov 2024"
	DateTo               *string `json:"date_to"`
	Title                string  `json:"title"`
	IdentificationDate   string  `json:"identification_date"`
}
