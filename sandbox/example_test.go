package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// Start a sandbox and call it as curl would.
func ExampleStart() {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sb.Close()

	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, sb.Coresignal.URL()+"/cdapi/v2/subscriptions", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("apikey", sb.Coresignal.APIKey())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Status, resp.Header.Get("x-credits-remaining"), string(body))
	// Output: 200 OK 2000 []
}

// Change somebody and receive the notice about it.
func ExampleSandbox_Deliver() {
	received := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- string(body)
	}))
	defer receiver.Close()

	sb, err := sandbox.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sb.Close()
	id := sb.Coresignal.PersonIDs()[0]
	subscribe := httptest.NewRequest(http.MethodPost, "/cdapi/v2/subscriptions/employee_base/ids",
		strings.NewReader(fmt.Sprintf(`{"webhook_url":%q,"ids":[%d]}`, receiver.URL, id)))
	subscribe.Header.Set("apikey", sb.Coresignal.APIKey())
	subscribe.Header.Set("Content-Type", "application/json")
	sb.Coresignal.ServeHTTP(httptest.NewRecorder(), subscribe)

	if err := sb.Coresignal.Promote(id, "Head of Sales"); err != nil {
		fmt.Println(err)
		return
	}
	if err := sb.Deliver(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	notice := <-received
	fmt.Println(strings.Contains(notice, fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":[`, id)))
	// Output: true
}
