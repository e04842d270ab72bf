package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/pronet-go/pronet/sandbox"
)

// Start a sandbox and call it as curl would.
func ExampleStart() {
	sb, err := sandbox.Start(sandbox.WithPeople(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sb.Close()

	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, sb.URL()+"/cdapi/v2/subscriptions", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("apikey", sb.APIKey())
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
	id := sb.PersonIDs()[0]
	subscribe := httptest.NewRequest(http.MethodPost, "/cdapi/v2/subscriptions/employee_base/ids",
		strings.NewReader(fmt.Sprintf(`{"webhook_url":%q,"ids":[%d]}`, receiver.URL, id)))
	subscribe.Header.Set("apikey", sb.APIKey())
	subscribe.Header.Set("Content-Type", "application/json")
	sb.ServeHTTP(httptest.NewRecorder(), subscribe)

	if err := sb.Promote(id, "Head of Sales"); err != nil {
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

// Change the sandbox with lines of text, as a person or another program does.
func ExampleSandbox_Command() {
	sb, err := sandbox.New(sandbox.WithPeople(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sb.Close()
	for _, line := range []string{"people 1", "promote 1 Head of School", "company 1 Lantern Works", "fail 429 3", "dance"} {
		answer, err := sb.Command(line)
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println(answer)
	}
	// Output:
	//    1  537432868  Thiago Santos, Senior Teacher at Norrland Analytics
	// 1 of 10 people
	// 537432868  Thiago Santos, Head of School at Norrland Analytics
	// 537432868  Thiago Santos, Head of School at Lantern Works
	// the next 3 requests will be answered with 429 Too Many Requests
	// error: sandbox: unknown command; "help" lists them
}
