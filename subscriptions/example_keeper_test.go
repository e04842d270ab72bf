package subscriptions_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/subscriptions"
)

// Keep a subscription alive: a daily job sweeps. Most sweeps have nothing to do, and one renews it before it ends.
func ExampleKeeper() {
	sb, err := sandbox.Start(sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "keeper")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	wanted := []subscriptions.Wanted{{
		Name:       "sales managers in Germany",
		Definition: "v1", // change it together with Create, and the next sweep replaces the subscription
		Create: func(ctx context.Context) (*subscriptions.Subscription, error) {
			filter := employee.BaseFilter{Country: "Germany", ExperienceTitle: `"Sales Manager"`}
			return client.Subscriptions.Base.CreateFromFilter(ctx, filter, subscriptions.Options{
				WebhookURL: "https://hooks.example.com/coresignal/a-secret",
			})
		},
	}}
	state := subscriptions.FileState(filepath.Join(dir, "keeper.json"))
	keeper, err := subscriptions.NewKeeper(client.Subscriptions, state, wanted, subscriptions.KeeperOptions{Now: sb.Now})
	if err != nil {
		log.Fatal(err)
	}
	sweep := func() {
		report, err := keeper.Sweep(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		for _, action := range report.Actions {
			fmt.Println(action.Kind, action.Name)
		}
		fmt.Println("kept:", report.Kept)
	}
	sweep()
	sb.Advance(80 * 24 * time.Hour) // subscriptions end after 91 days
	sweep()
	// Output:
	// create sales managers in Germany
	// kept: 1
	// renew sales managers in Germany
	// kept: 1
}
