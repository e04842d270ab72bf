package jobs

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	pages = "learn.microsoft.com/linkedin/talent/job-postings/api"

	inDoubt     = "ask Jobs.Listings for the postings' ids, since the response alone had their tasks"
	createsOnce = "LinkedIn's page has a second CREATE of an id fail as a duplicate, but for drafts"
)

var (
	opSubmit = wire.Op{
		Name: "LinkedIn.Jobs.Submit", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/simpleJobPostings",
		Class: linkedinapi.ClassJobs, Retry: api.RetryUnsent, InDoubt: inDoubt, Source: pages + "/create-jobs, /update-renew-jobs, /close-jobs",
		Note: "100 postings a call; " + createsOnce,
	}
	opTasks = wire.Op{
		Name: "LinkedIn.Jobs.Tasks", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/simpleJobPostingTasks",
		Class: linkedinapi.ClassJobTasks, Retry: api.RetryIdempotent, Source: pages + "/check-job-taskstatus; LinkedIn's client for Java",
		Note: "a task is known for 30 days",
	}
	opLegacySubmit = wire.Op{
		Name: "LinkedIn.Jobs.Legacy.Submit", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/simpleJobPostings",
		Class: linkedinapi.ClassJobs, Retry: api.RetryUnsent, InDoubt: inDoubt, Source: pages + "/create-jobs",
		Note: "legacy, without a date of its end; " + createsOnce,
	}
	opLegacyTasks = wire.Op{
		Name: "LinkedIn.Jobs.Legacy.Tasks", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/simpleJobPostingTasks",
		Class: linkedinapi.ClassJobTasks, Retry: api.RetryIdempotent, Source: pages + "/check-job-taskstatus",
		Note: "legacy, without a date of its end",
	}
	opListings = wire.Op{
		Name: "LinkedIn.Jobs.Listings", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/jobPostingStatus",
		Class: linkedinapi.ClassJobListings, Retry: api.RetryIdempotent, Source: pages + "/check-job-posting-status; LinkedIn's client for Java",
		Note: "100 jobs a call; without a version in LinkedIn's client for Java too",
	}
	opLibrary = wire.Op{
		Name: "LinkedIn.Jobs.Library.Search", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/jobLibrary",
		Class: linkedinapi.ClassJobLibrary, Retry: api.RetryIdempotent, Source: "linkedin.com/ad-library/api/jobs",
		Note: "promoted jobs alone, for apps with the product Ad Library; 24 a page",
	}
)
