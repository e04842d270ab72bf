package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

// A receiver of which any number can run behind a balancer: each delivery has its effect once.
func Example() {
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if err := postgres.Migrate(ctx, db, postgres.Options{}); err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(db, postgres.Options{})
	if err != nil {
		log.Fatal(err)
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: os.Getenv("WEBHOOK_TOKEN")})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, webhook.Func(func(ctx context.Context, d *webhook.Delivery) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		first, err := store.Once(ctx, tx, d.Source, d.Key)
		if err != nil {
			return err
		}
		if first {
			if _, err := tx.ExecContext(ctx, "INSERT INTO changed (label, notice) VALUES ($1, $2)", d.Label, d.Body); err != nil {
				return err
			}
		}
		return tx.Commit()
	}), webhook.WithStore(store.Dedupe()))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(":8080", handler))
}

// One process at a time does what only one should, and any of them takes over when it dies.
func ExampleLeases_Run() {
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(db, postgres.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for ctx.Err() == nil {
		err := store.Leases().Run(ctx, "cleaning", func(ctx context.Context) error {
			for {
				if _, err := store.Clean(ctx); err != nil {
					return err
				}
				select {
				case <-ctx.Done(): // the lease is lost, or the program ends
					return ctx.Err()
				case <-time.After(5 * time.Minute):
				}
			}
		})
		log.Print(err)
	}
}

// One budget over all processes.
func ExampleStore_Budget() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(db, postgres.Options{})
	if err != nil {
		log.Fatal(err)
	}
	budget, err := employee.NewSharedBudget(store.Budget("our account"), 5_000)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(budget.Left())
}

// What a database's administrator gets to run.
func ExampleSQL() {
	text, err := postgres.SQL(postgres.Options{Schema: "crm", Prefix: "pronet_"}, 1)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "CREATE") && strings.Contains(line, "claims") {
			fmt.Print(line)
		}
	}
	// Output:
	// CREATE TABLE "crm"."pronet_claims" (
	// CREATE INDEX CONCURRENTLY "pronet_claims_ends" ON "crm"."pronet_claims" (ends);
}
