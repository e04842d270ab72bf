package subscriptions_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/subscriptions"
)

// Subscribe at each start of a program without leaving one more subscription behind each time.
func ExampleEnsure() {
	sb, err := sandbox.Start(sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	start := func(country string) {
		filter := employee.BaseFilter{Country: country, ExperienceTitle: `"Sales Manager"`}
		sub, err := client.Subscriptions.Base.CreateFromFilter(context.Background(), filter, subscriptions.Options{
			WebhookURL: "https://hooks.example.com/coresignal/a-secret",
			Ensure:     subscriptions.EnsureByDefinition,
		})
		if other, ok := errors.AsType[*subscriptions.EnsureError](err); ok {
			fmt.Println("there is another one:", len(other.SameURL))
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("existed:", sub.Existed)
	}
	start("Germany")
	start("Germany")
	start("France") // the same webhook URL: its notices could not be told from those of the first
	fmt.Println("subscriptions:", sb.Coresignal.SubscriptionsCreated())
	// Output:
	// existed: false
	// existed: true
	// there is another one: 1
	// subscriptions: 1
}
