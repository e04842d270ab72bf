//go:build unix

package river_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/webhook"
)

// asProcess is the variable that makes the test's program one of its processes.
const asProcess = "PRONET_RIVER_PROCESS"

// world is what a process is told.
type world struct{ URL, Schema string }

func beProcess(told string) int {
	var w world
	err := json.Unmarshal([]byte(told), &w)
	if err == nil {
		err = w.be()
	}
	fmt.Fprintln(os.Stderr, "the process ended:", err)
	return 1
}

// be works until it is killed. It leads nobody: a leader that dies is followed by another one after 15 seconds.
func (w world) be() error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, w.URL)
	if err != nil {
		return err
	}
	c := killable(w.Schema)
	c.LeaderElectionDisabled = true
	if err := river.AddWorker(c, effect(pool), river.Options{Logger: slog.New(slog.DiscardHandler)}, raw()); err != nil {
		return err
	}
	client, err := riverqueue.NewClient(riverpgxv5.New(pool), c)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin) // until the parent is gone
	return err
}

// killable is a configuration with which what was in work is handed over again soon.
func killable(schema string) *riverqueue.Config {
	c := config(schema)
	c.JobTimeout, c.RescueStuckJobsAfter = time.Second, 1500*time.Millisecond
	return c
}

// effect writes the number that is the body, after some work.
func effect(pool *pgxpool.Pool) func(context.Context, *webhook.Delivery) error {
	return func(ctx context.Context, d *webhook.Delivery) error {
		n, err := strconv.Atoi(string(d.Body))
		if err != nil {
			return fmt.Errorf("%w: %w", webhook.ErrNotUnderstood, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
		_, err = pool.Exec(ctx, "INSERT INTO effects VALUES ($1)", n)
		return err
	}
}

// begin begins a process that works, and returns what kills it.
func begin(t *testing.T, d *database) (kill func()) {
	t.Helper()
	told, err := json.Marshal(world{d.url() + "&search_path=" + d.schema, d.schema})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), asProcess+"="+string(told)), os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return func() {
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		_ = stdin.Close()
	}
}

// TestProcessesAreKilled: of two processes that work, each is killed once. Nothing is lost, and what they had in work comes
// again by River's rescuer.
func TestProcessesAreKilled(t *testing.T) {
	d := sharedServer(t).database(t)
	q := newQueue(t, d, options(), raw())
	q.config = func() *riverqueue.Config { return killable(d.schema) }
	const all = 300
	for i := range all {
		require.NoError(t, q.Put(t.Context(), of(strconv.Itoa(i))))
	}
	first, second := begin(t, d), begin(t, d)
	effects := func(n int) func() bool { return func() bool { return d.count(t, "effects") >= n } }
	require.Eventually(t, effects(50), time.Minute, 10*time.Millisecond)
	first()
	first = begin(t, d)
	require.Eventually(t, effects(150), time.Minute, 10*time.Millisecond)
	second()
	second = begin(t, d)
	require.Eventually(t, func() bool {
		return d.count(t, "river_job WHERE state <> 'completed'") == d.count(t, "river_job WHERE state = 'running' AND attempted_at < now() - interval '2 seconds'")
	}, time.Minute, 10*time.Millisecond)
	t.Logf("%d were in work or not yet written as completed", d.count(t, "river_job WHERE state = 'running'"))
	q.work(effect(d.Pool), func() bool { return d.count(t, "river_job WHERE state = 'completed'") == all })
	first()
	second()
	assert.Equal(t, all, d.count(t, "(SELECT DISTINCT id FROM effects) AS different"))
	t.Logf("%d effects of %d deliveries", d.count(t, "effects"), all)
}
