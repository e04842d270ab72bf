package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

	budget, bar := employee.NewBudget(c.budget), newProgress(out)
	dataset := client.BulkCollect.Base
	g, err := dataset.OpenGroup(ctx, c.dir, c.list(), bulkcollect.GroupOptions{
		PartSize: c.partSize, Running: c.running, Budget: budget, OnProgress: bar.show, Logger: bar.logger(),
	})
	if err != nil {
		return c.explain(err)
	}
	defer func() { err = errors.Join(err, g.Close()) }()

	if err := decide(ctx, g, c, out); err != nil {
		return err
	}
	if err := settle(g, budget, c, dataset.Cost(), out); err != nil {
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
	if err := write(ctx, g, c, out); err != nil {
		return err
	}
	if !c.remove {
		fmt.Fprintf(out, "What was collected stays in the folder %s, for other files without paying. These are records of people: -remove deletes it.\n", c.dir)
		return nil
	}
	return g.Remove(ctx, bulkcollect.RemoveOptions{})
}

// list is the IDs that the command line names.
func (c config) list() employee.IDSource {
	if c.column != "" {
		return employee.IDColumn(c.ids, c.column)
	}
	return employee.IDFile(c.ids)
}

// explain says which flag an error is about.
func (c config) explain(err error) error {
	refused, line := errors.AsType[*employee.LineError](err)
	storage, disk := errors.AsType[*bulkcollect.StorageError](err)
	switch {
	case line:
		return fmt.Errorf("-ids %s: %s", c.ids, strings.ReplaceAll(refused.Error(), "IDColumn", "-column NAME"))
	case errors.Is(err, employee.ErrNoIDs):
		return fmt.Errorf("-ids %s: %w", c.ids, employee.ErrNoIDs)
	case disk:
		return fmt.Errorf("-dir %s: %w", c.dir, storage)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("-ids %s: there is no such file", c.ids)
	}
	return err
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
func settle(g *group, budget *employee.Budget, c config, price int64, out io.Writer) error {
	status := g.Status()
	var spent int64
	for _, p := range status.Parts {
		spent += p.Entry.GivenUp
		if p.State == bulkcollect.PartDone || p.State == bulkcollect.PartRunning || p.State == bulkcollect.PartInDoubt {
			spent += p.Entry.Credits
		}
	}
	fmt.Fprintf(out, "%s in %s", several(status.IDs, "ID"), several(int64(len(status.Parts)), "job"))
	if status.Duplicates > 0 {
		fmt.Fprintf(out, " (%s left out)", several(status.Duplicates, "duplicate"))
	}
	if status.Finished() {
		fmt.Fprintf(out, ": all of them were collected before, and are in the folder %s. Nothing is paid.\n", c.dir)
		return nil
	}
	fmt.Fprintf(out, ", at most %d credits.\n", status.IDs*price)
	if spent > 0 {
		fmt.Fprintf(out, "From earlier runs: %s, and %d credits at most were spent.\n", jobs(&status), spent)
	}
	if c.budget == 0 {
		return fmt.Errorf("say how many credits may be spent: -budget %d covers all of them", status.IDs*price)
	}
	return budget.Reserve(min(spent, budget.Left()))
}

// jobs says how the jobs of a group stand, without states that none is in.
func jobs(s *bulkcollect.GroupStatus) string {
	states := []string{fmt.Sprintf("%d of %s done", s.Count(bulkcollect.PartDone), several(int64(len(s.Parts)), "job"))}
	for _, state := range []struct {
		of   bulkcollect.PartState
		text string
	}{
		{bulkcollect.PartRunning, "at work"}, {bulkcollect.PartInDoubt, "in doubt"}, {bulkcollect.PartNotStarted, "not requested yet"},
	} {
		if n := s.Count(state.of); n > 0 {
			states = append(states, fmt.Sprintf("%d %s", n, state.text))
		}
	}
	return strings.Join(states, ", ")
}

func several(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// unfinishedError says how an export is gone on with.
type unfinishedError struct {
	status bulkcollect.GroupStatus
	err    error
	left   int64 // of the budget
}

func (e *unfinishedError) Unwrap() error { return e.err }

func (e *unfinishedError) Error() string {
	lines := []string{fmt.Sprintf("Not finished: %s.", jobs(&e.status))}
	switch {
	case errors.Is(e.err, context.Canceled):
		lines = append(lines, "It was interrupted.")
	case errors.Is(e.err, pronet.ErrNoCredits):
		lines = append(lines, "The account has no credits left.")
	case errors.Is(e.err, pronet.ErrBudget):
		lines = append(lines, fmt.Sprintf("%d credits of the budget are left, fewer than the next job may cost: give more with -budget.", e.left))
	case errors.Is(e.err, pronet.ErrUnauthorized):
		lines = append(lines, "The provider refuses the key: check CORESIGNAL_API_KEY.")
	}
	for _, err := range e.told() {
		lines = append(lines, printable(err.Error()))
	}
	if e.status.Count(bulkcollect.PartInDoubt) == 0 {
		return strings.Join(append(lines, "Run the same command again to go on; what is paid is kept."), "\n")
	}
	for _, p := range e.status.In(bulkcollect.PartInDoubt) {
		lines = append(lines, fmt.Sprintf("Part %d may have been paid and is not requested again: %s.", p.Part, printable(doubt(p))),
			fmt.Sprintf("  If the provider's support finds its job: -resolve %d=JOB; to pay it, perhaps twice: -pay-again %[1]d", p.Part))
	}
	return strings.Join(append(lines, "Run the command again with your decision, or as it is to go on with the rest; what is paid is kept."), "\n")
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
		explained := doubt || errors.Is(err, context.Canceled) || errors.Is(err, pronet.ErrBudget) || errors.Is(err, pronet.ErrUnauthorized)
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
