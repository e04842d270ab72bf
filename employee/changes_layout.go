package employee

import "strconv"

var baseLayout = layout{
	name: "full_name", headline: "headline", location: "location", experience: "experience", education: "education",
	title: "title", current: "is_current",
	flags: []string{"id", "parent_id", "is_parent", "deleted", "is_hidden"},
	follows: following(
		[]string{"full_name", "first_name", "last_name"},
		[]string{"headline", "generated_headline"},
		[]string{"location", "city", "state", "country", "country_iso_2", "country_iso_3", "regions"},
		[]string{"country", "country_iso_2", "country_iso_3", "regions"},
		[]string{"profile_url", "shorthand_name", "canonical_shorthand_name", "shorthand_names"},
	),
	nameParts: []string{"first_name", "last_name"}, locationParts: []string{"city", "state", "country"},
	byPositions: named("generated_headline"),
	positions: func(r any) []place {
		rows := r.(*BaseRecord).Experience
		places := make([]place, len(rows))
		for i := range rows {
			e := &rows[i]
			places[i] = place{
				Position: Position{
					Title: e.Title, Company: e.CompanyName, CompanyID: int64(e.CompanyID), CompanyURL: e.CompanyURL,
					Location: e.Location, From: e.DateFrom, To: e.DateTo, Current: bool(e.IsCurrent && !e.Deleted),
				},
				id: string(e.ID), row: i, deleted: bool(e.Deleted),
				from: dateOf(e.DateFrom, e.DateFromYear, e.DateFromMonth), to: dateOf(e.DateTo, e.DateToYear, e.DateToMonth),
			}
		}
		return places
	},
	school: func(r any, i int) School {
		s := &r.(*BaseRecord).Education[i]
		return School{
			Name: s.Institution, Program: s.Program, URL: s.InstitutionURL,
			From: orYear(s.DateFrom, s.DateFromYear), To: orYear(s.DateTo, s.DateToYear),
		}
	},
}

var cleanLayout = layout{
	name: "full_name", headline: "headline", location: "location_country", experience: "experience", education: "education",
	title: "title",
	flags: []string{"id", "is_parent", "is_deleted", "is_hidden"},
	follows: following(
		[]string{"full_name", "name_first", "name_middle", "name_last"},
		[]string{"headline", "generated_headline"},
		[]string{"location_country", "location_regions"},
		[]string{"websites_professional_network", "shorthand_names"},
	),
	nameParts:   []string{"name_first", "name_middle", "name_last"},
	byPositions: named("company_id", "job_title", "management_level", "department", "is_decision_maker", "is_working", "generated_headline"),
	positions: func(r any) []place {
		rows := r.(*CleanRecord).Experience
		places := make([]place, len(rows))
		for i := range rows {
			e := &rows[i]
			places[i] = place{
				Position: Position{
					Title: e.Title, Company: e.CompanyName, CompanyID: int64(e.CompanyID), CompanyURL: e.CompanyProfessionalNetworkURL,
					Department: e.Department, Level: e.ManagementLevel,
					Location: e.Location, From: e.DateFrom, To: e.DateTo, Current: e.DateTo == "",
				},
				row: i, from: dateOf(e.DateFrom, 0, 0), to: dateOf(e.DateTo, 0, 0),
			}
		}
		return places
	},
	school: func(r any, i int) School {
		s := &r.(*CleanRecord).Education[i]
		return School{Name: string(s.Title), Program: string(s.Major), From: s.DateFrom, To: s.DateTo}
	},
}

