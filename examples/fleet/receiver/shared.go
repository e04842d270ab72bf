package receiver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	goredis "github.com/redis/go-redis/v9"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/adapters/redis"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// Shared is what the processes agree on, and where. With a URL it lies in that server. Without, each process has its part.
type Shared struct {
	// Limits are those of the provider.
	Limits []pronet.CoresignalOption
	// Marks know which notices were received; nil is the memory of the process.
	Marks webhook.Store
	// Budget is what may be spent on a day.
	Budget *employee.Budget
	// Snapshots are the former records, and Clock says when a record was asked for: together they keep an older record from
	// being handed over after a newer one.
	Snapshots snapshot.Store
	Clock     func(context.Context) (time.Time, error)
	// Ledger remembers the bulk jobs, and Keeper the subscription.
	Ledger bulkcollect.Ledger
	Keeper subscriptions.KeeperState
	// Alone calls a function in one process at a time.
	Alone func(ctx context.Context, name string, f func(context.Context) error) error
	// NATS is where the notices lie, nil if each process has a directory.
	NATS jetstream.JetStream
	// DB and Store are PostgreSQL and what the processes have there, nil without one.
	DB    *sql.DB
	Store *postgres.Store

	closers []func() error
}

// Connect opens what the processes share.
func Connect(ctx context.Context, c Config, log *slog.Logger) (*Shared, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	s := new(Shared)
	err := s.openLimits(ctx, c)
	if err == nil && c.NATS != "" {
		err = s.openNATS(c)
	}
	if err == nil && c.Postgres != "" {
		err = s.openPostgres(ctx, c, log)
	} else if err == nil {
		err = s.openFiles(c)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openNATS connects, for good: a server that is away is waited for.
func (s *Shared) openNATS(c Config) error {
	conn, err := natsgo.Connect(c.NATS, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return errors.New("no NATS responds at its URL, which is like nats://host:4222")
	}
	s.closers = append(s.closers, func() error { conn.Close(); return nil })
	s.NATS, err = jetstream.New(conn)
	return err
}

// openLimits divides the limits among the processes, unless Redis holds them for all.
func (s *Shared) openLimits(ctx context.Context, c Config) error {
	if c.Redis == "" {
		s.Limits = []pronet.CoresignalOption{pronet.RateLimit("", max(1, c.CallsPerSecond/c.Processes), time.Second)}
		return nil
	}
	o, err := goredis.ParseURL(c.Redis)
	if err != nil {
		return errors.New("the URL of Redis cannot be used: it is like redis://user:password@host:6379/0")
	}
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true // who asks is told soon, and asks again
	client := goredis.NewClient(o)
	s.closers = append(s.closers, client.Close)
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no Redis responds at its URL: %w", err)
	}
	limits, err := redis.NewLimits(client)
	if err != nil {
		return err
	}
	s.Limits = []pronet.CoresignalOption{
		pronet.RateLimit("", c.CallsPerSecond, time.Second),
		pronet.SharedRateLimit(limits, c.Account, c.Processes),
	}
	s.Marks, err = redis.NewMarks(client, "")
	return err
}

// openPostgres opens the tables, and makes those that are missing.
func (s *Shared) openPostgres(ctx context.Context, c Config, log *slog.Logger) error {
	parsed, err := pgx.ParseConfig(c.Postgres)
	if err != nil {
		return errors.New("the URL of PostgreSQL cannot be used: it is like postgres://user:password@host:5432/database")
	}
	db := stdlib.OpenDB(*parsed)
	s.DB = db
	s.closers = append(s.closers, db.Close)
	asking, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	if err := db.PingContext(asking); err != nil {
		return fmt.Errorf("no PostgreSQL responds at its URL: %w", err)
	}
	o := postgres.Options{Holder: fmt.Sprintf("process %d", c.Number), Lease: c.Lease, Logger: log}
	if err := postgres.Migrate(ctx, db, o); err != nil {
		return fmt.Errorf("the tables cannot be made: %w", err)
	}
	if s.Store, err = postgres.Open(db, o); err != nil {
		return err
	}
	if s.Marks == nil {
		s.Marks = s.Store.Dedupe()
	}
	if s.Budget, err = employee.NewSharedBudget(s.Store.Budget(c.Account), c.CreditsPerDay); err != nil {
		return err
	}
	if s.Snapshots, err = s.Store.Snapshots(); err != nil {
		return err
	}
	s.Clock = s.Store.Now
	s.Ledger, s.Keeper = s.Store.Ledger(c.Account), s.Store.KeeperState(c.Account)
	s.Alone = s.Store.Leases().Run
	return nil
}

// openFiles gives this process its part: of the credits a share, and files for the rest. What one process should do, the
// first one does.
func (s *Shared) openFiles(c Config) (err error) {
	if s.Budget, err = employee.OpenDailyBudget(filepath.Join(c.Dir, "budget.json"), c.CreditsPerDay/int64(c.Processes)); err != nil {
		return err
	}
	s.closers = append(s.closers, s.Budget.Close)
	snapshots, err := snapshot.OpenFiles(filepath.Join(c.Dir, "snapshots"))
	if err != nil {
		return err
	}
	s.closers = append(s.closers, snapshots.Close)
	ledger, err := bulkcollect.OpenLedger(filepath.Join(c.Dir, "jobs.jsonl"))
	if err != nil {
		return err
	}
	s.closers = append(s.closers, ledger.Close)
	s.Snapshots, s.Ledger = snapshots, ledger
	s.Keeper = subscriptions.FileState(filepath.Join(c.Dir, "subscriptions.json"))
	s.Alone = func(ctx context.Context, _ string, f func(context.Context) error) error {
		if c.Number == 1 {
			return f(ctx)
		}
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// Close closes what Connect has opened.
func (s *Shared) Close() (err error) {
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		err = errors.Join(err, s.closers[last]())
		s.closers = s.closers[:last]
	}
	return err
}
