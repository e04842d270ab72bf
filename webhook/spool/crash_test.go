package spool_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// The variables make the test binary a receiver that is going to be killed.
const (
	crashDirVariable   = "WEBHOOK_SPOOL_CRASH_DIR"
	crashStartVariable = "WEBHOOK_SPOOL_CRASH_START"
)

// crashChild stores deliveries and processes them until it is killed. It
// prints what it has promised ("put") and what it has done ("did").
func crashChild(dir string) {
	start, _ := strconv.Atoi(os.Getenv(crashStartVariable))
	s, err := spool.Open(dir, spool.Options{Attempts: 100}, coresignal)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	say := func(what, key string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(what, key) // One write to a pipe: whole or not at all.
	}
	go s.Run(context.Background(), func(_ context.Context, d *webhook.Delivery) error {
		say("did", d.Key)
		return nil
	})
	for i := start; ; i++ {
		d := delivery(i)
		d.Body = append(d.Body, make([]byte, i%5000)...)
		for j := range d.Body[len(d.Body)-i%5000:] {
			d.Body[len(d.Body)-1-j] = ' '
		}
		if err := s.Put(context.Background(), d); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		say("put", d.Key)
	}
}

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	promised, done := map[string]bool{}, map[string]bool{}
	for round := range 6 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), crashDirVariable+"="+dir, fmt.Sprintf("%s=%d", crashStartVariable, round*1_000_000))
		output, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(output)
		killAfter := 20 + rand.IntN(60)
		for n := 0; lines.Scan(); n++ {
			what, key, _ := strings.Cut(lines.Text(), " ")
			switch what {
			case "put":
				promised[key] = true
			case "did":
				done[key] = true
			default:
				t.Errorf("round %d: %s", round, lines.Text())
			}
			if n == killAfter {
				time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { child.Process.Kill() })
			}
		}
		_ = child.Wait()
		require.False(t, t.Failed())
	}
	require.Greater(t, len(promised), 60)
	s := openSpool(t, dir)
	for _, key := range drain(t, s) {
		done[key] = true
	}
	for key := range promised {
		assert.True(t, done[key], "%s was promised and is lost", key)
	}
	assert.Empty(t, deadOf(t, s), "a half-written file must never be seen")
}
