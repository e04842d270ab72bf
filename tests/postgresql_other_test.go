//go:build !unix

package tests

import (
	"database/sql"
	"testing"
)

// openPostgreSQL skips the test: the server is started by the ways of Unix.
func openPostgreSQL(t testing.TB) (db *sql.DB, schema string) {
	t.Helper()
	t.Skip("PostgreSQL is started on Unix only")
	return nil, ""
}

func stopPostgreSQL() error { return nil }
