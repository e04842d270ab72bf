package employee

// BaseRow is what rows of Base collections have in common. It is known of positions, schools, certifications and
// websites, and assumed of the others. A row that is only a text in the JSON, as rows of some collections may be, fills
// the field that holds its name or address.
type BaseRow struct {
	// ID is the provider's identifier of the row, 32 hexadecimal digits where it was seen.
	ID Text `json:"id"`
	// OrderInProfile is the place in the profile, from 1.
	OrderInProfile Number `json:"order_in_profile"`
	// Deleted marks what the profile does not show any more.
	Deleted Flag `json:"deleted"`
	// CreatedAt is when the row was made.
	CreatedAt Timestamp `json:"created_at"`
	// UpdatedAt is when the row last changed.
	UpdatedAt Timestamp `json:"updated_at"`
	// DeletedAt is when the row disappeared from the profile. Positions and schools have it since May 2026.
	DeletedAt Timestamp `json:"deleted_at"`
}

// BaseRegion is a part of the world.
type BaseRegion struct {
	// Region is its name, such as "Northern America".
	Region string `json:"region" record:"text"`
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
	// CompanyShorthandName is the part of CompanyURL after "/company/", as the documents name it; where it is missing,
	// [Decode] takes CompanyURLShorthandName.
	CompanyShorthandName string `json:"company_shorthand_name" or:"company_url_shorthand_name"`
	// CompanyURLShorthandName is the same, under the name that records were seen to have.
	CompanyURLShorthandName string `json:"company_url_shorthand_name"`
	// CompanyURLCanonicalShorthandName is the shorthand name of the address that CompanyURL is redirected to.
	CompanyURLCanonicalShorthandName string `json:"company_url_canonical_shorthand_name"`
	// CompanyIndustry is the industry of the company.
	CompanyIndustry string `json:"company_industry"`
	// CompanySize is a text such as "11-50 employees".
	CompanySize Text `json:"company_size"`
	// CompanyEmployeesCount is the number of employees of the company, 0 if it is not known.
	CompanyEmployeesCount Number `json:"company_employees_count"`
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
	// Duration is a text such as "3 years 2 months".
	Duration Text `json:"duration"`
	// IsCurrent marks a position that is held now.
	IsCurrent Flag `json:"is_current"`
}

// BaseEducation is a school or degree.
type BaseEducation struct {
	BaseRow

	// Institution is the name of the school.
	Institution string `json:"institution"`
	// Program is the degree and field of study.
	Program string `json:"program"`
	// InstitutionURL is the address of the school's profile.
	InstitutionURL string `json:"institution_url"`
	// InstitutionID is Coresignal's identifier for the school; its JSON type is not known.
	InstitutionID Text `json:"institution_id"`
	// InstitutionSourceID is the identifier of the school at the source; its JSON type is not known.
	InstitutionSourceID Text `json:"institution_source_id"`
	// InstitutionShorthandName is the part of InstitutionURL after "/school/".
	InstitutionShorthandName string `json:"institution_shorthand_name"`
	// DateFrom is when it began.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ended.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
	// ActivitiesAndSocieties is a free text.
	ActivitiesAndSocieties string `json:"activities_and_societies"`
	// Description is a free text.
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
	Recommendation string `json:"recommendation" record:"text"`
	// RefereeFullName is the name of who wrote it. The name is assumed.
	RefereeFullName string `json:"referee_full_name"`
	// RefereeURL is the address of who wrote it. The name is assumed.
	RefereeURL string `json:"referee_url"`
}

// BaseSimilarProfile is a profile that the source finds alike.
type BaseSimilarProfile struct {
	BaseRow

	// URL is the address of the profile. The name is assumed.
	URL string `json:"url" record:"text"`
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

	// Website is the address. The name is assumed; where it is missing, [Decode] takes PersonalWebsite.
	Website string `json:"website" or:"personal_website" record:"text"`
	// PersonalWebsite is the same, under the name that records were seen to have.
	PersonalWebsite string `json:"personal_website"`
}

