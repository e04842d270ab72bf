//go:build unix

package traces

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/examples/fleet/testservers"
	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

func TestMain(m *testing.M) {
	if testservers.ServesNATS() {
		return
	}
	if told := os.Getenv(asProcess); told != "" {
		os.Exit(beProcess(told))
	}
	goleak.VerifyTestMain(m)
}

// servers starts what a queue needs, and returns the settings that say where it is.
func servers(t *testing.T, queue string) settings {
	t.Helper()
	s := settings{Queue: queue, Postgres: testservers.PostgresURL(servertest.Postgres(t).Address), Dir: t.TempDir()}
	pool, err := pgxpool.New(t.Context(), s.Postgres)
	require.NoError(t, err)
	defer pool.Close()
	db := stdlib.OpenDBFromPool(pool)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, postgres.Migrate(t.Context(), db, postgres.Options{}))
	if queue == inNATS {
		s.NATS = testservers.NATSURL(testservers.NATS(t).Address)
		return s
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	return s
}

// process is one of the two, as its parent sees it.
type process struct {
	settings

	t     *testing.T
	cmd   *exec.Cmd
	input io.Closer
	line  string // its first
	ended bool
}

// begin starts a process, and waits until it says that it is ready.
func begin(t *testing.T, s settings) *process {
	t.Helper()
	told, err := json.Marshal(s)
	require.NoError(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	cmd.Env = append(os.Environ(), asProcess+"="+string(told))
	said, err := os.Create(s.file("stderr"))
	require.NoError(t, err)
	defer func() { require.NoError(t, said.Close()) }()
	cmd.Stderr = said
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{settings: s, t: t, cmd: cmd, input: input}
	t.Cleanup(func() {
		if !p.ended {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err, "%s has ended: %s", s.Name, p.text("stderr"))
	p.line = strings.TrimSpace(line)
	return p
}

// end lets it finish, and export what it has.
func (p *process) end() {
	p.t.Helper()
	require.NoError(p.t, p.input.Close())
	timer := time.AfterFunc(2*time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	err := p.cmd.Wait()
	p.ended = true
	assert.NoError(p.t, err, "%s: %s", p.Name, p.text("stderr"))
}

// text is what it has written.
func (p *process) text(what string) string {
	p.t.Helper()
	text, err := os.ReadFile(p.file(what))
	require.NoError(p.t, err)
	return string(text)
}
