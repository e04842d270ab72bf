package people

// baseRecord is a record of the Base dataset: keys, nesting and types as they were found in an application that keeps
// such records, with the fields that the release notes have announced since. Where the documents show another form, one
// of two embedded parts is present and the other nil. That the rows of collections that were empty there look like the
// others is assumed, and so are their own keys. Collections that the sandbox never fills are lists of nothing.
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
	Industry             *string      `json:"industry"`
	Summary              *string      `json:"summary"`
	Services             *string      `json:"services"`
	ProfilePhotoURL      *string      `json:"profile_photo_url"`
	Deleted              flag         `json:"deleted"`
	IsHidden             flag         `json:"is_hidden"`
	Country              string       `json:"country"`
	CountryISO2          string       `json:"country_iso_2"`
	CountryISO3          string       `json:"country_iso_3"`
	Regions              []baseRegion `json:"regions"`
	RecommendationsCount *int         `json:"recommendations_count"`
	ConnectionsCount     int          `json:"connections_count"`
	FollowerCount        int          `json:"follower_count"`
	ExperienceCount      int          `json:"experience_count"`
	*baseSeenNames
	ShorthandNames any `json:"shorthand_names"` // []baseShorthand, as documented []string
	HistoricalIDs  any `json:"historical_ids"`  // []baseHistoricalID, as documented []int64

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
	*baseSeenCollections
}

type baseSeenNames struct {
	ShorthandName          string `json:"shorthand_name"`
	CanonicalShorthandName string `json:"canonical_shorthand_name"`
}

type baseShorthand struct {
	ShorthandName string `json:"shorthand_name"`
}

type baseHistoricalID struct {
	ID int64 `json:"id"`
}

// baseSeenCollections were found and are in no document.
type baseSeenCollections struct {
	AlsoViewed                []baseAlsoViewed `json:"also_viewed"`
	Groups                    []baseGroup      `json:"groups"`
	Interests                 []baseInterest   `json:"interests"`
	PostsSeeMoreURLs          []basePostURL    `json:"posts_see_more_urls"`
	Skills                    []baseSkill      `json:"skills"`
	VolunteeringCares         []baseCare       `json:"volunteering_cares"`
	VolunteeringOpportunities []struct{}       `json:"volunteering_opportunities"`
	VolunteeringSupports      []struct{}       `json:"volunteering_supports"`
	HiddenDetails             []struct{}       `json:"hidden_details"`
}

type baseRegion struct {
	Region string `json:"region"`
}

// baseRowID begins a row of a collection; it is nil in the documented form.
type baseRowID struct {
	ID string `json:"id"` // 32 hexadecimal digits
}

// basePlace ends every row of a collection, with its times unless they are nil.
type basePlace struct {
	OrderInProfile *int `json:"order_in_profile"`
	Deleted        flag `json:"deleted"`
	*baseRowTimes
}

