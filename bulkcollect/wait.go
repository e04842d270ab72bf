package bulkcollect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	defaultFirstPoll = 2 * time.Second
	defaultMaxPoll   = time.Minute
)

// WaitOptions says how Wait polls. The zero value polls after 2 seconds, then ever less often, at least once a minute.
type WaitOptions struct {
	// FirstPoll is the wait after the first response that the job is not ready; each further one is half as long again.
	// 0 means 2 seconds.
	FirstPoll time.Duration
	// MaxPoll bounds the wait between two polls; 0 means a minute.
	MaxPoll time.Duration
	// Wake, if not nil, makes Wait poll at once whenever it can be received from: send to it when a notice arrives at
	// the job's webhook URL, whatever its form. A closed channel does not wake any more.
	Wake <-chan struct{}
	// OnPoll, if not nil, is called before each wait, on the caller's goroutine.
	OnPoll func(Progress)
}

// Progress is how far a wait is. The provider says nothing but that the job is not ready.
type Progress struct {
	// Polls is how often the provider was polled.
	Polls int
	// Elapsed is the time since Wait was called.
	Elapsed time.Duration
	// Next is the time until the next poll.
	Next time.Duration
}

func (d *core[R]) files(ctx context.Context, jobID string, options ...api.CallOption) ([]string, error) {
	op := d.ops.files
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	var response struct {
		Files []string `json:"data_request_files"`
	}
	decode := func(body []byte) error {
		if err := codec.Decode(body, &response); err != nil {
			return err
		}
		if response.Files == nil { // an empty response must not look like a job that found nobody
			return wire.Plain("the response does not list the job's files", nil)
		}
		return nil
	}
	_, err := d.pipeline.Do(ctx, transport.Call{Op: op, Path: []string{jobID}, Decode: decode, Pending: true, Options: options})
	if err == nil || errors.Is(err, api.ErrNotFound) {
		d.known.ended(jobID)
	}
	if err != nil {
		return nil, err
	}
	return response.Files, nil
}

// FoundNobody reports whether the error of a call that waits for a job, or lists its files, is the provider's own word
// that the job matched nobody: 404 as documented, or 422 as seen. It says the same of a job that it does not know, such
// as one of another account, and of one older than 30 days.
func FoundNobody(err error) bool {
	failure, ok := errors.AsType[*api.Error](err)
	return ok && strings.HasSuffix(failure.Op, ".Files") && failure.Message != "" && !errors.Is(err, api.ErrUnexpectedResponse) &&
		(failure.Status == 404 || failure.Status == 422)
}

func (d *core[R]) wait(ctx context.Context, jobID string, o WaitOptions, options ...api.CallOption) ([]string, error) {
	op := d.ops.files
	if err := d.ready(ctx); err != nil {
		return nil, err
	}
	if o.FirstPoll < 0 || o.MaxPoll < 0 {
		return nil, wire.Refuse(op, errors.New("a wait between two polls is negative"))
	}
	pause := o.FirstPoll
	if pause == 0 {
		pause = defaultFirstPoll
	}
	longest := o.MaxPoll
	if longest == 0 {
		longest = defaultMaxPoll
	}
	started, wake := time.Now(), o.Wake
	for polls := 1; ; polls++ {
		files, err := d.files(ctx, jobID, options...)
		if !errors.Is(err, api.ErrNotReady) {
			return files, err
		}
		pause = min(pause, longest)
		if response, ok := errors.AsType[*api.Error](err); ok {
			pause = min(max(pause, response.RetryAfter), max(longest, 5*time.Minute))
		}
		if deadline, ok := ctx.Deadline(); ok && wake == nil && time.Now().Add(pause).After(deadline) {
			return nil, fmt.Errorf("bulkcollect: the deadline leaves no time for another poll: %w: %w", err, context.DeadlineExceeded)
		}
		if o.OnPoll != nil {
			o.OnPoll(Progress{Polls: polls, Elapsed: time.Since(started), Next: pause})
		}
		if wake, err = sleep(ctx, pause, wake); err != nil {
			return nil, fmt.Errorf("bulkcollect: while waiting for the job: %w: %w", api.ErrNotReady, err)
		}
		pause += pause / 2
	}
}

// sleep returns when the time is up or a notice wakes it. It returns the channel to continue with.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) (<-chan struct{}, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return wake, nil
		case _, open := <-wake:
			if open {
				return wake, nil
			}
			wake = nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
