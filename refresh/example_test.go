package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// A store has a case for each thing that can have become of a profile. Only without an error is there a record to save.
func Example() {
	sb, client := example()
	defer sb.Close()
	ids := sb.Coresignal.PersonIDs()
	store := func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		merged, isMerged := errors.AsType[*employee.MergedError](o.Err)
		switch {
		case o.Err == nil:
			fmt.Println("save", o.Record.FullName)
		case errors.Is(o.Err, employee.ErrHidden):
			fmt.Println("erase", o.ID)
		case isMerged:
			fmt.Println("move", merged.ID, "to", merged.Into)
		case errors.Is(o.Err, employee.ErrDeleted), errors.Is(o.Err, pronet.ErrNotFound):
			fmt.Println("mark as gone", o.ID)
		default: // in doubt, or refused: Options.Logger was told, and the next notice brings the record
			fmt.Println("leave as it is", o.ID)
		}
		return nil // an error would mean that the outcome was not stored
	}
	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{OneByOne: -1})
	if err != nil {
		log.Fatal(err)
	}

	err = errors.Join(sb.Coresignal.HideForPrivacy(ids[1]), sb.Coresignal.Delete(ids[2]), sb.Coresignal.Merge(ids[3], ids[0]))
	if err != nil {
		log.Fatal(err)
	}
	if err := refresher.Handle(context.Background(), about("1", ids[0], ids[1], ids[2], ids[3], 7)); err != nil {
		log.Fatal(err)
	}
	// Output:
	// save Thiago Santos
	// erase 367402744
	// mark as gone 233144139
	// move 282642654 to 537432868
	// mark as gone 7
}

// A spool keeps what was bought until the store has taken it, over a restart too. What is spent is bounded for each day.
func ExampleRefresher_Handle() {
	sb, client := example()
	defer sb.Close()
	dir, err := os.MkdirTemp("", "refresh")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: webhook.NewPathToken()})
	if err != nil {
		log.Fatal(err)
	}
	notices, err := spool.Open(dir+"/notices", spool.Options{Backoff: time.Millisecond}, sender)
	if err != nil {
		log.Fatal(err)
	}
	defer notices.Close()
	budget, err := employee.OpenDailyBudget(dir+"/budget.json", 5_000)
	if err != nil {
		log.Fatal(err)
	}
	defer budget.Close()

	ctx, cancel := context.WithCancel(context.Background())
	tries := 0
	store := func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if tries++; tries < 3 {
			return errors.New("the database is down")
		}
		fmt.Println("saved", o.Record.FullName, "at try", tries)
		cancel()
		return nil
	}
	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{Budget: budget})
	if err != nil {
		log.Fatal(err)
	}
	if err := notices.Put(ctx, about("everybody:1", sb.Coresignal.PersonIDs()[0])); err != nil { // the handler does this
		log.Fatal(err)
	}
	if err := notices.Run(ctx, refresher.Handle); ctx.Err() == nil {
		log.Fatal("no delivery is processed any more: ", err)
	}
	fmt.Println("credits spent:", sb.Coresignal.CreditsSpent(), "left today:", refresher.Status().CreditsLeft)
	// Output:
	// saved Thiago Santos at try 3
	// credits spent: 10 left today: 4990
}

// A response that was lost may have been charged. This store would rather pay twice than wait for the next notice.
func ExampleErrBuyAgain() {
	sb, client := example()
	defer sb.Close()
	store := func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if errors.Is(o.Err, pronet.ErrMaybeApplied) {
			return fmt.Errorf("employee %d is in doubt: %w", o.ID, refresh.ErrBuyAgain)
		}
		fmt.Println("saved", o.Record.FullName)
		return nil
	}
	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{})
	if err != nil {
		log.Fatal(err)
	}
	sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
	delivery := about("1", sb.Coresignal.PersonIDs()[0])
	err = refresher.Handle(context.Background(), delivery)
	fmt.Println("to be retried:", errors.Is(err, webhook.ErrRetryLater))
	err = refresher.Handle(context.Background(), delivery) // a spool does so
	fmt.Println(err, "credits spent:", sb.Coresignal.CreditsSpent())
	// Output:
	// to be retried: true
	// saved Thiago Santos
	// <nil> credits spent: 20
}

// example returns a provider and a client of it.
func example() (*sandbox.Sandbox, *pronet.Client) {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1), coresignal.WithJobPolls(0))
	if err != nil {
		log.Fatal(err)
	}
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	return sb, client
}

// about returns a delivery as the receiver makes it.
func about(key string, ids ...int64) *webhook.Delivery {
	d := &webhook.Delivery{Source: webhook.SourceCoresignal, Label: "everybody", Key: key, ReceivedAt: time.Now()}
	for i, id := range ids {
		d.Events = append(d.Events, webhook.EmployeeChanged{ID: id, Status: webhook.StatusChanged})
		d.Body = fmt.Appendf(d.Body, `%c{"member_id":%d,"status":"changed"}`, "[,"[min(i, 1)], id)
	}
	d.Body = append(d.Body, ']')
	return d
}
