package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// A receiver of Coresignal's notices, which are not signed: the path holds a secret.
func ExampleCoresignal() {
	token := webhook.NewPathToken() // Make it once and keep it as a secret.
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "sales-leaders", Token: token})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		for _, event := range d.Events {
			switch e := event.(type) {
			case webhook.EmployeeChanged:
				fmt.Println(d.Label, e.ID, e.Status, e.ChangedFields)
			case webhook.Unknown:
				fmt.Println("not recognised:", string(e.Raw))
			}
		}
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/", handler)
	server := httptest.NewServer(mux)
	defer server.Close()

	// This is the address to give to the provider.
	url, err := webhook.CallbackURL(server.URL+"/hooks", token)
	if err != nil {
		log.Fatal(err)
	}
	notice := `[{"member_id": 125, "status": "changed", "changed_fields": ["headline"]}]`
	for _, address := range []string{url, server.URL + "/hooks/guess"} {
		resp, err := http.Post(address, "application/json", strings.NewReader(notice))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	// Output:
	// sales-leaders 125 changed [headline]
	// 200 OK
	// 404 Not Found
}

// A sender of your own: behind a gateway that has verified it, with ids of its own.
func ExampleNewHandler() {
	type lead struct{ webhook.Unknown } // what it says
	sender := webhook.Sender{
		Source:   "leads",
		Verifier: webhook.Unsigned("behind-the-gateway"),
		TTL:      9 * time.Hour, // it retries for eight hours
		Decoder: func(d *webhook.Delivery) error {
			var body struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(d.Body, &body) != nil || body.ID == "" {
				return webhook.ErrMalformed
			}
			d.Key = d.Label + ":" + body.ID
			d.Events = []webhook.Event{lead{webhook.Unknown{Label: d.Label, Raw: d.Body}}}
			return nil
		},
	}
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		fmt.Println(d.Source, d.Key)
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 { // The second one is known.
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"id": "L7"}`)))
		fmt.Println(w.Code)
	}
	// Output:
	// leads behind-the-gateway:L7
	// 200
	// 200
}

// A sender that signs "timestamp.body" in hex.
func ExampleHMAC() {
	scheme := webhook.HMACScheme{
		Label:           "events",
		SecretForm:      webhook.IssuedSecret, // The sender has made the secrets.
		Header:          "X-Signature",
		Prefix:          "v1=",
		TimestampHeader: "X-Timestamp",
		Signed: []webhook.SignedPart{
			webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody(),
		},
	}
	sender, err := webhook.HMAC("billing", scheme, webhook.DecodeRaw, "the new secret", "the old secret")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		fmt.Println(d.Source, d.Label, string(d.Body))
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}

	body := `{"hello": "world"}`
	header, err := webhook.SignHMAC(scheme, "the old secret", []byte(body), time.Now(), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, sent := range []string{body, `{"hello": "mallory"}`} {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(sent))
		request.Header = header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		fmt.Println(w.Code)
	}
	// Output:
	// billing events {"hello": "world"}
	// 200
	// 401
}

// A queue between the handler and a worker: the delivery travels as JSON.
func ExampleDecode() {
	sender := webhook.Sender{Source: "jobs", Verifier: webhook.Unsigned("nightly"), Decoder: webhook.DecodeRaw}
	queue := make(chan []byte, 1) // SQS, NATS, River ...
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		message, err := json.Marshal(d)
		if err != nil {
			return err
		}
		queue <- message
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"ready": true}`)))

	// In the worker:
	var d webhook.Delivery
	if err := json.Unmarshal(<-queue, &d); err != nil {
		log.Fatal(err)
	}
	if err := webhook.Decode(&d, sender); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s %s\n", d.Source, d.Label, d.Events[0].(webhook.Unknown).Raw)
	// Output:
	// jobs nightly {"ready": true}
}