var multiSourceLayout = layout{
	name: "full_name", headline: "headline", location: "location_full", experience: "experience", education: "education",
	title: "position_title", current: "active_experience",
	flags: []string{"id", "parent_id", "is_parent", "is_deleted"},
	follows: following(
		[]string{"full_name", "first_name", "first_name_initial", "middle_name", "middle_name_initial", "last_name", "last_name_initial"},
		[]string{"first_name", "first_name_initial"}, []string{"middle_name", "middle_name_initial"}, []string{"last_name", "last_name_initial"},
		[]string{"headline", "generated_headline"},
		[]string{"location_full", "location_city", "location_state", "location_country", "location_country_iso2", "location_country_iso3", "location_regions"},
		[]string{"location_country", "location_country_iso2", "location_country_iso3", "location_regions"},
		[]string{"professional_network_url", "linkedin_url", "professional_network_shorthand_names"},
		[]string{"professional_network_shorthand_names", "linkedin_shorthand_names"},
		[]string{"primary_professional_email", "primary_professional_email_status"},
		[]string{"github_url", "github_username", "github_mapping_confidence"},
	),
	nameParts:     []string{"first_name", "middle_name", "last_name"},
	locationParts: []string{"location_city", "location_state", "location_country"},
	byPositions: named(
		"active_experience_company_id", "active_experience_title", "active_experience_description", "active_experience_department",
		"active_experience_management_level", "is_working", "is_decision_maker", "generated_headline",
	),
	byEducation: named("last_graduation_date", "education_degrees"),
	mainRows:    map[string]string{"professional_emails_collection": "primary_professional_email"},
	positions: func(r any) []place {
		rows := r.(*MultiSourceRecord).Experience
		places := make([]place, len(rows))
		for i := range rows {
			e := &rows[i]
			places[i] = place{
				Position: Position{
					Title: e.PositionTitle, Company: e.CompanyName, CompanyID: int64(e.CompanyID), CompanyURL: e.CompanyNetworkURL(),
					Department: e.Department, Level: e.ManagementLevel,
					Location: e.Location, From: e.DateFrom, To: e.DateTo, Current: bool(e.ActiveExperience),
				},
				id: string(e.ID), row: i,
				from: dateOf(e.DateFrom, e.DateFromYear, e.DateFromMonth), to: dateOf(e.DateTo, e.DateToYear, e.DateToMonth),
			}
		}
		return places
	},
	school: func(r any, i int) School {
		s := &r.(*MultiSourceRecord).Education[i]
		return School{
			Name: s.InstitutionName, Program: s.Degree, URL: s.InstitutionURL,
			From: orYear("", s.DateFromYear), To: orYear("", s.DateToYear),
		}
	},
}

var v1Layout = layout{
	name: "name", headline: "title", location: "location",
	experience: "member_experience_collection", education: "member_education_collection",
	title: "title",
	flags: []string{"id", "deleted"},
	follows: following(
		[]string{"name", "first_name", "last_name"},
		[]string{"title", "user_generated_headline"},
		[]string{"location", "country"},
		[]string{"url", "member_shorthand_name", "canonical_url", "canonical_shorthand_name"},
		[]string{"canonical_url", "canonical_shorthand_name"},
	),
	nameParts: []string{"first_name", "last_name"}, locationParts: []string{"country"},
	positions: func(r any) []place {
		rows := r.(*V1Record).Experience
		places := make([]place, len(rows))
		for i := range rows {
			e := &rows[i]
			places[i] = place{
				Position: Position{
					Title: e.Title, Company: e.CompanyName, CompanyID: e.CompanyID, CompanyURL: e.CompanyURL,
					Location: e.Location, From: e.DateFrom, To: e.DateTo, Current: !bool(e.Deleted) && e.DateTo == "",
				},
				row: i, deleted: bool(e.Deleted), from: dateOf(e.DateFrom, 0, 0), to: dateOf(e.DateTo, 0, 0),
			}
			if e.ID != 0 {
				places[i].id = strconv.FormatInt(e.ID, 10)
			}
		}
		return places
	},
	school: func(r any, i int) School {
		s := &r.(*V1Record).Education[i]
		return School{Name: s.Title, Program: s.Subtitle, URL: s.SchoolURL, From: s.DateFrom, To: s.DateTo}
	},
}

func orYear(date ProfileDate, year Number) ProfileDate {
	if date != "" || year == 0 {
		return date
	}
	return ProfileDate(strconv.FormatInt(int64(year), 10))
}
