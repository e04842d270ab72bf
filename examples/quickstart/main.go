// Command quickstart runs the main job of pronet from end to end, against a sandbox in this very process: it subscribes
// to a set of profiles, lets some of them change, receives the notices on a real HTTP handler, collects what changed, and
// prints what changed of whom and what it cost. It needs no key and nothing that runs already:
//
//	go run ./examples/quickstart
//
// With -live it does the part that the real provider allows, and asks before it spends anything:
//
//	CORESIGNAL_API_KEY=... go run ./examples/quickstart -live -id 1234 -webhook https://hooks.example.com/...
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "quickstart:", printable(strings.ReplaceAll(err.Error(), "\n", "; ")))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(out)
	goLive := flags.Bool("live", false, "use the real provider, with the key in CORESIGNAL_API_KEY; asks before it spends credits")
	id := flags.Int64("id", 0, "with -live: the employee to collect")
	webhookURL := flags.String("webhook", "", "with -live: a public https URL that a simulated notice is posted to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *goLive {
		return live(ctx, os.Getenv("CORESIGNAL_API_KEY"), *id, *webhookURL, in, out)
	}
	return inSandbox(ctx, out)
}
