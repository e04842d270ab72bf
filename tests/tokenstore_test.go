package tests

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/tokenstoretest"
)

var tokenTables atomic.Int32

// TestTokenStores on real databases: SQLite with a connection for each process, and PostgreSQL.
func TestTokenStores(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		tokenstoretest.Run(t, func(t *testing.T) func() tokenstore.Store {
			path := "file:" + filepath.Join(t.TempDir(), "tokens.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)"
			connect := func() tokenstore.Store {
				db, err := sql.Open("sqlite", path)
				require.NoError(t, err)
				t.Cleanup(func() { assert.NoError(t, db.Close()) })
				return newTokenStore(t, db, tokenstore.SQLite, "")
			}
			connect()
			return connect
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		db, _ := openPostgreSQL(t)
		tokenstoretest.Run(t, func(t *testing.T) func() tokenstore.Store {
			table := fmt.Sprint("tokens_", tokenTables.Add(1))
			newTokenStore(t, db, tokenstore.PostgreSQL, table)
			return func() tokenstore.Store { return newTokenStore(t, db, tokenstore.PostgreSQL, table) }
		})
	})
}

func newTokenStore(t *testing.T, db *sql.DB, dialect tokenstore.Dialect, table string) tokenstore.Store {
	t.Helper()
	s, err := tokenstore.NewSQL(db, dialect, table)
	require.NoError(t, err)
	require.NoError(t, s.Create(t.Context()))
	return s
}
