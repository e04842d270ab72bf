package prospectnotes

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// Dialect is the language of a database.
type Dialect int

// The dialects. The zero Dialect is none.
const (
	_ Dialect = iota
	// PostgreSQL is PostgreSQL from version 9.5, and what speaks like it.
	PostgreSQL
	// SQLite is SQLite from version 3.24.
	SQLite
)

// DefaultCheckpointTable is the table of a [SQLCheckpoint] unless another is named.
const DefaultCheckpointTable = "prospect_notes_checkpoints"

// SQLCheckpoint is a [Checkpoint] in a row of a table. Apply gets the transaction that moves it: what is done in it happens
// exactly once. All that Apply writes must go through that transaction; another connection of an SQLite database would
// wait for it in vain.
//
// The row is written before Apply is called, so that a second sync waits for the first and then gets [ErrConflict]. For
// SQLite, set a busy timeout (_pragma=busy_timeout(10000) with modernc.org/sqlite), or it gets the database's error instead of
// waiting.
type SQLCheckpoint struct {
	db                       *sql.DB
	key                      string
	create, load, first, set string
}

// NewSQLCheckpoint returns the checkpoint of that key in a table of a database; "" is [DefaultCheckpointTable].
// [SQLCheckpoint.Create] makes the table, or run what [SQLCheckpoint.CreateStatement] returns. A name is of up to 63
// letters, digits and underscores, and can have that of a schema and a dot before it. One key is one sync: one contract and
// set of owners. This module has no driver: bring one.
//
// The error is [api.ErrInvalid].
func NewSQLCheckpoint(db *sql.DB, dialect Dialect, table, key string) (*SQLCheckpoint, error) {
	if table == "" {
		table = DefaultCheckpointTable
	}
	names := strings.Split(table, ".")
	for i, name := range names {
		if !isName(name) || len(names) > 2 {
			return nil, fmt.Errorf("prospectnotes: %.80q is not the name of a table: %w", table, api.ErrInvalid)
		}
		names[i] = `"` + name + `"`
	}
	switch {
	case db == nil:
		return nil, fmt.Errorf("prospectnotes: the database is nil: %w", api.ErrInvalid)
	case dialect != PostgreSQL && dialect != SQLite:
		return nil, fmt.Errorf("prospectnotes: there is no dialect %d: %w", dialect, api.ErrInvalid)
	case key == "" || len(key) > 255 || strings.ContainsRune(key, 0) || strings.ToValidUTF8(key, "") != key:
		return nil, fmt.Errorf("prospectnotes: a key is text of 1 to 255 bytes: %w", api.ErrInvalid)
	}
	write := func(statement string) string {
		statement = strings.ReplaceAll(statement, "TABLE_", strings.Join(names, "."))
		if dialect == SQLite {
			for n := range 4 {
				statement = strings.ReplaceAll(statement, fmt.Sprint("$", n+1), "?")
			}
		}
		return statement
	}
	return &SQLCheckpoint{
		db: db, key: key,
		create: write("CREATE TABLE IF NOT EXISTS TABLE_ (id VARCHAR(255) NOT NULL PRIMARY KEY, generation BIGINT NOT NULL, state TEXT NOT NULL)"),
		load:   write("SELECT generation, state FROM TABLE_ WHERE id = $1"),
		first:  write("INSERT INTO TABLE_ (generation, state, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
		set:    write("UPDATE TABLE_ SET generation = $1, state = $2 WHERE id = $3 AND generation = $4"),
	}, nil
}

func isName(name string) bool {
	return name != "" && len(name) <= 63 && (name[0] < '0' || name[0] > '9') &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// CreateStatement returns the statement that makes the table if there is none, for a migration.
func (c *SQLCheckpoint) CreateStatement() string { return c.create }

// Create makes the table if there is none.
func (c *SQLCheckpoint) Create(ctx context.Context) error {
	_, err := c.db.ExecContext(ctx, c.create)
	return err
}

// Load implements [Checkpoint]. A row that is not what was written is [api.ErrInvalid].
func (c *SQLCheckpoint) Load(ctx context.Context) (State, error) {
	var generation int64
	var text []byte
	err := c.db.QueryRowContext(ctx, c.load, c.key).Scan(&generation, &text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return State{}, nil
	case err != nil:
		return State{}, err
	}
	content, err := checkpointFiles.Decode(text)
	switch {
	case err != nil:
		return State{}, checkpointError(err)
	case int64(content.Generation) != generation:
		return State{}, fmt.Errorf("prospectnotes: the row of the checkpoint is damaged: %w", api.ErrInvalid)
	}
	return content.State, nil
}

// Save implements [Checkpoint].
func (c *SQLCheckpoint) Save(ctx context.Context, next State, apply func(ctx context.Context, tx *sql.Tx) error) error {
	if err := savable(&next); err != nil {
		return err
	}
	text, err := json.Marshal(stored{checkpointFiles.Format, next})
	if err == nil {
		_, err = checkpointFiles.Decode(text) // or it could not be read again
	}
	if err != nil {
		return checkpointError(err)
	}
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // without effect once it is committed, and when apply panics
	statement, args := c.set, []any{int64(next.Generation), string(text), c.key, int64(next.Generation - 1)}
	if next.Generation == 1 {
		statement, args = c.first, args[:3]
	}
	result, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		_ = tx.Rollback()
		return c.explain(ctx, next.Generation, err)
	}
	changed, err := result.RowsAffected()
	switch {
	case err != nil:
		return err
	case changed == 0:
		return fmt.Errorf("%w: it was saved meanwhile", ErrConflict)
	}
	if err := apply(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// explain finds what an error of a driver means, since each words its own: when another generation is stored than the one
// before, another sync has saved.
func (c *SQLCheckpoint) explain(ctx context.Context, generation uint64, err error) error {
	present, reading := c.Load(ctx)
	if reading == nil && present.Generation != generation-1 {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}
