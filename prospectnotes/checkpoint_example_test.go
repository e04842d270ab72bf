package prospectnotes_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// Keep the checkpoint in a file: the program that starts again goes on where the last one was.
func ExampleOpenFileCheckpoint() {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	sb, err := sandbox.Start(sandbox.WithStartTime(now), linkedin.WithNotes(30))
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
	dir, err := os.MkdirTemp("", "notes")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sb.Advance(time.Minute)

	for range 2 { // two runs of a program
		checkpoint, err := prospectnotes.OpenFileCheckpoint(filepath.Join(dir, "notes.json"))
		if err != nil {
			log.Fatal(err) // it is damaged, or no checkpoint: it is not taken for an empty one
		}
		report, err := client.ProspectNotes.Sync(context.Background(), prospectnotes.SyncOptions{
			Contract: contract, Checkpoint: checkpoint, From: now.Add(-time.Hour),
			Apply: func(_ context.Context, batch prospectnotes.Batch) error {
				return nil // write batch.Changes into your copy; after a crash a batch can come again
			},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(report.Notes, "changes")
	}
	// Output:
	// 30 changes
	// 0 changes
}
