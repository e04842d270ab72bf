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
