// Command bulkexport collects the records of a file of employee IDs, as many as there are, into JSON Lines or SQLite:
//
//	export CORESIGNAL_API_KEY=...
//	go run . -ids ids.csv -out people.jsonl -budget 50000
//	go run . -ids ids.csv -out people.db -budget 50000
//
// The second command costs nothing: what was collected for a list is kept in the folder ids.csv.group. These are records
// of people: say -remove with your last command, which deletes the folder when everything is written. To pay for newer
// records, do the same, or name another folder with -dir.
//
// Interrupt it, or let it crash, and run the same command again: it goes on where it was, and pays nothing twice.
//
// The IDs are one number a line. Of a table with a heading, as spreadsheets and CRMs save it, name the column:
//
//	go run . -ids crm.csv -column employee_id -out people.jsonl -budget 50000
//
// When it cannot know whether a part was paid, because the process or the connection died in the wrong moment, it does
// not pay again but says so. Then look, and say -resolve PART=JOB or -pay-again PART.
//
// With the sandbox instead of the provider (it prints the two variables, and writes the IDs):
//
//	go run github.com/pronet-go/pronet/cmd/pronet-sandbox -people 5000 -ids ids.csv
//
// From the root of the repository, "go -C examples/bulkexport run ." runs it; paths are relative to its folder then.
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
	"unicode"
)

func main() {
	ctx, end := interruptible(context.Background(), func() {
		fmt.Fprintln(os.Stderr, "\nInterrupted. Requests that are under way are waited for, 10 seconds at most: cut off, they may be paid in vain.")
	})
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	end()
	os.Exit(exitCode(err, os.Stderr))
}

// interruptible returns a context that an interrupt ends, which is said. A second interrupt ends the process at once. To
// end it otherwise is not an interrupt, and says nothing.
func interruptible(parent context.Context, say func()) (ctx context.Context, end func()) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	forget := context.AfterFunc(ctx, func() {
		stop()
		say()
	})
	return ctx, func() {
		forget()
		stop()
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer) error {
	c, err := readConfig(args, getenv, log)
	if err != nil {
		return err
	}
	return collect(ctx, c, out)
}

// exitCode is 0 for success, 2 for a wrong command line, 3 for an export that can be gone on with, and 1 otherwise.
func exitCode(err error, log io.Writer) int {
	if err == nil {
		return 0
	}
	var unfinished *unfinishedError
	var usage usageError
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 2
	case errors.As(err, &usage):
		fmt.Fprintln(log, "bulkexport:", printable(err.Error()))
		return 2
	case errors.As(err, &unfinished):
		fmt.Fprintln(log, err)
		return 3
	}
	fmt.Fprintln(log, "bulkexport:", printable(err.Error()))
	return 1
}

// printable is a text in one line, without what a terminal obeys or hides: errors may hold what others wrote, such as the
// name of a file or the id of a job.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' '
		case unicode.IsGraphic(r):
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
