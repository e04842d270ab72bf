//go:build unix

// Package testservers starts a NATS for the tests of the fleet, which can be stopped and started again, and has the URLs of
// the servers that the fleet uses.
package testservers

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

// asNATS is the environment variable that makes the test's program a NATS: where it listens, and its folder.
const asNATS = "PRONET_FLEET_NATS"

// ServesNATS is for TestMain: it reports whether this process was to be a NATS, which has ended.
func ServesNATS() bool {
	address, dir, ok := strings.Cut(os.Getenv(asNATS), " ")
	if !ok {
		return false
	}
	host, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	s, err := server.NewServer(&server.Options{Host: host, Port: number, JetStream: true, StoreDir: dir, SyncAlways: true, MaxPayload: 9 << 20, NoLog: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return true
	}
	s.Start()
	s.WaitForShutdown()
	return true
}

// NATS starts a NATS with JetStream that syncs what it confirms, as a process of its own. TestMain calls [ServesNATS].
func NATS(t testing.TB) *servertest.Server {
	t.Helper()
	return servertest.New(t, func(address, dir string) (command, env []string) {
		return []string{os.Args[0]}, []string{asNATS + "=" + address + " " + filepath.Join(dir, "jetstream")}
	}, func(_ context.Context, address string) error {
		conn, err := natsgo.Connect(NATSURL(address))
		if err != nil {
			return err
		}
		defer conn.Close()
		js, err := jetstream.New(conn)
		if err == nil {
			asking, done := context.WithTimeout(context.Background(), 5*time.Second)
			defer done()
			_, err = js.AccountInfo(asking)
		}
		return err
	})
}

// NATSURL is that of a NATS behind an address.
func NATSURL(address string) string { return "nats://" + address }

// PostgresURL is that of a PostgreSQL behind an address.
func PostgresURL(address string) string {
	return "postgres://postgres@" + address + "/postgres?sslmode=disable&connect_timeout=3"
}

// RedisURL is that of a Redis behind an address.
func RedisURL(address string) string { return "redis://" + address + "/0" }
