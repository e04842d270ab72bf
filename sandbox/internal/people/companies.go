package people

import (
	"strings"
	"sync"
)

// Company is an employer. Everyone's positions share one pool of companies,
// which is the same for every seed.
type Company struct {
	ID             int64  // the provider's id; 0 for a company outside the pool, which records show as null
	SourceID       int64  // id on the professional network; 0 outside the pool
	Name           string // as positions show it
	Shorthand      string // last part of URL; "" outside the pool
	URL            string // page on the professional network; "" outside the pool
	Website        string // with scheme; "" outside the pool
	Industry       string // "" outside the pool
	Size           string // range of employees in words, such as "51-200 employees"; "" outside the pool
	EmployeesCount int64  // within Size; 0 outside the pool
}

var companyStems = []string{
	"Aldermoor", "Brightwater", "Calderstone", "Dunmere", "Eastvale", "Fennwick", "Glasshouse", "Harrowgate",
	"Ironbridge", "Juniper Row", "Kestrel Bay", "Lindholm", "Marlowe", "Norrland", "Oakhaven", "Pinecrest",
	"Quillon", "Ravensford", "Silverlake", "Tamarind", "Umberfield", "Vantara", "Westmark", "Yarrow",
}

var companyKinds = []struct{ suffix, industry string }{
	{"Software", "Software Development"},
	{"Logistics", "Transportation, Logistics, Supply Chain and Storage"},
	{"Health", "Hospitals and Health Care"},
	{"Energy", "Renewable Energy Semiconductor Manufacturing"},
	{"Bank", "Banking"},
	{"Analytics", "Information Technology & Services"},
	{"Foods", "Food and Beverage Manufacturing"},
	{"Partners", "Business Consulting and Services"},
}

var companySizes = []struct {
	words     string
	low, high int
}{
	{"1-10 employees", 1, 10},
	{"11-50 employees", 11, 50},
	{"51-200 employees", 51, 200},
	{"201-500 employees", 201, 500},
	{"501-1,000 employees", 501, 1000},
	{"1,001-5,000 employees", 1001, 5000},
	{"5,001-10,000 employees", 5001, 10000},
	{"10,001+ employees", 10001, 90000},
}

// companyPool is the shared pool with an index by id; nobody writes to it.
type companyPool struct {
	all  []Company
	byID map[int64]*Company
}

var pool = sync.OnceValue(func() *companyPool {
	p := &companyPool{byID: make(map[int64]*Company)}
	for i, kind := range companyKinds {
		for j, stem := range companyStems {
			n := i*len(companyStems) + j
			d := newDice(0xc0, uint64(n))
			name := stem + " " + kind.suffix
			slug := slugOf(name)
			size := pick(d, companySizes)
			p.all = append(p.all, Company{
				ID:             int64(600_001 + n*48_271),
				SourceID:       int64(1_000 + n*7_919),
				Name:           name,
				Shorthand:      slug,
				URL:            "https://www.linkedin.com/company/" + slug,
				Website:        "https://www." + slug + ".example",
				Industry:       kind.industry,
				Size:           size.words,
				EmployeesCount: int64(d.between(size.low, size.high)),
			})
		}
	}
	for i := range p.all {
		p.byID[p.all[i].ID] = &p.all[i]
	}
	return p
})

// Companies returns the pool of companies, in the same order every time.
func Companies() []Company { return append([]Company(nil), pool().all...) }

// CompanyByID finds a company of the pool.
func CompanyByID(id int64) (Company, bool) {
	c, ok := pool().byID[id]
	if !ok {
		return Company{}, false
	}
	return *c, true
}

// companyNamed finds a company of the pool by name, shorthand, page or website,
// whatever the case; any other name makes a company that is known by its name only.
func companyNamed(name string) *Company {
	all := pool().all
	for i := range all {
		c := &all[i]
		for _, known := range []string{c.Name, c.Shorthand, c.URL, c.Website} {
			if strings.EqualFold(known, name) {
				return c
			}
		}
	}
	return &Company{Name: name}
}
