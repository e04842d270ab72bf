package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// flags are what the command line sets.
type flags struct {
	addr                      string
	sales, linkedin, accounts string
	people                    int
	seed                      uint64
	seeded                    bool
	key                       string
	hosts                     []string
	credits                   int
	rate                      int
	ids                       string
	serve                     bool
	verbose                   bool
}

func parseFlags(args []string, out io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("pronet-sandbox", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.addr, "addr", "127.0.0.1:8181", "the address to listen on; port 0 takes a free one")
	set.StringVar(&f.sales, "addr-sales", "", "the address on which Sales Webhooks is served too")
	set.StringVar(&f.linkedin, "addr-linkedin", "", "the address on which LinkedIn's API is served too")
	set.StringVar(&f.accounts, "addr-linkedin-accounts", "127.0.0.1:0", "the address on which LinkedIn then issues tokens")
	set.IntVar(&f.people, "people", 1000, "how many people there are")
	set.Uint64Var(&f.seed, "seed", 1, "what people and identifiers are derived from; if given, keys too, which are random otherwise")
	set.StringVar(&f.key, "key", "", "the apikey of the v2 endpoints, 16 to 200 letters and digits, instead of a random one")
	set.Func("host", "a `name` under which the sandbox may be asked for, such as its name in a network of containers; may be repeated", func(name string) error {
		f.hosts = append(f.hosts, name)
		return nil
	})
	set.IntVar(&f.credits, "credits", 100_000, "the credits of the v2 endpoints, and of the v1 endpoints too")
	set.IntVar(&f.rate, "rate", 100, "how many requests a second one key may make; 0 is no limit")
	set.StringVar(&f.ids, "ids", "", "a file to write the IDs of all people to, one a line")
	set.BoolVar(&f.serve, "serve", false, "keep serving after the end of standard input")
	set.BoolVar(&f.verbose, "v", false, "log each request and delivery to standard error")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	set.Visit(func(given *flag.Flag) { f.seeded = f.seeded || given.Name == "seed" })
	if set.NArg() > 0 {
		return f, fmt.Errorf("unexpected argument %.40q", set.Arg(0))
	}
	return f, nil
}

// run serves a sandbox until ctx ends, "quit" is read, or the input ends and
// -serve is not given. It prints to out and logs to log.
func run(ctx context.Context, args []string, in io.Reader, out, log io.Writer) error {
	f, err := parseFlags(args, log)
	if err != nil {
		return err
	}
	sb, err := sandbox.New(f.options(log)...)
	if err != nil {
		return err
	}
	defer sb.Close()
	defer context.AfterFunc(ctx, sb.Close)() // also ends a delivery that a command waits for
	if err := writeIDs(f.ids, sb.Coresignal.PersonIDs()); err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", f.addr)
	if err != nil {
		return err
	}
	ended := make(chan error, 4) // one for each listener
	go func() { ended <- sb.Coresignal.Serve(listener) }()
	var others strings.Builder
	if err := f.serveOthers(ctx, sb, &others, ended); err != nil {
		return err
	}
	introduce(out, sb, reachable(listener.Addr()), others.String())

	// Reading cannot be interrupted: at the end the reader is left where it is.
	lines := make(chan string)
	readCtx, stop := context.WithCancel(ctx)
	defer stop()
	go readLines(readCtx, in, lines)
	for {
		select {
		case <-ctx.Done():
			_, err := fmt.Fprintln(out, "stopped")
			return err
		case err := <-ended:
			if ctx.Err() != nil {
				continue
			}
			return errors.Join(errors.New("the listener ended"), err)
		case line, more := <-lines:
			switch {
			case !more && f.serve:
				lines = nil
			case !more, strings.EqualFold(strings.TrimSpace(line), "quit"):
				_, err := fmt.Fprintln(out, "bye")
				return err
			default:
				obey(out, sb, line)
			}
		}
	}
}

// options are what the flags say of the sandbox.
func (f flags) options(log io.Writer) []sandbox.Option {
	level := slog.LevelInfo
	if f.verbose {
		level = slog.LevelDebug
	}
	options := []sandbox.Option{
		sandbox.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))), sandbox.WithHosts(f.hosts...),
		coresignal.WithPeople(f.people), coresignal.WithCredits(f.credits), coresignal.WithV1Credits(f.credits), coresignal.WithRateLimit(f.rate),
		saleswebhooks.WithSigner(signSales),
	}
	if f.seeded {
		options = append(options, sandbox.WithSeed(f.seed))
	}
	if f.key != "" {
		options = append(options, coresignal.WithAPIKey(f.key))
	}
	return options
}

// writeIDs writes a list of IDs as the provider takes it.
func writeIDs(path string, ids []int64) error {
	if path == "" {
		return nil
	}
	var text []byte
	for _, id := range ids {
		text = append(strconv.AppendInt(text, id, 10), '\n')
	}
	return os.WriteFile(path, text, 0o600)
}

// obey does one command and prints the result.
func obey(out io.Writer, sb *sandbox.Sandbox, line string) {
	result, err := (&operator{sb}).command(line)
	switch {
	case err != nil:
		for line := range strings.SplitSeq(err.Error(), "\n") { // one for each of several deliveries
			fmt.Fprintln(out, "error:", printable(strings.TrimPrefix(line, "sandbox: ")))
		}
	case result != "":
		fmt.Fprintln(out, result)
	}
}

// reachable is the URL of a listener from this machine, also when it listens on
// all addresses.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
