package people

// cleanRecord is a record of the Clean dataset: keys, order and types as
// documented or observed. The keys of education rows are assumed to be those of
// Multi-source.
type cleanRecord struct {
	LastUpdated         string            `json:"last_updated"` // a date
	IsDeleted           flag              `json:"is_deleted"`
	ID                  int64             `json:"id"`
	IsParent            *flag             `json:"is_parent"` // documented, never filled
	FullName            string            `json:"full_name"`
	NameFirst           string            `json:"name_first"`
	NameMiddle          *string           `json:"name_middle"`
	NameLast            string            `json:"name_last"`
	ProfessionalNetwork string            `json:"websites_professional_network"`
	ShorthandNames      []string          `json:"shorthand_names"`
	PictureURL          *string           `json:"picture_url"`
	FollowerCount       int               `json:"follower_count"`
	Skills              []string          `json:"skills"`
	PublicProfileID     int64             `json:"public_profile_id"`
	Description         *string           `json:"description"`
	CompanyID           *int64            `json:"company_id"`
	Headline            *string           `json:"headline"`
	GeneratedHeadline   *string           `json:"generated_headline"`
	JobTitle            *string           `json:"job_title"`
	ManagementLevel     *string           `json:"management_level"`
	Department          *string           `json:"department"`
	IsDecisionMaker     flag              `json:"is_decision_maker"`
	IsWorking           flag              `json:"is_working"`
	IsHidden            flag              `json:"is_hidden"`
	LocationCountry     string            `json:"location_country"`
	LocationRegions     []string          `json:"location_regions"`
	Experience          []cleanExperience `json:"experience"`
	Education           []cleanEducation  `json:"education"`
}

type cleanExperience struct {
	CompanyID            *int64  `json:"company_id"`
	CompanyName          string  `json:"company_name"`
	CompanyURL           *string `json:"company_professional_network_url"`
	CompanyShorthandName *string `json:"company_shorthand_name"`
	CompanyWebsite       *string `json:"company_website"`
	Title                string  `json:"title"`
	Department           string  `json:"department"`
	ManagementLevel      string  `json:"management_level"`
	DateFrom             string  `json:"date_from"`         // "2021-03" or "2021" (assumed)
	DateTo               *string `json:"date_to,omitempty"` // an open position has no such key
	Duration             *int    `json:"duration"`          // months (assumed)
	Location             *string `json:"location"`
	OrderInProfile       int     `json:"order_in_profile"`
}

type cleanEducation struct {
	Degree          *string `json:"degree"`
	InstitutionName string  `json:"institution_name"`
	InstitutionURL  *string `json:"institution_url"`
	DateFromYear    *int    `json:"date_from_year"`
	DateToYear      *int    `json:"date_to_year"`
	OrderInProfile  int     `json:"order_in_profile"`
}
