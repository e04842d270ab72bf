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

// Keep a copy of a contract's notes in step. The same call is the first backfill and every later poll.
func ExampleService_Sync() {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	sb, err := sandbox.Start(sandbox.WithStartTime(now), linkedin.WithNotes(2000)) // one a minute
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	contract, err := urn.Parse(sb.LinkedIn.App().Contract)
	if err != nil {
		log.Fatal(err)
	}

	notes := map[string]string{} // your copy
	poll := func(checkpoint prospectnotes.Checkpoint) {
		report, err := client.ProspectNotes.Sync(context.Background(), prospectnotes.SyncOptions{
			Contract: contract, Checkpoint: checkpoint, From: now.Add(-47 * time.Hour), Parallel: 4, Count: 1000, Now: sb.Now,
			Apply: func(_ context.Context, batch prospectnotes.Batch) error {
				for _, change := range batch.Changes {
					switch change.Kind {
					case prospectnotes.Upsert:
						notes[change.Note.ID] = change.Note.Text
					case prospectnotes.Delete:
						delete(notes, change.Note.ID)
					case prospectnotes.Absent: // LinkedIn no longer lists it: look into it
					}
				}
				return nil
			},
		})
		if err != nil {
			log.Fatal(err) // what was delivered is kept: the next run goes on there
		}
		fmt.Println(report.Windows, "windows,", report.Notes, "changes,", report.Calls, "calls,", len(notes), "notes")
	}
	sb.Advance(time.Minute)
	checkpoint := new(memory) // a store of yours that survives a restart
	poll(checkpoint)
	sb.Advance(20 * time.Minute)
	sb.LinkedIn.DeleteNote(sb.LinkedIn.Notes()[0].ID)
	sb.LinkedIn.WriteNote(linkedin.Note{Text: "call back in May"})
	sb.Advance(time.Minute)
	poll(checkpoint)
	// Output:
	// 4 windows, 2000 changes, 4 calls, 2000 notes
	// 1 windows, 2 changes, 1 calls, 2000 notes
}
