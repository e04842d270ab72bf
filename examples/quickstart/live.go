package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/subscriptions"
)

// live does what the real provider allows without waiting for days: it checks the key, simulates a notice and collects
// one record. It asks before anything is spent or sent.
func live(ctx context.Context, key string, id int64, webhookURL string, in io.Reader, out io.Writer, options ...pronet.Option) error {
	if key == "" {
		return errors.New("-live needs the environment variable CORESIGNAL_API_KEY")
	}
	if id <= 0 && webhookURL == "" {
		return errors.New("-live needs -id (an employee to collect) or -webhook (a public https URL for a simulated notice), or both")
	}
	client, err := pronet.New(append([]pronet.Option{pronet.WithCoresignal(key)}, options...)...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	answers := bufio.NewScanner(in)

	// Shows that the key is good. No source lists a price for it.
	page, err := client.Subscriptions.List(ctx, subscriptions.ListOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The key is good. Active subscriptions on the first page: %d.\n", len(page.Items))

	if webhookURL != "" && ask(ctx, answers, out, "Ask the provider to post a simulated notice to your webhook URL? No price is documented for it.") {
		if err := client.Subscriptions.Simulate(ctx, webhookURL); err != nil {
			return err
		}
		fmt.Fprintln(out, "Asked. It arrives within minutes, as one object with change_type. It has the same bytes each time: asked for again")
		fmt.Fprintln(out, "within the hour, it is a duplicate to a receiver that drops those.")
	}
	if id > 0 && ask(ctx, answers, out, fmt.Sprintf("Collect employee %d for %d credits?", id, client.Employees.Base.Cost())) {
		var meta pronet.Meta
		record, err := client.Employees.Base.Collect(ctx, employee.ID(id), pronet.WithMeta(&meta))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s (record updated %s)\n", printable(record.FullName), position(record), printable(string(record.UpdatedAt)))
		if record.IsHidden || record.Deleted {
			fmt.Fprintln(out, "The profile was hidden for privacy or is gone: do not keep the record.")
		}
		if left, ok := meta.CreditsRemaining(); ok {
			fmt.Fprintf(out, "Credits left: %d.\n", left)
		}
		return nil
	}
	return ctx.Err()
}

// ask returns true for y or yes only. It waits for an answer until the context ends, and not at all after that.
func ask(ctx context.Context, answers *bufio.Scanner, out io.Writer, question string) bool {
	if ctx.Err() != nil {
		return false
	}
	fmt.Fprint(out, question, " [y/N] ")
	answered := make(chan bool, 1)
	go func() { answered <- answers.Scan() }() // which reading keeps, at most until the program ends
	select {
	case some := <-answered:
		if !some {
			fmt.Fprintln(out)
		}
		answer := strings.ToLower(strings.TrimSpace(answers.Text()))
		return some && ctx.Err() == nil && (answer == "y" || answer == "yes")
	case <-ctx.Done():
		return false
	}
}
