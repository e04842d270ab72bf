package pronet_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	linkedinjobs "github.com/pronet-go/pronet/linkedin/jobs" // another test has a function jobs
	"github.com/pronet-go/pronet/linkedin/urn"
)

var jobsOfTests atomic.Int64 // an id of its own for each

// newPosting is one that has all that LinkedIn demands.
func newPosting() linkedinjobs.Posting {
	return linkedinjobs.Posting{
		ExternalID: fmt.Sprint("job-", jobsOfTests.Add(1)), Operation: linkedinjobs.Create, Title: "Engineer", Description: strings.Repeat("works with people; ", 10),
		Location: "India", ApplyURL: "https://example.com/apply", ListedAt: time.UnixMilli(1767225600000), PosterEmail: "recruiter@example.com",
	}
}

// submitted posts a job and returns its task.
func submitted(ctx context.Context, submit func(context.Context, []linkedinjobs.Posting, ...api.CallOption) ([]linkedinjobs.Result, error)) (linkedinjobs.Result, error) {
	results, err := submit(ctx, []linkedinjobs.Posting{newPosting()})
	if err != nil {
		return linkedinjobs.Result{}, err
	}
	return results[0], nil
}

// jobCalls makes one call of each operation of linkedinjobs.
var jobCalls = map[string]func(context.Context, *contract, urn.URN) error{
	"LinkedIn.Jobs.Submit": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := submitted(ctx, c.client.LinkedIn.Jobs.Submit)
		return err
	},
	"LinkedIn.Jobs.Tasks": func(ctx context.Context, c *contract, _ urn.URN) error {
		result, err := submitted(ctx, c.client.LinkedIn.Jobs.Submit)
		if err == nil {
			_, err = c.client.LinkedIn.Jobs.Tasks(ctx, []urn.URN{result.Task})
		}
		return err
	},
	"LinkedIn.Jobs.Legacy.Submit": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := submitted(ctx, c.client.LinkedIn.Jobs.Legacy.Submit)
		return err
	},
	"LinkedIn.Jobs.Legacy.Tasks": func(ctx context.Context, c *contract, _ urn.URN) error {
		result, err := submitted(ctx, c.client.LinkedIn.Jobs.Legacy.Submit)
		if err == nil {
			_, err = c.client.LinkedIn.Jobs.Legacy.Wait(ctx, []urn.URN{result.Task}, nil)
		}
		return err
	},
	"LinkedIn.Jobs.Listings": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Jobs.Listings(ctx, []string{"job-0"})
		return err
	},
	"LinkedIn.Jobs.Library.Search": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Jobs.Library.Search(ctx, linkedinjobs.LibraryQuery{Keyword: "engineer", Countries: []string{"gb"}})
		return err
	},
}
