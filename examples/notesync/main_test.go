package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
)

const asProgram = "NOTESYNC_TEST_ARGS" // the environment variable that makes the test's program the example

func TestMain(m *testing.M) {
	if told := os.Getenv(asProgram); told != "" {
		err := run(context.Background(), strings.Split(told, "\n"), world{os.Getenv, time.Now, os.Stdin, held{}})
		fmt.Println("ended", err)
		return
	}
	goleak.VerifyTestMain(m)
}

// held is the output of a program that is to be killed: behind some windows it waits for that.
type held struct{}

var windows = regexp.MustCompile(`^[4-9] of \d+ windows: `)

func (held) Write(line []byte) (int, error) {
	n, err := os.Stdout.Write(line)
	if windows.Match(line) {
		_, _ = io.Copy(io.Discard, os.Stdin) // which does not end
	}
	return n, err
}

// at is a world whose clock stands.
func at(now time.Time, out io.Writer) world {
	return world{func(string) string { return "" }, func() time.Time { return now }, strings.NewReader(""), out}
}

// holds compares the file with what the sandbox has at a time, and returns how many notes that is.
func holds(t *testing.T, path string, now time.Time) int {
	t.Helper()
	notes, err := openCopy(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, notes.Close()) }()
	began, err := notes.sandboxBegan(t.Context(), time.Time{})
	require.NoError(t, err)
	want, have := map[string]string{}, map[string]string{}
	for i, n := range population(began, now) {
		if !n.Deleted {
			want[strconv.Itoa(1_323_000_001+i)] = n.Text + n.LastModified.Format(time.RFC3339Nano)
		}
	}
	rows, err := notes.QueryContext(t.Context(), "SELECT id, text, last_modified FROM notes")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, text, modified string
		require.NoError(t, rows.Scan(&id, &text, &modified))
		have[id] = text + modified
	}
	require.NoError(t, rows.Err())
	require.Equal(t, want, have)
	return len(have)
}

// TestKilledThreeTimes: the program is killed on its way, and ends with the exact set; a poll a little later takes a call.
func TestKilledThreeTimes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.db")
	args := []string{"-file", path, "-days", "10", "-delay", "5ms"}
	for range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), asProgram+"="+strings.Join(args, "\n")), os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		stdin, err := cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if windows.MatchString(lines.Text()) {
				require.NoError(t, cmd.Process.Kill())
			}
		}
		require.NoError(t, stdin.Close())
		exit, ok := errors.AsType[*exec.ExitError](cmd.Wait())
		require.True(t, ok, "it was not killed")
		require.False(t, exit.Exited(), "it ended by itself")
	}

	now := time.Now()
	var out strings.Builder
	require.NoError(t, run(t.Context(), args, at(now, &out)))
	assert.Contains(t, out.String(), "The file has everything until", "it goes on")
	assert.Greater(t, holds(t, path, now), 10_000)

	now = now.Add(10 * time.Minute)
	out.Reset()
	require.NoError(t, run(t.Context(), args, at(now, &out)))
	assert.Contains(t, out.String(), "with 1 call.")
	assert.NotContains(t, out.String(), "\n0 changes")
	holds(t, path, now)
}

func TestTheFileIsTheOwners(t *testing.T) {
	for _, name := range []string{"notes.db", "50%41?mode=memory#1 notes.db", "my notes;'x'.db"} {
		if runtime.GOOS == "windows" && strings.Contains(name, "?") {
			continue
		}
		dir := t.TempDir()
		require.NoError(t, run(t.Context(), []string{"-file", filepath.Join(dir, name), "-days", "1", "-delay", "0"}, at(time.Now(), io.Discard)))
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1, "no other file is made")
		assert.Equal(t, name, files[0].Name())
		info, err := files[0].Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077)
		assert.Positive(t, info.Size())
	}
}

func TestCommandLine(t *testing.T) {
	var out strings.Builder
	w := at(time.Now(), &out)
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, w), flag.ErrHelp)
	assert.Contains(t, out.String(), "asks before it calls")
	for args, says := range map[string]string{
		"x": "not expected", "-days 0": "-days", "-delay -1s": "-delay", "-live": "LINKEDIN_CLIENT_ID",
	} {
		assert.ErrorContains(t, run(t.Context(), strings.Fields(args), w), says, args)
	}
	w.getenv = func(string) string { return "canary" }
	err := run(t.Context(), []string{"-live", "-contract", "123"}, w)
	require.ErrorContains(t, err, "-contract")
	assert.NotContains(t, err.Error(), "canary")
}

// TestLiveAsks: nothing is sent before the answer is yes, and then what was said.
func TestLiveAsks(t *testing.T) {
	var calls atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.Path, "oauth") {
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "token", "expires_in": 1800})
			return
		}
		_, _ = io.WriteString(w, `{"elements":[],"paging":{"start":0,"count":1000,"links":[]}}`)
	}))
	defer api.Close()
	for answers, c := range map[string]struct {
		yes, called bool
	}{"y\n": {false, true}, "n\n": {}, "": {}, "yes \n": {false, true}, "no": {true, true}} {
		calls.Store(0)
		var out strings.Builder
		w := world{func(name string) string { return "canary-" + name }, time.Now, strings.NewReader(answers), &out}
		c0 := config{file: filepath.Join(t.TempDir(), "notes.db"), contract: "urn:li:contract:1", days: 2, yes: c.yes}
		err := fromLinkedIn(t.Context(), c0, w, pronet.BaseURL(api.URL), pronet.LinkedInAccountsURL(api.URL))
		assert.Contains(t, out.String(), "about 5 calls")
		assert.NotContains(t, out.String(), "canary")
		assert.Equal(t, c.called, calls.Load() > 0, "%q", answers)
		if !c.called {
			assert.ErrorContains(t, err, "nothing was called")
		}
	}
}

// TestInterruptedWhenAsked: who is asked and presses Ctrl-C waits for nothing, and nothing is called.
func TestInterruptedWhenAsked(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	silent, typing := io.Pipe()
	defer func() { _ = typing.Close() }()
	ended := make(chan error, 1)
	w := world{func(string) string { return "x" }, time.Now, silent, interrupting(interrupt)}
	c := config{file: filepath.Join(t.TempDir(), "notes.db"), contract: "urn:li:contract:1", days: 1}
	go func() {
		ended <- fromLinkedIn(ctx, c, w, pronet.BaseURL("http://127.0.0.1:1"), pronet.LinkedInAccountsURL("http://127.0.0.1:1"))
	}()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(time.Minute):
		t.Fatal("it still waits for an answer")
	}
}

// interrupting is a terminal whose person presses Ctrl-C when asked.
type interrupting func()

func (w interrupting) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "[y/N]") {
		w()
	}
	return len(p), nil
}
