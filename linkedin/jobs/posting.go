package jobs

import (
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/linkedin/urn"
)

// Operation is what is done with a job.
type Operation string

// The operations. All but Create are about a job that was created with the same ExternalID.
const (
	// Create posts a new job.
	Create Operation = "CREATE"
	// Update replaces what a job says: LinkedIn's page has the whole job posted again.
	Update Operation = "UPDATE"
	// Renew lists a job for 30 days more.
	Renew Operation = "RENEW"
	// Close takes a job off LinkedIn.
	Close Operation = "CLOSE"
)

// Values of a Posting's fields that LinkedIn's page lists. Others are sent as they are.
const (
	// OnSite, Hybrid and Remote are where the work is.
	OnSite = "On-site"
	Hybrid = "Hybrid"
	Remote = "Remote"
	// Basic is a job without charge, Premium a promoted one, which needs a Contract.
	Basic   = "BASIC"
	Premium = "PREMIUM"
)

// Posting is one operation on a job. LinkedIn's page has the whole job sent with each operation, also to renew or close
// it.
//
// Source: LinkedIn's page "Job Posting Schema". It demands ExternalID and Operation, and for Create and Update Title,
// Description, Location, ListedAt, PosterEmail, and ApplyURL or onsiteApplyConfiguration: what lacks them is refused
// before it is sent. LinkedIn itself checks the rest when it works on the task, such as that a description has 100 to
// 25,000 characters and a title 200 at most.
type Posting struct {
	// ExternalID is the job's id in your system, unique for each app (externalJobPostingId). LinkedIn's page has had 75
	// and 200 characters as the most.
	ExternalID string
	// Operation is what is done.
	Operation Operation
	// Organization is the company's page (urn:li:organization:...). CompanyName is for companies without one.
	Organization urn.URN
	CompanyName  string
	// Title is its title, and Description a text with a few HTML tags.
	Title, Description string
	// Location is where it is, such as "Sunnyvale, California" or "India", and AlternateLocations are further ones:
	// LinkedIn makes a task for each.
	Location           string
	AlternateLocations []string
	// ApplyURL is where people apply (companyApplyUrl).
	ApplyURL string
	// ListedAt is when the job was added to your system, in milliseconds and not in the future.
	ListedAt time.Time
	// ExpireAt is when it ends; LinkedIn takes 180 days unless it is set.
	ExpireAt time.Time
	// PosterEmail is whose job it is. LinkedIn demands it since June 2025. ShowPoster shows the person beside the job.
	PosterEmail string
	ShowPoster  bool
	// Workplace is OnSite, Hybrid or Remote; "" is not sent.
	Workplace string
	// EmploymentStatus is such as FULL_TIME, PART_TIME, CONTRACT, INTERNSHIP, TEMPORARY or VOLUNTEER, and ExperienceLevel
	// such as ENTRY_LEVEL, ASSOCIATE, MID_SENIOR_LEVEL, DIRECTOR or EXECUTIVE.
	EmploymentStatus, ExperienceLevel string
	// Categories are up to three codes of job functions, and Industries URNs such as urn:li:industry:4.
	Categories []string
	Industries []urn.URN
	// SkillsDescription is a text about skills, with a few HTML tags.
	SkillsDescription string
	// CompanyJobCode is the job's id in the company's system, if that is another than yours.
	CompanyJobCode string
	// ListingType is Basic unless set.
	ListingType string
	// Contract is the Recruiter contract that pays for a Premium job (urn:li:contract:...).
	Contract urn.URN
	// Availability is such as PUBLIC, PRIVATE_TO_ATS_INTEGRATION or INTERNAL.
	Availability string
	// TrackingPixelURL is an address that is loaded with the job.
	TrackingPixelURL string
	// Extra is what has no field here, by LinkedIn's name of it, such as compensation, onsiteApplyConfiguration or
	// partnerRequisitionId. Values are written as JSON.
	Extra map[string]any
}

// check says what is missing.
func (p *Posting) check() error {
	whole := p.Operation == Create || p.Operation == Update
	_, onsite := p.Extra["onsiteApplyConfiguration"]
	for _, field := range []struct {
		name    string
		missing bool
	}{
		{"ExternalID", p.ExternalID == ""},
		{"Operation", p.Operation == ""},
		{"Title", whole && p.Title == ""},
		{"Description", whole && p.Description == ""},
		{"Location", whole && p.Location == ""},
		{"ListedAt", whole && p.ListedAt.IsZero()},
		{"PosterEmail", whole && p.PosterEmail == ""},
		{"ApplyURL", whole && p.ApplyURL == "" && !onsite},
		{"Contract", p.ListingType == Premium && p.Contract.IsZero()},
	} {
		if field.missing {
			return errors.New(field.name + " is missing")
		}
	}
	switch p.Operation {
	case Create, Update, Renew, Close:
	default:
		return errors.New("the operation is Create, Update, Renew or Close")
	}
	if !p.Organization.IsZero() && p.Organization.Type() != "organization" {
		return errors.New("the organization has the form urn:li:organization:123")
	}
	for _, at := range []time.Time{p.ListedAt, p.ExpireAt} {
		if !at.IsZero() && at.UnixMilli() <= 0 {
			return errors.New("a time is before 1970")
		}
	}
	return nil
}

// body is what is sent.
func (p *Posting) body() (map[string]any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	body := map[string]any{"externalJobPostingId": p.ExternalID, "jobPostingOperationType": p.Operation}
	for name, text := range map[string]string{
		"integrationContext": p.Organization.String(), "companyName": p.CompanyName, "title": p.Title, "description": p.Description,
		"location": p.Location, "companyApplyUrl": p.ApplyURL, "posterEmail": p.PosterEmail, "employmentStatus": p.EmploymentStatus,
		"experienceLevel": p.ExperienceLevel, "skillsDescription": p.SkillsDescription, "companyJobCode": p.CompanyJobCode,
		"listingType": p.ListingType, "contract": p.Contract.String(), "availability": p.Availability, "trackingPixelUrl": p.TrackingPixelURL,
	} {
		if text != "" {
			body[name] = text
		}
	}
	if p.Workplace != "" {
		body["workplaceTypes"] = []string{p.Workplace}
	}
	for name, list := range map[string][]string{"alternateLocations": p.AlternateLocations, "categories": p.Categories} {
		if len(list) > 0 {
			body[name] = list
		}
	}
	if len(p.Industries) > 0 {
		industries := make([]string, len(p.Industries))
		for i, industry := range p.Industries {
			industries[i] = industry.String()
		}
		body["industries"] = industries
	}
	for name, at := range map[string]time.Time{"listedAt": p.ListedAt, "expireAt": p.ExpireAt} {
		if !at.IsZero() {
			body[name] = at.UnixMilli()
		}
	}
	if p.ShowPoster {
		body["showPosterInfo"] = true
	}
	for name, value := range p.Extra {
		if _, twice := body[name]; twice || name == "" {
			return nil, fmt.Errorf("%.40q in Extra has a field of its own", name)
		}
		body[name] = value
	}
	return body, nil
}
