// Command notesync keeps a local SQLite file in step with the notes that recruiters write in LinkedIn Recruiter. It needs no
// key: unless it is told otherwise, it reads from a sandbox in this very process, whose contract gets a note each minute:
//
//	go -C examples/notesync run .
//
// The first run reads 30 days and shows how far it is. Run it again a minute later: it reads what came since, and says how
// many calls that took. Kill it in between: the next run goes on where it was, and nothing is missing or twice, since a
// batch of notes and the checkpoint behind it are one transaction.
//
// With LinkedIn itself it says what it would call, and asks; -yes says so beforehand, for a job that runs every 30 minutes:
//
//	export LINKEDIN_CLIENT_ID=... LINKEDIN_CLIENT_SECRET=...   # of the customer's (child) app
//	go -C examples/notesync run . -live -contract urn:li:contract:123 -days 365
//
// With -serve it stays: a receiver takes LinkedIn's events of deleted notes as they happen, and polls tell of the rest, into
// the same file. Whichever comes first, a note that was deleted is gone:
//
//	go -C examples/notesync run . -serve
//
// Notes are personal data: the file can be read by its owner only, and what is deleted in Recruiter is deleted there.
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
	"unicode"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], world{os.Getenv, time.Now, os.Stdin, os.Stdout})
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil && interrupted:
		fmt.Fprintln(os.Stderr, "Interrupted. Run the same command again to go on; what was read is kept.")
		os.Exit(3)
	case err != nil:
		fmt.Fprintln(os.Stderr, "notesync:", printable(err.Error()))
		os.Exit(1)
	}
}

// world is what a run finds around it.
type world struct {
	getenv func(string) string
	now    func() time.Time
	in     io.Reader
	out    io.Writer
}

// config is what the command line says.
type config struct {
	file, contract string
	days           int
	live, yes      bool
	serve          bool
	listen         string
	delay, every   time.Duration
}

func run(ctx context.Context, args []string, w world) error {
	var c config
	flags := flag.NewFlagSet("notesync", flag.ContinueOnError)
	flags.SetOutput(w.out)
	flags.StringVar(&c.file, "file", "", "the SQLite file (default notes-sandbox.db, and notes.db with -live)")
	flags.IntVar(&c.days, "days", 30, "how many days back the first run begins")
	flags.BoolVar(&c.live, "live", false, "read from LinkedIn, with LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET; asks before it calls")
	flags.StringVar(&c.contract, "contract", "", "with -live: the Recruiter contract, such as urn:li:contract:123")
	flags.BoolVar(&c.yes, "yes", false, "with -live: do not ask")
	flags.DurationVar(&c.delay, "delay", 150*time.Millisecond, "how long the sandbox takes for a call")
	flags.BoolVar(&c.serve, "serve", false, "stay: receive LinkedIn's events, and poll")
	flags.StringVar(&c.listen, "listen", "127.0.0.1:8088", "with -serve: the address of the receiver; 127.0.0.1:0 takes a free port")
	flags.DurationVar(&c.every, "every", 0, "with -serve: the time between two polls (default 5s, and 30m with -live)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is not expected: everything is said with flags", flags.Arg(0))
	case c.days < 1 || c.days > 3650:
		return errors.New("-days is from 1 to 3650")
	case c.delay < 0:
		return errors.New("-delay is negative")
	case c.every < 0 || c.live && c.every > 0 && c.every < time.Minute:
		return errors.New("-every is not negative, and with -live at least a minute: LinkedIn allows so many calls a day")
	case c.live && c.file == "":
		c.file = "notes.db"
	case c.file == "":
		c.file = "notes-sandbox.db"
	}
	if c.every == 0 {
		c.every = map[bool]time.Duration{false: 5 * time.Second, true: 30 * time.Minute}[c.live]
	}
	if c.live {
		return fromLinkedIn(ctx, c, w)
	}
	return fromSandbox(ctx, c, w)
}

// printable is a text in one line, without what a terminal obeys or hides: errors may hold what others wrote.
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
