// Command pronet-sandbox serves the sandbox of package sandbox, a fake of the
// provider Coresignal, to programs in any language and to people with curl:
//
//	go run github.com/pronet-go/pronet/cmd/pronet-sandbox -addr 127.0.0.1:8181 -people 1000
//
// It prints the base URLs, the keys and a line to try, and then takes commands on
// standard input, one a line: "promote 42", "advance 48h", "fail 429 3", "status";
// "help" lists them. Requests and deliveries are logged to standard error.
//
// It ends on an interrupt, on the command "quit", and at the end of its input;
// with -serve it keeps serving after the end of the input, which is for running it
// in the background or in a container.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(exitCode(err, os.Stderr))
}

// exitCode tells what went wrong, unless the flags have done so already.
func exitCode(err error, log io.Writer) int {
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 2
	case err != nil:
		fmt.Fprintln(log, "pronet-sandbox:", err)
		return 1
	default:
		return 0
	}
}
