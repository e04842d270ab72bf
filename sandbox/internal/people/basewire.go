package people

// baseRecord is a record of the Base dataset. Root keys and experience rows are
// documented or observed; the keys of the other rows are assumed. Collections
// that the sandbox never fills are lists of nothing.
type baseRecord struct {
	ID                   int64        `json:"id"`
	ParentID             int64        `json:"parent_id"`
	IsParent             flag         `json:"is_parent"`
	FullName             string       `json:"full_name"`
	FirstName            string       `json:"first_name"`
	LastName             string       `json:"last_name"`
	Headline             *string      `json:"headline"`
	GeneratedHeadline    *string      `json:"generated_headline"`
	CreatedAt            string       `json:"created_at"`
	UpdatedAt            string       `json:"updated_at"`
	CheckedAt            string       `json:"checked_at"`
	ProcessedAt          string       `json:"processed_at"`
	PublicProfileID      string       `json:"public_profile_id"` // digits, as a string
	ProfileURL           string       `json:"profile_url"`
	Location             string       `json:"location"`
	City                 *string      `json:"city"`
	State                *string      `json:"state"`
	Country              string       `json:"country"`
	CountryISO2          string       `json:"country_iso_2"`
	CountryISO3          string       `json:"country_iso_3"`
	Regions              []baseRegion `json:"regions"`
	Industry             *string      `json:"industry"`
	Summary              *string      `json:"summary"`
	Services             *string      `json:"services"`
	ProfilePhotoURL      *string      `json:"profile_photo_url"`
	Deleted              flag         `json:"deleted"`
	IsHidden             flag         `json:"is_hidden"`
	RecommendationsCount int          `json:"recommendations_count"`
	ConnectionsCount     int          `json:"connections_count"`
	FollowerCount        int          `json:"follower_count"`
	ExperienceCount      int          `json:"experience_count"`
	HistoricalIDs        []int64      `json:"historical_ids"`
	ShorthandNames       []string     `json:"shorthand_names"`

	Awards                []baseAward           `json:"awards"`
	Certifications        []baseCertification   `json:"certifications"`
	Courses               []baseCourse          `json:"courses"`
	Education             []baseEducation       `json:"education"`
	Experience            []baseExperience      `json:"experience"`
	Languages             []baseLanguage        `json:"languages"`
	Organizations         []struct{}            `json:"organizations"`
	Patents               []struct{}            `json:"patents"`
	Projects              []struct{}            `json:"projects"`
	Publications          []struct{}            `json:"publications"`
	Recommendations       []baseRecommendation  `json:"recommendations"`
	SimilarProfiles       []baseSimilarProfile  `json:"similar_profiles"`
	OthersNamed           []struct{}            `json:"others_named"`
	TestScores            []struct{}            `json:"test_scores"`
	VolunteeringPositions []baseVolunteeringJob `json:"volunteering_positions"`
	Websites              []baseWebsite         `json:"websites"`
	CourseSuggestions     []struct{}            `json:"course_suggestions"`
	Activity              []struct{}            `json:"activity"`
	InferredSkills        []string              `json:"inferred_skills"`
}

type baseRegion struct {
	Region string `json:"region"`
}

// basePlace ends every row of a collection.
type basePlace struct {
	OrderInProfile *int `json:"order_in_profile"`
	Deleted        flag `json:"deleted"`
}

type baseExperience struct {
	Title                *string `json:"title"`
	CompanyID            *int64  `json:"company_id"`
	CompanyName          string  `json:"company_name"`
	CompanyURL           *string `json:"company_url"`
	CompanyWebsite       *string `json:"company_website"`
	CompanyShorthandName *string `json:"company_shorthand_name"`
	CompanySourceID      *string `json:"company_source_id"` // digits, as a string (assumed)
	CompanyLogoURL       *string `json:"company_logo_url"`
	Location             *string `json:"location"`
	Description          *string `json:"description"`
	DateFrom             *string `json:"date_from"`
	DateFromYear         *int    `json:"date_from_year"`
	DateFromMonth        *int    `json:"date_from_month"`
	DateTo               *string `json:"date_to"`
	DateToYear           *int    `json:"date_to_year"`
	DateToMonth          *int    `json:"date_to_month"`
	Duration             *string `json:"duration"`
	IsCurrent            flag    `json:"is_current"`
	basePlace
}

type baseEducation struct {
	Institution         string  `json:"institution"`
	Program             *string `json:"program"`
	InstitutionURL      *string `json:"institution_url"`
	InstitutionID       *int64  `json:"institution_id"`
	InstitutionSourceID *string `json:"institution_source_id"`
	DateFromYear        *int    `json:"date_from_year"`
	DateToYear          *int    `json:"date_to_year"`
	Activities          *string `json:"activities_and_societies"`
	Description         *string `json:"description"`
	basePlace
}

type baseLanguage struct {
	Language    string  `json:"language"`
	Proficiency *string `json:"proficiency"`
	basePlace
}

type baseCertification struct {
	Title          string  `json:"title"`
	Issuer         *string `json:"issuer"`
	CertificateURL *string `json:"certificate_url"`
	DateFrom       *string `json:"date_from"`
	DateTo         *string `json:"date_to"`
	basePlace
}

type baseAward struct {
	Title       string  `json:"title"`
	Issuer      *string `json:"issuer"`
	Description *string `json:"description"`
	Date        *string `json:"date"`
	basePlace
}

type baseCourse struct {
	Title     string  `json:"title"`
	Organizer *string `json:"organizer"`
	basePlace
}

type baseRecommendation struct {
	Recommendation string `json:"recommendation"`
	basePlace
}

type baseSimilarProfile struct {
	URL string `json:"url"`
	basePlace
}

type baseVolunteeringJob struct {
	Organization *string `json:"organization"`
	Role         *string `json:"role"`
	Cause        *string `json:"cause"`
	DateFrom     *string `json:"date_from"`
	DateTo       *string `json:"date_to"`
	basePlace
}

type baseWebsite struct {
	URL string `json:"url"`
	basePlace
}
