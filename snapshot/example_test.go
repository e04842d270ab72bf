package snapshot_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pronet-go/pronet/snapshot"
)

// The former record of a person, kept in files, until the person must be erased.
func ExampleFiles() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "people")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	people, err := snapshot.OpenFiles(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = people.Close() }()

	key := snapshot.Key{Dataset: "base", ID: 1234}
	march := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(people.Put(ctx, key, snapshot.Snapshot{Record: []byte(`{"headline":"Director at B"}`), Taken: march}))
	fmt.Println(people.Put(ctx, key, snapshot.Snapshot{Record: []byte(`{"headline":"Manager at A"}`), Taken: march.AddDate(0, -1, 0)}))

	former, err := people.Get(ctx, key)
	fmt.Println(former, err)
	for id, err := range people.Before(ctx, "base", march.AddDate(0, 6, 0)) {
		fmt.Println("to be collected again:", id, err)
	}
	fmt.Println(people.Forget(ctx, 1234))
	former, err = people.Get(ctx, key)
	fmt.Println(former, err)
	// Output:
	// <nil>
	// snapshot: a newer one is kept: conflicts with the present state
	// snapshot of 28 bytes, taken 2026-03-01T12:00:00Z <nil>
	// to be collected again: 1234 <nil>
	// <nil>
	// no snapshot <nil>
}
