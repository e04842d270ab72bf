// Package tests runs what speaks to databases on real ones: SQLite in the process, and PostgreSQL from the machine's
// package, which the tests start and stop themselves.
//
//	go -C tests test ./...
//
// Without PostgreSQL its tests are skipped; with PRONET_REQUIRE_POSTGRES=1 they fail instead.
package tests
