package unlisted_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/unlisted"
	"github.com/pronet-go/pronet/sandbox"
)

// What the overview describes can be called; the error says that LinkedIn has no such endpoint, and what to call instead.
func ExampleService_Connections() {
	sb, err := sandbox.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	_, err = client.LinkedIn.Unlisted.Connections(context.Background(), unlisted.ConnectionQuery{Count: 10})
	if errors.Is(err, unlisted.ErrUnlisted) {
		fmt.Println("not there: call client.LinkedIn.Connections.List")
	}
	// Output: not there: call client.LinkedIn.Connections.List
}
