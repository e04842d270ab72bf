package tests

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/prospectnotes/checkpointtest"
)

// TestCheckpoints: those of SQLite and PostgreSQL keep the rules, each handle with connections of its own.
func TestCheckpoints(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		checkpointtest.Run(t, func(t *testing.T) checkpointtest.Storage {
			dsn := "file:" + filepath.Join(t.TempDir(), "notes.db") + "?_pragma=busy_timeout(60000)&_pragma=journal_mode(wal)"
			return checkpointsIn(t, prospectnotes.SQLite, "", func() *sql.DB {
				db, err := sql.Open("sqlite", dsn)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, db.Close()) })
				return db
			})
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		checkpointtest.Run(t, func(t *testing.T) checkpointtest.Storage {
			db, schema := openPostgreSQL(t)
			return checkpointsIn(t, prospectnotes.PostgreSQL, schema+".", func() *sql.DB { return db }) // a pool of connections
		})
	})
}

// checkpointsIn are checkpoints in the database that open opens, beside a table of lines.
func checkpointsIn(t *testing.T, dialect prospectnotes.Dialect, schema string, open func() *sql.DB) checkpointtest.Storage {
	t.Helper()
	db, lines, param := open(), `"lines"`, "?"
	if dialect == prospectnotes.PostgreSQL {
		lines, param = `"`+strings.TrimSuffix(schema, ".")+`"."lines"`, "$1"
	}
	_, err := db.ExecContext(t.Context(), "CREATE TABLE "+lines+" (line TEXT NOT NULL)")
	require.NoError(t, err)
	return checkpointtest.Storage{
		Open: func() prospectnotes.Checkpoint {
			c, err := prospectnotes.NewSQLCheckpoint(open(), dialect, schema+"checkpoints", "contract 123")
			require.NoError(t, err)
			require.NoError(t, c.Create(t.Context()))
			return c
		},
		Write: func(ctx context.Context, tx *sql.Tx, line string) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO "+lines+" (line) VALUES ("+param+")", line)
			return err
		},
		Written: func(ctx context.Context) ([]string, error) {
			rows, err := db.QueryContext(ctx, "SELECT line FROM "+lines)
			if err != nil {
				return nil, err
			}
			defer func() { _ = rows.Close() }()
			var all []string
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					return nil, err
				}
				all = append(all, line)
			}
			return all, rows.Err()
		},
	}
}
