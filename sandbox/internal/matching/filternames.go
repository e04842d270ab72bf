package matching

import "github.com/pronet-go/pronet/sandbox/internal/people"

// filtersOf is every search filter of a dataset by its name, nil for a dataset
// that has none.
func filtersOf(ds people.Dataset) map[string]filter {
	switch ds {
	case people.V1:
		return v1Filters()
	case people.Base, people.BaseDocumented:
		return baseFilters()
	default:
		return nil
	}
}

func companyIndustry(c *people.Company) any { return c.Industry }
func companySize(c *people.Company) any     { return c.Size }

// v1Filters are the filters of the Employee API. Those of education beyond the
// two dates are assumed to have had the names that Base has.
func v1Filters() map[string]filter {
	const (
		jobs    = "member_experience_collection"
		schools = "member_education_collection"
		skills  = "member_skills_collection"
		certs   = "member_certifications_collection"
	)
	keyword := keywordFilter([]string{"title", "industry", "summary"}, map[string][]string{
		jobs: {jobs + ".title", jobs + ".company_name", jobs + ".description"}, schools: {schools + ".title", schools + ".subtitle"},
		skills: {skills + ".member_skill_list.skill"}, certs: {certs + ".name"},
	}, []string{jobs, schools, skills, certs})
	return map[string]filter{
		"name":               {"", textFilter("name")},
		"title":              {"", textFilter("title")},
		"location":           {"", textFilter("location")},
		"industry":           {"", textFilter("industry")},
		"summary":            {"", patternFilter("summary")},
		"country":            {"", textFilter("country")},
		"deleted":            {"", flagFilter("deleted")},
		"keyword":            {"", keyword},
		"created_at_gte":     {"", timeFilter("created", false)},
		"created_at_lte":     {"", timeFilter("created", true)},
		"last_updated_gte":   {"", timeFilter("last_updated", false)},
		"last_updated_lte":   {"", timeFilter("last_updated", true)},
		"skill":              {skills, textFilter(skills + ".member_skill_list.skill")},
		"certification_name": {certs, textFilter(certs + ".name")},

		"experience_title":                            {jobs, textFilter(jobs + ".title")},
		"experience_description":                      {jobs, textFilter(jobs + ".description")},
		"experience_date_from":                        {jobs, textFilter(jobs + ".date_from")},
		"experience_date_to":                          {jobs, textFilter(jobs + ".date_to")},
		"experience_deleted":                          {jobs, flagFilter(jobs + ".deleted")},
		"active_experience":                           {jobs, activeFilter(jobs)},
		"experience_company_id":                       {jobs, numberFilter(jobs + ".company_id")},
		"experience_company_name":                     {jobs, textFilter(jobs + ".company_name")},
		"experience_company_exact_name":               {jobs, exactFilter(jobs+".company_name", identical)},
		"experience_company_linkedin_url":             {jobs, exactFilter(jobs+".company_url", sameAddress)},
		"experience_company_professional_network_url": {jobs, exactFilter(jobs+".company_url", sameAddress)},
		"experience_company_website_url":              {jobs, employerAddressFilter(jobs, withinAddress)},
		"experience_company_website_exact_url":        {jobs, employerAddressFilter(jobs, sameAddress)},
		"experience_company_industry":                 {jobs, employerTextFilter(jobs, companyIndustry)},
		"experience_company_size":                     {jobs, employerTextFilter(jobs, companySize)},
		"experience_company_employees_count_gte":      {jobs, employeesFilter(jobs, false)},
		"experience_company_employees_count_lte":      {jobs, employeesFilter(jobs, true)},

		"education_institution_name":                     {schools, textFilter(schools + ".title")},
		"education_institution_exact_name":               {schools, exactFilter(schools+".title", identical)},
		"education_program_name":                         {schools, textFilter(schools + ".subtitle")},
		"education_description":                          {schools, textFilter(schools + ".description")},
		"education_date_from":                            {schools, textFilter(schools + ".date_from")},
		"education_date_to":                              {schools, textFilter(schools + ".date_to")},
		"education_institution_linkedin_url":             {schools, exactFilter(schools+".school_url", sameAddress)},
		"education_institution_professional_network_url": {schools, exactFilter(schools+".school_url", sameAddress)},
	}
}

