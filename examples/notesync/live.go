package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
)

// fromLinkedIn keeps the file in step with a contract, after it has said what that takes and was told to go on.
func fromLinkedIn(ctx context.Context, c config, w world, options ...pronet.LinkedInOption) (err error) {
	id, secret := w.getenv("LINKEDIN_CLIENT_ID"), w.getenv("LINKEDIN_CLIENT_SECRET")
	if id == "" || secret == "" {
		return errors.New("-live needs the environment variables LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET")
	}
	contract, err := urn.Parse(c.contract)
	if err != nil || contract.Type() != "contract" {
		return errors.New("-live needs -contract, such as urn:li:contract:123")
	}
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(id, secret), options...))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	notes, err := openCopy(ctx, c.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notes.Close()) }()
	from := w.now().Add(-time.Duration(c.days) * 24 * time.Hour)
	syncing, err := notes.syncOptions(ctx, contract, from, w.now)
	if err != nil {
		return err
	}
	state, err := syncing.Checkpoint.Load(ctx)
	if err != nil {
		return err
	}
	begins := from
	if !state.Until.IsZero() {
		begins = state.Until
	}
	calls := int(w.now().Sub(begins)/prospectnotes.MaxSpan) + 1
	fmt.Fprintf(w.out, "This reads the notes of %s since %s into %s: about %s for that, two or more for each 12 hours with over 1000 notes,\n",
		contract, minute(begins), c.file, several(calls, "call"))
	fmt.Fprintln(w.out, "and once a day the last 7 days again until it is known which date LinkedIn's bounds go by. LinkedIn allows 100,000 a day.")
	if !c.yes && !ask(ctx, w) {
		return errors.Join(errors.New("nothing was called"), ctx.Err())
	}
	if err := keepInStep(ctx, client, notes, syncing, w); err != nil || !c.serve {
		return err
	}
	s := &server{client, syncing, notes, &lines{out: w.out}}
	return s.run(ctx, c, secret, func(context.Context, string) error {
		fmt.Fprintf(w.out, "LinkedIn reaches it over HTTPS at port 443 only: let a proxy pass https://YOUR.HOST%s on to it, and then set that URL\n", callbackPath)
		fmt.Fprintln(w.out, "as the CALLBACK_URL of the customer's integration. LinkedIn challenges it at once, and every two hours.")
		return nil
	})
}

// ask returns true for y or yes only. It does not wait for an answer longer than for the end of the context.
func ask(ctx context.Context, w world) bool {
	fmt.Fprint(w.out, "Go on? [y/N] ")
	answered := make(chan string, 1)
	go func() { // which reading keeps, at most until the program ends
		line, _ := bufio.NewReader(w.in).ReadString('\n')
		answered <- line
	}()
	select {
	case line := <-answered:
		if !strings.HasSuffix(line, "\n") {
			fmt.Fprintln(w.out)
		}
		answer := strings.ToLower(strings.TrimSpace(line))
		return ctx.Err() == nil && (answer == "y" || answer == "yes")
	case <-ctx.Done():
		fmt.Fprintln(w.out)
		return false
	}
}
