package river_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// A receiver and a worker of which any number can run, with nothing but PostgreSQL: no older record is told after a newer one,
// and nothing is bought twice because a process died.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(stdlib.OpenDBFromPool(pool), postgres.Options{})
	if err != nil {
		log.Fatal(err)
	}
	snapshots, err := store.Snapshots()
	if err != nil {
		log.Fatal(err)
	}
	client, err := pronet.New(pronet.WithCoresignal(os.Getenv("CORESIGNAL_API_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	refresher, err := refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, snapshots,
		func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
			_, err := u.Tx.ExecContext(ctx, "INSERT INTO changed (employee, changes) VALUES ($1, $2)", u.ID, len(u.Changes))
			return err
		}, refresh.UpdaterOptions{Collect: refresh.Options{Clock: store.Now, Ledger: store.Ledger("our account")}})
	if err != nil {
		log.Fatal(err)
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: os.Getenv("WEBHOOK_TOKEN")})
	if err != nil {
		log.Fatal(err)
	}

	options := river.Options{Kept: store.Kept(), Pool: pool}
	config := &riverqueue.Config{
		Queues:                      map[string]riverqueue.QueueConfig{riverqueue.QueueDefault: {MaxWorkers: 10}},
		CancelledJobRetentionPeriod: -1,
		DiscardedJobRetentionPeriod: -1,
	}
	if err := river.AddWorker(config, refresher.Handle, options, sender); err != nil {
		log.Fatal(err)
	}
	jobs, err := riverqueue.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		log.Fatal(err)
	}
	if err := jobs.Start(ctx); err != nil {
		log.Fatal(err)
	}
	sink, err := river.NewSink(jobs, options)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, sink)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(":8080", handler))
}

// Dead deliveries are looked at, and handed over again once what they have failed at is mended.
func ExampleSink_Requeue() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := riverqueue.NewClient(riverpgxv5.New(pool), &riverqueue.Config{})
	if err != nil {
		log.Fatal(err)
	}
	sink, err := river.NewSink(client, river.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for dead, err := range sink.Dead(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(dead.ID, dead.Source, dead.Reason)
		if err := sink.Requeue(ctx, dead.ID); err != nil {
			log.Fatal(err)
		}
	}
}

// A configuration with which River would delete dead deliveries is refused.
func ExampleAddWorker() {
	config := &riverqueue.Config{DiscardedJobRetentionPeriod: -1}
	err := river.AddWorker(config, func(context.Context, *webhook.Delivery) error { return nil }, river.Options{},
		webhook.Sender{Source: "crm", Decoder: webhook.DecodeRaw})
	fmt.Println(errors.Is(err, api.ErrInvalid))
	fmt.Println(err)
	// Output:
	// true
	// river: CancelledJobRetentionPeriod and DiscardedJobRetentionPeriod must be -1: River would delete dead deliveries: invalid request
}
