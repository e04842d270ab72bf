// Package servertest starts the real PostgreSQL and Redis of this machine for tests: on loopback, in folders of their own,
// stopped and started again as the test wants. Its test is run where they are installed; on Unix alone.
package servertest
