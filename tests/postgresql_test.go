//go:build unix

package tests

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

// postgreSQL is a server of this run, in a folder that only its own user can enter.
type postgreSQL struct {
	dir    string
	server *exec.Cmd
	log    *tail
}

var server = sync.OnceValues(startPostgreSQL)

var started *postgreSQL

// openPostgreSQL returns an empty schema of the server, which is started with the first of them.
func openPostgreSQL(t testing.TB) (db *sql.DB, schema string) {
	t.Helper()
	s, err := server()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("PRONET_REQUIRE_POSTGRES") != "1" {
		t.Skip("PostgreSQL is not installed (Debian: apt-get install postgresql); PRONET_REQUIRE_POSTGRES=1 makes this a failure")
	}
	require.NoError(t, err, "PostgreSQL could not be started; on Debian it comes with apt-get install postgresql")
	db, err = sql.Open("pgx", "postgres://postgres@/postgres?host="+url.QueryEscape(s.dir))
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

func startPostgreSQL() (*postgreSQL, error) {
	bin, err := postgreSQLFolder()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pronet-pg-")
	if err != nil {
		return nil, err
	}
	s := &postgreSQL{dir: dir, log: &tail{}}
	started = s
	attributes, err := s.unprivileged()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	command := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	command.SysProcAttr, command.Dir = attributes, dir
	out, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s.server = command
	if !s.log.until(out, "database system is ready to accept connections") {
		return nil, fmt.Errorf("postgres ended: %s", s.log.String())
	}
	return s, nil
}

// postgreSQLFolder is where the programs are: those of the newest version of Debian's packages, or of the search path.
func postgreSQLFolder() (string, error) {
	newest, version := "", 0
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	for _, initdb := range found {
		bin := filepath.Dir(initdb)
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin))); err == nil && n > version {
			newest, version = bin, n
		}
	}
	if newest != "" {
		return newest, nil
	}
	initdb, err := exec.LookPath("initdb")
	return filepath.Dir(initdb), err
}

// unprivileged gives the folder to a user who is not root, since PostgreSQL does not run as root, and says how to be it.
func (s *postgreSQL) unprivileged() (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(s.dir, int(uid), int(gid))
}

// stopPostgreSQL stops the server, if there is one, and removes its folder.
func stopPostgreSQL() error {
	if started == nil {
		return nil
	}
	var err error
	if started.server != nil {
		err = started.server.Process.Signal(syscall.SIGINT)
		started.log.wait()
		err = errors.Join(err, started.server.Wait())
	}
	if removed := os.RemoveAll(started.dir); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// tail keeps the beginning of a server's log and reads the rest away.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// until reads to a line that has a text, and then on in the background.
func (l *tail) until(r io.Reader, text string) bool {
	l.done = make(chan struct{})
	seen := make(chan bool, 1)
	go func() {
		defer close(l.done)
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			l.mu.Lock()
			if l.text.Len() < 64<<10 {
				l.text.WriteString(lines.Text() + "\n")
			}
			l.mu.Unlock()
			if strings.Contains(lines.Text(), text) {
				seen <- true
				break
			}
		}
		_, _ = io.Copy(io.Discard, r)
		select {
		case seen <- false:
		default:
		}
	}()
	return <-seen
}

func (l *tail) wait() { <-l.done }
