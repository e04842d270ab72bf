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

// Subscribe to everybody whom a filter matches. A filter that a subscription does not allow is refused before anything
// is sent.
func ExampleFilterDataset_CreateFromFilter() {
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
	options := subscriptions.Options{WebhookURL: "https://hooks.example.com/coresignal/a-secret"}
	filter := employee.BaseFilter{Country: "Germany", ExperienceTitle: `"Sales Manager"`}
	sub, err := client.Subscriptions.Base.CreateFromFilter(ctx, filter, options)
	if err != nil {
		log.Fatal(err)
	}
	got, err := client.Subscriptions.Get(ctx, sub.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(got.Status, "for", got.ExpiringAt.Sub(got.CreatedAt))

	filter.ExperienceDateFrom = "2020"
	_, err = client.Subscriptions.Base.CreateFromFilter(ctx, filter, options)
	if forbidden, ok := errors.AsType[*subscriptions.ForbiddenFieldsError](err); ok {
		fmt.Println("not allowed:", forbidden.Uses[0].Field)
	}
	// Output:
	// active for 2184h0m0s
	// not allowed: experience_date_from
}

// Subscribe to the employees in a list: a slice here, a file with employee.IDFile. A bad line is found before anything
// is sent.
func ExampleDataset_CreateFromIDs() {
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
	options := subscriptions.Options{WebhookURL: "https://hooks.example.com/coresignal/a-secret"}
	_, err = client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()...), options)
	switch {
	case errors.Is(err, pronet.ErrMaybeApplied):
		log.Fatal("look at the list of subscriptions: ", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println("subscriptions:", sb.Coresignal.SubscriptionsCreated())

	_, err = client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(537432868, 0), options)
	if line, ok := errors.AsType[*employee.LineError](err); ok {
		fmt.Println("line", line.Line, "is bad:", line.Reason)
	}
	// Output:
	// subscriptions: 1
	// line 2 is bad: zero is not an ID
}

// Renew what would end soon.
func ExampleManager_All() {
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
	options := subscriptions.Options{WebhookURL: "https://hooks.example.com/coresignal/a-secret"}
	for range 2 {
		if _, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()...), options); err != nil {
			log.Fatal(err)
		}
	}

	for sub, err := range client.Subscriptions.All(ctx, subscriptions.ListOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		renewed, err := client.Subscriptions.Renew(ctx, sub.ID)
		if err != nil {
			log.Fatal(err)
		}
		days := renewed.ExpiringAt.Sub(renewed.CreatedAt).Hours() / 24
		fmt.Println(sub.Status, "until", days, "days after its creation")
	}
	// Output:
	// active until 182 days after its creation
	// active until 182 days after its creation
}
