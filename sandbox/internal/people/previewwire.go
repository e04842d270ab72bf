package people

// basePreview is a row of Base's search preview, with the documented keys.
type basePreview struct {
	ID               int64   `json:"id"`
	FullName         string  `json:"full_name"`
	ProfileURL       string  `json:"profile_url"`
	Headline         *string `json:"headline"`
	Industry         *string `json:"industry"`
	Location         string  `json:"location"`
	Country          string  `json:"country"`
	ConnectionsCount int     `json:"connections_count"`
	FollowerCount    int     `json:"follower_count"`
	ExperienceCount  int     `json:"experience_count"`
	CompanyName      *string `json:"company_name"`
	CompanyURL       *string `json:"company_url"`
	CompanyWebsite   *string `json:"company_website"`
	CompanyIndustry  *string `json:"company_industry"`
	Score            float64 `json:"_score"`
}

// cleanPreview is a row of Clean's search preview. Its keys are assumed: those
// that the rows of the other datasets have in common, and the country.
type cleanPreview struct {
	ID              int64   `json:"id"`
	FullName        string  `json:"full_name"`
	Headline        *string `json:"headline"`
	LocationCountry string  `json:"location_country"`
	CompanyName     *string `json:"company_name"`
	CompanyWebsite  *string `json:"company_website"`
	CompanyIndustry *string `json:"company_industry"`
	Score           float64 `json:"_score"`
}

// multiPreview is a row of Multi-source's search preview, with the observed keys.
type multiPreview struct {
	ID               int64   `json:"id"`
	FullName         string  `json:"full_name"`
	URL              string  `json:"professional_network_url"`
	Headline         *string `json:"headline"`
	LocationFull     string  `json:"location_full"`
	LocationCountry  string  `json:"location_country"`
	ConnectionsCount int     `json:"connections_count"`
	FollowersCount   int     `json:"followers_count"`
	CompanyName      *string `json:"company_name"`
	CompanyURL       *string `json:"company_professional_network_url"`
	CompanyWebsite   *string `json:"company_website"`
	CompanyIndustry  *string `json:"company_industry"`
	ActiveTitle      *string `json:"active_experience_title"`
	ActiveDepartment *string `json:"active_experience_department"`
	ActiveLevel      *string `json:"active_experience_management_level"`
	HQFullAddress    *string `json:"company_hq_full_address"`
	HQCountry        *string `json:"company_hq_country"`
	Score            float64 `json:"_score"`
}
