package export_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// The last mile of a bulk collect: a job's records into a file that has its name only when it is complete.
func ExampleCopy() {
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

	folder, err := os.MkdirTemp("", "people")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	file, err := export.CreateFile(filepath.Join(folder, "people.jsonl"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	n, err := export.Copy(ctx, jobs.Records(ctx, job.ID), export.NewJSONLines(file, export.JSONLinesOptions{}))
	if err == nil {
		err = file.Commit()
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("records:", n)
	// Output:
	// records: 3
}

// Compressed, by a writer of yours.
func ExampleNewJSONLines() {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := export.NewJSONLines(zip, export.JSONLinesOptions{})

	ctx := context.Background()
	if err := w.Write(ctx, &employee.BaseRecord{ID: 1, FullName: "Ada Osei"}); err != nil {
		log.Fatal(err)
	}
	if err := w.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("records:", w.Stored())
	// Output:
	// records: 1
}

// Chosen columns for a spreadsheet. What a stranger wrote into a profile is not run as a formula.
func ExampleNewCSV() {
	w, err := export.NewCSV(os.Stdout, export.CSVOptions{Columns: []export.Column{
		{Name: "Name", Path: "full_name"},
		{Name: "Headline", Path: "headline"},
		{Name: "Title", Path: "experience[is_current].title"},
		{Name: "Companies", Path: "experience[*].company_name"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	record, err := employee.Decode[employee.BaseRecord]([]byte(`{"id": 1, "full_name": "Ada Osei", "headline": "=HYPERLINK(\"https://example.com\")",
		"experience": [{"title": "Data Engineer", "company_name": "Acme", "is_current": true}, {"title": null, "company_name": "Initech, Inc."}]}`))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if err := w.Write(ctx, record); err != nil {
		log.Fatal(err)
	}
	if err := w.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Name,Headline,Title,Companies
	// Ada Osei,"'=HYPERLINK(""https://example.com"")",Data Engineer,"Acme; Initech, Inc."
}

// A table of PostgreSQL. Create makes it, and then Copy writes into it as into a file.
func ExampleNewTable() {
	var db *sql.DB // yours
	if db == nil {
		db = sql.OpenDB(&fakeDB{})
	}
	defer func() { _ = db.Close() }()
	table, err := export.NewTable(db, export.TableOptions{
		Dialect: export.PostgreSQL,
		Name:    "employee_base",
		Columns: []export.Column{
			{Name: "full_name"},
			{Name: "title", Path: "experience[is_current].title"},
			{Name: "titles", Path: "experience[*].title", Type: export.JSON},
			{Name: "followers", Path: "follower_count", Type: export.Integer},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.CreateStatement())
	// Output:
	// CREATE TABLE IF NOT EXISTS "employee_base" (
	// 	"id" BIGINT NOT NULL PRIMARY KEY,
	// 	"record" JSONB NOT NULL,
	// 	"stored_at" TIMESTAMP WITH TIME ZONE NOT NULL,
	// 	"full_name" TEXT,
	// 	"title" TEXT,
	// 	"titles" JSONB,
	// 	"followers" BIGINT
	// )
}

// A file that grows, run after run. What a crash left of a line is cut off.
func ExampleAppendFile() {
	folder, err := os.MkdirTemp("", "people")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "changes.jsonl")
	if err := os.WriteFile(path, []byte("{\"id\":1}\n{\"id\":2,\"full_na"), 0o600); err != nil {
		log.Fatal(err)
	}

	file, err := export.AppendFile(path)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	w := export.NewJSONLines(file, export.JSONLinesOptions{})
	if err := w.Write(ctx, &employee.BaseRecord{ID: 2, FullName: "Ada Osei"}); err != nil {
		log.Fatal(err)
	}
	if err := w.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(data))
	// Output:
	// {"id":1}
	// {"id":2,"full_name":"Ada Osei"}
}
