package tests

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// A job's records into a table of SQLite, and the same again: each profile has one row.
func Example() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	jobs := client.BulkCollect.Base
	job, err := jobs.RequestIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()[:3]...), bulkcollect.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := jobs.Wait(ctx, job.ID, bulkcollect.WaitOptions{FirstPoll: time.Millisecond}); err != nil {
		log.Fatal(err)
	}

	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	table, err := export.NewTable(db, export.TableOptions{
		Dialect: export.SQLite,
		Name:    "employee_base",
		Columns: []export.Column{{Name: "full_name"}, {Name: "positions", Path: "experience_count", Type: export.Integer}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := table.Create(ctx); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		n, err := export.Copy(ctx, jobs.Records(ctx, job.ID), table)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("records:", n)
	}
	var rows int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM employee_base WHERE full_name <> ''").Scan(&rows); err != nil {
		log.Fatal(err)
	}
	fmt.Println("rows:", rows)
	// Output:
	// records: 3
	// records: 3
	// rows: 3
}
