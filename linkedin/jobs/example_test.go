package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
)

// Post a job, and wait until it is on LinkedIn.
func ExampleService_Submit() {
	sb, err := sandbox.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...) // your own: pronet.WithLinkedIn(linkedin.AppTokens(childID, childSecret))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	posting := jobs.Posting{
		ExternalID: "job-42", Operation: jobs.Create, CompanyName: "Acme", Title: "Software Engineer", Location: "Sunnyvale, California", Workplace: jobs.Hybrid,
		Description: "We look for an engineer who likes to work with people, reads more code than is written, and measures before cutting.",
		ApplyURL:    "https://careers.example.com/job-42", ListedAt: time.Now(), PosterEmail: "recruiter@example.com",
	}
	results, err := client.LinkedIn.Jobs.Submit(ctx, []jobs.Posting{posting})
	switch {
	case errors.Is(err, pronet.ErrMaybeApplied):
		log.Fatal("nobody knows whether it was accepted: ask Listings in some minutes")
	case err != nil:
		log.Fatal(err)
	}
	tasks, err := client.LinkedIn.Jobs.Wait(ctx, []urn.URN{results[0].Task}, nil)
	switch {
	case errors.Is(err, jobs.ErrDuplicate):
		log.Fatal("the job was posted before")
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(tasks[0].ExternalID, tasks[0].Status, tasks[0].Job)
	// Output:
	// job-42 SUCCEEDED urn:li:jobPosting:4217555213
}
