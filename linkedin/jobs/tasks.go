package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// TaskStatus is how far LinkedIn is with a task.
type TaskStatus string

// The states that LinkedIn's page lists. Others are kept as they are, and waited for.
const (
	// InProgress is a task that LinkedIn works on.
	InProgress TaskStatus = "IN_PROGRESS"
	// Succeeded is a task that is done.
	Succeeded TaskStatus = "SUCCEEDED"
	// Failed is a task that had no effect.
	Failed TaskStatus = "FAILED"
	// Processed is a task that was understood while the customer's jobs still come from a feed or a career site: the job
	// is not posted by it.
	Processed TaskStatus = "PROCESSED"
)

// Task is an operation on a job, as LinkedIn has it. It is known for 30 days.
type Task struct {
	// ID is the task's URN, and ExternalID the job's id in your system.
	ID         urn.URN
	ExternalID string
	// Status is how far LinkedIn is with it.
	Status TaskStatus
	// Job is the job that came of it (urn:li:jobPosting:...), zero while there is none. Location is the posting's, for the
	// tasks of one that has several.
	Job      urn.URN
	Location string
	// Err is nil unless the task failed, which is a [*FailedError], or LinkedIn could not tell of it: [api.ErrNotFound]
	// for one that it does not know, or no more.
	Err error
	// Raw is the task's JSON.
	Raw json.RawMessage
}

// Done reports whether there is nothing to wait for.
func (t *Task) Done() bool {
	return t.Err != nil && !errors.Is(t.Err, api.ErrUnavailable) && !errors.Is(t.Err, api.ErrRateLimited) ||
		t.Status == Succeeded || t.Status == Failed || t.Status == Processed
}

