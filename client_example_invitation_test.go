package pronet_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin"
)

// Call an endpoint that has no method, such as one that LinkedIn opens to approved partners alone: an invitation to
// connect. It creates something, so it is not retried unless it provably was not processed.
func ExampleClient_Do_invitation() {
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // instead of LinkedIn, for this example
		fmt.Println(r.Method, r.URL.Path)
		w.Header().Set("X-Restli-Id", "urn:li:invitation:617608454596123456")
		w.WriteHeader(http.StatusCreated)
	}))
	defer fake.Close()
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token"), pronet.BaseURL(fake.URL)))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	var meta pronet.Meta
	err = client.Do(context.Background(), api.Request{
		Provider: api.LinkedIn, Method: http.MethodPost, Route: "/v2/invitations", Name: "LinkedIn.Invitations.Create", Retry: api.RetryUnsent,
		Body: map[string]any{
			"invitee": "urn:li:person:abc",
			"message": map[string]any{"com.linkedin.invitations.InvitationMessage": map[string]string{"body": "Let's connect!"}},
		},
	}, nil, pronet.WithMeta(&meta))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(meta.Header.Get("X-Restli-Id"))
	// Output:
	// POST /v2/invitations
	// urn:li:invitation:617608454596123456
}
