// Command mirrorcontacts keeps the subscriptions of a Sales Webhooks account in step with a CSV file of contacts. It prints
// what it would do, and with -apply does it.
//
//	go run ./examples/mirrorcontacts                       a plan for contacts.csv, in a sandbox
//	go run ./examples/mirrorcontacts -apply                and does it there
//	go run ./examples/mirrorcontacts -listen 127.0.0.1:0   then has somebody change the job, and prints the verified event
//
// With SALESWEBHOOKS_API_KEY it is your account. The directory of -dir keeps the journal and when calls were granted: with it
// the command may be interrupted and run again without harm. It is for one process at a time.
//
//	SALESWEBHOOKS_API_KEY=lwa.... go run ./examples/mirrorcontacts -csv contacts.csv -dir mirror -apply
//
// Events are verified by the secret and the scheme that you give, since how the provider signs is not documented:
//
//	WEBHOOK_SECRET=whsec_... WEBHOOK_SCHEME=standard|svix|stripe:Header|github:Header
//
// The file has a header; the column linkedin_url holds the addresses of contacts (/in/) and companies (/company/). While a
// line of it is refused nothing is cancelled, since a mistake in an address must not end the subscription that its contact
// has; -cancel-despite-refused cancels.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/saleswebhooks"
)

//go:embed contacts.csv
var sample string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case interrupted && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "mirrorcontacts: interrupted")
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mirrorcontacts:", err)
		os.Exit(1)
	}
}

// settings are what the command line and the environment say.
type settings struct {
	csv, dir, listen   string
	apply, keep        bool
	despite            bool
	key, secret, style string
	baseURL            string
}

func readSettings(args []string, getenv func(string) string, log io.Writer) (settings, error) {
	s := settings{
		key: getenv("SALESWEBHOOKS_API_KEY"), baseURL: getenv("SALESWEBHOOKS_BASE_URL"), secret: getenv("WEBHOOK_SECRET"), style: getenv("WEBHOOK_SCHEME"),
	}
	flags := flag.NewFlagSet("mirrorcontacts", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&s.csv, "csv", "", "the `file` of contacts; the built-in sample unless set")
	flags.StringVar(&s.dir, "dir", "", "the `directory` of the journal; needed to -apply with a key")
	flags.StringVar(&s.listen, "listen", "", "the `address` on which events are received and printed")
	flags.BoolVar(&s.apply, "apply", false, "do what the plan says")
	flags.BoolVar(&s.keep, "keep", false, "cancel nothing")
	flags.BoolVar(&s.despite, "cancel-despite-refused", false, "cancel also when lines of the file are refused, whose subscriptions may be among those that end")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %.40q", flags.Arg(0))
	case s.key != "" && s.csv == "" && s.listen == "":
		return s, errors.New("with a key, -csv must name the file of contacts: the sample is for the sandbox")
	case s.key != "" && s.apply && s.dir == "":
		return s, errors.New("-apply needs -dir, where the journal is kept")
	}
	return s, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer) error {
	s, err := readSettings(args, getenv, log)
	if err != nil {
		return err
	}
	if s.key == "" {
		return inSandbox(ctx, s, out, log)
	}
	options := []pronet.SalesWebhooksOption{}
	if s.dir != "" {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return err
		}
		options = append(options, pronet.RateLimitState(pronet.RateLimitFile(filepath.Join(s.dir, "limits.json"))))
	}
	if s.baseURL != "" {
		options = append(options, pronet.BaseURL(s.baseURL))
	}
	client, err := pronet.New(pronet.WithSalesWebhooks(s.key, options...), pronet.WithUserAgent("mirrorcontacts/1"))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if s.csv != "" {
		if err := mirror(ctx, client, s, out); err != nil {
			return err
		}
	}
	if s.listen == "" {
		return nil
	}
	scheme, err := schemeOf(s.style)
	if err != nil {
		return err
	}
	return listen(ctx, s.listen, scheme, []string{s.secret}, out, slog.New(slog.NewTextHandler(log, nil)), nil)
}

// mirror prints the plan, and applies it if that is asked for.
func mirror(ctx context.Context, client *pronet.Client, s settings, out io.Writer) error {
	source := io.Reader(strings.NewReader(sample))
	if s.csv != "" {
		file, err := os.Open(s.csv)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		source = file
	}
	subscriptions := client.SalesWebhooks.Subscriptions
	var lines []int
	plan, err := subscriptions.Plan(ctx, readContacts(source, &lines), saleswebhooks.PlanOptions{Keep: s.keep})
	if err != nil {
		return err
	}
	fmt.Fprint(out, plan)
	for _, item := range plan.Refused {
		fmt.Fprintf(out, "line %d of the file: %s\n", lines[item.Place], item.Reason)
	}
	if len(plan.Refused) > 0 && len(plan.Cancel) > 0 && !s.despite {
		fmt.Fprintf(out, "none of the %d is cancelled, since they may be those of the refused lines: correct the lines, or use -cancel-despite-refused\n", len(plan.Cancel))
		plan.Cancel = nil
	}
	if !s.apply {
		fmt.Fprintln(out, "nothing was changed: -apply does it")
		return nil
	}
	progress := &bar{out: out, takes: plan.Takes}
	applied, err := plan.Apply(ctx, saleswebhooks.ApplyOptions{Dir: s.dir, Progress: progress.show, CancelDespiteRefused: s.despite})
	progress.end()
	if applied != nil && applied.Interrupted > 0 {
		fmt.Fprintf(out, "an earlier run was interrupted in a call of %d; what became of them was read\n", applied.Interrupted)
	}
	if applied != nil {
		for _, item := range refused(applied.Created) {
			fmt.Fprintf(out, "refused: %s: %s\n", printable(item.Entity.LinkedInURL), printable(item.Reason))
		}
		fmt.Fprintf(out, "cancelled %d, created %d\n", count(applied.Cancelled, saleswebhooks.ItemCancelled),
			count(applied.Created, saleswebhooks.ItemMade)+count(applied.Created, saleswebhooks.ItemExists))
	}
	if err != nil && s.dir != "" {
		fmt.Fprintln(out, "run the same command again to go on: what is done stays done")
	}
	return err
}

// refused are the items that the provider did not take.
func refused(r *saleswebhooks.BulkResult) (items []saleswebhooks.Item) {
	if r == nil {
		return nil
	}
	for _, item := range r.Items {
		if item.State == saleswebhooks.ItemRefused {
			items = append(items, item)
		}
	}
	return items
}

// printable is a text without what a terminal obeys or hides.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func count(r *saleswebhooks.BulkResult, state saleswebhooks.ItemState) int {
	if r == nil {
		return 0
	}
	return r.Count(state)
}
