package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// A receiver for a sender that signs nothing: the path holds a secret.
func ExampleNewHandler() {
	token := webhook.NewPathToken() // Make it once and keep it as a secret.
	verifier, err := webhook.PathToken(webhook.Endpoint{Label: "sales-leaders", Token: token})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(verifier, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
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

// Deliveries are stored in files and processed after the answer.
func ExampleOpenSpool() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	spool, err := webhook.OpenSpool(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer spool.Close()
	handler, err := webhook.NewHandler(webhook.Unsigned("behind-the-gateway"), spool)
	if err != nil {
		log.Fatal(err)
	}

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`[{"member_id": 125, "status": "changed"}]`)))
	fmt.Println(answer.Code, "pending:", spool.Pending())

	// In a program this runs in a goroutine until the program ends.
	ctx, cancel := context.WithCancel(context.Background())
	err = spool.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		fmt.Println("processing", len(d.Events), "event of", d.Label)
		cancel()
		return nil
	})
	fmt.Println(err, "pending:", spool.Pending())
	// Output:
	// 200 pending: 1
	// processing 1 event of behind-the-gateway
	// context canceled pending: 0
}

// A verifier for a sender that signs "timestamp.body" in hex.
func ExampleHMAC() {
	scheme := webhook.HMACScheme{
		Label:           "sender",
		Header:          "X-Signature",
		Prefix:          "v1=",
		TimestampHeader: "X-Timestamp",
		Signed: []webhook.SignedPart{
			webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody(),
		},
	}
	verifier, err := webhook.HMAC(scheme, "the new secret", "the old secret")
	if err != nil {
		log.Fatal(err)
	}

	body := []byte(`{"hello": "world"}`)
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	request.Header, err = webhook.SignHMAC(scheme, "the old secret", body, time.Now(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verifier.Verify(request, body))
	fmt.Println(verifier.Verify(request, []byte(`{"hello": "mallory"}`)))
	// Output:
	// sender <nil>
	//  webhook: request not verified
}
