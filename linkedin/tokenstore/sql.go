package tokenstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// Dialect is the language of a database.
type Dialect int

// The dialects. The zero Dialect is none.
const (
	_ Dialect = iota
	// PostgreSQL is PostgreSQL, and what speaks like it.
	PostgreSQL
	// SQLite is SQLite.
	SQLite
	// MySQL is MySQL and MariaDB. The tests run no statement there.
	MySQL
)

// DefaultTable is the table of a store unless another is named.
const DefaultTable = "linkedin_tokens"

// SQL keeps the values in a table, for all processes that use the database.
type SQL struct {
	db                             *sql.DB
	create, load, add, swap, erase string
}

var tableName = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// NewSQL returns a store in a table of a database; "" is [DefaultTable]. A name is of up to 63 letters, digits and
// underscores, and can have that of a schema and a dot before it; PostgreSQL then takes both as they are written.
// [SQL.Create] makes the table. The root module has no driver: bring one. With SQLite, open the database with a busy
// timeout of some seconds, so that two processes that write wait for each other.
//
// The error is [api.ErrInvalid].
func NewSQL(db *sql.DB, dialect Dialect, table string) (*SQL, error) {
	if table == "" {
		table = DefaultTable
	}
	switch {
	case db == nil:
		return nil, fmt.Errorf("tokenstore: the database is nil: %w", api.ErrInvalid)
	case dialect < PostgreSQL || dialect > MySQL:
		return nil, fmt.Errorf("tokenstore: there is no dialect %d: %w", dialect, api.ErrInvalid)
	case !tableName.MatchString(table):
		return nil, fmt.Errorf("tokenstore: %.80q is not the name of a table: %w", table, api.ErrInvalid)
	}
	if dialect == PostgreSQL && strings.Contains(table, ".") {
		table = `"` + strings.Replace(table, ".", `"."`, 1) + `"`
	}
	write := func(statement string) string {
		statement = strings.ReplaceAll(statement, "TABLE_", table)
		for n := 1; dialect == PostgreSQL && strings.Contains(statement, "?"); n++ {
			statement = strings.Replace(statement, "?", "$"+strconv.Itoa(n), 1)
		}
		return statement
	}
	return &SQL{
		db:     db,
		create: write("CREATE TABLE IF NOT EXISTS TABLE_ (name VARCHAR(64) NOT NULL PRIMARY KEY, revision VARCHAR(64) NOT NULL, token TEXT NOT NULL)"),
		load:   write("SELECT revision, token FROM TABLE_ WHERE name = ?"),
		add:    write("INSERT INTO TABLE_ (name, revision, token) VALUES (?, ?, ?)"),
		swap:   write("UPDATE TABLE_ SET revision = ?, token = ? WHERE name = ? AND revision = ?"),
		erase:  write("DELETE FROM TABLE_ WHERE name = ? AND revision = ?"),
	}, nil
}

// Create makes the table if there is none.
func (s *SQL) Create(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, s.create)
	return err
}

// Load implements [Store].
func (s *SQL) Load(ctx context.Context, key string) (revision string, value api.Secret, err error) {
	if err := check(key, "", api.Secret{}); err != nil {
		return "", api.Secret{}, err
	}
	return s.read(ctx, nameOf(key))
}

func (s *SQL) read(ctx context.Context, name string) (revision string, value api.Secret, err error) {
	var text string
	err = s.db.QueryRowContext(ctx, s.load, name).Scan(&revision, &text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", api.Secret{}, nil
	case err != nil:
		return "", api.Secret{}, err
	}
	if value, err = api.NewSecret(text); err != nil {
		return "", api.Secret{}, fmt.Errorf("tokenstore: the row is damaged: %w", err)
	}
	return revision, value, nil
}

// Swap implements [Store].
func (s *SQL) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	if err := check(key, revision, value); err != nil {
		return err
	}
	name := nameOf(key)
	var result sql.Result
	var err error
	switch {
	case was == "" && revision == "":
		present, _, err := s.read(ctx, name)
		if err == nil && present != "" {
			err = errConflict
		}
		return err
	case was == "":
		result, err = s.db.ExecContext(ctx, s.add, name, revision, value.Reveal())
	case revision == "":
		result, err = s.db.ExecContext(ctx, s.erase, name, was)
	default:
		result, err = s.db.ExecContext(ctx, s.swap, revision, value.Reveal(), name, was)
	}
	if err != nil {
		return s.explain(ctx, name, was, revision, err)
	}
	changed, err := result.RowsAffected()
	if err == nil && changed == 0 {
		err = errConflict
	}
	return err
}

// explain finds what an error of a driver means, since each words its own: a row that is there instead of none is a
// conflict, and the row that was to be written is a success.
func (s *SQL) explain(ctx context.Context, name, was, revision string, err error) error {
	present, _, reading := s.read(ctx, name)
	switch {
	case reading != nil:
		return err
	case present == revision:
		return nil
	case present != was:
		return errConflict
	}
	return err
}
