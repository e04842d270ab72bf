package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
)

type group = bulkcollect.Group[employee.BaseRecord]

// collect opens the group, or goes on with it, runs it, and writes the records.
func collect(ctx context.Context, c config, out io.Writer) (err error) {
	settings := []pronet.ProviderOption{pronet.RateLimit(c.callsPerSecond, time.Second)}
	if c.baseURL != "" {
		settings = append(settings, pronet.BaseURL(c.baseURL))
	}
	client, err := pronet.New(pronet.WithCoresignal(c.apiKey, settings...))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	budget, bar := employee.NewBudget(max(0, c.budget)), newProgress(out)
	dataset := client.BulkCollect.Base
	g, err := dataset.OpenGroup(ctx, c.dir, employee.IDFile(c.ids), bulkcollect.GroupOptions{
		PartSize: c.partSize, Running: c.running, Budget: budget, OnProgress: bar.show,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()

	if err := decide(ctx, g, c); err != nil {
		return err
	}
	if err := settle(g, budget, c.budget, dataset.Cost(), out); err != nil {
		return err
	}
	err = g.Run(ctx)
	bar.end()
	if err != nil {
		return &unfinishedError{status: g.Status(), err: err}
	}
	return write(ctx, g, c, out)
}

// decide tells the group what the command line says of parts in doubt.
func decide(ctx context.Context, g *group, c config) error {
	for part, job := range c.resolve {
		if err := g.Resolve(ctx, part, job); err != nil {
			return err
		}
	}
	for _, part := range c.payAgain {
		if err := g.PayAgain(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// settle says what the group is and costs, and takes what earlier runs have spent out of the budget.
func settle(g *group, budget *employee.Budget, limit, price int64, out io.Writer) error {
	status := g.Status()
	var spent int64
	for _, p := range status.Parts {
		if p.State == bulkcollect.PartDone || p.State == bulkcollect.PartRunning || p.State == bulkcollect.PartInDoubt {
			spent += p.Entry.Credits
		}
	}
	fmt.Fprintf(out, "%d IDs (%d duplicates left out) in %d jobs: %s.\n", status.IDs, status.Duplicates, len(status.Parts), status.String())
	fmt.Fprintf(out, "At most %d credits, of which %d were reserved by earlier runs.\n", status.IDs*price, spent)
	if limit < 0 && !status.Finished() {
		return fmt.Errorf("say how many credits may be spent: -budget %d covers all of them", status.IDs*price)
	}
	if err := budget.Reserve(min(spent, budget.Left())); err != nil {
		return err
	}
	return nil
}

// unfinishedError says how an export is gone on with.
type unfinishedError struct {
	status bulkcollect.GroupStatus
	err    error
}

func (e *unfinishedError) Unwrap() error { return e.err }

func (e *unfinishedError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Not finished: %s.\n", e.status.String())
	switch {
	case errors.Is(e.err, context.Canceled):
		text.WriteString("It was interrupted. ")
	case errors.Is(e.err, pronet.ErrNoCredits):
		text.WriteString("The account has no credits left. ")
	case errors.Is(e.err, pronet.ErrBudget):
		text.WriteString("The budget is used up. ")
	default:
		text.WriteString(e.err.Error() + "\n")
	}
	for _, p := range e.status.In(bulkcollect.PartInDoubt) {
		fmt.Fprintf(&text, "Part %d may have been paid and is not requested again: %s.\n"+
			"  If the provider's support finds its job: -resolve %d=JOB; to pay it, perhaps twice: -pay-again %d\n", p.Part, doubt(p), p.Part, p.Part)
	}
	text.WriteString("Run the same command again to go on; what is paid is kept.")
	return text.String()
}

func doubt(p bulkcollect.PartStatus) string {
	if p.Entry.Reason == "" {
		return "the process ended while the request was on its way"
	}
	return p.Entry.Reason
}
