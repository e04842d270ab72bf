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
	settings := []pronet.CoresignalOption{pronet.RateLimit("", c.callsPerSecond, time.Second)}
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

	if err := decide(ctx, g, c, out); err != nil {
		return err
	}
	if err := settle(g, budget, c.budget, dataset.Cost(), out); err != nil {
		return err
	}
	if err := tryOutput(ctx, c); err != nil { // before anything is paid
		return err
	}
	err = g.Run(ctx)
	bar.end()
	if err != nil {
		return &unfinishedError{status: g.Status(), err: err, left: budget.Left()}
	}
	return write(ctx, g, c, out)
}

// decide tells the group what the command line says of parts in doubt. What an earlier run of the same command has said
// already is passed over.
func decide(ctx context.Context, g *group, c config, out io.Writer) error {
	for part, job := range c.resolve {
		if err := told(part, g.Resolve(ctx, part, job), out); err != nil {
			return err
		}
	}
	for _, part := range c.payAgain {
		if err := told(part, g.PayAgain(ctx, part), out); err != nil {
			return err
		}
	}
	return nil
}

func told(part int, err error, out io.Writer) error {
	if errors.Is(err, pronet.ErrConflict) || errors.Is(err, pronet.ErrNotFound) {
		fmt.Fprintf(out, "Part %d is not in doubt (any more): what was said of it is passed over.\n", part)
		return nil
	}
	return err
}

// settle says what the group is and costs, and takes what earlier runs have spent out of the budget.
func settle(g *group, budget *employee.Budget, limit, price int64, out io.Writer) error {
	status := g.Status()
	var spent int64
	for _, p := range status.Parts {
		spent += p.Entry.GivenUp
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
	left   int64 // of the budget
}

func (e *unfinishedError) Unwrap() error { return e.err }

func (e *unfinishedError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Not finished: %s.\n", e.status.String())
	switch {
	case errors.Is(e.err, context.Canceled):
		text.WriteString("It was interrupted.")
	case errors.Is(e.err, pronet.ErrNoCredits):
		text.WriteString("The account has no credits left.")
	case errors.Is(e.err, pronet.ErrBudget):
		fmt.Fprintf(&text, "%d credits of the budget are left, fewer than the next job may cost: give more with -budget.", e.left)
	case errors.Is(e.err, pronet.ErrUnauthorized):
		text.WriteString("The provider refuses the key: check CORESIGNAL_API_KEY.")
	}
	for _, err := range e.told() {
		text.WriteString("\n" + err.Error())
	}
	text.WriteString("\n")
	if e.status.Count(bulkcollect.PartInDoubt) == 0 {
		text.WriteString("Run the same command again to go on; what is paid is kept.")
		return text.String()
	}
	for _, p := range e.status.In(bulkcollect.PartInDoubt) {
		fmt.Fprintf(&text, "Part %d may have been paid and is not requested again: %s.\n"+
			"  If the provider's support finds its job: -resolve %d=JOB; to pay it, perhaps twice: -pay-again %d\n", p.Part, doubt(p), p.Part, p.Part)
	}
	text.WriteString("Run the command again with your decision, or as it is to go on with the rest; what is paid is kept.")
	return text.String()
}

// told returns the errors that the lines above do not explain.
func (e *unfinishedError) told() []error {
	group, ok := errors.AsType[*bulkcollect.GroupError](e.err)
	if !ok {
		return []error{e.err}
	}
	var told []error
	for _, err := range group.Errs {
		_, doubt := errors.AsType[*bulkcollect.DoubtError](err)
		_, unrecorded := errors.AsType[*bulkcollect.UnrecordedJobError](err)
		explained := doubt || errors.Is(err, context.Canceled) || errors.Is(err, pronet.ErrBudget)
		if unrecorded || !explained {
			told = append(told, err)
		}
	}
	return told
}

func doubt(p bulkcollect.PartStatus) string {
	if p.Entry.Reason == "" || p.Entry.State == bulkcollect.Sending {
		return "the process ended while the request was on its way"
	}
	return p.Entry.Reason
}
