package river

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// ErrNotDead says that there is no dead delivery with an id.
var ErrNotDead = errors.New("river: no dead delivery has this id")

// deadPage is how many are read at a time, each with its body.
const deadPage = 10

var deadStates = []rivertype.JobState{rivertype.JobStateCancelled, rivertype.JobStateDiscarded}

// Dead describes a delivery that was given up: a job that is cancelled or discarded.
type Dead struct {
	// ID is the id of the job.
	ID int64
	// Source, Label, Key and ReceivedAt are those of the [webhook.Delivery], and Size is the length of its body in bytes.
	// They are empty if the job cannot be read.
	Source, Label, Key string
	ReceivedAt         time.Time
	Size               int
	// Attempts is how many attempts counted, and Requeues how often it was put back before.
	Attempts, Requeues int
	// At is when it was given up.
	At time.Time
	// Reason says in words why: the error of the last attempt, on one printable line of at most a kilobyte, or that it was
	// cancelled in River.
	Reason string
}

// Dead yields the dead deliveries of the queue by their ids, and reads ten at a time. A pair with an error is the last one.
func (s *Sink) Dead(ctx context.Context) iter.Seq2[Dead, error] {
	return func(yield func(Dead, error) bool) {
		params := river.NewJobListParams().Kinds(Kind).Queues(s.options.Queue).States(deadStates...).
			OrderBy(river.JobListOrderByID, river.SortOrderAsc).First(deadPage)
		for {
			page, err := s.client.JobList(ctx, params)
			if err != nil {
				yield(Dead{}, failed("reading the dead deliveries", err))
				return
			}
			for _, job := range page.Jobs {
				if !yield(describe(job), nil) {
					return
				}
			}
			if len(page.Jobs) < deadPage {
				return
			}
			params = params.After(page.LastCursor)
		}
	}
}

func describe(job *rivertype.JobRow) Dead {
	dead := Dead{ID: job.ID, Attempts: job.Attempt, Reason: "it was cancelled in River"}
	if job.FinalizedAt != nil {
		dead.At = job.FinalizedAt.UTC()
	}
	if n := len(job.Errors); n > 0 {
		dead.Reason = printable(strings.TrimPrefix(job.Errors[n-1].Error, cancelled))
	}
	args := argsOf(job)
	if d, err := args.read(); err == nil {
		dead.Source, dead.Label, dead.Key, dead.ReceivedAt, dead.Size = d.Source, d.Label, d.Key, d.ReceivedAt, len(d.Body)
		dead.Requeues = d.Requeues + max(0, deaths(job, args.MaxAttempts)-1)
	}
	return dead
}

func argsOf(job *rivertype.JobRow) (args delivery) {
	_ = args.UnmarshalJSON(job.EncodedArgs)
	return args
}

// Requeue hands a dead delivery over again: it is River's JobRetry, which gives one attempt to a job that has used up all,
// and leaves to one that was cancelled what it had left. It returns [ErrNotDead] if there is none with the id.
//
// [webhook.Delivery.Requeues] is one more then, so that what was kept for it is not handed over after what is newer. It counts
// what River's own tools put back too, but for jobs that were cancelled with them while nobody worked on them.
func (s *Sink) Requeue(ctx context.Context, id int64) error {
	if _, err := s.dead(ctx, id); err != nil {
		return err
	}
	_, err := s.client.JobRetry(ctx, id)
	return changed("sending a dead delivery again", err)
}

// Discard deletes a dead delivery, and what is kept for it in Options.Kept. It returns [ErrNotDead] if there is none with the
// id. When it fails, call it again.
func (s *Sink) Discard(ctx context.Context, id int64) error {
	job, err := s.dead(ctx, id)
	if err != nil {
		return err
	}
	if args := argsOf(job); s.options.Kept != nil && args.Name != "" {
		if err := s.options.Kept.Remove(ctx, args.Name); err != nil {
			return failed("discarding a dead delivery", err)
		}
	}
	_, err = s.client.JobDelete(ctx, id)
	return changed("discarding a dead delivery", err)
}

// dead returns the job of a dead delivery of the queue.
func (s *Sink) dead(ctx context.Context, id int64) (*rivertype.JobRow, error) {
	job, err := s.client.JobGet(ctx, id)
	if err != nil {
		return nil, changed("reading a dead delivery", err)
	}
	if job.Kind != Kind || job.Queue != s.options.Queue || !slices.Contains(deadStates, job.State) {
		return nil, fmt.Errorf("%w: %d", ErrNotDead, id)
	}
	return job, nil
}

func changed(what string, err error) error {
	if errors.Is(err, river.ErrNotFound) || errors.Is(err, rivertype.ErrJobRunning) {
		return fmt.Errorf("%w: %w", ErrNotDead, err)
	}
	return failed(what, err)
}
