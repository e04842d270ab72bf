package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
)

// The defaults of [Options].
const (
	DefaultSchema   = "pronet"
	DefaultMaxKept  = 1 << 30
	DefaultLease    = 30 * time.Second
	DefaultInboxFor = 30 * 24 * time.Hour
)

// Options are how a [Store] works. The zero value is valid. All processes that share one use the same, but for Holder and
// Logger.
type Options struct {
	// Schema is where the tables are; "" is [DefaultSchema]. A name is of up to 40 small letters, digits and underscores.
	Schema string
	// Prefix is what the names of the tables begin with, of up to 40 of the same characters; by default they begin with
	// nothing.
	Prefix string
	// MaxKept is how many bytes may be kept for deliveries, of all processes; 0 is [DefaultMaxKept]. Beyond, nothing more is
	// bought: see [webhook.Kept].
	MaxKept int64
	// Lease is for how long a process that died holds up the others in [Leases.Run]; 0 is [DefaultLease], and the least is a
	// second.
	Lease time.Duration
	// InboxFor is how long the marks of [Store.Once] are kept; 0 is [DefaultInboxFor]. It must be longer than any sender
	// retries a delivery, and than deliveries lie among the dead.
	InboxFor time.Duration
	// KeptFor is how long what is kept for a delivery may lie there after it was opened last, before Clean deletes it; 0 is
	// for ever. What a queue removes is gone at once: this is for queues that drop messages by themselves.
	KeptFor time.Duration
	// Holder is the name of this process in [Leases.Holders]; "" is the host's name and the process's number.
	Holder string
	// Logger is told of leases that are lost, at WARN; nil is slog.Default().
	Logger *slog.Logger

	ask time.Duration // how often leases are asked for and renewed, in tests
}

// Store is the tables in a database, for all processes that share them. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	names   names
	options Options
}

// names are where the tables are.
type names struct {
	schema, prefix string
	written        *sync.Map // statements with the names, by those without
}

var (
	schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,39}$`)
	prefixName = regexp.MustCompile(`^([a-z_][a-z0-9_]{0,39})?$`)
)

func (o Options) names() (names, error) {
	n := names{o.Schema, o.Prefix, new(sync.Map)}
	if n.schema == "" {
		n.schema = DefaultSchema
	}
	if !schemaName.MatchString(n.schema) || !prefixName.MatchString(n.prefix) {
		return names{}, fmt.Errorf("postgres: %.50q and %.50q are not the name of a schema and the beginning of a table's: %w", n.schema, n.prefix, api.ErrInvalid)
	}
	return n, nil
}

// Open returns the store in a database, without asking it anything: [Migrate] makes the tables. The database is opened
// by pgx's driver for database/sql (import github.com/jackc/pgx/v5/stdlib, sql.Open("pgx", url)); of a pgxpool.Pool it is
// stdlib.OpenDBFromPool(pool). It stays the caller's to close.
//
// The error is api.ErrInvalid.
func Open(db *sql.DB, o Options) (*Store, error) {
	n, err := o.names()
	switch {
	case err != nil:
		return nil, err
	case db == nil:
		return nil, fmt.Errorf("postgres: the database is nil: %w", api.ErrInvalid)
	case o.MaxKept < 0 || o.Lease < 0 || o.Lease > 0 && o.Lease < time.Second || o.InboxFor < 0 || o.KeptFor < 0:
		return nil, fmt.Errorf("postgres: a number of the options is negative, or the lease is shorter than a second: %w", api.ErrInvalid)
	}
	o.MaxKept = orDefault(o.MaxKept, DefaultMaxKept)
	o.Lease = orDefault(o.Lease, DefaultLease)
	o.InboxFor = orDefault(o.InboxFor, DefaultInboxFor)
	if o.Holder == "" {
		host, _ := os.Hostname() // without one, the number is left
		o.Holder = fmt.Sprint(host, ":", os.Getpid())
	}
	return &Store{db: db, names: n, options: o}, nil
}

func orDefault[T int64 | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Now returns the database's time: one clock for all processes.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now.UTC(), failed("asking for the time", err)
}

// exec returns how many rows a statement has changed.
func (s *Store) exec(ctx context.Context, what, statement string, args ...any) (int64, error) {
	result, err := s.db.ExecContext(ctx, s.names.write(statement), args...)
	if err != nil {
		return 0, failed(what, err)
	}
	changed, err := result.RowsAffected()
	return changed, failed(what, err)
}

// newOwner is a name that nobody else has or had.
func newOwner() string { return rand.Text() }

// hashOf is what stands for a key, which may be any bytes and as many as there are.
func hashOf(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// micros is a duration as the database counts it.
func micros(d time.Duration) int64 { return d.Microseconds() }
