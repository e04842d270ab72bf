package subscriptions_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/subscriptions"
)

// Be told when a position of certain people begins or ends, and of nothing else.
func ExampleExperienceChanges() {
	sb, err := sandbox.Start(sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	query := employee.Query{Clause: employee.All(employee.Term("is_working", 1), employee.Match("active_experience_title", "engineer"))}
	sub, err := client.Subscriptions.ExperienceChanges.MultiSource.CreateFromQuery(ctx, query, subscriptions.Options{
		WebhookURL: "https://hooks.example.com/coresignal/a-secret",
	})
	if err != nil {
		log.Fatal(err)
	}
	got, err := client.Subscriptions.Get(ctx, sub.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Status)
	// Output:
	// active
}
