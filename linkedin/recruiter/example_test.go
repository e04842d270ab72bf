package recruiter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// Read the InMail of a seat, of the last twelve hours.
func ExampleInMailService_All() {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	sb, err := sandbox.Start(sandbox.WithStartTime(now))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	sb.LinkedIn.SendInMail(fake.InMail{Subject: "A job", Text: "Would you like one?", Created: now.Add(-time.Hour)})
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	seat, err := urn.Parse(sb.LinkedIn.App().Seats[0])
	if err != nil {
		log.Fatal(err)
	}
	window := recruiter.InMailQuery{Viewer: seat, From: now.Add(-12 * time.Hour), To: now}
	for mail, err := range client.LinkedIn.Recruiter.InMails.All(context.Background(), window) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(mail.Created.Format(time.TimeOnly), mail.Subject)
	}
	// Output: 11:00:00 A job
}

// Ask for purged candidates as often as LinkedIn demands, and delete them.
func ExamplePurgeKeeper() {
	sb, err := sandbox.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	sb.LinkedIn.PurgeCandidate(sb.LinkedIn.ExportCandidate(sb.LinkedIn.App().ClientID, "JOB_1"))
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	dir, err := os.MkdirTemp("", "purges")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	ctx, cancel := context.WithCancel(context.Background())
	keeper, err := recruiter.NewPurgeKeeper(client.LinkedIn.Recruiter.Purges, recruiter.PurgeOptions{
		File: filepath.Join(dir, "customer-1.json"),
		Delete: func(_ context.Context, purged []recruiter.Purged) error {
			fmt.Println("delete", len(purged))
			cancel() // a program goes on
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(keeper.Run(ctx))
	// Output:
	// delete 1
	// context canceled
}

// Switch the reading of InMail, stubs, notes and seats on for a customer's contract, and say where events are sent.
func ExampleIntegrationService_Enable() {
	sb, err := sandbox.Start(fake.WithIntegrationsOff())
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx, integrations := context.Background(), client.LinkedIn.Recruiter.Integrations
	contract, err := urn.Parse(sb.LinkedIn.App().Contract)
	if err != nil {
		log.Fatal(err)
	}
	csa := recruiter.IntegrationKey{Context: contract, Type: recruiter.CSAAPI}
	if err := integrations.Enable(ctx, csa, "Example ATS"); err != nil {
		log.Fatal(err)
	}
	err = integrations.Configure(ctx, csa, map[recruiter.Configuration]string{recruiter.CallbackURL: "https://ats.example.com/linkedin/customer-1"})
	if err != nil {
		log.Fatal(err)
	}
	found, err := integrations.Get(ctx, []recruiter.IntegrationKey{csa})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found[0].Name, found[0].Status) // an administrator of the customer's switches it on
	// Output: Example ATS DISABLED
}

// Write two candidates back to LinkedIn: a batch has its keys in the query and in the body, the header field
// X-RestLi-Method, and errors of its own for each element.
func Example_batchWrite() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // instead of LinkedIn
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("X-Restli-Method"))
		fmt.Println(r.URL.RawQuery)
		_, _ = io.WriteString(w, `{"results":{"atsCandidateId=1&dataProvider=ATS&integrationContext=urn:li:organization:5":{"status":204}},
			"errors":{"atsCandidateId=2&dataProvider=ATS&integrationContext=urn:li:organization:5":{"status":422,"message":"lastName is missing"}}}`)
	}))
	defer server.Close()
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token"), pronet.BaseURL(server.URL)))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	organization, err := urn.Parse("urn:li:organization:5")
	if err != nil {
		log.Fatal(err)
	}
	var keys []any
	entities := map[string]any{}
	for id, candidate := range []map[string]any{{"firstName": "Jo", "lastName": "Doe"}, {"firstName": "Ada"}} {
		key := linkedin.Params{{Name: "atsCandidateId", Value: id + 1}, {Name: "dataProvider", Value: "ATS"}, {Name: "integrationContext", Value: organization}}
		text, err := linkedin.Protocol1.BodyKey(key)
		if err != nil {
			log.Fatal(err)
		}
		keys, entities[text] = append(keys, key), candidate
	}
	query, err := linkedin.Protocol1.Query(linkedin.Param{Name: "ids", Value: keys})
	if err != nil {
		log.Fatal(err)
	}
	var response json.RawMessage
	err = client.Do(context.Background(), api.Request{
		Provider: api.LinkedIn, Method: http.MethodPut, Route: "/v2/atsCandidates", RawQuery: query, Retry: api.RetryIdempotent,
		Header: http.Header{"X-Restli-Method": {"batch_update"}}, Body: map[string]any{"entities": entities},
	}, &response)
	if err != nil {
		log.Fatal(err)
	}
	failures, err := linkedin.Failures(response)
	if err != nil {
		log.Fatal(err)
	}
	for _, failure := range failures {
		fmt.Println(failure.Element, failure.Status, failure.Details.Message)
	}
	// Output:
	// PUT /v2/atsCandidates batch_update
	// ids[0].atsCandidateId=1&ids[0].dataProvider=ATS&ids[0].integrationContext=urn:li:organization:5&ids[1].atsCandidateId=2&ids[1].dataProvider=ATS&ids[1].integrationContext=urn:li:organization:5
	// atsCandidateId=2&dataProvider=ATS&integrationContext=urn:li:organization:5 422 lastName is missing
}
