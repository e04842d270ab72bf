package bulkcollect_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// Collect the records of any number of IDs. After a crash the same call goes on where it was.
func ExampleDataset_OpenGroup() {
	sb, err := sandbox.Start(coresignal.WithPeople(25), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "group")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	ctx := context.Background()
	group, err := client.BulkCollect.Base.OpenGroup(ctx, dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{
		PartSize: 10,                        // so small for the example; the zero value is the provider's 10,000
		Budget:   employee.NewBudget(1_000), // reserved before each job
		Wait:     bulkcollect.WaitOptions{FirstPoll: time.Millisecond},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = group.Close() }()
	if err := group.Run(ctx); err != nil {
		log.Fatal(err)
	}
	status := group.Status()
	fmt.Println(status.String())

	records := 0
	for record, err := range group.Records(ctx, bulkcollect.RecordsOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		if records++; records == 1 {
			fmt.Println(record.FullName, "is on line", record.Origin().Line)
		}
	}
	fmt.Println(records, "records,", sb.Coresignal.CreditsSpent(), "credits")
	// Output:
	// 3 of 3 parts are done, 0 running, 0 in doubt, 0 not started
	// Cooper Ryan is on line 1
	// 25 records, 250 credits
}

// A lost answer leaves a part in doubt: whether it was paid, only the provider knows. It is not paid again until you say so.
func ExampleGroup_PayAgain() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "group")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropBeforeAct, Times: 1})

	ctx := context.Background()
	group, err := client.BulkCollect.Base.OpenGroup(ctx, dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{
		Wait: bulkcollect.WaitOptions{FirstPoll: time.Millisecond},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = group.Close() }()
	err = group.Run(ctx)
	fmt.Println("may have been paid:", errors.Is(err, pronet.ErrMaybeApplied))
	status := group.Status()
	for _, part := range status.In(bulkcollect.PartInDoubt) {
		fmt.Println("part", part.Part, "is in doubt")
		// The provider's support knows no job of that hour, so:
		if err := group.PayAgain(ctx, part.Part); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("then:", group.Run(ctx), sb.Coresignal.CreditsSpent(), "credits")
	// Output:
	// may have been paid: true
	// part 1 is in doubt
	// then: <nil> 100 credits
}

// A ledger keeps a single job from being paid twice.
func ExampleOpenLedger() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	ledger, err := bulkcollect.OpenLedger(dir + "/jobs.jsonl")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = ledger.Close() }()
	ctx := context.Background()
	o := bulkcollect.Options{Ledger: ledger}
	for range 2 { // the second time after a restart, perhaps
		job, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(sb.Coresignal.PersonIDs()...), o)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("attached to a job that was paid before:", job.Attached)
	}
	fmt.Println("jobs:", sb.Coresignal.JobsCreated())
	// Output:
	// attached to a job that was paid before: false
	// attached to a job that was paid before: true
	// jobs: 1
}
