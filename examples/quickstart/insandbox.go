package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// inSandbox walks the whole road against a sandbox.
func inSandbox(ctx context.Context, out io.Writer) error {
	sb, err := sandbox.Start(coresignal.WithPeople(500), sandbox.WithSeed(7))
	if err != nil {
		return err
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "A sandbox of the provider runs at %s, with 500 people and %d credits.\n\n", sb.Coresignal.URL(), sb.Coresignal.Credits())

	// Your records, as a CRM holds them: six people, collected in bulk.
	contacts := sb.Coresignal.PersonIDs()[:6]
	crm := newCRM(client.Employees.Base.Cost(), contacts...)
	receiver, err := startReceiver(ctx, client, crm)
	if err != nil {
		return err
	}
	defer receiver.close()
	if err := firstLoad(ctx, client, receiver, contacts, out); err != nil {
		return err
	}

	sub, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(contacts...), subscriptions.Options{WebhookURL: receiver.url})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "2. Subscribed to the %d contacts: subscription %s.\n   Notices come to %s\n\n", len(contacts), printable(sub.ID), receiver.shownURL)

	fmt.Fprintln(out, "3. One contact is promoted. The notice is verified and stored, the one record collected, and compared with the former.")
	if err := deliver(ctx, sb, crm, receiver, 1, sb.Coresignal.Promote(contacts[0], "")); err != nil {
		return err
	}
	fmt.Fprintln(out, "4. Three contacts change at once. One notice tells of all, and a bulk job collects them.")
	if err := deliver(ctx, sb, crm, receiver, 3,
		sb.Coresignal.ChangeCompany(contacts[1], ""),
		sb.Coresignal.Promote(contacts[2], "Chief Example Officer"),
		sb.Coresignal.Leave(contacts[3]),
	); err != nil {
		return err
	}

	fmt.Fprintln(out)
	if err := crm.print(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d credits were spent: %d records at %d credits. %d are left.\n",
		sb.Coresignal.CreditsSpent(), crm.collected(), client.Employees.Base.Cost(), sb.Coresignal.Credits())
	fmt.Fprintln(out, "The subscription ends after 91 days unless it is renewed: client.Subscriptions.Renew.")
	return nil
}

// firstLoad collects the contacts with a bulk job, so that there is something to compare with.
func firstLoad(ctx context.Context, client *pronet.Client, receiver *receiver, contacts []int64, out io.Writer) error {
	began := time.Now()
	job, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(contacts...), bulkcollect.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "1. A bulk job collects the %d contacts of your CRM: job %s.\n", len(contacts), printable(job.ID))
	_, err = client.BulkCollect.Base.Wait(ctx, job.ID, bulkcollect.WaitOptions{
		FirstPoll: 200 * time.Millisecond,
		OnPoll:    func(p bulkcollect.Progress) { fmt.Fprintf(out, "   not ready yet (asked %d times)\n", p.Polls) },
	})
	if err != nil {
		return err
	}
	loaded, err := receiver.pipeline.Load(ctx, began, client.BulkCollect.Base.Records(ctx, job.ID))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "   ready: %d records.\n\n", loaded)
	return nil
}

// deliver makes the sandbox send its notices now, where the provider would wait until the next day, and waits until the
// CRM knows of all changes.
func deliver(ctx context.Context, sb *sandbox.Sandbox, crm *crm, receiver *receiver, n int, changes ...error) error {
	if err := errors.Join(changes...); err != nil {
		return err
	}
	if err := sb.Deliver(ctx); err != nil {
		return err
	}
	return crm.await(ctx, n, receiver.failed)
}
