package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
	"github.com/pronet-go/pronet/webhook"
)

// Receive the events of Sales Webhooks. How the provider signs is not documented: the scheme here is the sandbox's, which
// the example sets itself.
func ExampleSalesWebhooks() {
	scheme := webhook.StripeStyle("X-Sandbox-Signature")
	sb, err := sandbox.Start(fake.WithSigner(func(secrets []string, at time.Time, _ string, body []byte) http.Header {
		header, _ := webhook.SignHMAC(scheme, secrets[0], body, at, nil)
		return header
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	ctx := context.Background()

	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	defer server.Close()
	set, err := client.SalesWebhooks.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	sender, err := webhook.SalesWebhooks(scheme, set.Secret.Reveal()) // after a rotation: the new secret and the old one
	if err != nil {
		log.Fatal(err)
	}
	handler, err = webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		for _, event := range d.Events {
			if sales, ok := event.(webhook.SalesEvent); ok {
				fmt.Println(sales.Family(), sales.Type)
			}
		}
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}

	if _, err := client.SalesWebhooks.Subscriptions.Create(ctx, saleswebhooks.Contact("https://linkedin.com/in/jane-roe")); err != nil {
		log.Fatal(err)
	}
	if err := sb.SalesWebhooks.ChangeJob("jane-roe", "Head of Sales", ""); err != nil {
		log.Fatal(err)
	}
	if err := sb.Deliver(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: contact contact.position_changed
}

// Find out why a delivery was refused, from its headers and its body as they came.
func ExampleDiagnose() {
	scheme := webhook.StripeStyle("X-Signature")
	body := []byte(`{"type":"contact.position_changed"}`)
	const old, current = "whsec_of_last_year", "whsec_of_this_year"
	header, err := webhook.SignHMAC(scheme, old, body, time.Now(), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range []struct {
		body    []byte
		secrets []string
	}{{body, []string{current}}, {append(body, '\n'), []string{current, old}}, {body, []string{current, old}}} {
		reasons, err := webhook.Diagnose(scheme, header, c.body, []string{old}, c.secrets...)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(reasons)
	}
	// Output:
	// [it is signed with a previous secret: give both until no such delivery is under way]
	// [a line end was added to the body]
	// [the signature itself fits]
}
