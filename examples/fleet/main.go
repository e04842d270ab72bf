// Command fleet starts several processes of one receiver, and shows that they are one: one rate limit, one budget, each
// notice worked on by one of them, and no older record after a newer one, also while one is killed.
//
//	go -C examples/fleet run . -n 4 -postgres postgres://localhost/mine -redis redis://localhost:6379/0
//
// Package receiver is what to copy. The rest stands for what you have around it: the provider (a sandbox), the balancer, and
// what starts processes again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const usage = `fleet starts several processes of one receiver against a sandbox, and prints each second what they do.

Usage: fleet [-n 4] [-postgres URL] [-redis URL] [-nats URL] [-for 30s] [-kill 10s] [flags]

  -n N           how many processes, 1 to 16 (4)
  -postgres URL  where they share the budget, snapshots, leases and marks, such as postgres://user@localhost/database
  -redis URL     where they share the rate limit and marks, such as redis://localhost:6379/0
  -nats URL      where the notices lie, in JetStream, such as nats://localhost:4222; without it each process has a directory
  -for 30s       end after that time; without it, at Ctrl-C
  -kill 10s      kill one of them every so often; it is started again after 3 seconds
  -changes N     how many people change a second, 1 to 50 (5)
  -limit N       how many calls a second the key allows (10)
  -dir PATH      where the processes keep what they have received; without it, a temporary one

Without any URL it runs too, with a NATS within this program, and says what is not promised then. Press Enter to kill one, or type its number.
`

// options are the flags.
type options struct {
	n, changes, limit          int
	postgres, redis, nats, dir string
	during, kill               time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if os.Getenv(asProcess) != "" {
		err = process(ctx, os.Stdin, os.Stdout, os.Stderr)
	} else {
		err = run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	}
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "fleet:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() { fmt.Fprint(out, usage) }
	flags.IntVar(&o.n, "n", 4, "")
	flags.StringVar(&o.postgres, "postgres", "", "")
	flags.StringVar(&o.redis, "redis", "", "")
	flags.StringVar(&o.nats, "nats", "", "")
	flags.StringVar(&o.dir, "dir", "", "")
	flags.DurationVar(&o.during, "for", 0, "")
	flags.DurationVar(&o.kill, "kill", 0, "")
	flags.IntVar(&o.changes, "changes", 5, "")
	flags.IntVar(&o.limit, "limit", 10, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no flag: -h explains them", flags.Arg(0))
	case o.n < 1 || o.n > 16:
		return fmt.Errorf("-n %d: from 1 to 16 processes can be started", o.n)
	case o.changes < 1 || o.changes > 50:
		return fmt.Errorf("-changes %d: from 1 to 50 people can change a second", o.changes)
	case o.limit < o.n:
		return fmt.Errorf("-limit %d: each of the %d processes needs one call a second", o.limit, o.n)
	case o.during < 0 || o.kill < 0:
		return errors.New("-for and -kill are times such as 30s")
	}
	if o.during > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.during)
		defer cancel()
	}
	return start(ctx, o, in, out)
}
