package bulkcollect_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// Make a job, wait for it, and read its records. Only the job's ID is needed to go on, also in another process.
func ExampleDataset_RequestIDs() {
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
	job, err := jobs.RequestIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()[:3]...), bulkcollect.Options{Budget: employee.NewBudget(100)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("requested:", job.IDs)

	// The provider needs minutes, and the waits of the zero WaitOptions fit that. The sandbox needs two questions.
	files, err := jobs.Wait(ctx, job.ID, bulkcollect.WaitOptions{FirstPoll: time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("files:", len(files))

	for record, err := range jobs.Records(ctx, job.ID) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.FullName)
	}
	// Output:
	// requested: 3
	// files: 1
	// Óscar Flores
	// Can Demir
	// Thiago Santos
}

// Ask first what a query would cost, which is free, and cap the job at that.
func ExampleDataset_RequestByQuery() {
	sb, err := sandbox.Start(coresignal.WithPeople(50), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	query := employee.Query{Clause: employee.All(employee.Term("is_parent", 1), employee.Match("headline", "engineer"))}
	estimate, err := client.Employees.Base.EstimateByQuery(ctx, query)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("estimate:", estimate.Records, "records,", estimate.Credits, "credits")

	jobs := client.BulkCollect.Base
	job, err := jobs.RequestByQuery(ctx, query, bulkcollect.Options{
		MaxRecords: int(estimate.Records),
		Budget:     employee.NewBudget(estimate.Credits),
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := jobs.Wait(ctx, job.ID, bulkcollect.WaitOptions{FirstPoll: time.Millisecond}); err != nil {
		log.Fatal(err)
	}
	for record, err := range jobs.Records(ctx, job.ID) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.FullName)
	}
	fmt.Println("spent:", sb.Coresignal.CreditsSpent())
	// Output:
	// estimate: 2 records, 20 credits
	// Iker Martínez
	// Eglė Petrauskas
	// spent: 20
}
