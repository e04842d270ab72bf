package refresh_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"time"

	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// From a subscription to what changed, in words. A sandbox is the provider here.
func ExampleOpen() {
	sb, client := example()
	defer sb.Close()
	ids := sb.Coresignal.PersonIDs()
	dir, err := os.MkdirTemp("", "pipeline")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	token := webhook.NewPathToken() // once: it is part of the callback URL
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: token})
	if err != nil {
		log.Fatal(err)
	}
	told := make(chan []employee.Change)
	update := func(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
		told <- u.Changes
		return nil // an error would mean that the same changes come again
	}
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender, update, refresh.PipelineOptions{
		CreditsPerDay: 1_000, Window: 10 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pipeline.Close()
	server := httptest.NewServer(pipeline)
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go pipeline.Run(ctx) // a program looks at its error

	url := server.URL + "/" + token
	if _, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(ids...), subscriptions.Options{WebhookURL: url}); err != nil {
		log.Fatal(err)
	}
	job, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(ids...), bulkcollect.Options{}) // the first load
	if err != nil {
		log.Fatal(err)
	}
	loaded, err := pipeline.Load(ctx, time.Now(), client.BulkCollect.Base.Records(ctx, job.ID))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded, "records to compare with")

	if err := sb.Coresignal.Promote(ids[0], "Head of Sales"); err != nil {
		log.Fatal(err)
	}
	if err := sb.Deliver(ctx); err != nil {
		log.Fatal(err)
	}
	for _, change := range <-told {
		fmt.Println(change.Kind(), change)
	}
	// Output:
	// 10 records to compare with
	// title_changed Thiago Santos: new title at Norrland Analytics, Senior Teacher -> Head of Sales
	// headline_changed Thiago Santos: headline Senior Teacher at Norrland Analytics -> Head of Sales at Norrland Analytics
}
