package employee

// V1Row is what every row of a V1 collection has.
type V1Row struct {
	// ID is the number of the row.
	ID int64 `json:"id"`
	// MemberID is the ID of the record.
	MemberID int64 `json:"member_id"`
	// Created is when the row was made.
	Created Timestamp `json:"created"`
	// LastUpdated is when the row last changed.
	LastUpdated Timestamp `json:"last_updated"`
	// Deleted marks history: what the profile does not show any more.
	Deleted Flag `json:"deleted"`
}

// V1Experience is a position.
type V1Experience struct {
	V1Row

	// Title is the job title.
	Title string `json:"title"`
	// Location is the place of work.
	Location string `json:"location"`
	// CompanyName is the name of the company.
	CompanyName string `json:"company_name"`
	// CompanyURL is the address of the company's profile.
	CompanyURL string `json:"company_url"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended; it is empty for a current position and for an unknown end.
	DateTo ProfileDate `json:"date_to"`
	// Duration is a text such as "2 years 1 month" or "less than a year".
	Duration Text `json:"duration"`
	// Description is a free text.
	Description string `json:"description"`
	// OrderInProfile is the place in the profile, from 1, and 0 for most deleted rows.
	OrderInProfile int64 `json:"order_in_profile"`
	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID int64 `json:"company_id"`
}

// V1Education is a school or degree.
type V1Education struct {
	V1Row

	// Title is the name of the school.
	Title string `json:"title"`
	// Subtitle is the degree and field of study.
	Subtitle string `json:"subtitle"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// ActivitiesAndSocieties is a free text.
	ActivitiesAndSocieties string `json:"activities_and_societies"`
	// Description is a free text.
	Description string `json:"description"`
	// SchoolURL is the address of the school's profile.
	SchoolURL string `json:"school_url"`
}

// V1Award is an honour or award.
type V1Award struct {
	V1Row

	// Title is its name.
	Title string `json:"title"`
	// Issuer is who gave it.
	Issuer string `json:"issuer"`
	// Description is a free text.
	Description string `json:"description"`
	// Date is when it was given.
	Date ProfileDate `json:"date"`
}

// V1Certification is a licence or certification.
type V1Certification struct {
	V1Row

	// Name is its name.
	Name string `json:"name"`
	// Authority is who gave it.
	Authority string `json:"authority"`
	// URL is the address of the proof.
	URL string `json:"url"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
}

// V1Course is a course taken.
type V1Course struct {
	V1Row

	// Position is the position that the course belongs to.
	Position string `json:"position"`
	// Courses is the name of the course.
	Courses string `json:"courses"`
}

// V1Organization is a membership.
type V1Organization struct {
	V1Row

	// Organization is its name.
	Organization string `json:"organization"`
	// Position is the role in it.
	Position string `json:"position"`
	// Description is a free text.
	Description string `json:"description"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
}

// V1Project is a project.
type V1Project struct {
	V1Row

	// Name is its name.
	Name string `json:"name"`
	// URL is its address.
	URL string `json:"url"`
	// Description is a free text.
	Description string `json:"description"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// TeamMembers is the names of all members in one text.
	TeamMembers string `json:"team_members"`
}

// V1Publication is a publication.
type V1Publication struct {
	V1Row

	// Title is its name.
	Title string `json:"title"`
	// Publisher is who published it.
	Publisher string `json:"publisher"`
	// Date is when it was published.
	Date ProfileDate `json:"date"`
	// Description is a free text.
	Description string `json:"description"`
	// Authors is the names of all authors in one text.
	Authors string `json:"authors"`
	// URL is its address.
	URL string `json:"url"`
}

// V1VolunteeringPosition is voluntary work.
type V1VolunteeringPosition struct {
	V1Row

	// Organization is the name of the organization.
	Organization string `json:"organization"`
	// Role is the role in it.
	Role string `json:"role"`
	// CauseID is the number of Cause, or 0.
	CauseID int64 `json:"cause_id"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// Duration is a text such as "2 years 1 month".
	Duration Text `json:"duration"`
	// Description is a free text.
	Description string `json:"description"`
	// OrganizationURL is the address of the organization.
	OrganizationURL string `json:"organization_url"`
	// Cause is what the work is for; it is zero where none is given.
	Cause V1Cause `json:"member_volunteering_positions_cause_list"`
}

// V1Entry is what every entry of a dictionary of V1 has. Rows that refer to a dictionary hold the entry they refer to;
// a missing one is written {} and is zero here.
type V1Entry struct {
	// ID is the number of the entry.
	ID int64 `json:"id"`
	// Hash is the provider's hash of the entry.
	Hash string `json:"hash"`
	// Created is when the entry was made.
	Created Timestamp `json:"created"`
	// LastUpdated is when the entry last changed.
	LastUpdated Timestamp `json:"last_updated"`
}

