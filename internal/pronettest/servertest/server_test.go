//go:build unix

package servertest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := servertest.RemoveShared(); err != nil {
		fmt.Fprintln(os.Stderr, "PostgreSQL was not removed:", err)
		code = 1
	}
	os.Exit(code)
}

// TestRedisKeepsWhatItConfirmed over a crash and a restart.
func TestRedisKeepsWhatItConfirmed(t *testing.T) {
	s := servertest.Redis(t)
	ask := func(command string) string {
		conn, err := net.Dial("tcp", s.Address)
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = fmt.Fprint(conn, command+"\r\n")
		require.NoError(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		return strings.TrimSpace(line)
	}
	require.NoError(t, s.Signal(syscall.SIGSTOP))
	require.NoError(t, s.Signal(syscall.SIGCONT))
	for _, stop := range []func() error{s.Crash, func() error { return s.Stop(syscall.SIGINT) }} {
		before := ask("INCR n")
		require.NoError(t, stop())
		_, err := net.Dial("tcp", s.Address)
		require.Error(t, err)
		require.NoError(t, stop(), "stopped twice")
		require.NoError(t, s.Start())
		assert.NotEqual(t, before, ask("INCR n"))
	}
	assert.Equal(t, ":5", ask("INCR n"))
}

// TestPostgresIsReadyWhenStarted: the first statement after Start and after a crash is done.
func TestPostgresIsReadyWhenStarted(t *testing.T) {
	s := servertest.SharedPostgres(t)
	require.Same(t, s, servertest.SharedPostgres(t), "one for all")
	psql := newest(t)
	for range 2 {
		out, err := exec.Command(psql, "-tA", "-c", "SELECT 6*7", s.PostgresSocket()).CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Equal(t, "42", strings.TrimSpace(string(out)))
		require.NoError(t, s.Crash())
		require.NoError(t, s.Start())
	}
}

func newest(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/psql")
	require.NoError(t, err)
	if len(found) > 0 {
		return found[len(found)-1]
	}
	psql, err := exec.LookPath("psql")
	require.NoError(t, err)
	return psql
}

// TestAServerThatEndsSaysWhy, and leaves nothing behind.
func TestAServerThatEndsSaysWhy(t *testing.T) {
	var dir string
	failing, done := &failed{TB: t}, make(chan struct{})
	go func() {
		defer close(done)
		servertest.New(failing, func(_, d string) (command, env []string) {
			dir = d
			return []string{"/bin/sh", "-c", "echo no disk; exit 1"}, nil
		}, func(context.Context, string) error { return io.EOF })
	}()
	<-done
	assert.Contains(t, failing.said, "no disk")
	assert.NoDirExists(t, dir)
}

// failed is a test that may fail.
type failed struct {
	testing.TB

	said string
}

func (f *failed) Fatal(args ...any) {
	f.said = fmt.Sprint(args...)
	runtime.Goexit()
}
