package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
)

// LibraryService is client.LinkedIn.Jobs.Library: the Job Library, which has the jobs that somebody pays to promote, in
// the EU for a year after (assumed: elsewhere too). It is the only search for jobs that LinkedIn's API has. The token
// is a member's of an app with the product Ad Library.
type LibraryService struct {
	caller *linkedinapi.Caller
	search *linkedinapi.Endpoint
}

// LibraryQuery says which jobs are found. A Keyword or an Organization is needed: LinkedIn responds to a search without
// either with 500, as third parties report.
type LibraryQuery struct {
	// Keyword is words that all stand in the job, its description included.
	Keyword string
	// Organization is the name of a company, or a part of it.
	Organization string
	// Countries are codes of two letters, such as "gb".
	Countries []string
	// From and To bound the day on which a job was listed, both inclusive (assumed), by the day in their own time zone.
	// Each is left out when zero; that one alone may be given is assumed.
	From, To time.Time
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first job of the page, counted from 0.
	Start int
	// Count is how many jobs a page has, 24 unless set and 24 at most.
	Count int
}

const libraryCount = 24

// LibraryJob is a job of the Job Library. Where it is Restricted, texts are LinkedIn's sentence "This information is
// not available ...".
type LibraryJob struct {
	// URL is its page in the library, whose end is LinkedIn's number of it.
	URL string
	// Restricted says that LinkedIn does not show all of it.
	Restricted bool
	// Title, Location, Description and ApplyMethod are as the job has them.
	Title, Location, Description, ApplyMethod string
	// Organization and OrganizationURL are whose job it is, and Payer is who pays for it.
	Organization, OrganizationURL, Payer string
	// Benefits are such as "Medical insurance".
	Benefits []string
	// Listed and Closed have milliseconds, in UTC. Each is zero when not stated.
	Listed, Closed time.Time
	// Salary is nil when not stated.
	Salary *Salary
	// Statistics and Targeting are JSON: how often it was shown where, and to whom.
	Statistics, Targeting json.RawMessage
	// Raw is the job's JSON.
	Raw json.RawMessage
}

// Salary is what a job pays. The numbers are texts, as LinkedIn has them; "" when not stated.
type Salary struct {
	Min, Max string
	// Currency is such as GBP, and Period such as YEARLY or HOURLY, also with LinkedIn's prefix CompensationPeriod_.
	Currency, Period string
}

