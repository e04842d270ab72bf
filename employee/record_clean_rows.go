package employee

// CleanExperience is a position. A position that is held now has no DateTo; there is no other mark.
type CleanExperience struct {
	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID Number `json:"company_id"`
	// CompanyName is the name of the company.
	CompanyName string `json:"company_name"`
	// CompanyProfessionalNetworkURL is the address of the company's profile. The search index holds it without scheme
	// and "www.".
	CompanyProfessionalNetworkURL string `json:"company_professional_network_url"`
	// CompanyShorthandName is the part of that address after "/company/". It goes stale when the company changes it.
	CompanyShorthandName string `json:"company_shorthand_name"`
	// CompanyWebsite is the company's website. The search index holds it without scheme and "www.".
	CompanyWebsite string `json:"company_website"`
	// Title is the job title.
	Title string `json:"title"`
	// Department is the department of the position.
	Department string `json:"department"`
	// ManagementLevel is the level of the position, such as "Head" or "C-Level".
	ManagementLevel string `json:"management_level"`
	// DateFrom is when it began. The form in which it is written is not known.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended; it is empty for a position that is held now.
	DateTo ProfileDate `json:"date_to"`
	// Duration is how long it lasted. Neither its form nor its unit is known.
	Duration Text `json:"duration"`
	// Location is the place of work.
	Location string `json:"location"`
	// OrderInProfile is the place in the profile, from 1.
	OrderInProfile Number `json:"order_in_profile"`
}

// CleanEducation is a school or degree. No source shows a row of this collection: the names of all fields are
// assumed, and what a row really holds may be found in [CleanRecord.Unknown].
type CleanEducation struct {
	// Title is the name of the school. The name is assumed.
	Title Text `json:"title"`
	// Major is the field of study. The name is assumed.
	Major Text `json:"major"`
	// DateFrom is when it began. The name is assumed.
	DateFrom ProfileDate `json:"date_from"`
	// DateTo is when it ended. The name is assumed.
	DateTo ProfileDate `json:"date_to"`
	// OrderInProfile is the place in the profile, from 1. The name is assumed.
	OrderInProfile Number `json:"order_in_profile"`
}
