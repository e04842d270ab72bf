package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
)

//go:embed migrations/*.sql
var files embed.FS

// concurrent is the first line of a migration whose statements run each by itself, since they are not allowed in a
// transaction. Each of them can be run again.
const concurrent = "-- concurrently\n"

// lockPoll is how long Migrate waits before it looks again whether another one has finished.
const lockPoll = 100 * time.Millisecond

// migration is one numbered step. Once it is released, its text does not change.
type migration struct {
	number int
	name   string
	text   string // with the names of this store
}

func (m migration) statements() []string {
	var list []string
	for _, part := range strings.SplitAfter(m.text, ";\n") {
		if strings.TrimSpace(part) != "" {
			list = append(list, strings.TrimSpace(part))
		}
	}
	return list
}

var (
	placeOfTable = regexp.MustCompile(`\{(\w+)\}`)
	placeOfName  = regexp.MustCompile(`\[(\w+)\]`)
)

// write sets the names of the tables ({claims}) and those without the schema ([claims_ends], of an index that is made).
func (n names) write(text string) string {
	if written, ok := n.written.Load(text); ok {
		return written.(string)
	}
	written := placeOfTable.ReplaceAllString(text, `"`+n.schema+`"."`+n.prefix+`$1"`)
	written = placeOfName.ReplaceAllString(written, `"`+n.prefix+`$1"`)
	n.written.Store(text, written)
	return written
}

func (n names) migrations() ([]migration, error) {
	entries, err := fs.ReadDir(files, "migrations") // in the order of their names
	if err != nil {
		return nil, err
	}
	var list []migration
	for _, e := range entries {
		text, err := fs.ReadFile(files, path.Join("migrations", e.Name()))
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(e.Name(), ".sql")
		number, err := strconv.Atoi(name[:4])
		if err != nil || number != len(list)+1 {
			return nil, fmt.Errorf("postgres: %s is not migration %d", e.Name(), len(list)+1)
		}
		list = append(list, migration{number, name, n.write(string(text))})
	}
	return list, nil
}

func (n names) bookkeeping() string {
	return n.write("CREATE TABLE IF NOT EXISTS {migrations} (number integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL DEFAULT now());")
}

// SQL returns the statements of all migrations from a number on, 1 for all, for those who apply them by hand, with psql
// for example: statements that build an index concurrently must not be run in a transaction. [Migrate] finds what was
// applied so. The error is api.ErrInvalid.
func SQL(o Options, from int) (string, error) {
	n, err := o.names()
	if err != nil {
		return "", err
	}
	list, err := n.migrations()
	if err != nil {
		return "", err
	}
	if from < 1 || from > len(list)+1 {
		return "", fmt.Errorf("postgres: there are the migrations 1 to %d: %w", len(list), api.ErrInvalid)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE SCHEMA IF NOT EXISTS \"%s\";\n\n%s\n", n.schema, n.bookkeeping())
	for _, m := range list[from-1:] {
		fmt.Fprintf(&b, "\n%s\n%s", m.text, n.write(fmt.Sprintf("INSERT INTO {migrations} (number, name) VALUES (%d, '%s');\n", m.number, m.name)))
	}
	return b.String(), nil
}

// Migrate brings the tables to this version: it makes the schema if there is none, and applies each migration that was not
// applied, one after another, each once. Any number of processes may call it at once, at each start: one works, the others
// wait for it until ctx ends. A migration that fails leaves nothing, but for what was applied before it; call Migrate again.
//
// It takes no lock that stops what is running: a table that is in use gets its index while it is used. Processes of an older
// version go on working. Tables of a newer version than this one are api.ErrConflict. When nothing is left to apply, it takes
// no lock at all and needs no right but to read: so does a [Store], whose role needs USAGE of the schema and SELECT, INSERT,
// UPDATE and DELETE of its tables.
//
// The advisory lock belongs to a session: behind PgBouncer in transaction mode, connect to the server itself, or apply what
// [SQL] returns.
func Migrate(ctx context.Context, db *sql.DB, o Options) (err error) {
	n, err := o.names()
	switch {
	case err != nil:
		return err
	case db == nil:
		return fmt.Errorf("postgres: the database is nil: %w", api.ErrInvalid)
	}
	list, err := n.migrations()
	if err != nil {
		return err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return failed("migrating", err)
	}
	defer func() { _ = c.Close() }()
	if last, err := n.applied(ctx, c, len(list)); err != nil || last == len(list) {
		return err
	}
	unlock, err := n.lock(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := n.prepare(ctx, c); err != nil {
		return err
	}
	last, err := n.applied(ctx, c, len(list)) // another process may have been at work
	if err != nil {
		return err
	}
	for _, m := range list[last:] {
		if err := n.apply(ctx, c, m); err != nil {
			return failed("migration "+m.name, err)
		}
	}
	return nil
}

// applied returns the number of the last migration that was applied, 0 for none.
func (n names) applied(ctx context.Context, c *sql.Conn, known int) (last int, err error) {
	var there bool
	err = c.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", n.write("{migrations}")).Scan(&there)
	if err == nil && there {
		err = c.QueryRowContext(ctx, n.write("SELECT coalesce(max(number), 0) FROM {migrations}")).Scan(&last)
	}
	switch {
	case err != nil:
		return 0, failed("migrating", err)
	case last > known:
		return 0, fmt.Errorf("postgres: the tables are of migration %d, and this version knows %d: %w", last, known, api.ErrConflict)
	}
	return last, nil
}

// lock waits for the advisory lock. It asks again and again instead of waiting in the database: a session that waits there
// has a snapshot, and building an index concurrently waits for all of these.
func (n names) lock(ctx context.Context, c *sql.Conn) (unlock func() error, err error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte("github.com/pronet-go/pronet " + n.schema + "." + n.prefix))
	key := int64(h.Sum64())
	for {
		var got bool
		if err := c.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&got); err != nil {
			return nil, failed("migrating", err)
		}
		if got {
			return func() error {
				// If it fails, the connection is gone, and with it the lock.
				_, err := c.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key)
				return failed("migrating", err)
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("postgres: while another process migrates: %w", context.Cause(ctx))
		case <-time.After(lockPoll):
		}
	}
}

// prepare makes the schema and the table of what is applied. Whoever may not make a schema can use one that is there.
func (n names) prepare(ctx context.Context, c *sql.Conn) error {
	var there bool
	err := c.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", n.schema).Scan(&there)
	if err == nil && !there {
		_, err = c.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS "`+n.schema+`"`)
	}
	if err == nil {
		_, err = c.ExecContext(ctx, n.bookkeeping())
	}
	return failed("migrating", err)
}

func (n names) apply(ctx context.Context, c *sql.Conn, m migration) error {
	record := n.write("INSERT INTO {migrations} (number, name) VALUES ($1, $2)")
	if strings.HasPrefix(m.text, concurrent) {
		for _, statement := range m.statements() {
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		_, err := c.ExecContext(ctx, record, m.number, m.name)
		return err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, statement := range m.statements() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, record, m.number, m.name); err != nil {
		return err
	}
	return tx.Commit()
}
