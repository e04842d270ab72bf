//go:build unix

package tests

import (
	"database/sql"
	"os"
	"strconv"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

// openPostgreSQL returns an empty schema of the server, which is started with the first of them.
func openPostgreSQL(t testing.TB) (db *sql.DB, schema string) {
	t.Helper()
	db, err := sql.Open("pgx", servertest.SharedPostgres(t).PostgresSocket())
	require.NoError(t, err)
	schema = "test_" + strconv.Itoa(os.Getpid()) + "_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, t.Name())
	schema = schema[:min(63, len(schema))]
	_, err = db.ExecContext(t.Context(), `CREATE SCHEMA "`+schema+`"`)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, schema
}

// stopPostgreSQL stops the server, if there is one, and removes its folder.
func stopPostgreSQL() error { return servertest.RemoveShared() }
