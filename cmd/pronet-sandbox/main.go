// Command pronet-sandbox serves the sandbox of package sandbox, a fake of the
// provider Coresignal and of others, to programs in any language and to people with curl:
//
//	go run github.com/pronet-go/pronet/cmd/pronet-sandbox -addr 127.0.0.1:8181 -people 1000
//
// It prints the base URL, the keys, a line to try and how to see a notice arrive, and
// then takes commands on standard input, one a line: "subscribe URL 42", "promote 42",
// "deliver", "advance 48h", "fail 429 3"; "help" lists them. With -v requests and
// deliveries are logged to standard error.
//
// It serves LinkedIn and Sales Webhooks as well, each where a flag says so, and has commands for them: "note", "edit-note",
// "delete-note", "subscribe-entity", "change-job", "change":
//
//	pronet-sandbox -addr-sales 127.0.0.1:8182 -addr-linkedin 127.0.0.1:8183
//
// It has other keys each time, unless -seed or -key says which. It answers requests for
// localhost and this machine's addresses, and none that a page of another site has
// sent; in a network of containers -host allows the name that it has there:
//
//	pronet-sandbox -addr 0.0.0.0:8181 -host sandbox -key SandboxKeyOfOurTests -serve
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
