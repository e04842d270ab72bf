package spool_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// Deliveries are stored in files and processed after the response.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "sales-leaders", Token: token})
	if err != nil {
		log.Fatal(err)
	}
	deliveries, err := spool.Open(dir, spool.Options{}, sender)
	if err != nil {
		log.Fatal(err)
	}
	defer deliveries.Close()
	handler, err := webhook.NewHandler(sender, deliveries)
	if err != nil {
		log.Fatal(err)
	}

	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequest(http.MethodPost, "/"+token, strings.NewReader(`[{"member_id": 125, "status": "changed"}]`)))
	fmt.Println(response.Code, "pending:", deliveries.Pending())

	// In a program this runs in a goroutine until the program ends. Any other reason to end is a failure: the handler goes
	// on storing what nobody processes.
	ctx, cancel := context.WithCancel(context.Background())
	err = deliveries.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		fmt.Println("processing", len(d.Events), "event of", d.Label)
		cancel()
		return nil
	})
	if ctx.Err() == nil {
		log.Fatal("no delivery is processed any more: ", err)
	}
	fmt.Println(err, "pending:", deliveries.Status().Pending)
	// Output:
	// 200 pending: 1
	// processing 1 event of sales-leaders
	// context canceled pending: 0
}
