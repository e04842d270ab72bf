package linkedin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// asProcess is the variable that makes the test binary another process of the app.
const asProcess = "PRONET_TEST_TOKEN_PROCESS"

// world is what such a process is told.
type world struct {
	API, Accounts, Dir string
	Apps               []fake.App
}

// TestR61TwoProcessesAndOneStore: two processes with a store of files make calls for 50 apps at once, whose tokens end in
// the middle, by LinkedIn's clock: one renewal of each, and no call is lost.
func TestR61TwoProcessesAndOneStore(t *testing.T) {
	sb, _ := sandboxtest.Start(t)
	w := world{API: sb.LinkedIn.URL(), Accounts: sb.LinkedIn.AccountsURL(), Dir: t.TempDir(), Apps: []fake.App{sb.LinkedIn.App()}}
	for range 49 {
		w.Apps = append(w.Apps, sb.LinkedIn.AddApp())
	}
	first, second := startProcess(t, w), startProcess(t, w)
	for round := range 2 {
		var wg sync.WaitGroup
		for _, p := range []*process{first, second} {
			wg.Go(func() { p.call() })
		}
		wg.Wait()
		require.False(t, t.Failed())
		assert.Equal(t, (round+1)*len(w.Apps), sb.LinkedIn.TokensIssued(), "round %d", round)
		sb.Advance(time.Hour)
	}
}

// process is one, as its parent sees it.
type process struct {
	t      *testing.T
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

func startProcess(t *testing.T, w world) *process {
	t.Helper()
	told, err := json.Marshal(w)
	require.NoError(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0]) // it ends with its input
	cmd.Env, cmd.Stderr = append(os.Environ(), asProcess+"="+string(told)), os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		assert.NoError(t, cmd.Wait())
	})
	return &process{t, stdin, bufio.NewReader(stdout)}
}

// call has the process make its calls, and waits for them.
func (p *process) call() {
	_, err := io.WriteString(p.stdin, "call\n")
	assert.NoError(p.t, err)
	line, err := p.stdout.ReadString('\n')
	assert.NoError(p.t, err)
	assert.Equal(p.t, "called\n", line)
}

// beProcess makes calls each time that it is told to, until its input ends.
func beProcess(told string) error {
	var w world
	if err := json.Unmarshal([]byte(told), &w); err != nil {
		return err
	}
	dir, err := tokenstore.OpenDir(w.Dir)
	if err != nil {
		return err
	}
	clients := make([]*pronet.Client, len(w.Apps))
	for i, app := range w.Apps {
		if clients[i], err = pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret).In(dir), pronet.BaseURL(w.API), pronet.LinkedInAccountsURL(w.Accounts))); err != nil {
			return err
		}
	}
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		errs := make([]error, 2*len(clients))
		var wg sync.WaitGroup
		for i := range errs {
			app := i % len(clients)
			wg.Go(func() { errs[i] = seats(context.Background(), clients[app], w.Apps[app].Contract) })
		}
		wg.Wait()
		text := "called"
		if err := errors.Join(errs...); err != nil {
			text = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Println(text)
	}
	return dir.Close()
}
