package people

// multiRecord is a record of the Multi-source dataset: keys, order and types as
// observed in live answers. Where the documents print other names, one of two
// embedded parts is present and the other nil. The places of processed_at and
// influence_score, which were announced in 2026, are assumed.
type multiRecord struct {
	ID                 int64   `json:"id"`
	ParentID           int64   `json:"parent_id"` // its own ID on a main profile
	CreatedAt          string  `json:"created_at"`
	UpdatedAt          string  `json:"updated_at"`
	CheckedAt          string  `json:"checked_at"`
	ChangedAt          string  `json:"changed_at"`
	ProcessedAt        string  `json:"processed_at"`
	ExperienceChangeAt *string `json:"experience_change_last_identified_at"`
	IsDeleted          flag    `json:"is_deleted"`
	IsParent           flag    `json:"is_parent"`
	PublicProfileID    int64   `json:"public_profile_id"`
	*multiLiveNames
	*multiDocumentedNames
	HistoricalIDs      []int64  `json:"historical_ids"`
	FullName           string   `json:"full_name"`
	FirstName          string   `json:"first_name"`
	FirstNameInitial   string   `json:"first_name_initial"`
	MiddleName         *string  `json:"middle_name"`
	MiddleNameInitial  *string  `json:"middle_name_initial"`
	LastName           string   `json:"last_name"`
	LastNameInitial    string   `json:"last_name_initial"`
	Headline           *string  `json:"headline"`
	Summary            *string  `json:"summary"`
	PictureURL         *string  `json:"picture_url"`
	LocationCountry    string   `json:"location_country"`
	LocationState      *string  `json:"location_state"`
	LocationCity       *string  `json:"location_city"`
	LocationISO2       string   `json:"location_country_iso2"`
	LocationISO3       string   `json:"location_country_iso3"`
	LocationFull       string   `json:"location_full"`
	LocationRegions    []string `json:"location_regions"`
	Interests          []string `json:"interests"`
	InferredSkills     []string `json:"inferred_skills"`
	HistoricalSkills   []string `json:"historical_skills"`
	ConnectionsCount   int      `json:"connections_count"`
	FollowersCount     int      `json:"followers_count"`
	InfluenceScore     *int     `json:"influence_score"` // 0 to 100
	Services           *string  `json:"services"`
	PrimaryEmail       *string  `json:"primary_professional_email"`
	PrimaryEmailStatus *string  `json:"primary_professional_email_status"`

	Emails []multiEmail `json:"professional_emails_collection"`

	IsWorking         flag    `json:"is_working"`
	ActiveCompanyID   *int64  `json:"active_experience_company_id"`
	ActiveTitle       *string `json:"active_experience_title"`
	ActiveDescription *string `json:"active_experience_description"`
	ActiveDepartment  *string `json:"active_experience_department"`
	ActiveLevel       *string `json:"active_experience_management_level"`
	IsDecisionMaker   flag    `json:"is_decision_maker"`

	TotalMonths        *int                    `json:"total_experience_duration_months"`
	MonthsByDepartment []multiDepartmentMonths `json:"total_experience_duration_months_breakdown_department"`
	MonthsByLevel      []multiLevelMonths      `json:"total_experience_duration_months_breakdown_management_level"`
	Experience         []multiExperience       `json:"experience"`
	*multiSalary

	LastGraduationDate   *int                  `json:"last_graduation_date"` // a year
	EducationDegrees     []string              `json:"education_degrees"`
	Education            []multiEducation      `json:"education"`
	RecommendationsCount *int                  `json:"recommendations_count"`
	Recommendations      []multiRecommendation `json:"recommendations"`
	Activity             []multiActivity       `json:"activity"`
	Awards               []multiAward          `json:"awards"`
	Courses              []multiCourse         `json:"courses"`
	Certifications       []multiCertification  `json:"certifications"`
	Languages            []multiLanguage       `json:"languages"`
	PatentsCount         *int                  `json:"patents_count"`
	PatentsTopics        []string              `json:"patents_topics"`
	Patents              []multiPatent         `json:"patents"`
	PublicationsCount    *int                  `json:"publications_count"`
	PublicationsTopics   []string              `json:"publications_topics"`
	Publications         []multiPublication    `json:"publications"`
	ProjectsCount        *int                  `json:"projects_count"`
	ProjectsTopics       []string              `json:"projects_topics"`
	Projects             []multiProject        `json:"projects"`
	Organizations        []multiOrganization   `json:"organizations"`

	GithubURL           *string           `json:"github_url"`
	GithubUsername      *string           `json:"github_username"`
	GithubConfidence    *int              `json:"github_mapping_confidence"`
	GithubContributions *int              `json:"github_contributions_count"`
	GithubRepositories  []multiRepository `json:"github_repos_summary"`

	RootChanges       []multiRootChange       `json:"profile_root_field_changes_summary"`
	CollectionChanges []multiCollectionChange `json:"profile_collection_field_changes_summary"`
	RecentlyStarted   []multiRecent           `json:"experience_recently_started"`
	RecentlyClosed    []multiRecent           `json:"experience_recently_closed"`
}

// multiLiveNames are the profile's addresses under the names of live answers.
type multiLiveNames struct {
	URL            string   `json:"linkedin_url"`
	ShorthandNames []string `json:"linkedin_shorthand_names"`
}

// multiDocumentedNames are the profile's addresses under the documents' names.
type multiDocumentedNames struct {
	URL            string   `json:"professional_network_url"`
	ShorthandNames []string `json:"professional_network_shorthand_names"`
}

// multiSalary is what somebody probably earns; null without a position.
type multiSalary struct {
	BaseP25      *float64 `json:"projected_base_salary_p25"`
	BaseMedian   *float64 `json:"projected_base_salary_median"`
	BaseP75      *float64 `json:"projected_base_salary_p75"`
	BasePeriod   *string  `json:"projected_base_salary_period"`
	BaseCurrency *string  `json:"projected_base_salary_currency"`
	BaseUpdated  *string  `json:"projected_base_salary_updated_at"`

	Additional         []multiAdditionalSalary `json:"projected_additional_salary"`
	AdditionalPeriod   *string                 `json:"projected_additional_salary_period"`
	AdditionalCurrency *string                 `json:"projected_additional_salary_currency"`
	AdditionalUpdated  *string                 `json:"projected_additional_salary_updated_at"`

	TotalP25      *float64 `json:"projected_total_salary_p25"`
	TotalMedian   *float64 `json:"projected_total_salary_median"`
	TotalP75      *float64 `json:"projected_total_salary_p75"`
	TotalPeriod   *string  `json:"projected_total_salary_period"`
	TotalCurrency *string  `json:"projected_total_salary_currency"`
	TotalUpdated  *string  `json:"projected_total_salary_updated_at"`
}

type multiAdditionalSalary struct {
	Type   string  `json:"projected_additional_salary_type"`
	P25    float64 `json:"projected_additional_salary_p25"`
	Median float64 `json:"projected_additional_salary_median"`
	P75    float64 `json:"projected_additional_salary_p75"`
}
