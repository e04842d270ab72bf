package employee

// BaseAward is an honour or award.
type BaseAward struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title"`
	// Issuer is who gave it. The name is assumed.
	Issuer string `json:"issuer"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// Date is when it was given or published. The name is assumed.
	Date ProfileDate `json:"date"`
}

// BaseCertification is a licence or certification.
type BaseCertification struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title"`
	// Issuer is who gave it. The name is assumed.
	Issuer string `json:"issuer"`
	// DateFrom is when it began. The name is assumed.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended. The name is assumed.
	DateTo ProfileDate `json:"date_to"`
}

// BaseCourse is a course taken.
type BaseCourse struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title"`
	// Organizer is who held it. The name is assumed.
	Organizer string `json:"organizer"`
}

// BaseLanguage is a language spoken.
type BaseLanguage struct {
	BaseRow

	// Language is its name. The name is assumed.
	Language string `json:"language"`
	// Proficiency is how well it is spoken. The name is assumed.
	Proficiency string `json:"proficiency"`
}

// BaseOrganization is a membership.
type BaseOrganization struct {
	BaseRow

	// Organization is its name. The name is assumed.
	Organization string `json:"organization"`
	// Position is the role in it. The name is assumed.
	Position string `json:"position"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// DateFrom is when it began. The name is assumed.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended. The name is assumed.
	DateTo ProfileDate `json:"date_to"`
}

// BasePatent is a patent.
type BasePatent struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title"`
	// Status is whether it is issued. The name is assumed.
	Status string `json:"status"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// Date is when it was given or published. The name is assumed.
	Date ProfileDate `json:"date"`
}

// BaseProject is a project.
type BaseProject struct {
	BaseRow

	// Name is its name. The name is assumed.
	Name string `json:"name"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// DateFrom is when it began. The name is assumed.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended. The name is assumed.
	DateTo ProfileDate `json:"date_to"`
}

// BasePublication is a publication.
type BasePublication struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// Date is when it was given or published. The name is assumed.
	Date ProfileDate `json:"date"`
}

// BaseVolunteeringPosition is voluntary work.
type BaseVolunteeringPosition struct {
	BaseRow

	// Organization is the name of the organization. The name is assumed.
	Organization string `json:"organization"`
	// Role is the role in it. The name is assumed.
	Role string `json:"role"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// DateFrom is when it began. The name is assumed.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended. The name is assumed.
	DateTo ProfileDate `json:"date_to"`
}

// BaseTestScore is a test score. What it holds besides BaseRow is not known.
type BaseTestScore struct {
	BaseRow
}