// UnmarshalJSON decodes a job and keeps its JSON. What is in another form than is known is left zero.
func (j *LibraryJob) UnmarshalJSON(data []byte) error {
	var read struct {
		URL        linkedinapi.Text `json:"jobPostingUrl"`
		Restricted json.RawMessage  `json:"isRestricted"`
		Details    json.RawMessage  `json:"jobDetails"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	var details struct {
		Title           linkedinapi.Text   `json:"jobTitle"`
		Location        linkedinapi.Text   `json:"jobLocation"`
		Description     linkedinapi.Text   `json:"jobDescription"`
		Organization    linkedinapi.Text   `json:"organizationName"`
		OrganizationURL linkedinapi.Text   `json:"organizationUrl"`
		Payer           linkedinapi.Text   `json:"payerName"`
		ApplyMethod     linkedinapi.Text   `json:"jobApplyMethod"`
		Benefits        linkedinapi.Texts  `json:"jobBenefits"`
		Listed          linkedinapi.Number `json:"jobListTimeInMilliseconds"`
		Closed          linkedinapi.Number `json:"jobClosedTimeInMilliseconds"`
		Salary          json.RawMessage    `json:"jobSalaryRange"`
		Statistics      json.RawMessage    `json:"jobStatistics"`
		Targeting       json.RawMessage    `json:"jobTargeting"`
	}
	_ = codec.Decode(read.Details, &details)
	*j = LibraryJob{
		URL: string(read.URL), Restricted: string(read.Restricted) == "true", Title: string(details.Title), Location: string(details.Location), Description: string(details.Description),
		Organization: string(details.Organization), OrganizationURL: string(details.OrganizationURL), Payer: string(details.Payer), ApplyMethod: string(details.ApplyMethod),
		Benefits: details.Benefits, Listed: linkedinapi.Time(details.Listed), Closed: linkedinapi.Time(details.Closed),
		Statistics: bytes.Clone(details.Statistics), Targeting: bytes.Clone(details.Targeting), Raw: bytes.Clone(data),
	}
	var salary *struct {
		Min      linkedinapi.Text `json:"minBaseSalary"`
		Max      linkedinapi.Text `json:"maxBaseSalary"`
		Currency linkedinapi.Text `json:"currencyCode"`
		Period   linkedinapi.Text `json:"payPeriod"`
	}
	if codec.Decode(details.Salary, &salary) == nil && salary != nil {
		j.Salary = &Salary{Min: string(salary.Min), Max: string(salary.Max), Currency: string(salary.Currency), Period: string(salary.Period)}
	}
	return nil
}

var (
	errNoSearch  = errors.New("a search needs a Keyword or an Organization")
	errCountry   = errors.New(`a country is a code of two letters, such as "gb"`)
	errDates     = errors.New("the day To is before From")
	errPageCount = errors.New("a Count is 24 at most")
)

func (q *LibraryQuery) record() (restli.Record, error) {
	switch {
	case q.Keyword == "" && q.Organization == "":
		return nil, errNoSearch
	case !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From):
		return nil, errDates
	case q.Count > libraryCount:
		return nil, errPageCount
	}
	query := restli.Record{{Name: "q", Value: "criteria"}}
	for _, field := range []restli.Field{{Name: "keyword", Value: q.Keyword}, {Name: "organization", Value: q.Organization}} {
		if field.Value != "" {
			query = append(query, field)
		}
	}
	var countries restli.List
	for _, code := range q.Countries {
		if len(code) != 2 || strings.Trim(strings.ToLower(code), "abcdefghijklmnopqrstuvwxyz") != "" {
			return nil, errCountry
		}
		countries = append(countries, "urn:li:country:"+strings.ToLower(code))
	}
	if len(countries) > 0 {
		query = append(query, restli.Field{Name: "countries", Value: countries})
	}
	var dates restli.Record
	for _, bound := range []struct {
		name string
		at   time.Time
	}{{"start", q.From}, {"end", q.To}} {
		if year, month, day := bound.at.Date(); !bound.at.IsZero() {
			dates = append(dates, restli.Field{Name: bound.name, Value: restli.Record{{Name: "day", Value: day}, {Name: "month", Value: int(month)}, {Name: "year", Value: year}}})
		}
	}
	if dates != nil {
		query = append(query, restli.Field{Name: "dateRange", Value: dates})
	}
	return query, nil
}

// Search returns one page of jobs, in LinkedIn's order. Its Next is "" at the end. A page may have fewer jobs than were
// asked for with more behind it.
//
// Source: linkedin.com/ad-library/api/jobs.
func (s *LibraryService) Search(ctx context.Context, q LibraryQuery, options ...api.CallOption) (*api.Page[LibraryJob], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.search); err != nil {
		return nil, err
	}
	query, err := q.record()
	if err != nil {
		return nil, wire.Refuse(s.search.Op, err)
	}
	if q.Count == 0 {
		q.Count = libraryCount
	}
	return linkedinapi.ListAt[LibraryJob](ctx, s.caller, s.search, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// All walks the jobs, from After or Start on. A search may find tens of thousands. It is lazy, starts over with each
// loop, and ends after an error.
func (s *LibraryService) All(ctx context.Context, q LibraryQuery, options ...api.CallOption) iter.Seq2[LibraryJob, error] {
	return linkedinapi.All(&opLibrary, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[LibraryJob], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.Search(ctx, q, options...)
	})
}