// UnmarshalJSON decodes a task and keeps its JSON. What is in another form than is known is left zero.
func (t *Task) UnmarshalJSON(data []byte) error {
	var read struct {
		ID         linkedinapi.Text `json:"id"`
		ExternalID linkedinapi.Text `json:"externalJobPostingId"`
		Status     linkedinapi.Text `json:"status"`
		Job        linkedinapi.Text `json:"jobPosting"`
		Location   linkedinapi.Text `json:"location"`
		Failure    linkedinapi.Text `json:"errorMessage"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*t = Task{ExternalID: string(read.ExternalID), Status: TaskStatus(read.Status), Location: string(read.Location), Raw: bytes.Clone(data)}
	t.ID, _ = urn.Parse(string(read.ID))
	t.Job, _ = urn.Parse(string(read.Job))
	if t.Status == Failed || read.Failure != "" {
		t.Err = failure(string(read.Failure))
	}
	return nil
}

var (
	// ErrFailed reports a task that LinkedIn could not carry out, or that it has processed and found invalid.
	ErrFailed = errors.New("LinkedIn could not carry out the operation on the job")
	// ErrDuplicate reports a Create of a job that is there already. It is ErrFailed too.
	ErrDuplicate = errors.New("the job is on LinkedIn already")
)

// FailedError tells why a task failed. It is [ErrFailed]; besides it is [ErrDuplicate], or [api.ErrNotFound] for an
// operation on a job that is not there, as far as LinkedIn's words tell.
type FailedError struct {
	// Message is LinkedIn's words. They change, and may name people.
	Message string
	// Existing is the job that is there already, as the words of a duplicate name it; zero when they name none.
	Existing urn.URN

	kinds []error
}

// Error says what happened, without LinkedIn's words.
func (e *FailedError) Error() string {
	if len(e.kinds) < 2 {
		return ErrFailed.Error()
	}
	return ErrFailed.Error() + ": " + e.kinds[1].Error()
}

// SafeText is Error.
func (e *FailedError) SafeText() string { return e.Error() }

// Unwrap returns the sentinels.
func (e *FailedError) Unwrap() []error { return e.kinds }

// failure reads LinkedIn's words: there is no code beside them.
func failure(message string) *FailedError {
	e := &FailedError{Message: message, kinds: []error{ErrFailed}}
	words := strings.ToLower(message)
	switch {
	case strings.Contains(words, "duplicate"):
		e.kinds = append(e.kinds, ErrDuplicate)
		if _, rest, found := strings.Cut(words, "linkedin job id: "); found {
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if digits > 0 {
				e.Existing, _ = urn.Parse("urn:li:jobPosting:" + rest[:digits])
			}
		}
	case strings.Contains(words, "non-existing job"):
		e.kinds = append(e.kinds, api.ErrNotFound)
	}
	return e
}

// Tasks returns how far LinkedIn is with tasks, in the order of their ids, 100 a call. A task that failed has an Err,
// and is no error of the call. If LinkedIn has made further tasks of one, for a posting with several locations, they
// come behind.
//
// Source: LinkedIn's page "Check Job Operation Task Status", which has the ids as ids=...&ids=..., without a protocol.
func (s *Service) Tasks(ctx context.Context, ids []urn.URN, options ...api.CallOption) ([]Task, error) {
	return linkedinapi.Made(s).tasks.all(ctx, ids, options)
}

// Tasks is [Service.Tasks] at /v2.
func (s *LegacyService) Tasks(ctx context.Context, ids []urn.URN, options ...api.CallOption) ([]Task, error) {
	return linkedinapi.Made(s).tasks.all(ctx, ids, options)
}

var (
	errNoTasks = errors.New("there is no task")
	errTaskID  = errors.New("a task has the form urn:li:simpleJobPostingTask:..., as Submit returned it, and stands once in the list")
)

func (t *tasks) all(ctx context.Context, ids []urn.URN, options []api.CallOption) ([]Task, error) {
	if err := t.caller.Ready(ctx, t.get); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, wire.Refuse(t.get.Op, errNoTasks)
	}
	keys, seen := make([]string, len(ids)), make(map[urn.URN]bool, len(ids))
	for i, id := range ids {
		if !isTask(id) || seen[id] {
			return nil, wire.Refuse(t.get.Op, errTaskID)
		}
		keys[i], seen[id] = id.String(), true
	}
	var asked, further []Task
	for chunk := range slices.Chunk(keys, MaxBatch) {
		told, err := readBatch(ctx, t.caller, t.get, chunk, options)
		if err != nil {
			return nil, err
		}
		for _, key := range chunk {
			asked = append(asked, readTask(t.get.Op, key, told))
		}
		for _, key := range slices.Sorted(maps.Keys(told.results)) {
			if task := readTask(t.get.Op, key, told); isTask(task.ID) && !seen[task.ID] && len(further) < maxFurther {
				further = append(further, task)
			}
		}
	}
	return append(asked, further...), nil
}

func isTask(id urn.URN) bool { return id.Type() == "simpleJobPostingTask" && id.ID() != "" }

// maxFurther bounds the tasks that were not asked for.
const maxFurther = 1_000

// readTask takes a task out of a batch.
func readTask(op *wire.Op, key string, told told) (task Task) {
	raw, err := told.take(op, key)
	if err == nil && codec.Decode(raw, &task) != nil {
		err = linkedinapi.ElementError(op, raw)
	}
	if err != nil {
		task = Task{Err: err, Raw: raw}
	}
	if id, err := urn.Parse(key); err == nil { // a sample of LinkedIn's has another id inside
		task.ID = id
	}
	return task
}

// told is what the response to a BATCH_GET has of each key.
type told struct{ results, failures map[string]json.RawMessage }

// readBatch gets records by their keys.
func readBatch(ctx context.Context, c *linkedinapi.Caller, e *linkedinapi.Endpoint, keys []string, options []api.CallOption) (told, error) {
	call, err := c.At(ctx, e, restli.Record{{Name: "ids", Value: keys}}, options)
	if err != nil {
		return told{}, err
	}
	var read struct {
		Results map[string]json.RawMessage `json:"results"`
		Errors  map[string]json.RawMessage `json:"errors"`
	}
	call.Into, call.Check = &read, func() error {
		if read.Results == nil && read.Errors == nil {
			return wire.Plain("the response has no results", nil)
		}
		return nil
	}
	if _, err := c.Send(ctx, call, "", nil); err != nil {
		return told{}, err
	}
	as := told{read.Results, read.Errors}
	if plain := (told{unescaped(read.Results), unescaped(read.Errors)}); plain.has(keys) > as.has(keys) {
		return plain, nil
	}
	return as, nil
}

// has is how many of the keys are told of. A response has its keys escaped, in one way or another, if it tells of more of
// those that were asked for when it is read so: a key may have what looks like an escape itself.
func (t told) has(keys []string) (n int) {
	for _, key := range keys {
		_, result := t.results[key]
		_, failure := t.failures[key]
		if result || failure {
			n++
		}
	}
	return n
}

func unescaped(records map[string]json.RawMessage) map[string]json.RawMessage {
	plain := make(map[string]json.RawMessage, len(records))
	for key, record := range records {
		if text, err := url.PathUnescape(key); err == nil {
			key = text
		}
		plain[key] = record
	}
	return plain
}

// take removes what a response has of a key, and returns it, or LinkedIn's error.
func (t told) take(op *wire.Op, key string) (json.RawMessage, error) {
	raw, found := t.results[key]
	delete(t.results, key)
	if failed, ok := t.failures[key]; ok {
		return nil, linkedinapi.ElementError(op, failed)
	}
	if !found {
		return nil, wire.NewError(op, api.ErrUnexpectedResponse, wire.Plain("the response does not tell of a record that was asked for", nil))
	}
	return raw, nil
}

// Wait asks for tasks until none is in progress, nor any of the further ones that LinkedIn has made of them: first after 5
// seconds, later every minute, and no more for those that are done. Progress, if not nil, is called after each call with
// all of them. The error is that of the first task that failed, which [errors.Is] finds as [ErrFailed]; the tasks come
// with it. LinkedIn's page says that a task takes no longer than five minutes; without a deadline of the context Wait has
// no end of its own.
func (s *Service) Wait(ctx context.Context, ids []urn.URN, progress func([]Task), options ...api.CallOption) ([]Task, error) {
	return linkedinapi.Made(s).tasks.wait(ctx, ids, progress, options)
}

// Wait is [Service.Wait] at /v2.
func (s *LegacyService) Wait(ctx context.Context, ids []urn.URN, progress func([]Task), options ...api.CallOption) ([]Task, error) {
	return linkedinapi.Made(s).tasks.wait(ctx, ids, progress, options)
}

const (
	firstWait   = 5 * time.Second
	longestWait = time.Minute
	// statusPatience is for how long responses may lack the status of a task.
	statusPatience = 5 * time.Minute
)

var errNoStatus = wire.Plain("the response does not tell the status of the task", nil)

func (t *tasks) wait(ctx context.Context, ids []urn.URN, progress func([]Task), options []api.CallOption) ([]Task, error) {
	var known []Task // those that were asked for are the first
	place, heard := make(map[urn.URN]int, len(ids)), make(map[urn.URN]time.Time, len(ids))
	left, wait := ids, firstWait
	for {
		told, err := t.all(ctx, left, options)
		if err != nil {
			return known, err
		}
		for _, task := range told {
			i, was := place[task.ID]
			switch {
			case !was || task.Status != "" || task.Err != nil:
				heard[task.ID] = time.Now()
			case time.Since(heard[task.ID]) >= statusPatience:
				task.Err = wire.NewError(t.get.Op, api.ErrUnexpectedResponse, errNoStatus)
			}
			switch {
			case was:
				known[i] = task
			case len(known) < len(ids)+maxFurther:
				place[task.ID] = len(known)
				known = append(known, task)
			}
		}
		if progress != nil {
			progress(slices.Clone(known))
		}
		if left = unfinished(known); len(left) == 0 {
			return known, t.failed(known)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return known, linkedinapi.Named(t.get.Op.Name, fmt.Errorf("%d of %d tasks are in progress: %w", len(left), len(known), context.Cause(ctx)))
		}
		wait = min(2*wait, longestWait)
	}
}

func unfinished(known []Task) (ids []urn.URN) {
	for i := range known {
		if !known[i].Done() {
			ids = append(ids, known[i].ID)
		}
	}
	return ids
}

func (t *tasks) failed(known []Task) error {
	var first error
	n := 0
	for i := range known {
		if known[i].Err != nil {
			n++
			if first == nil {
				first = known[i].Err
			}
		}
	}
	if first == nil {
		return nil
	}
	return linkedinapi.Named(t.get.Op.Name, fmt.Errorf("%d of %d tasks failed: %w", n, len(known), first))
}
