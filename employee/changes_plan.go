package employee

import (
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// recordPlan is how records of a type are compared.
type recordPlan struct {
	layout

	fields   *structPlan
	volatile []string
	of       reflect.Type
}

// layout is where a dataset has what changes have types for. The fields are names of JSON.
type layout struct {
	name, headline, location string
	nameParts, locationParts []string // what stands for the first two where they are empty
	experience, education    string
	title, current           string            // of rows of experience
	flags                    []string          // what the standing of the profile tells
	follows                  map[string]string // fields of the root that follow from others
	byPositions, byEducation map[string]bool
	mainRows                 map[string]string // lists of rows, and the fields of the root that show the main one
	positions                func(r any) []place
	school                   func(r any, i int) School
}

type leafKind uint8

const (
	leafText leafKind = iota
	leafURL
	leafDate
	leafYear // or a month: 0 is one that is not known
	leafNumber
	leafOther  // a flag or decimal
	leafList   // of single values
	leafObject // a struct
	leafRows   // a list of structs
)

type structPlan struct {
	fields   []fieldPlan
	byName   map[string]int
	id       []int // of the field that names a row, or nil
	deleted  []int
	identity int // the first field that tells rows apart, or -1
}

type fieldPlan struct {
	name     string
	index    []int
	kind     leafKind
	sub      *structPlan // of an object or of rows
	volatile bool
	year     []int // of a date, the indexes of its parts, nil if it has none
	month    []int
	other    *fieldPlan // the same under another name, which is read when this one is empty
	isOther  bool       // it is the other of a field, and compared only where both records have it
	skipped  bool       // it is a part of a date, and compared with it
}

func (p *structPlan) named(name string) *fieldPlan {
	i, ok := p.byName[name]
	if !ok {
		return nil
	}
	return &p.fields[i]
}

// plans are kept, by type and list of volatile fields: making one takes longer than a comparison.
var plans struct {
	sync.RWMutex

	kept map[planKey]*recordPlan
}

type planKey struct {
	of       reflect.Type
	isSet    bool
	volatile string
}

const maxPlans = 64

func planOf(t reflect.Type, volatile []string) *recordPlan {
	key := planKey{of: t}
	if volatile != nil {
		key.isSet, key.volatile = true, strings.Join(volatile, "\x00")
	}
	plans.RLock()
	plan := plans.kept[key]
	plans.RUnlock()
	if plan != nil {
		return plan
	}
	if volatile == nil {
		volatile = VolatileFields()
	}
	plan = newPlan(t, volatile)
	plans.Lock()
	defer plans.Unlock()
	if plans.kept == nil {
		plans.kept = map[planKey]*recordPlan{}
	}
	if len(plans.kept) < maxPlans {
		plans.kept[key] = plan
	}
	return plan
}

func newPlan(t reflect.Type, volatile []string) *recordPlan {
	p := &recordPlan{layout: layoutOf(t), of: t, volatile: slices.Clone(volatile)}
	p.fields = p.structOf(t, "")
	return p
}

// isVolatile reports whether a path, without the numbers of rows, is one whose differences are not told.
func (p *recordPlan) isVolatile(field string) bool {
	name := field[strings.LastIndexByte(field, '.')+1:]
	return slices.ContainsFunc(p.volatile, func(pattern string) bool {
		tried := name
		if strings.Contains(pattern, ".") {
			tried = field
		}
		if !strings.Contains(pattern, "*") {
			return pattern == tried
		}
		// In path.Match a * stops at a slash.
		fits, err := path.Match(strings.ReplaceAll(literal.Replace(pattern), ".", "/"), strings.ReplaceAll(tried, ".", "/"))
		return fits && err == nil
	})
}

var literal = strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`)

func (p *recordPlan) structOf(t reflect.Type, at string) *structPlan {
	s := &structPlan{byName: map[string]int{}, identity: -1}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || name == "" || name == "-" {
			continue
		}
		switch {
		case at != "" && name == "id":
			s.id = f.Index
			continue
		case at != "" && name == "deleted":
			s.deleted = f.Index
			continue
		case at == "" && slices.Contains(p.flags, name):
			continue
		}
		full := name
		if at != "" {
			full = at + "." + name
		}
		field := fieldPlan{name: name, index: f.Index, kind: kindOf(f.Type, name), volatile: p.isVolatile(full)}
		if field.kind == leafRows || field.kind == leafObject {
			elem := f.Type
			if field.kind == leafRows {
				elem = f.Type.Elem()
			}
			field.sub = p.structOf(elem, full)
		}
		s.byName[name] = len(s.fields)
		s.fields = append(s.fields, field)
	}
	for i := range s.fields {
		f := &s.fields[i]
		if f.kind == leafDate {
			f.year, f.month = s.indexOf(f.name+"_year"), s.indexOf(f.name+"_month")
		}
		if whole, part, ok := cutLast(f.name, "_"); ok && (part == "year" || part == "month") && s.named(whole) != nil && s.named(whole).kind == leafDate {
			f.skipped = true
		}
		if preferred := s.named(otherNames[f.name]); preferred != nil {
			preferred.other, f.isOther = f, true
		}
		if s.identity < 0 && !f.volatile && (f.kind == leafText || f.kind == leafURL || f.kind == leafObject) {
			s.identity = i
		}
	}
	return s
}

func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

func (p *structPlan) indexOf(name string) []int {
	if f := p.named(name); f != nil {
		return f.index
	}
	return nil
}

var (
	dateType   = reflect.TypeFor[ProfileDate]()
	numberType = reflect.TypeFor[Number]()
)

func kindOf(t reflect.Type, name string) leafKind {
	switch {
	case t == dateType:
		return leafDate
	case (t == numberType || t.Kind() == reflect.Int64) && (strings.HasSuffix(name, "_year") || strings.HasSuffix(name, "_month")):
		return leafYear
	case t == numberType || t.Kind() == reflect.Int64:
		return leafNumber
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return leafRows
	case t.Kind() == reflect.Slice:
		return leafList
	case t.Kind() == reflect.Struct:
		return leafObject
	case t.Kind() == reflect.String && isAddress(name):
		return leafURL
	case t.Kind() == reflect.String:
		return leafText
	}
	return leafOther
}

// otherNames are names under which the provider sends what it also sends under another one.
var otherNames = map[string]string{
	"linkedin_url": "professional_network_url", "linkedin_shorthand_names": "professional_network_shorthand_names",
	"company_linkedin_url": "company_professional_network_url", "stock_ticker": "company_stock_ticker",
	"company_url_shorthand_name": "company_shorthand_name",
}

// isAddress tells by its name whether a field holds a URL.
func isAddress(name string) bool {
	return name == "url" || name == "website" || name == "websites_professional_network" || name == "personal_website" ||
		strings.HasSuffix(name, "_url") || strings.HasSuffix(name, "_website")
}

func named(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// following is a map from fields to the one that each follows from, given as lists that begin with the latter.
func following(groups ...[]string) map[string]string {
	follows := map[string]string{}
	for _, group := range groups {
		for _, name := range group[1:] {
			follows[name] = group[0]
		}
	}
	return follows
}

// rowFollows is the same for rows of all collections.
var rowFollows = following(
	[]string{"title", "position_title"}, []string{"position_title", "management_level", "department"},
	[]string{"company_name", "company_url", "company_professional_network_url", "company_shorthand_name", "company_url_canonical_shorthand_name"},
	[]string{"company_professional_network_url", "company_linkedin_url"}, []string{"company_shorthand_name", "company_url_shorthand_name"},
	[]string{"company_stock_ticker", "stock_ticker"},
	[]string{
		"company_id", "company_source_id", "company_industry", "company_size", "company_size_range", "company_type", "company_founded_year", "company_website",
		"company_facebook_url", "company_twitter_url", "company_categories_and_keywords", "company_is_b2b", "company_stock_ticker", "company_hq_full_address",
		"company_annual_revenue_source_1", "company_annual_revenue_source_5", "company_last_funding_round_date",
	},
	[]string{"company_hq_full_address", "company_hq_country", "company_hq_city", "company_hq_state", "company_hq_street", "company_hq_zipcode"},
	[]string{"company_hq_country", "company_hq_country_iso2", "company_hq_country_iso3", "company_hq_regions"},
	[]string{"company_annual_revenue_source_1", "company_annual_revenue_currency_source_1"},
	[]string{"company_annual_revenue_source_5", "company_annual_revenue_currency_source_5"},
	[]string{"company_last_funding_round_date", "company_last_funding_round_amount_raised"},
	[]string{"institution", "institution_url", "institution_shorthand_name"},
	[]string{"institution_name", "institution_url", "institution_full_address"},
	[]string{"institution_full_address", "institution_country_iso2", "institution_city", "institution_state", "institution_street", "institution_zipcode"},
	[]string{"institution_country_iso2", "institution_country_iso3", "institution_regions"},
	[]string{"professional_email", "professional_email_status"},
	[]string{"proficiency", "proficiency_id"}, []string{"status", "status_id"}, []string{"cause", "cause_id"},
)

func layoutOf(t reflect.Type) layout {
	switch t {
	case reflect.TypeFor[BaseRecord]():
		return baseLayout
	case reflect.TypeFor[CleanRecord]():
		return cleanLayout
	case reflect.TypeFor[MultiSourceRecord]():
		return multiSourceLayout
	}
	return v1Layout
}

// place is a position with what matching needs.
type place struct {
	Position

	id       string
	row      int
	from, to day
	deleted  bool
	keys     []string // what its company may be known by, once it was asked for
}

func rowPath(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
