package spool_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
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

// crashChild stores deliveries about a few people and processes them until it is killed. It prints what it has
// promised ("put"), buys for each and keeps that, prints when it is kept, and fails one time in three. Then it prints
// what it has done ("did").
func crashChild(dir string) {
	start, _ := strconv.Atoi(os.Getenv(crashStartVariable))
	s, err := spool.Open(dir, spool.Options{Attempts: 1000, Backoff: time.Millisecond, BackoffCap: 2 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, coresignal)
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
	go s.Run(context.Background(), func(ctx context.Context, d *webhook.Delivery) error {
		entries, err := d.Kept.Entries(ctx)
		if err != nil {
			say("error", err.Error())
			return err
		}
		if len(entries) == 0 {
			say("bought", d.Key)
			if err := d.Kept.Append(ctx, append([]byte("record of "+d.Key), make([]byte, rand.IntN(20_000))...)); err != nil {
				say("error", err.Error())
				return err
			}
			say("kept", d.Key)
		} else if record := strings.TrimRight(string(entries[0]), "\x00"); len(entries) > 1 || record != "record of "+d.Key {
			say("error", "what was kept is of another delivery")
		} else if rand.IntN(2) == 0 {
			if err := d.Kept.Replace(ctx, entries); err != nil {
				say("error", err.Error())
			}
		}
		if rand.IntN(3) == 0 {
			return errDownstream
		}
		say("did", d.Key)
		return nil
	})
	for i := start; ; i++ {
		d := about(i, 1+i%crashPeople)
		d.Body = append(d.Body, bytes.Repeat([]byte{' '}, i%5000)...)
		if err := s.Put(context.Background(), d); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		say("put", d.Key)
	}
}

// crashPeople is how many people the deliveries are about.
const crashPeople = 7

// crashLog is what the children have said.
type crashLog struct {
	t                    *testing.T
	promised, kept, done map[string]bool
	last                 map[int]int // The newest delivery that was done about each of the people.
}

func (l *crashLog) take(what, key string) {
	switch what {
	case "put":
		l.promised[key] = true
	case "bought":
		assert.False(l.t, l.kept[key], "%s was bought twice", key)
	case "kept":
		l.kept[key] = true
	case "did":
		n, err := strconv.Atoi(strings.TrimPrefix(key, "base:"))
		require.NoError(l.t, err)
		who := n % crashPeople
		assert.GreaterOrEqual(l.t, n, l.last[who], "an older one after a newer one about the same")
		l.last[who], l.done[key] = n, true
	default:
		l.t.Errorf("%s %s", what, key)
	}
}

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	log := crashLog{t, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[int]int{}}
	for round := range 8 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), crashDirVariable+"="+dir, fmt.Sprintf("%s=%d", crashStartVariable, round*1_000_000))
		output, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(output)
		killAfter := 50 + rand.IntN(150)
		for n := 0; lines.Scan(); n++ {
			what, key, _ := strings.Cut(lines.Text(), " ")
			log.take(what, key)
			if n == killAfter {
				time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { child.Process.Kill() })
			}
		}
		_ = child.Wait()
		require.False(t, t.Failed())
	}
	require.Greater(t, len(log.promised), 60)
	require.Greater(t, len(log.kept), 60)
	s := openSpool(t, dir)
	runUntil(t, s, func() bool { return s.Pending() == 0 }, func(ctx context.Context, d *webhook.Delivery) error {
		entries, err := d.Kept.Entries(ctx)
		assert.NoError(t, err)
		if log.kept[d.Key] {
			assert.Len(t, entries, 1, "what was kept of %s is lost", d.Key)
		}
		log.take("did", d.Key)
		return nil
	})
	for key := range log.promised {
		assert.True(t, log.done[key], "%s was promised and is lost", key)
	}
	assert.Empty(t, deadOf(t, s), "a half-written file must never be seen")
	assert.Empty(t, spoolFiles(t, dir), "nothing is left behind")
	assert.Zero(t, s.Status().KeptBytes)
}