// BaseAward is an honour or award.
type BaseAward struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title" record:"text"`
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

	// Title is its name.
	Title string `json:"title" record:"text"`
	// Issuer is who gave it.
	Issuer string `json:"issuer"`
	// IssuerURL is the address of the issuer's profile.
	IssuerURL string `json:"issuer_url"`
	// CredentialID is its number at the issuer.
	CredentialID Text `json:"credential_id"`
	// CertificateURL is the address of the proof.
	CertificateURL string `json:"certificate_url"`
	// DateFrom is when it was given.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ends; it is empty for one without an end and for an unknown one.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
}

// BaseCourse is a course taken.
type BaseCourse struct {
	BaseRow

	// Title is its name. The name is assumed.
	Title string `json:"title" record:"text"`
	// Organizer is who held it. The name is assumed.
	Organizer string `json:"organizer"`
}

// BaseLanguage is a language spoken.
type BaseLanguage struct {
	BaseRow

	// Language is its name. The name is assumed.
	Language string `json:"language" record:"text"`
	// Proficiency is how well it is spoken. The name is assumed.
	Proficiency string `json:"proficiency"`
}

// BaseOrganization is a membership.
type BaseOrganization struct {
	BaseRow

	// Organization is its name. The name is assumed.
	Organization string `json:"organization" record:"text"`
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
	Title string `json:"title" record:"text"`
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
	Name string `json:"name" record:"text"`
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
	Title string `json:"title" record:"text"`
	// Description is a free text. The name is assumed.
	Description string `json:"description"`
	// Date is when it was given or published. The name is assumed.
	Date ProfileDate `json:"date"`
}

// BaseVolunteeringPosition is voluntary work.
type BaseVolunteeringPosition struct {
	BaseRow

	// Organization is the name of the organization. The name is assumed.
	Organization string `json:"organization" record:"text"`
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

// BaseSkill is a skill that the person gives.
type BaseSkill struct {
	BaseRow

	// Skill is its name, as searches name it.
	Skill string `json:"skill" record:"text"`
}

// BaseAlsoViewed is a profile that visitors of this one also looked at. The names are those of V1, which is assumed.
type BaseAlsoViewed struct {
	BaseRow

	// URL is the address of the profile.
	URL string `json:"url" record:"text"`
	// Title is the line under the name there.
	Title string `json:"title"`
	// Location is the place that stands there.
	Location string `json:"location"`
}

// BaseGroup is a group that the person is in. The names are those of V1, which is assumed.
type BaseGroup struct {
	BaseRow

	// Name is its name.
	Name string `json:"name" record:"text"`
	// URL is its address.
	URL string `json:"url"`
}

// BaseInterest is an interest.
type BaseInterest struct {
	BaseRow

	// Interest is its name. The name is assumed.
	Interest string `json:"interest" record:"text"`
}

// BasePostsSeeMoreURL is an address of further posts.
type BasePostsSeeMoreURL struct {
	BaseRow

	// URL is the address. The name is assumed.
	URL string `json:"url" record:"text"`
}

// BaseVolunteeringCare is a cause that the person cares about.
type BaseVolunteeringCare struct {
	BaseRow

	// Care is its name. The name is assumed.
	Care string `json:"care" record:"text"`
}

// BaseVolunteeringOpportunity is a kind of help that the person offers.
type BaseVolunteeringOpportunity struct {
	BaseRow

	// Opportunity is its name. The name is assumed.
	Opportunity string `json:"opportunity" record:"text"`
}

// BaseVolunteeringSupport is an organization that the person supports.
type BaseVolunteeringSupport struct {
	BaseRow

	// Support is its name. The name is assumed.
	Support string `json:"support" record:"text"`
}

// BaseHiddenDetail is a part of the profile that is hidden. What it holds besides BaseRow is not known.
type BaseHiddenDetail struct {
	BaseRow
}
