//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/examples/fleet/testservers"
	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProcess) != "" {
		if err := process(context.Background(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// console is what the program prints.
type console struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// await waits until something was printed.
func (c *console) await(t *testing.T, pattern string) {
	t.Helper()
	want := regexp.MustCompile(pattern)
	require.Eventually(t, func() bool { return want.MatchString(c.String()) }, time.Minute, 20*time.Millisecond, "%s", c)
}

// began is a fleet that runs until end is called.
func began(t *testing.T, args ...string) (c *console, keys io.Writer, end func()) {
	t.Helper()
	c = new(console)
	in, keys := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- run(ctx, append(args, "-changes=10", "-limit=40"), in, c) }()
	var once sync.Once
	end = func() {
		once.Do(func() {
			cancel()
			assert.NoError(t, <-result)
			assert.NoError(t, in.Close())
			t.Log(c)
		})
	}
	t.Cleanup(end)
	return c, keys, end
}

// TestFleet: four processes with PostgreSQL and Redis are one receiver, also when one is killed: each update is counted
// once, and nothing is paid for twice.
func TestFleet(t *testing.T) {
	database, limits := servertest.Postgres(t), servertest.Redis(t)
	c, keys, end := began(t, "-postgres", testservers.PostgresURL(database.Address), "-redis", testservers.RedisURL(limits.Address))
	c.await(t, `cleaning`)
	c.await(t, `subscription`)
	c.await(t, `[1-9]\d{2,} of 50000 credits`)
	_, err := io.WriteString(keys, "2\n")
	require.NoError(t, err)
	c.await(t, `process 2 is killed, and begins again`)
	c.await(t, `(?s)begins again.* 2 +killed.* 2 +\d+ +[1-9]`)
	end()
	assert.NotContains(t, c.String(), "Without")
	assert.NotRegexp(t, `[1-9]\d* notices refused`, c)
	done := regexp.MustCompile(`All is done: (\d+) credits spent, 0 dead, (\d+) updates and (\d+) doubts`).FindStringSubmatch(c.String())
	require.NotNil(t, done, "%s", c)
	credits, updates := number(t, done[1]), number(t, done[2])
	assert.NotZero(t, updates)
	assert.LessOrEqual(t, updates*10, credits, "more updates than records")

	db, err := sql.Open("pgx", testservers.PostgresURL(database.Address))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var leases int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM pronet.leases").Scan(&leases))
	assert.Zero(t, leases, "a lease was not given back")
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// TestFleetWithoutServers runs, says what is not promised, and kills by itself.
func TestFleetWithoutServers(t *testing.T) {
	c, _, end := began(t, "-n", "2", "-kill", "2s", "-dir", t.TempDir())
	c.await(t, `is killed, and begins again`)
	c.await(t, `[1-9]\d{2,} of 50000 credits`)
	end()
	for _, text := range []string{"Without any URL: notices lie in a NATS", "Without -postgres:", "Without -redis and -postgres:", "Without -redis: each process makes 1/2 of the 40 calls", "All is done"} {
		assert.Contains(t, c.String(), text)
	}
}

// TestClumsyUse gets a plain error, without the password of a URL, before anything is started.
func TestClumsyUse(t *testing.T) {
	for want, args := range map[string][]string{
		`"now" is no flag`:                {"now"},
		"-n 0: from 1":                    {"-n", "0"},
		"-n 17: from 1":                   {"-n", "17"},
		"-changes 0":                      {"-changes", "0"},
		"-limit 3: each of the 4":         {"-limit", "3"},
		"are times such as 30s":           {"-for", "-1s"},
		"no PostgreSQL responds":          {"-postgres", "postgres://user:secret-word@127.0.0.1:1/none?connect_timeout=5"},
		"the URL of PostgreSQL cannot":    {"-postgres", "secret-word:"},
		"no Redis responds":               {"-redis", "redis://user:secret-word@127.0.0.1:1/0"},
		"the URL of Redis cannot be used": {"-redis", "secret-word"},
		"no NATS responds":                {"-nats", "nats://user:secret-word@127.0.0.1:1"},
	} {
		err := run(t.Context(), args, strings.NewReader(""), io.Discard)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "secret-word")
	}
	var help strings.Builder
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, strings.NewReader(""), &help), flag.ErrHelp)
	assert.Equal(t, usage, help.String())
}
