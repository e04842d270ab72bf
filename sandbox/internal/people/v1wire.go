package people

// v1Record is a record of the V1 dataset: keys, order and types as observed.
// Collections that the sandbox never fills are lists of nothing.
type v1Record struct {
	ID                     int64   `json:"id"`
	Name                   string  `json:"name"`
	FirstName              string  `json:"first_name,omitempty"` // newer records only
	LastName               string  `json:"last_name,omitempty"`  // newer records only
	Title                  *string `json:"title"`
	URL                    string  `json:"url"`
	Hash                   string  `json:"hash"`
	Location               string  `json:"location"`
	Industry               *string `json:"industry"`
	Summary                *string `json:"summary"`
	Connections            *string `json:"connections"`
	RecommendationsCount   string  `json:"recommendations_count"`
	LogoURL                string  `json:"logo_url"`
	LastResponseCode       int     `json:"last_response_code"`
	Created                string  `json:"created"`
	LastUpdated            string  `json:"last_updated"`
	Outdated               flag    `json:"outdated"`
	Deleted                flag    `json:"deleted"`
	Country                string  `json:"country"`
	ConnectionsCount       int     `json:"connections_count"`
	ExperienceCount        int     `json:"experience_count"`
	LastUpdatedUx          int64   `json:"last_updated_ux"`
	ShorthandName          string  `json:"member_shorthand_name"`
	ShorthandNameHash      string  `json:"member_shorthand_name_hash"`
	CanonicalURL           string  `json:"canonical_url"`
	CanonicalHash          string  `json:"canonical_hash"`
	CanonicalShorthandName string  `json:"canonical_shorthand_name"`
	CanonicalShorthandHash string  `json:"canonical_shorthand_name_hash"`

	AlsoViewed                []v1AlsoViewed      `json:"member_also_viewed_collection"`
	Awards                    []v1Award           `json:"member_awards_collection"`
	Certifications            []v1Certification   `json:"member_certifications_collection"`
	Courses                   []v1Course          `json:"member_courses_collection"`
	CoursesSuggestion         []struct{}          `json:"member_courses_suggestion_collection"`
	Education                 []v1Education       `json:"member_education_collection"`
	Experience                []v1Experience      `json:"member_experience_collection"`
	Groups                    []v1Group           `json:"member_groups_collection"`
	Interests                 []v1Interest        `json:"member_interests_collection"`
	Languages                 []v1Language        `json:"member_languages_collection"`
	Organizations             []struct{}          `json:"member_organizations_collection"`
	Patents                   []struct{}          `json:"member_patents_collection"`
	PostsSeeMoreURLs          []struct{}          `json:"member_posts_see_more_urls_collection"`
	Projects                  []struct{}          `json:"member_projects_collection"`
	Publications              []struct{}          `json:"member_publications_collection"`
	Recommendations           []v1Recommendation  `json:"member_recommendations_collection"`
	SimilarProfiles           []v1SimilarProfile  `json:"member_similar_profiles_collection"`
	Skills                    []v1Skill           `json:"member_skills_collection"`
	TestScores                []struct{}          `json:"member_test_scores_collection"`
	VolunteeringCares         []struct{}          `json:"member_volunteering_cares_collection"`
	VolunteeringOpportunities []struct{}          `json:"member_volunteering_opportunities_collection"`
	VolunteeringPositions     []v1VolunteeringJob `json:"member_volunteering_positions_collection"`
	VolunteeringSupports      []struct{}          `json:"member_volunteering_supports_collection"`
	Websites                  []v1Website         `json:"member_websites_collection"`
}

// v1Row begins every row of a collection, v1Times ends it.
type v1Row struct {
	ID       int64 `json:"id"`
	MemberID int64 `json:"member_id"`
}

type v1Times struct {
	Created     string `json:"created"`
	LastUpdated string `json:"last_updated"`
	Deleted     flag   `json:"deleted"`
}

