package employee

// BaseRow is what rows of Base collections have in common. It is known of positions, and assumed of the others.
type BaseRow struct {
	// OrderInProfile is the place in the profile, from 1.
	OrderInProfile Number `json:"order_in_profile"`
	// Deleted marks what the profile does not show any more.
	Deleted Flag `json:"deleted"`
}

// BaseRegion is a part of the world.
type BaseRegion struct {
	// Region is its name, such as "Northern America".
	Region string `json:"region"`
}

// BaseExperience is a position.
type BaseExperience struct {
	BaseRow

	// Title is the job title.
	Title string `json:"title"`
	// Description is a free text.
	Description string `json:"description"`
	// Location is the place of work.
	Location string `json:"location"`
	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID Number `json:"company_id"`
	// CompanyName is the name of the company.
	CompanyName string `json:"company_name"`
	// CompanyURL is the address of the company's profile.
	CompanyURL string `json:"company_url"`
	// CompanyWebsite is the address of the company's website.
	CompanyWebsite string `json:"company_website"`
	// CompanyLogoURL is the address of the company's logo.
	CompanyLogoURL string `json:"company_logo_url"`
	// CompanyShorthandName is the part of CompanyURL after "/company/".
	CompanyShorthandName string `json:"company_shorthand_name"`
	// CompanySourceID is the number of the company at the source.
	CompanySourceID Text `json:"company_source_id"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ended; it is empty for a current position and for an unknown end.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
	// Duration is a text such as "3 years 2 months". The name is assumed.
	Duration Text `json:"duration"`
	// IsCurrent marks a position that is held now.
	IsCurrent Flag `json:"is_current"`
}

// BaseEducation is a school or degree.
type BaseEducation struct {
	BaseRow

	// Institution is the name of the school. The name is assumed.
	Institution string `json:"institution"`
	// Program is the degree and field of study. The name is assumed.
	Program string `json:"program"`
	// InstitutionURL is the address of the school's profile.
	InstitutionURL string `json:"institution_url"`
	// InstitutionID is Coresignal's identifier for the school; its JSON type is not known.
	InstitutionID Text `json:"institution_id"`
	// InstitutionSourceID is the identifier of the school at the source; its JSON type is not known.
	InstitutionSourceID Text `json:"institution_source_id"`
	// DateFromYear is the year in which it began, or 0. The name is assumed.
	DateFromYear Number `json:"date_from_year"`
	// DateToYear is the year in which it ended, or 0. The name is assumed.
	DateToYear Number `json:"date_to_year"`
	// ActivitiesAndSocieties is a free text. The name is assumed.
	ActivitiesAndSocieties string `json:"activities_and_societies"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
}

// BaseActivity is a post or a reaction to one.
type BaseActivity struct {
	BaseRow

	// ActivityURL is its address. The name is assumed.
	ActivityURL string `json:"activity_url"`
	// Title is the text. The name is assumed.
	Title string `json:"title"`
	// Action is what the person did, such as liking or sharing. The name is assumed.
	Action string `json:"action"`
}

// BaseRecommendation is what somebody wrote about the person.
type BaseRecommendation struct {
	BaseRow

	// Recommendation is the text. The name is assumed.
	Recommendation string `json:"recommendation"`
	// RefereeFullName is the name of who wrote it. The name is assumed.
	RefereeFullName string `json:"referee_full_name"`
	// RefereeURL is the address of who wrote it. The name is assumed.
	RefereeURL string `json:"referee_url"`
}

// BaseSimilarProfile is a profile that the source finds alike.
type BaseSimilarProfile struct {
	BaseRow

	// URL is the address of the profile. The name is assumed.
	URL string `json:"url"`
}

// BaseOtherNamed is a profile of somebody of the same name. What it holds besides BaseRow is not known.
type BaseOtherNamed struct {
	BaseRow
}

// BaseCourseSuggestion is a course that the source suggests. What it holds besides BaseRow is not known.
type BaseCourseSuggestion struct {
	BaseRow
}

// BaseWebsite is an address the person gives.
type BaseWebsite struct {
	BaseRow

	// Website is the address. The name is assumed.
	Website string `json:"website"`
}

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
