package notes

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

const (
	asSync = "PRONET_NOTES_SYNC" // the environment variable that makes the test's program a sync
	kills  = 30
)

func TestMain(m *testing.M) {
	if told := os.Getenv(asSync); told != "" {
		if err := synchronize(context.Background(), told); err != nil {
			fmt.Fprintln(os.Stderr, "notes: the sync ended:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// settings are what a sync is told.
type settings struct {
	API, Accounts, ClientID, ClientSecret string
	Contract                              urn.URN
	From                                  time.Time
	Database, File                        string // File is "" for a checkpoint in the database
	Once                                  bool   // or without end
}

// synchronize is the process that is killed. It says what it does in lines, so that it can be killed anywhere.
func synchronize(ctx context.Context, told string) error {
	var s settings
	if err := json.Unmarshal([]byte(told), &s); err != nil {
		return err
	}
	db, err := openCopy(s.Database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	client, err := pronet.New(pronet.WithInsecureHTTP(), pronet.WithLinkedIn(linkedin.AppTokens(s.ClientID, s.ClientSecret),
		pronet.BaseURL(s.API), pronet.LinkedInAccountsURL(s.Accounts)))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	checkpoint, err := s.checkpoint(ctx, db)
	if err != nil {
		return err
	}
	o := prospectnotes.SyncOptions{
		Contract: s.Contract, Checkpoint: checkpoint, From: s.From, Window: time.Hour, Parallel: 2,
		Apply: func(ctx context.Context, batch prospectnotes.Batch) error {
			fmt.Println("apply")
			err := apply(ctx, db, batch)
			fmt.Println("applied")
			return err
		},
		Progress: func(prospectnotes.Progress) { fmt.Println("saved") },
		Now:      func() time.Time { return time.Now().Add(24 * time.Hour) }, // the sandbox's clock is moved ahead, by less
	}
	for {
		if _, err := client.ProspectNotes.Sync(ctx, o); err != nil || s.Once {
			return err
		}
	}
}

func (s *settings) checkpoint(ctx context.Context, db *sql.DB) (prospectnotes.Checkpoint, error) {
	if s.File != "" {
		return prospectnotes.OpenFileCheckpoint(s.File)
	}
	c, err := prospectnotes.NewSQLCheckpoint(db, prospectnotes.SQLite, "", s.Contract.String())
	if err != nil {
		return nil, err
	}
	return c, c.Create(ctx)
}

func openCopy(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
	if err != nil {
		return nil, err
	}
	_, err = db.Exec("CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, text TEXT NOT NULL); CREATE TABLE IF NOT EXISTS effects (id TEXT NOT NULL, changed INTEGER NOT NULL, kind TEXT NOT NULL)")
	return db, err
}

// apply keeps the copy in step, and writes down each effect.
func apply(ctx context.Context, db *sql.DB, batch prospectnotes.Batch) error {
	tx := batch.Tx
	if tx == nil { // of the file's checkpoint
		var err error
		if tx, err = db.BeginTx(ctx, nil); err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
	}
	for _, c := range batch.Changes {
		var err error
		switch c.Kind {
		case prospectnotes.Upsert:
			_, err = tx.ExecContext(ctx, "INSERT INTO notes (id, text) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text", c.Note.ID, c.Note.Text)
		case prospectnotes.Delete:
			_, err = tx.ExecContext(ctx, "DELETE FROM notes WHERE id = ?", c.Note.ID)
		case prospectnotes.Absent:
			err = errors.New("a note is absent, and none was taken away")
		}
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO effects (id, changed, kind) VALUES (?, ?, ?)", c.Note.ID, c.Note.LastModified.UnixMilli(), c.Kind.String()); err != nil {
			return err
		}
	}
	if batch.Tx == nil {
		return tx.Commit()
	}
	return nil
}

// TestASyncThatIsKilled 30 times ends with what the source has; with the checkpoint in the database of the copy, each effect
// has happened once.
func TestASyncThatIsKilled(t *testing.T) {
	for _, where := range []string{"database", "file"} {
		t.Run(where, func(t *testing.T) {
			seed := uint64(time.Now().UnixNano()) % 1_000_000
			if text := os.Getenv("PRONET_SEED"); text != "" {
				var err error
				seed, err = strconv.ParseUint(text, 10, 64)
				require.NoError(t, err)
			}
			t.Log("PRONET_SEED =", seed)
			random := rand.New(rand.NewPCG(seed, 1))
			sb, err := sandbox.Start(fake.WithNotes(1500)) // 25 hours
			require.NoError(t, err)
			defer sb.Close()
			app, dir := sb.LinkedIn.App(), t.TempDir()
			contract, err := urn.Parse(app.Contract)
			require.NoError(t, err)
			s := settings{
				API: sb.LinkedIn.URL(), Accounts: sb.LinkedIn.AccountsURL(), ClientID: app.ClientID, ClientSecret: app.ClientSecret,
				Contract: contract, From: sb.LinkedIn.Notes()[0].Created.Add(-time.Hour), Database: filepath.Join(dir, "copy.db"),
			}
			if where == "file" {
				s.File = filepath.Join(dir, "checkpoint.json")
			}
			for range kills {
				s.runUntil(t, 1+random.IntN(12), func() { change(sb.LinkedIn, random) })
				sb.Advance(time.Duration(random.IntN(20)) * time.Minute)
			}
			sb.Advance(time.Minute)
			s.Once = true
			s.runUntil(t, -1, func() {})
			check(t, s, sb)
		})
	}
}

// change writes, edits and deletes some notes.
func change(li *fake.Sandbox, random *rand.Rand) {
	notes := li.Notes()
	for range random.IntN(4) {
		switch note := notes[random.IntN(len(notes))]; random.IntN(4) {
		case 0:
			li.DeleteNote(note.ID)
		case 1:
			li.WriteNote(fake.Note{Text: fmt.Sprint("written ", random.Uint32())})
		default:
			li.EditNote(note.ID, fmt.Sprint("edited ", random.Uint32()))
		}
	}
}

// runUntil starts a sync and kills it after so many of its lines; it ends by itself when that is negative.
func (s settings) runUntil(t *testing.T, lines int, each func()) {
	t.Helper()
	told, err := json.Marshal(s)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), asSync+"="+string(told)), os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if each(); lines > 0 {
			if lines--; lines == 0 {
				require.NoError(t, cmd.Process.Kill()) // SIGKILL: at the next step or some steps later
			}
		}
	}
	err = cmd.Wait()
	if lines < 0 {
		require.NoError(t, err)
		return
	}
	require.Zero(t, lines, "the sync ended by itself")
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "the sync was not killed: %v", err)
	require.False(t, exit.Exited(), "the sync was not killed: %v", err)
}

// check compares the copy with the source, and counts effects.
func check(t *testing.T, s settings, sb *sandbox.Sandbox) {
	t.Helper()
	db, err := openCopy(s.Database)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	want, have := map[string]string{}, map[string]string{}
	for _, n := range sb.LinkedIn.Notes() {
		if !n.Deleted {
			want[strconv.FormatInt(n.ID, 10)] = n.Text
		}
	}
	rows, err := db.QueryContext(t.Context(), "SELECT id, text FROM notes")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, text string
		require.NoError(t, rows.Scan(&id, &text))
		have[id] = text
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, want, have)

	var effects, different int
	require.NoError(t, db.QueryRowContext(t.Context(),
		"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT id, changed, kind FROM effects)) FROM effects").Scan(&effects, &different))
	t.Logf("%d notes; %d effects, %d of them again after a kill", len(have), effects, effects-different)
	assert.GreaterOrEqual(t, different, len(have))
	if s.File == "" {
		assert.Equal(t, different, effects, "an effect happened twice")
	}
}