type baseRowTimes struct {
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// baseDeletion is when a row left the profile, null while it is there. Positions and schools have it since May 2026.
type baseDeletion struct {
	DeletedAt *string `json:"deleted_at"`
}

type baseExperience struct {
	*baseRowID
	Title       *string `json:"title"`
	Location    *string `json:"location"`
	CompanyID   *int64  `json:"company_id"`
	SourceID    any     `json:"company_source_id"` // *int64, as documented *string of digits (assumed)
	CompanyName string  `json:"company_name"`
	CompanyURL  *string `json:"company_url"`
	*baseSeenCompany
	*baseDocumentedCompany
	CompanyWebsite *string `json:"company_website"`
	DateFrom       *string `json:"date_from"`
	DateFromYear   *int    `json:"date_from_year"`
	DateFromMonth  *int    `json:"date_from_month"`
	DateTo         *string `json:"date_to"`
	DateToYear     *int    `json:"date_to_year"`
	DateToMonth    *int    `json:"date_to_month"`
	IsCurrent      flag    `json:"is_current"`
	Duration       *string `json:"duration"`
	Description    *string `json:"description"`
	basePlace
	baseDeletion
}

type baseSeenCompany struct {
	ShorthandName          *string `json:"company_url_shorthand_name"`
	CanonicalShorthandName *string `json:"company_url_canonical_shorthand_name"`
	Industry               *string `json:"company_industry"`
	EmployeesCount         *int64  `json:"company_employees_count"`
	Size                   *string `json:"company_size"`
}

type baseDocumentedCompany struct {
	ShorthandName *string `json:"company_shorthand_name"`
	LogoURL       *string `json:"company_logo_url"`
}

type baseEducation struct {
	*baseRowID
	Institution    string  `json:"institution"`
	Program        *string `json:"program"`
	InstitutionURL *string `json:"institution_url"`
	*baseSeenSchool
	*baseDocumentedSchool
	DateFromYear *int    `json:"date_from_year"`
	DateToYear   *int    `json:"date_to_year"`
	Activities   *string `json:"activities_and_societies"`
	Description  *string `json:"description"`
	basePlace
	baseDeletion
}

type baseSeenSchool struct {
	ShorthandName *string `json:"institution_shorthand_name"`
	DateFrom      *string `json:"date_from"`
	DateFromMonth *int    `json:"date_from_month"`
	DateTo        *string `json:"date_to"`
	DateToMonth   *int    `json:"date_to_month"`
}

type baseDocumentedSchool struct {
	ID       *int64  `json:"institution_id"`
	SourceID *string `json:"institution_source_id"`
}

type baseLanguage struct {
	*baseRowID
	Language    string  `json:"language"`
	Proficiency *string `json:"proficiency"`
	basePlace
}

type baseCertification struct {
	*baseRowID
	Title          string  `json:"title"`
	Issuer         *string `json:"issuer"`
	CertificateURL *string `json:"certificate_url"`
	DateFrom       *string `json:"date_from"`
	DateTo         *string `json:"date_to"`
	*baseSeenCertification
	basePlace
}

type baseSeenCertification struct {
	CredentialID  *string `json:"credential_id"`
	IssuerURL     *string `json:"issuer_url"`
	DateFromYear  *int    `json:"date_from_year"`
	DateFromMonth *int    `json:"date_from_month"`
	DateToYear    *int    `json:"date_to_year"`
	DateToMonth   *int    `json:"date_to_month"`
}

type baseAward struct {
	*baseRowID
	Title       string  `json:"title"`
	Issuer      *string `json:"issuer"`
	Description *string `json:"description"`
	Date        *string `json:"date"`
	basePlace
}

type baseCourse struct {
	*baseRowID
	Title     string  `json:"title"`
	Organizer *string `json:"organizer"`
	basePlace
}

type baseRecommendation struct {
	*baseRowID
	Recommendation string `json:"recommendation"`
	basePlace
}

type baseSimilarProfile struct {
	*baseRowID
	URL string `json:"url"`
	basePlace
}

type baseVolunteeringJob struct {
	*baseRowID
	Organization *string `json:"organization"`
	Role         *string `json:"role"`
	Cause        *string `json:"cause"`
	DateFrom     *string `json:"date_from"`
	DateTo       *string `json:"date_to"`
	basePlace
}

type baseWebsite struct {
	*baseRowID
	*baseSeenWebsite
	*baseDocumentedWebsite
	basePlace
}

type baseSeenWebsite struct {
	URL string `json:"personal_website"`
}

type baseDocumentedWebsite struct {
	URL string `json:"url"`
}

type baseAlsoViewed struct {
	*baseRowID
	URL string `json:"url"`
	basePlace
}

type baseGroup struct {
	*baseRowID
	Name string `json:"name"`
	URL  string `json:"url"`
	basePlace
}

type baseInterest struct {
	*baseRowID
	Interest string `json:"interest"`
	basePlace
}

type basePostURL struct {
	*baseRowID
	URL string `json:"url"`
	basePlace
}

type baseSkill struct {
	*baseRowID
	Skill string `json:"skill"`
	basePlace
}

type baseCare struct {
	*baseRowID
	Care string `json:"care"`
	basePlace
}
