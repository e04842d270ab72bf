//go:build unix

package postgres_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// asProcess is the variable that makes the test's program one of its processes.
const asProcess = "PRONET_POSTGRES_PROCESS"

// world is what a process is told.
type world struct {
	Role    string
	URL     string
	Options postgres.Options
	Seed    uint64
	Ids     int
	Times   int
	Dir     string // of a pipeline
	Calls   string // the URL of its provider
	Token   string // of its callback URL
}

func beProcess(told string) int {
	var w world
	err := json.Unmarshal([]byte(told), &w)
	if err == nil {
		err = w.be()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the process ended:", err)
		return 1
	}
	return 0
}

func (w world) be() error {
	db, err := sql.Open("pgx", w.URL)
	if err != nil {
		return err
	}
	store, err := postgres.Open(db, w.Options)
	if err != nil {
		return err
	}
	ctx := context.Background()
	switch w.Role {
	case "migrate":
		return postgres.Migrate(ctx, db, w.Options)
	case "claims":
		return w.claims(ctx, db, store)
	case "inbox":
		return w.inbox(ctx, db, store)
	case "holder":
		return w.holder(ctx, store)
	case "pipeline in files":
		return w.pipeline(ctx, refresh.PipelineOptions{CreditsPerDay: creditsPerDay})
	case "import":
		return moveFromFiles(ctx, store, w.Dir)
	case "pipeline in the database":
		if err := moveFromFiles(ctx, store, w.Dir); err != nil {
			return err
		}
		o, err := sharedOptions(store)
		if err != nil {
			return err
		}
		return w.pipeline(ctx, o)
	}
	return fmt.Errorf("there is no process %q", w.Role)
}

// crashing are the places where one of the processes dies, now and then.
func (w world) crashing(r *rand.Rand) {
	if r.IntN(w.Times) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// claims has the deliveries by leases: the effect comes at least once.
func (w world) claims(ctx context.Context, db *sql.DB, store *postgres.Store) error {
	r := rand.New(rand.NewPCG(w.Seed, 1))
	for range w.Times {
		if _, err := w.claim(ctx, db, store, strconv.Itoa(r.IntN(w.Ids)), func() { w.crashing(r) }); err != nil {
			return err
		}
	}
	return nil
}

// claim works on a delivery, and reports whether it is done.
func (w world) claim(ctx context.Context, db *sql.DB, store *postgres.Store, key string, crash func()) (done bool, err error) {
	claim, err := store.Dedupe().Claim(ctx, key, 10*time.Minute)
	crash()
	if err != nil || claim.Result != webhook.Claimed {
		return claim.Result == webhook.AlreadyDone, err
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO "`+w.Options.Schema+`".effects VALUES ($1)`, key); err != nil {
		return false, err
	}
	crash()
	return true, store.Dedupe().Done(ctx, key, claim.Owner, 24*time.Hour)
}

// inbox has them by marks in the transaction of the effect: it comes exactly once.
func (w world) inbox(ctx context.Context, db *sql.DB, store *postgres.Store) error {
	r := rand.New(rand.NewPCG(w.Seed, 2))
	for range w.Times {
		key := strconv.Itoa(r.IntN(w.Ids))
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		first, err := store.Once(ctx, tx, "coresignal", key)
		w.crashing(r)
		if err == nil && first {
			_, err = tx.ExecContext(ctx, `INSERT INTO "`+w.Options.Schema+`".effects VALUES ($1)`, key)
		}
		if err != nil {
			return err
		}
		w.crashing(r)
		if err := tx.Commit(); err != nil {
			return err
		}
		w.crashing(r)
	}
	return nil
}

// holder has a lease, tells so, and writes all that is to be written once it is told to, whatever its context says.
func (w world) holder(ctx context.Context, store *postgres.Store) error {
	stdin := bufio.NewReader(os.Stdin)
	return store.Leases().Run(ctx, "work", func(ctx context.Context) error {
		s, err := everything(ctx, store, time.Millisecond)
		if err != nil {
			return err
		}
		fmt.Println("has it")
		if _, err := stdin.ReadString('\n'); err != nil {
			return err
		}
		for name, write := range s {
			fmt.Printf("%s: %v\n", name, write(context.WithoutCancel(ctx), "late"))
		}
		<-ctx.Done()
		fmt.Println("ended:", context.Cause(ctx))
		return nil
	})
}

// everything reads all states, and returns what writes what follows on them.
func everything(ctx context.Context, store *postgres.Store, lease time.Duration) (map[string]func(ctx context.Context, text string) error, error) {
	ledger, keeper := store.Ledger("account"), store.KeeperState("keeper")
	entry, err := ledger.Get(ctx, "request")
	if err != nil {
		return nil, err
	}
	state, err := keeper.Load(ctx)
	if err != nil {
		return nil, err
	}
	notes, err := store.Checkpoint("contract")
	if err != nil {
		return nil, err
	}
	saved, err := notes.Load(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := store.Tokens()
	if err != nil {
		return nil, err
	}
	revision, _, err := tokens.Load(ctx, "token")
	if err != nil {
		return nil, err
	}
	kept, err := store.Kept().Open(ctx, "delivery")
	if err != nil {
		return nil, err
	}
	claim, err := store.Dedupe().Claim(ctx, "key", lease)
	if err != nil {
		return nil, err
	}
	return map[string]func(ctx context.Context, text string) error{
		"ledger": func(ctx context.Context, text string) error {
			return ledger.Put(ctx, bulkcollect.Entry{Request: "request", Revision: entry.Revision + 1, State: bulkcollect.Sending, At: time.Now(), Reason: text})
		},
		"keeper": func(ctx context.Context, text string) error {
			return keeper.Save(ctx, subscriptions.State{Generation: state.Generation + 1, Retired: []subscriptions.Retired{{Name: text, ID: text}}})
		},
		"checkpoint": func(ctx context.Context, text string) error { return saveNotes(ctx, notes, saved, text) },
		"tokens":     func(ctx context.Context, text string) error { return swapToken(ctx, tokens, revision, text) },
		"kept":       func(ctx context.Context, text string) error { return kept.Append(ctx, []byte(text)) },
		"dedupe": func(ctx context.Context, _ string) error {
			return store.Dedupe().Done(ctx, "key", claim.Owner, time.Hour)
		},
	}, nil
}

// process is another one, as its parent sees it.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

func begin(t *testing.T, w world) *process {
	t.Helper()
	told, err := json.Marshal(w)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), asProcess+"="+string(told)), os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &process{t, cmd, stdin, bufio.NewReader(stdout)}
}

func (p *process) line() string {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	require.NoError(p.t, err)
	return line[:len(line)-1]
}

// ends waits for the process, and reports whether it was killed.
func (p *process) ends() (killed bool) {
	p.t.Helper()
	_, _ = io.Copy(io.Discard, p.stdout)
	err := p.cmd.Wait()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal() == syscall.SIGKILL
	}
	require.NoError(p.t, err)
	return false
}
