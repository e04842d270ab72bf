package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// A receiver of LinkedIn's events at the callback URL of one customer. Behind it stands a spool or a transaction of
// yours; here the events are printed.
func ExampleLinkedIn() {
	const secret = "the-client-secret" // Of the customer's app, from your store of secrets.
	sender, err := webhook.LinkedIn(webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{secret}})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		for _, event := range d.Events {
			switch e := event.(type) {
			case webhook.ProspectNoteDeleted:
				fmt.Println(d.Label, "delete note", e.NoteID, "of", e.Contract)
			case webhook.CandidateExported:
				fmt.Println(d.Label, "get the candidate of request", e.RequestID)
			case webhook.Unknown:
				fmt.Println("not recognised:", string(e.Raw))
			}
		}
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}

	// LinkedIn asks for the challenge when the URL is registered, and every two hours.
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/linkedin/acme?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0", nil))
	fmt.Println(w.Code, w.Body)

	// LinkedIn sends an event, and sends it again.
	body := `{"prospectNoteId":"1323073443","type":"DELETE_PROSPECT_NOTE","integrationContext":"urn:li:contract:123"}`
	header, err := webhook.SignHMAC(webhook.LinkedInScheme(), secret, []byte(body), time.Time{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		request := httptest.NewRequest(http.MethodPost, "/linkedin/acme", strings.NewReader(body))
		request.Header = header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		fmt.Println(w.Code)
	}
	// Output:
	// 200 {"challengeCode":"890e4665-4dfe-4ab1-b689-ed553bceeed0","challengeResponse":"60db198ee22f71180f5a5c21923ec326fac90e6cb8a96ac1766ce2a18ed0d487"}
	// acme delete note 1323073443 of urn:li:contract:123
	// 200
	// 200
}

// One process that receives for many customers. Each has a callback URL, whose last element is the tenant's name.
func ExampleTenants() {
	type customer struct{ contract string }
	var tenants webhook.Tenants[customer]
	for name, secret := range map[string]string{"acme": "the-secret-of-acme", "globex": "the-secret-of-globex"} {
		if err := tenants.Set(name, customer{contract: "the contract of " + name}, secret); err != nil {
			log.Fatal(err)
		}
	}
	handler, err := webhook.NewHandler(tenants.Sender(), tenants.Handle(func(_ context.Context, c customer, d *webhook.Delivery) error {
		fmt.Println(c.contract, d.Events[0].Kind())
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	body := `{"id":"r-1","type":"EXPORT_CANDIDATE_PROFILE"}`
	header, err := webhook.SignHMAC(webhook.LinkedInScheme(), "the-secret-of-acme", []byte(body), time.Time{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range []string{"/linkedin/acme", "/linkedin/globex", "/linkedin/initech"} {
		request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		request.Header = header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		fmt.Println(path, w.Code)
	}
	// Output:
	// the contract of acme EXPORT_CANDIDATE_PROFILE
	// /linkedin/acme 200
	// /linkedin/globex 401
	// /linkedin/initech 404
}
