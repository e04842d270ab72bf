package saleswebhooks_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// inSandbox returns a client of an account of its own, instead of pronet.New(pronet.WithSalesWebhooks(key)).
func inSandbox(options ...sandbox.Option) (sb *sandbox.Sandbox, client *pronet.Client, done func()) {
	sb, err := sandbox.Start(options...)
	if err != nil {
		log.Fatal(err)
	}
	if client, err = pronet.New(sb.Options()...); err != nil {
		log.Fatal(err)
	}
	return sb, client, func() {
		client.CloseIdleConnections()
		sb.Close()
	}
}

// Subscribe to a contact, whether or not somebody has done so before.
func ExampleSubscriptions_Ensure() {
	_, client, done := inSandbox()
	defer done()
	for range 2 {
		sub, made, err := client.SalesWebhooks.Subscriptions.Ensure(context.Background(), saleswebhooks.Contact("https://www.linkedin.com/in/jane-roe"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(sub.Type, sub.LinkedInID, sub.Status, made)
	}
	// Output:
	// contact jane-roe active true
	// contact jane-roe active false
}

// What a subscription that exists, a full tier and an address of another kind come back as.
func ExampleSubscriptions_Create() {
	_, client, done := inSandbox(fake.WithTier("starter", 1))
	defer done()
	for _, e := range []saleswebhooks.Entity{
		saleswebhooks.Contact("https://linkedin.com/in/jane-roe"),
		saleswebhooks.Contact("https://linkedin.com/in/jane-roe/"),
		saleswebhooks.Company("https://linkedin.com/company/acme"),
		saleswebhooks.Company("https://linkedin.com/in/john-doe"),
	} {
		_, err := client.SalesWebhooks.Subscriptions.Create(context.Background(), e)
		var duplicate *saleswebhooks.DuplicateError
		var full *saleswebhooks.TierLimitError
		switch {
		case errors.As(err, &duplicate):
			fmt.Println("exists, its id is known:", duplicate.ExistingID != "")
		case errors.As(err, &full):
			fmt.Printf("the tier %s allows %d\n", full.Tier, full.Limit)
		case errors.Is(err, pronet.ErrInvalid):
			fmt.Println("refused before it was sent")
		default:
			fmt.Println("error:", err)
		}
	}
	// Output:
	// error: <nil>
	// exists, its id is known: true
	// the tier starter allows 1
	// refused before it was sent
}

// Mirror a list: the plan is printed, looked at, and applied. Run again, it does nothing.
func ExampleSubscriptions_Plan() {
	sb, client, done := inSandbox()
	defer done()
	for _, address := range []string{"https://linkedin.com/in/jane-roe", "https://linkedin.com/in/left-the-list"} {
		if _, err := sb.SalesWebhooks.Subscribe("contact", address); err != nil {
			log.Fatal(err)
		}
	}
	ctx, subscriptions := context.Background(), client.SalesWebhooks.Subscriptions
	desired := saleswebhooks.Entities(saleswebhooks.Contact("https://www.linkedin.com/in/Jane-Roe/"), saleswebhooks.Company("https://linkedin.com/company/acme"))
	plan, err := subscriptions.Plan(ctx, desired, saleswebhooks.PlanOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)
	fmt.Println("active before:", sb.SalesWebhooks.Active())
	applied, err := plan.Apply(ctx, saleswebhooks.ApplyOptions{}) // with Dir there is a journal
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("cancelled:", applied.Cancelled.Count(saleswebhooks.ItemCancelled), "made:", applied.Created.Count(saleswebhooks.ItemMade))
	// Output:
	// desired      2
	// exist        2
	// keep         1
	// create       1
	// cancel       1
	// unmatched    0
	// refused      0
	// calls        2
	// takes        0s
	// room         998 of 1000
	// active before: 2
	// cancelled: 1 made: 1
}

// Subscribe to many: each item says what became of it.
func ExampleSubscriptions_BulkCreate() {
	_, client, done := inSandbox()
	defer done()
	result, err := client.SalesWebhooks.Subscriptions.BulkCreate(context.Background(), []saleswebhooks.Entity{
		saleswebhooks.Contact("https://linkedin.com/in/jane-roe"),
		saleswebhooks.Contact("https://linkedin.com/in/jane-roe"),
		saleswebhooks.Contact("https://linkedin.com/company/acme"),
	}, saleswebhooks.BulkOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range result.Items {
		fmt.Println(item.Place, item.State)
	}
	fmt.Println("to look at:", len(result.Undone()))
	// Output:
	// 0 made
	// 1 exists
	// 2 refused
	// to look at: 1
}

// Say where events are sent, and keep the secret: nothing prints it.
func ExampleWebhook_Configure() {
	_, client, done := inSandbox()
	defer done()
	receiver := httptest.NewServer(http.NotFoundHandler()) // yours has an address with https
	defer receiver.Close()
	set, err := client.SalesWebhooks.Webhook.Configure(context.Background(), saleswebhooks.WebhookSettings{
		EndpointURL: receiver.URL, Events: []string{"contact.*", "company.post_created"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Events, set.Secret)
	fmt.Println("keep it:", len(set.Secret.Reveal()) > 20)
	// Output:
	// [contact.* company.post_created] [redacted]
	// keep it: true
}
