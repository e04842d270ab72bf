package prospectnotes_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// Read the notes of the last twelve hours, and take out those that were deleted.
func ExampleService_All() {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	sb, err := sandbox.Start(sandbox.WithStartTime(now), linkedin.WithNotes(3))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	sb.Advance(time.Minute)
	sb.LinkedIn.DeleteNote(sb.LinkedIn.Notes()[0].ID)
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	contract, err := urn.Parse(sb.LinkedIn.App().Contract)
	if err != nil {
		log.Fatal(err)
	}
	window := prospectnotes.Query{Contract: contract, Cutoff: now.Add(-11 * time.Hour), Before: now.Add(time.Hour)}
	for note, err := range client.ProspectNotes.All(context.Background(), window) {
		var limited *pronet.RateLimitError
		switch {
		case errors.As(err, &limited):
			log.Fatal("the day's quota is used up until ", limited.Reset)
		case err != nil:
			log.Fatal(err)
		case !note.Active:
			fmt.Println("delete", note.ID)
		default:
			fmt.Println("keep", note.ID, note.Text)
		}
	}
	// Output:
	// keep 1323000002 note 2
	// keep 1323000003 note 3
	// delete 1323000001
}