// v1Term is a word of one of the provider's dictionaries.
type v1Term struct {
	ID          int64  `json:"id"`
	Hash        string `json:"hash"`
	Created     string `json:"created"`
	LastUpdated string `json:"last_updated"`
}

type v1AlsoViewed struct {
	v1Row
	URL      string  `json:"url"`
	Title    *string `json:"title"`
	Location *string `json:"location"`
	v1Times
}

type v1Award struct {
	v1Row
	Title       *string `json:"title"`
	Issuer      *string `json:"issuer"`
	Description *string `json:"description"`
	Date        *string `json:"date"`
	v1Times
}

type v1Certification struct {
	v1Row
	Name      *string `json:"name"`
	Authority *string `json:"authority"`
	URL       *string `json:"url"`
	DateFrom  *string `json:"date_from"`
	DateTo    *string `json:"date_to"`
	v1Times
}

type v1Course struct {
	v1Row
	Position *string `json:"position"`
	Courses  string  `json:"courses"`
	v1Times
}

type v1Education struct {
	v1Row
	Title       *string `json:"title"`    // the school
	Subtitle    *string `json:"subtitle"` // the degree
	DateFrom    *string `json:"date_from"`
	DateTo      *string `json:"date_to"`
	Activities  *string `json:"activities_and_societies"`
	Description *string `json:"description"`
	v1Times
	SchoolURL *string `json:"school_url"`
}

type v1Experience struct {
	v1Row
	Title       *string `json:"title"`
	Location    *string `json:"location"`
	CompanyName string  `json:"company_name"`
	CompanyURL  *string `json:"company_url"`
	DateFrom    *string `json:"date_from"`
	DateTo      *string `json:"date_to"`
	Duration    *string `json:"duration"`
	Description *string `json:"description"`
	v1Times
	OrderInProfile *int   `json:"order_in_profile"`
	CompanyID      *int64 `json:"company_id"`
}

type v1Group struct {
	v1Row
	Name string `json:"name"`
	URL  string `json:"url"`
	v1Times
}

type v1Interest struct {
	v1Row
	InterestID int64 `json:"interest_id"`
	v1Times
	List struct {
		v1Term
		Interest string `json:"interest"`
	} `json:"member_interest_list"`
}

type v1Language struct {
	v1Row
	LanguageID    int64  `json:"language_id"`
	ProficiencyID *int64 `json:"proficiency_id"`
	v1Times
	List struct {
		v1Term
		Language string `json:"language"`
	} `json:"member_language_list"`
	Proficiency v1Proficiency `json:"member_language_proficiency_list"`
}

// v1Proficiency is an empty object when the proficiency was not given.
type v1Proficiency struct {
	*v1Term
	Proficiency string `json:"proficiency,omitempty"`
}

type v1Recommendation struct {
	v1Row
	Recommendation string `json:"recommendation"`
	v1Times
}

type v1SimilarProfile struct {
	v1Row
	URL string `json:"url"`
	v1Times
}

type v1Skill struct {
	v1Row
	SkillID int64 `json:"skill_id"`
	v1Times
	List struct {
		v1Term
		Skill string `json:"skill"`
	} `json:"member_skill_list"`
}

type v1VolunteeringJob struct {
	v1Row
	Organization *string `json:"organization"`
	Role         *string `json:"role"`
	CauseID      *int64  `json:"cause_id"`
	DateFrom     *string `json:"date_from"`
	DateTo       *string `json:"date_to"`
	Duration     *string `json:"duration"`
	v1Times
	Description     *string `json:"description"`
	OrganizationURL *string `json:"organization_url"`
	Cause           v1Cause `json:"member_volunteering_positions_cause_list"`
}

// v1Cause is an empty object when the cause was not given.
type v1Cause struct {
	*v1Term
	Cause string `json:"cause,omitempty"`
}

type v1Website struct {
	v1Row
	Website string `json:"website"`
	v1Times
}
