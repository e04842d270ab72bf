package matching

import (
	"slices"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// scope is what a clause sees: the record, or one row of a collection inside a
// nested clause.
type scope struct {
	object map[string]any
	path   string // of the row's collection, "" for the record
}

// source gives the values that a test looks at.
type source interface {
	each(s scope, yield func(v any) bool)
}

// field is a place in the records.
type field struct {
	name  string   // dotted, as written
	parts []string // without the sub-field
	whole bool     // its strings are compared as they are and not by word
	date  bool     // its strings are times
	host  bool     // its strings are addresses, of which only the domain counts
	kind  string   // the number type that it has in the index, "" for none
	forms []dateForm
	none  bool // the index has no such sub-field
}

// keywordFields hold whole values: Multi-source's by the provider's published
// mapping. That Base's and Clean's are the ones of the same or a similar name is
// assumed from that mapping and from queries in use.
var keywordFields = map[string]bool{
	"country": true, "country_iso_2": true, "country_iso_3": true,

	"first_name_initial": true, "middle_name_initial": true, "last_name_initial": true, "picture_url": true,
	"location_country": true, "location_country_iso2": true, "location_country_iso3": true,
	"experience.company_size_range": true, "experience.company_hq_country": true,
	"experience.company_hq_country_iso2": true, "experience.company_hq_country_iso3": true,
	"experience.company_stock_ticker.ticker": true,
	"projected_base_salary_period":           true, "projected_base_salary_currency": true,
	"projected_additional_salary.projected_additional_salary_type": true,
	"projected_additional_salary_period":                           true, "projected_additional_salary_currency": true,
	"projected_total_salary_period": true, "projected_total_salary_currency": true,
	"education.institution_country_iso2": true, "education.institution_country_iso3": true,
	"certifications.credential_id": true, "patents.patent_number": true,
	"profile_root_field_changes_summary.field_name": true, "profile_root_field_changes_summary.change_type": true,
	"profile_collection_field_changes_summary.field_name": true,
}

// dateFields hold times, in rows too. Months such as "March 2021" are text,
// which a range reads as times all the same.
var dateFields = map[string]bool{
	"created": true, "last_updated": true,
	"created_at": true, "updated_at": true, "checked_at": true, "processed_at": true, "deleted_at": true,
	"changed_at": true, "experience_change_last_identified_at": true, "last_changed_at": true, "identification_date": true,
	"company_last_updated_at": true, "company_last_funding_round_date": true,
	"projected_base_salary_updated_at": true, "projected_additional_salary_updated_at": true, "projected_total_salary_updated_at": true,
}

// field reads a field name and notes that the query uses it.
func (p *parser) field(path, name string) (field, error) {
	switch {
	case name == "":
		return field{}, &InvalidError{path, "a field name is expected"}
	case strings.ContainsAny(name, "*?"):
		return field{}, &UnsupportedError{path, "a pattern of field names"}
	}
	p.used[name] = true
	f := field{name: name, parts: strings.Split(name, ".")}
	last := len(f.parts) - 1
	mapping := people.Mapping(p.dataset)
	if last > 0 && (f.parts[last] == "exact" || f.parts[last] == "keyword" || f.parts[last] == "domain_only") {
		sub := f.parts[last]
		f.whole, f.host = true, sub == "domain_only"
		f.parts = f.parts[:last]
		mapped, known := mapping[strings.Join(f.parts, ".")]
		f.none = known && mapped.Type != "nested" && !slices.Contains(mapped.Subfields, sub)
		return f, nil
	}
	f.whole = keywordFields[name]
	f.date = dateFields[f.parts[last]]
	switch mapped := mapping[name]; mapped.Type {
	case "byte", "short", "integer", "long", "double":
		f.kind, f.date = mapped.Type, false
	case "date":
		f.date, f.forms = true, formsOf(mapped.Format)
	}
	return f, nil
}

// admits refuses a value that the field cannot be compared with in the index.
func (f field) admits(path string, v value) error {
	switch {
	case f.kind != "" && !v.numeric:
		return &MappingError{path, "the field is of type " + f.kind + ", and the value is not a number"}
	case v.boolean:
		return &UnsupportedError{path, "the records have no true or false, their flags are 1 and 0"}
	}
	return nil
}

// admitsPattern refuses a query about the beginnings or parts of words where the
// index holds no words.
func (f field) admitsPattern(path, query string) error {
	kind := f.kind
	if f.date {
		kind = "date"
	}
	if kind == "" {
		return nil
	}
	return &MappingError{path, "a " + query + " query is for text and keywords, and the field is of type " + kind}
}

// relative is the field's way from the scope, nil when it lies outside.
func (f field) relative(s scope) []string {
	if s.path == "" {
		return f.parts
	}
	depth := strings.Count(s.path, ".") + 1
	if len(f.parts) < depth || strings.Join(f.parts[:depth], ".") != s.path {
		return nil
	}
	return f.parts[depth:]
}

// each yields the scalar values of the field. Rows of collections are out of
// reach, and so is everything in them.
func (f field) each(s scope, yield func(v any) bool) {
	way := f.relative(s)
	if len(way) == 0 || f.none {
		return
	}
	object := s.object
	for _, name := range way[:len(way)-1] {
		inner, ok := object[name].(map[string]any)
		if !ok {
			return
		}
		object = inner
	}
	switch v := object[way[len(way)-1]].(type) {
	case nil, map[string]any:
	case []any:
		for _, element := range v {
			switch element.(type) {
			case nil, map[string]any, []any:
			default:
				if !yield(f.indexed(element)) {
					return
				}
			}
		}
	default:
		yield(f.indexed(v))
	}
}

// indexed is a value as it is compared. The domain of an address is its host
// without "www." (assumed).
func (f field) indexed(v any) any {
	if address, ok := v.(string); ok && f.host {
		host, _, _ := strings.Cut(bareAddress(address), "/")
		return host
	}
	return v
}
