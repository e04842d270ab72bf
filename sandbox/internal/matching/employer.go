package matching

import (
	"encoding/json"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// employer is a source of what is known about the company of a position and is
// not in the row itself.
type employer struct {
	id  field
	get func(c *people.Company) any
}

func (e employer) each(s scope, yield func(v any) bool) {
	e.id.each(s, func(v any) bool {
		id, ok := numberIn(v)
		if !ok {
			return true
		}
		company, ok := people.CompanyByID(int64(id))
		return !ok || yield(e.get(&company))
	})
}

func (p *parser) employer(rows string, get func(c *people.Company) any) employer {
	name := rows + ".company_id"
	p.used[name] = true
	return employer{field{name: name, parts: strings.Split(name, ".")}, get}
}

// employerTextFilter looks for words in what is known about the company.
func employerTextFilter(rows string, get func(c *people.Company) any) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		return p.filterText(filter, raw, false, func(words func([][]string) bool) condition {
			return &test{of: p.employer(rows, get), isText: true, words: words}
		})
	}
}

// employerAddressFilter compares the website of the company.
func employerAddressFilter(rows string, same func(address, text string) bool) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		text, err := exactText(filter, raw)
		if err != nil {
			return nil, err
		}
		of := p.employer(rows, func(c *people.Company) any { return c.Website })
		return &test{of: of, whole: func(s string) bool { return same(s, text) }}, nil
	}
}

// employeesFilter compares the size of the company with a bound.
func employeesFilter(rows string, upper bool) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		n, err := intOf(filter, raw)
		if err != nil {
			return nil, err
		}
		of := p.employer(rows, func(c *people.Company) any { return float64(c.EmployeesCount) })
		b := bound{upper: upper, value: value{number: float64(n), numeric: true}}
		return &rangeTest{of: of, bounds: []bound{b}}, nil
	}
}
