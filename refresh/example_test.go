package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// Turn a delivery into records. In a program, spool.Run(ctx, refresher.Handle) does so for each delivery that arrives.
func ExampleRefresher_Handle() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1), coresignal.WithJobPolls(0))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	store := func(_ context.Context, outcome refresh.Outcome[employee.BaseRecord]) error {
		switch {
		case errors.Is(outcome.Err, pronet.ErrNotFound):
			fmt.Println("gone:", outcome.ID)
		case outcome.Err != nil:
			fmt.Println("look at it by hand:", outcome.ID)
		default:
			fmt.Println("changed:", outcome.Record.FullName)
		}
		return nil
	}
	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{
		Budget: employee.NewBudget(1000),
	})
	if err != nil {
		log.Fatal(err)
	}

	ids := sb.Coresignal.PersonIDs()
	delivery := &webhook.Delivery{Key: "example", Events: []webhook.Event{
		webhook.EmployeeChanged{ID: ids[0], Status: webhook.StatusChanged},
		webhook.EmployeeChanged{ID: ids[1], Status: webhook.StatusChanged},
		webhook.EmployeeChanged{ID: 7, Status: webhook.StatusStoppedMatchingQuery},
	}}
	if err := refresher.Handle(context.Background(), delivery); err != nil {
		log.Fatal(err)
	}
	fmt.Println("credits spent:", sb.Coresignal.CreditsSpent())
	// Output:
	// changed: Can Demir
	// changed: Thiago Santos
	// gone: 7
	// credits spent: 20
}