// baseFilters are the filters of the Base Employee API. The newest documents
// print another name for skill; inferred_skill and inferred_skills are taken
// for it, which is assumed.
func baseFilters() map[string]filter {
	const (
		jobs    = "experience"
		schools = "education"
		certs   = "certifications"
	)
	skill := filter{"", textFilter("inferred_skills")}
	keyword := keywordFilter([]string{"headline", "industry", "summary", "inferred_skills"}, map[string][]string{
		jobs: {jobs + ".title", jobs + ".company_name", jobs + ".description"}, schools: {schools + ".institution", schools + ".program"},
		certs: {certs + ".title"},
	}, []string{jobs, schools, certs})
	return map[string]filter{
		"full_name":           {"", textFilter("full_name")},
		"headline":            {"", textFilter("headline")},
		"location":            {"", textFilter("location")},
		"industry":            {"", textFilter("industry")},
		"summary":             {"", patternFilter("summary")},
		"country":             {"", textFilter("country")},
		"deleted":             {"", flagFilter("deleted")},
		"is_hidden":           {"", flagFilter("is_hidden")},
		"keyword":             {"", keyword},
		"skill":               skill,
		"inferred_skill":      skill,
		"inferred_skills":     skill,
		"created_at_gte":      {"", timeFilter("created_at", false)},
		"created_at_lte":      {"", timeFilter("created_at", true)},
		"updated_at_gte":      {"", timeFilter("updated_at", false)},
		"updated_at_lte":      {"", timeFilter("updated_at", true)},
		"certification_title": {certs, textFilter(certs + ".title")},

		"experience_title":                            {jobs, textFilter(jobs + ".title")},
		"experience_description":                      {jobs, textFilter(jobs + ".description")},
		"experience_date_from":                        {jobs, textFilter(jobs + ".date_from")},
		"experience_date_to":                          {jobs, textFilter(jobs + ".date_to")},
		"experience_deleted":                          {jobs, flagFilter(jobs + ".deleted")},
		"active_experience":                           {jobs, activeFilter(jobs)},
		"experience_company_id":                       {jobs, numberFilter(jobs + ".company_id")},
		"experience_company_name":                     {jobs, textFilter(jobs + ".company_name")},
		"experience_company_exact_name":               {jobs, exactFilter(jobs+".company_name", identical)},
		"experience_company_professional_network_url": {jobs, exactFilter(jobs+".company_url", sameAddress)},
		"experience_company_website_url":              {jobs, exactFilter(jobs+".company_website", withinAddress)},
		"experience_company_website_exact_url":        {jobs, exactFilter(jobs+".company_website", sameAddress)},
		"experience_company_industry":                 {jobs, employerTextFilter(jobs, companyIndustry)},
		"experience_company_size":                     {jobs, employerTextFilter(jobs, companySize)},
		"experience_company_employees_count_gte":      {jobs, employeesFilter(jobs, false)},
		"experience_company_employees_count_lte":      {jobs, employeesFilter(jobs, true)},

		"education_institution_name":                     {schools, textFilter(schools + ".institution")},
		"education_institution_exact_name":               {schools, exactFilter(schools+".institution", identical)},
		"education_program_name":                         {schools, textFilter(schools + ".program")},
		"education_description":                          {schools, textFilter(schools + ".description")},
		"education_date_from":                            {schools, numberTextFilter(schools + ".date_from_year")},
		"education_date_to":                              {schools, numberTextFilter(schools + ".date_to_year")},
		"education_institution_professional_network_url": {schools, exactFilter(schools+".institution_url", sameAddress)},
	}
}
