package employee

// MultiSourceAward is an honour or award.
type MultiSourceAward struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Issuer is who gave it.
	Issuer string `json:"issuer"`
	// Description is a free text.
	Description string `json:"description"`
	// Date is when it was given.
	Date ProfileDate `json:"date"`
	// DateYear is the year of Date, or 0.
	DateYear Number `json:"date_year"`
	// DateMonth is the month of Date, 1 to 12, or 0.
	DateMonth Number `json:"date_month"`
}

// MultiSourceCertification is a licence or certification.
type MultiSourceCertification struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Issuer is who gave it.
	Issuer string `json:"issuer"`
	// IssuerURL is the address of the issuer's profile.
	IssuerURL string `json:"issuer_url"`
	// CredentialID is the issuer's number for it.
	CredentialID Text `json:"credential_id"`
	// CertificateURL is where it can be seen.
	CertificateURL string `json:"certificate_url"`
	// DateFrom is when it was given.
	DateFrom ProfileDate `json:"date_from"`
	// DateFromYear is the year of DateFrom, or 0.
	DateFromYear Number `json:"date_from_year"`
	// DateFromMonth is the month of DateFrom, 1 to 12, or 0.
	DateFromMonth Number `json:"date_from_month"`
	// DateTo is when it ends.
	DateTo ProfileDate `json:"date_to"`
	// DateToYear is the year of DateTo, or 0.
	DateToYear Number `json:"date_to_year"`
	// DateToMonth is the month of DateTo, 1 to 12, or 0.
	DateToMonth Number `json:"date_to_month"`
}

// MultiSourceCourse is a course taken.
type MultiSourceCourse struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Organizer is who held it.
	Organizer string `json:"organizer"`
}

// MultiSourceLanguage is a language spoken.
type MultiSourceLanguage struct {
	MultiSourceRow

	// Language is its name.
	Language string `json:"language"`
	// Proficiency is how well it is spoken, such as "Limited working proficiency".
	Proficiency string `json:"proficiency"`
}

// MultiSourceOrganization is a membership.
type MultiSourceOrganization struct {
	MultiSourceRow

	// OrganizationName is the name of the organization.
	OrganizationName string `json:"organization_name"`
	// Position is the role in it.
	Position string `json:"position"`
	// Description is a free text.
	Description string `json:"description"`
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
}

// MultiSourcePatent is a patent.
type MultiSourcePatent struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Status is whether it is issued.
	Status string `json:"status"`
	// Description is a free text.
	Description string `json:"description"`
	// PatentURL is its address.
	PatentURL string `json:"patent_url"`
	// PatentNumber is its number at the office.
	PatentNumber Text `json:"patent_number"`
	// Date is when it was issued or applied for.
	Date ProfileDate `json:"date"`
	// DateYear is the year of Date, or 0.
	DateYear Number `json:"date_year"`
	// DateMonth is the month of Date, 1 to 12, or 0.
	DateMonth Number `json:"date_month"`
}

// MultiSourceProject is a project.
type MultiSourceProject struct {
	MultiSourceRow

	// Name is its name.
	Name string `json:"name"`
	// Description is a free text.
	Description string `json:"description"`
	// ProjectURL is its address.
	ProjectURL string `json:"project_url"`
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
}

// MultiSourcePublication is a publication.
type MultiSourcePublication struct {
	MultiSourceRow

	// Title is its name.
	Title string `json:"title"`
	// Description is a free text.
	Description string `json:"description"`
	// PublicationURL is its address.
	PublicationURL string `json:"publication_url"`
	// PublisherNames is who published it: authors, in the samples.
	PublisherNames []string `json:"publisher_names"`
	// Date is when it was published.
	Date ProfileDate `json:"date"`
	// DateYear is the year of Date, or 0.
	DateYear Number `json:"date_year"`
	// DateMonth is the month of Date, 1 to 12, or 0.
	DateMonth Number `json:"date_month"`
}
