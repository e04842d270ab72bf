package snapshot_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/snapshot"
)

// noDatabase is a database that cannot be reached.
type noDatabase struct{}

var errDown = errors.New("the database is down")

func (noDatabase) Connect(context.Context) (driver.Conn, error) { return nil, errDown }
func (noDatabase) Driver() driver.Driver                        { return nil }

func TestStatements(t *testing.T) {
	db := sql.OpenDB(noDatabase{})
	defer func() { require.NoError(t, db.Close()) }()
	for name, c := range map[string]struct {
		dialect snapshot.Dialect
		table   string
		want    []string
	}{
		"PostgreSQL": {snapshot.PostgreSQL, "", []string{
			`CREATE TABLE IF NOT EXISTS "profile_snapshots" (id BIGINT NOT NULL, dataset VARCHAR(32) NOT NULL, taken BIGINT NOT NULL, record BYTEA NOT NULL, PRIMARY KEY (id, dataset))`,
			`CREATE INDEX IF NOT EXISTS "profile_snapshots_taken" ON "profile_snapshots" (dataset, taken, id)`,
		}},
		"a schema": {snapshot.PostgreSQL, "crm.people", []string{
			`CREATE TABLE IF NOT EXISTS "crm"."people" (id BIGINT NOT NULL, dataset VARCHAR(32) NOT NULL, taken BIGINT NOT NULL, record BYTEA NOT NULL, PRIMARY KEY (id, dataset))`,
			`CREATE INDEX IF NOT EXISTS "people_taken" ON "crm"."people" (dataset, taken, id)`,
		}},
		"SQLite": {snapshot.SQLite, "main.people", []string{
			`CREATE TABLE IF NOT EXISTS "main"."people" (id BIGINT NOT NULL, dataset VARCHAR(32) NOT NULL, taken BIGINT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (id, dataset))`,
			`CREATE INDEX IF NOT EXISTS "main"."people_taken" ON "people" (dataset, taken, id)`,
		}},
	} {
		s, err := snapshot.NewSQL(db, c.dialect, c.table)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, s.CreateStatements(), name)
	}
	for _, table := range []string{"t; DROP TABLE x", `a"b`, "1t", "a.b.c", ".", "a.", "ä", strings.Repeat("t", 58), "a b"} {
		_, err := snapshot.NewSQL(db, snapshot.SQLite, table)
		require.ErrorIs(t, err, api.ErrInvalid, table)
	}
	_, err := snapshot.NewSQL(db, 0, "")
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = snapshot.NewSQL(nil, snapshot.SQLite, "")
	require.ErrorIs(t, err, api.ErrInvalid)
}

// TestADatabaseThatIsDown is an error of each call, and nothing is called in a transaction.
func TestADatabaseThatIsDown(t *testing.T) {
	db := sql.OpenDB(noDatabase{})
	defer func() { require.NoError(t, db.Close()) }()
	for _, dialect := range []snapshot.Dialect{snapshot.PostgreSQL, snapshot.SQLite} {
		s, err := snapshot.NewSQL(db, dialect, "")
		require.NoError(t, err)
		require.ErrorIs(t, s.Create(t.Context()), errDown)
		_, err = s.Get(t.Context(), jane)
		require.ErrorIs(t, err, errDown)
		require.ErrorIs(t, s.Put(t.Context(), jane, snapshot.Snapshot{Record: []byte("{}"), Taken: noon}), errDown)
		require.ErrorIs(t, s.Forget(t.Context(), 1), errDown)
		for id, err := range s.Before(t.Context(), "base", noon) {
			assert.Zero(t, id)
			require.ErrorIs(t, err, errDown)
		}
		require.ErrorIs(t, s.Transaction(t.Context(), func(*sql.Tx, snapshot.Store) error {
			assert.Fail(t, "there is no transaction")
			return nil
		}), errDown)
	}
}