// V1Skill is a skill.
type V1Skill struct {
	V1Row

	// SkillID is the number of Skill.
	SkillID int64 `json:"skill_id"`
	// Skill is the entry with the name.
	Skill V1SkillName `json:"member_skill_list"`
}

// V1SkillName is an entry of the dictionary of skills.
type V1SkillName struct {
	V1Entry

	// Skill is the name of the skill.
	Skill string `json:"skill"`
}

// V1Interest is an interest.
type V1Interest struct {
	V1Row

	// InterestID is the number of Interest.
	InterestID int64 `json:"interest_id"`
	// Interest is the entry with the name.
	Interest V1InterestName `json:"member_interest_list"`
}

// V1InterestName is an entry of the dictionary of interests.
type V1InterestName struct {
	V1Entry

	// Interest is the name of the interest.
	Interest string `json:"interest"`
}

// V1Language is a language spoken.
type V1Language struct {
	V1Row

	// LanguageID is the number of Language.
	LanguageID int64 `json:"language_id"`
	// ProficiencyID is the number of Proficiency, or 0.
	ProficiencyID int64 `json:"proficiency_id"`
	// Language is the entry with the name.
	Language V1LanguageName `json:"member_language_list"`
	// Proficiency is how well it is spoken; it is zero where none is given.
	Proficiency V1Proficiency `json:"member_language_proficiency_list"`
}

// V1LanguageName is an entry of the dictionary of languages.
type V1LanguageName struct {
	V1Entry

	// Language is the name of the language.
	Language string `json:"language"`
}

// V1Proficiency is an entry of the dictionary of proficiencies.
type V1Proficiency struct {
	V1Entry

	// Proficiency is its name.
	Proficiency string `json:"proficiency"`
}

// V1Patent is a patent.
type V1Patent struct {
	V1Row

	// Title is its name.
	Title string `json:"title"`
	// StatusID is the number of Status.
	StatusID int64 `json:"status_id"`
	// Inventors is the names of all inventors in one text.
	Inventors string `json:"inventors"`
	// Date is when it was filed or issued.
	Date ProfileDate `json:"date"`
	// URL is its address.
	URL string `json:"url"`
	// Description is a free text.
	Description string `json:"description"`
	// ValidArea is where it holds.
	ValidArea string `json:"valid_area"`
	// Status is the entry with the name.
	Status V1PatentStatus `json:"member_patent_status_list"`
}

// V1PatentStatus is an entry of the dictionary of patent statuses.
type V1PatentStatus struct {
	V1Entry

	// Status is its name.
	Status string `json:"status"`
}

// V1CourseSuggestion is a course that the source suggests.
type V1CourseSuggestion struct {
	V1Row

	// CourseSuggestionID is the number of Course.
	CourseSuggestionID int64 `json:"course_suggestion_id"`
	// Course is the entry with the name.
	Course V1SuggestedCourse `json:"member_courses_suggestion_list"`
}

// V1SuggestedCourse is an entry of the dictionary of suggested courses.
type V1SuggestedCourse struct {
	V1Entry

	// Name is the name of the course.
	Name string `json:"name"`
	// URL is the address of the course.
	URL string `json:"url"`
}

// V1VolunteeringCare is a cause the person cares about.
type V1VolunteeringCare struct {
	V1Row

	// CareID is the number of Care.
	CareID int64 `json:"care_id"`
	// Care is the entry with the name.
	Care V1CareName `json:"member_volunteering_care_list"`
}

// V1CareName is an entry of the dictionary of causes that people care about.
type V1CareName struct {
	V1Entry

	// Care is its name.
	Care string `json:"care"`
}

// V1VolunteeringOpportunity is a kind of help that the person offers.
type V1VolunteeringOpportunity struct {
	V1Row

	// OpportunityID is the number of Opportunity.
	OpportunityID int64 `json:"opportunity_id"`
	// Opportunity is the entry with the name.
	Opportunity V1OpportunityName `json:"member_volunteering_opportunity_list"`
}

// V1OpportunityName is an entry of the dictionary of opportunities.
type V1OpportunityName struct {
	V1Entry

	// Opportunity is its name.
	Opportunity string `json:"opportunity"`
}

// V1VolunteeringSupport is an organization that the person supports.
type V1VolunteeringSupport struct {
	V1Row

	// SupportID is the number of Support.
	SupportID int64 `json:"support_id"`
	// Support is the entry with the name.
	Support V1SupportName `json:"member_volunteering_support_list"`
}

// V1SupportName is an entry of the dictionary of supported organizations.
type V1SupportName struct {
	V1Entry

	// Support is its name.
	Support string `json:"support"`
}

// V1Cause is an entry of the dictionary of causes of voluntary work.
type V1Cause struct {
	V1Entry

	// Cause is its name.
	Cause string `json:"cause"`
}
