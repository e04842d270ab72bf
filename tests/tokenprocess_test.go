package tests

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// asTokenProcess is the environment variable that makes the test's program another process of the app.
const asTokenProcess = "PRONET_TOKENS_PROCESS"

// tokenWorld is what such a process is told.
type tokenWorld struct {
	API, Accounts    string
	Driver, Database string // "" for a directory
	Dir              string
	Apps             []fake.App
}

// open opens the store that the processes share.
func (w *tokenWorld) open(ctx context.Context) (tokenstore.Store, io.Closer, error) {
	if w.Driver == "" {
		dir, err := tokenstore.OpenDir(w.Dir)
		return dir, dir, err
	}
	db, err := sql.Open(w.Driver, w.Database)
	if err != nil {
		return nil, nil, err
	}
	dialect := tokenstore.PostgreSQL
	if w.Driver == "sqlite" {
		dialect = tokenstore.SQLite
		db.SetMaxOpenConns(4)
	}
	store, err := tokenstore.NewSQL(db, dialect, "process_tokens")
	if err == nil {
		err = store.Create(ctx)
	}
	return store, db, err
}

// TestR61TwoProcessesRenewOnce: two processes with one store make calls for 50 apps at once, whose tokens end in the
// middle, by LinkedIn's clock: one renewal of each, and no call is lost.
func TestR61TwoProcessesRenewOnce(t *testing.T) {
	for name, world := range map[string]func(t *testing.T) tokenWorld{
		"files": func(t *testing.T) tokenWorld { return tokenWorld{Dir: t.TempDir()} },
		"SQLite": func(t *testing.T) tokenWorld {
			return tokenWorld{Driver: "sqlite", Database: "file:" + filepath.Join(t.TempDir(), "tokens.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(WAL)"}
		},
		"PostgreSQL": func(t *testing.T) tokenWorld {
			return tokenWorld{Driver: "pgx", Database: postgreSQLSchema(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t)
			sb, _ := sandbox.ForTest(t)
			w.API, w.Accounts, w.Apps = sb.LinkedIn.URL(), sb.LinkedIn.AccountsURL(), []fake.App{sb.LinkedIn.App()}
			for range 49 {
				w.Apps = append(w.Apps, sb.LinkedIn.AddApp())
			}
			_, closer, err := w.open(t.Context()) // makes the table
			require.NoError(t, err)
			require.NoError(t, closer.Close())
			first, second := startTokenProcess(t, w), startTokenProcess(t, w)
			for round := range 2 {
				var both sync.WaitGroup
				both.Go(first.call)
				both.Go(second.call)
				both.Wait()
				require.False(t, t.Failed())
				assert.Equal(t, (round+1)*len(w.Apps), sb.LinkedIn.TokensIssued(), "round %d", round)
				sb.Advance(time.Hour)
			}
		})
	}
}

// postgreSQLSchema is how another connection, or process, opens an empty schema of the server.
func postgreSQLSchema(t *testing.T) string {
	t.Helper()
	db, schema := openPostgreSQL(t)
	var dir, port string
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT current_setting('unix_socket_directories'), current_setting('port')").Scan(&dir, &port))
	return "postgres://postgres@/postgres?port=" + port + "&host=" + url.QueryEscape(dir) + "&search_path=" + url.QueryEscape(`"`+schema+`"`)
}

// tokenProcess is one, as its parent sees it.
type tokenProcess struct {
	t      *testing.T
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

func startTokenProcess(t *testing.T, w tokenWorld) *tokenProcess {
	t.Helper()
	told, err := json.Marshal(w)
	require.NoError(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0]) // it ends with its input
	cmd.Env, cmd.Stderr = append(os.Environ(), asTokenProcess+"="+string(told)), os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		assert.NoError(t, cmd.Wait())
	})
	return &tokenProcess{t, stdin, bufio.NewReader(stdout)}
}

// call has the process make its calls, and waits for them.
func (p *tokenProcess) call() {
	_, err := io.WriteString(p.stdin, "call\n")
	assert.NoError(p.t, err)
	line, err := p.stdout.ReadString('\n')
	assert.NoError(p.t, err)
	assert.Equal(p.t, "called\n", line)
}

// seatsOf makes a call that needs a token, and the contract of its app.
func seatsOf(ctx context.Context, client *pronet.Client, contract string) error {
	u, err := urn.Parse(contract)
	if err != nil {
		return err
	}
	_, err = client.LinkedIn.Seats.List(ctx, linkedin.SeatQuery{Contract: u})
	return err
}

// beTokenProcess makes calls each time that it is told to, until its input ends.
func beTokenProcess(ctx context.Context, told string) error {
	var w tokenWorld
	if err := json.Unmarshal([]byte(told), &w); err != nil {
		return err
	}
	store, closer, err := w.open(ctx)
	if err != nil {
		return err
	}
	clients := make([]*pronet.Client, len(w.Apps))
	for i, app := range w.Apps {
		tokens := linkedin.AppTokens(app.ClientID, app.ClientSecret).In(store)
		if clients[i], err = pronet.New(pronet.WithLinkedIn(tokens, pronet.BaseURL(w.API), pronet.LinkedInAccountsURL(w.Accounts))); err != nil {
			return err
		}
	}
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		errs := make([]error, len(clients))
		var calls sync.WaitGroup
		for i, client := range clients {
			calls.Go(func() { errs[i] = seatsOf(ctx, client, w.Apps[i].Contract) })
		}
		calls.Wait()
		text := "called"
		if err := errors.Join(errs...); err != nil {
			text = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Println(text)
	}
	return closer.Close()
}
