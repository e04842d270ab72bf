package recruiter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

const (
	// PurgeDuty is how often LinkedIn obliges its partners to ask for purged candidates, at least.
	PurgeDuty = 30 * 24 * time.Hour

	defaultPurgeEvery = 24 * time.Hour
	defaultPurgeRetry = time.Hour
	purgeWarning      = 7 * 24 * time.Hour // before the duty is broken
	purgeBatch        = 100
	longestSleep      = 6 * time.Hour // a machine that sleeps stops its timers, not its clock
)

// Purger lists purged candidates. client.LinkedIn.Recruiter.Purges is one.
type Purger interface {
	All(ctx context.Context, q PurgedQuery, options ...api.CallOption) iter.Seq2[Purged, error]
}

// PurgeOptions says how a [PurgeKeeper] works.
type PurgeOptions struct {
	// Query is what is asked for, of one customer.
	Query PurgedQuery
	// Delete deletes candidates from your system, up to 100 at once. It is required. The same candidates come again with
	// each asking for as long as LinkedIn lists them, so one that is not there any more is no error. An error ends the
	// asking, which is retried.
	Delete func(ctx context.Context, purged []Purged) error
	// File is where the keeper remembers when it has last asked whole: one file for each customer. It is required.
	File string
	// Every is how often it asks; 0 means once a day. It is less than [PurgeDuty] by a week at least.
	Every time.Duration
	// RetryAfter is how long after a failure it asks again; 0 means an hour. It is no more than a day.
	RetryAfter time.Duration
	// Logger logs at WARN what failed, at ERROR that the duty is broken, and at INFO that it has asked; nil means
	// slog.Default() for WARN and above. slog.New(slog.DiscardHandler) silences it.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// PurgeKeeper asks for purged candidates in time: at least every 30 days LinkedIn demands it. It remembers in a file when it
// has last asked for all of them and each was deleted, so that a program which is started again asks when it is due, not
// later. A program that does not run for 30 days less Every cannot keep the duty; [PurgeKeeper.Status] says when it is due.
//
// Whether a person has to look is in the log at WARN and ERROR. A clock that was ahead delays nothing: a time to come in the
// file counts as not known, and the keeper asks at once. Of several keepers with one file, also in several processes, one
// asks when it is due, or more than one if they begin at once; that does no harm.
type PurgeKeeper struct {
	service Purger
	options PurgeOptions
	asking  sync.Mutex
	noting  sync.Mutex
	status  PurgeStatus // noting guards it
}

// PurgeStatus is how a [PurgeKeeper] stands, for health checks and metrics. Times are those of PurgeOptions.Now.
type PurgeStatus struct {
	// LastAsked is when the last whole asking began, zero when none is known of.
	LastAsked time.Time
	// Due is when the duty is broken unless it asks before: 30 days after LastAsked. It is zero when none is known of: then
	// it is due now.
	Due time.Time
	// Overdue says that 30 days are over, as of the last look at the clock.
	Overdue bool
	// Asking says that an asking is in progress.
	Asking bool
	// Deleted is how many candidates were handed to Delete since the program's start, each as often as it came.
	Deleted int64
	// Failures is how many askings in a row have failed.
	Failures int
	// LastError is the text of the last failure, and LastErrorAt when it was.
	LastError   string
	LastErrorAt time.Time
}

// purgeFile is the file's content.
type purgeFile struct {
	Format     int       `json:"format"`
	Generation int64     `json:"generation"`
	Context    string    `json:"context,omitempty"`
	LastAsked  time.Time `json:"last_asked"`
}

var purgeFiles = durable.State[purgeFile]{
	Format: 1, MaxBytes: 64 << 10, Generation: func(f *purgeFile) int64 { return f.Generation },
}

// NewPurgeKeeper returns a keeper. The error is [api.ErrInvalid].
func NewPurgeKeeper(service Purger, o PurgeOptions) (*PurgeKeeper, error) {
	refuse := func(reason string) (*PurgeKeeper, error) {
		return nil, fmt.Errorf("recruiter: purge keeper: %s: %w", reason, api.ErrInvalid)
	}
	switch {
	case service == nil:
		return refuse("the service is nil")
	case o.Delete == nil:
		return refuse("without Delete nothing would be deleted")
	case o.File == "":
		return refuse("the path of the file is empty")
	case o.Every < 0 || o.Every > PurgeDuty-purgeWarning:
		return refuse("Every is not between 0 and 23 days")
	case o.RetryAfter < 0 || o.RetryAfter > 24*time.Hour:
		return refuse("RetryAfter is not between 0 and a day")
	}
	if o.Every == 0 {
		o.Every = defaultPurgeEvery
	}
	if o.RetryAfter == 0 {
		o.RetryAfter = defaultPurgeRetry
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &PurgeKeeper{service: service, options: o}, nil
}

var errNotMade = fmt.Errorf("recruiter: purge keeper: it was not made by NewPurgeKeeper: %w", api.ErrInvalid)

// Run asks when it is due, at once if it is not known when that was done last, until the context ends. It returns the
// context's error, and before that only one that no retry can mend: the file is no keeper's, or another customer's.
func (k *PurgeKeeper) Run(ctx context.Context) error {
	switch {
	case k == nil || k.service == nil:
		return errNotMade
	case ctx == nil:
		return fmt.Errorf("recruiter: purge keeper: the context is nil: %w", api.ErrInvalid)
	}
	var notBefore time.Time // after a failure
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		state, err := k.load()
		if errors.Is(err, api.ErrInvalid) || errors.Is(err, api.ErrTooLarge) {
			return err
		}
		now := k.options.Now()
		wait := state.LastAsked.Add(k.options.Every).Sub(now)
		if err != nil { // the file cannot be read now
			k.failed(ctx, err)
			wait = k.options.RetryAfter
		} else if wait <= 0 || state.LastAsked.IsZero() {
			wait = notBefore.Sub(now)
			if notBefore.IsZero() || wait <= 0 || wait > k.options.RetryAfter {
				if err := k.Ask(ctx); err != nil && ctx.Err() == nil {
					notBefore, wait = k.options.Now().Add(k.options.RetryAfter), k.options.RetryAfter
				} else {
					notBefore, wait = time.Time{}, 0
				}
			}
		}
		timer := time.NewTimer(min(max(wait, 0), longestSleep))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// Ask asks for all purged candidates now, hands them to Delete, and remembers that it has.
func (k *PurgeKeeper) Ask(ctx context.Context) error {
	switch {
	case k == nil || k.service == nil:
		return errNotMade
	case ctx == nil:
		return fmt.Errorf("recruiter: purge keeper: the context is nil: %w", api.ErrInvalid)
	}
	k.asking.Lock()
	defer k.asking.Unlock()
	k.note(func(s *PurgeStatus) { s.Asking = true })
	defer k.note(func(s *PurgeStatus) { s.Asking = false })
	began := k.options.Now()
	deleted, err := k.ask(ctx, began)
	if err != nil {
		if ctx.Err() == nil {
			k.failed(ctx, err)
		}
		return err
	}
	k.note(func(s *PurgeStatus) { s.Failures = 0 })
	k.log(ctx, slog.LevelInfo, "recruiter: purge keeper: asked", slog.Int("deleted", deleted))
	return nil
}

func (k *PurgeKeeper) ask(ctx context.Context, began time.Time) (deleted int, err error) {
	var batch []Purged
	hand := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := k.options.Delete(ctx, batch); err != nil {
			return fmt.Errorf("recruiter: purge keeper: deleting: %w", err)
		}
		deleted += len(batch)
		k.note(func(s *PurgeStatus) { s.Deleted += int64(len(batch)) })
		batch = nil
		return nil
	}
	for purged, err := range k.service.All(ctx, k.options.Query) {
		if err != nil {
			return deleted, fmt.Errorf("recruiter: purge keeper: %w", err)
		}
		if batch = append(batch, purged); len(batch) == purgeBatch {
			if err := hand(); err != nil {
				return deleted, err
			}
		}
	}
	if err := hand(); err != nil {
		return deleted, err
	}
	return deleted, k.save(began)
}

// load reads what is remembered, and notes it. A time to come counts as not known.
func (k *PurgeKeeper) load() (purgeFile, error) {
	state, err := purgeFiles.ReadFile(k.options.File)
	now := k.options.Now()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		state = &purgeFile{}
	case err != nil:
		return purgeFile{}, purgeFileError(err)
	case state.Context != k.options.Query.Context.String():
		return purgeFile{}, fmt.Errorf("recruiter: purge keeper: the file is another customer's: %w", api.ErrInvalid)
	case state.LastAsked.After(now):
		state.LastAsked = time.Time{}
	}
	broken := !state.LastAsked.IsZero() && now.Sub(state.LastAsked) > PurgeDuty
	k.note(func(s *PurgeStatus) {
		s.LastAsked, s.Due, s.Overdue = state.LastAsked, time.Time{}, broken
		if !state.LastAsked.IsZero() {
			s.Due = state.LastAsked.Add(PurgeDuty)
		}
	})
	return *state, nil
}

// save remembers that all was asked for.
func (k *PurgeKeeper) save(began time.Time) error {
	state, err := k.load()
	if err != nil || state.LastAsked.After(began) { // another keeper has asked since
		return err
	}
	next := purgeFile{Format: purgeFiles.Format, Generation: state.Generation + 1, Context: k.options.Query.Context.String(), LastAsked: began.Round(0).UTC()}
	saved := purgeFiles.SwapFile(k.options.File, &next)
	if state, err = k.load(); saved != nil && (err != nil || state.LastAsked.Before(began)) {
		return purgeFileError(saved)
	}
	return err
}

func purgeFileError(err error) error {
	if other, ok := errors.AsType[*durable.FormatError](err); ok {
		return fmt.Errorf("recruiter: purge keeper: the file has the format %d, this version knows %d: %w", other.Found, other.Known, api.ErrInvalid)
	}
	switch {
	case errors.Is(err, durable.ErrTooLong):
		return fmt.Errorf("recruiter: purge keeper: the file is too large: %w", api.ErrTooLarge)
	case errors.Is(err, durable.ErrDamaged), errors.Is(err, durable.ErrNotRegular):
		return fmt.Errorf("recruiter: purge keeper: the file is not one of a keeper: %w", api.ErrInvalid)
	case errors.Is(err, durable.ErrChanged), errors.Is(err, durable.ErrLocked):
		return fmt.Errorf("recruiter: purge keeper: another keeper writes the file: %w", api.ErrConflict)
	}
	return fmt.Errorf("recruiter: purge keeper: the file: %w", err)
}

// Status returns how the keeper stands. It reads no file, and may be called at any time: what it knows of the file is from
// the last look of Run or Ask at it, six hours ago at most while Run runs.
func (k *PurgeKeeper) Status() PurgeStatus {
	if k == nil || k.service == nil {
		return PurgeStatus{}
	}
	k.noting.Lock()
	defer k.noting.Unlock()
	return k.status
}

func (k *PurgeKeeper) note(change func(*PurgeStatus)) {
	k.noting.Lock()
	defer k.noting.Unlock()
	change(&k.status)
}

// failed notes and logs a failure: louder when the duty is near to being broken.
func (k *PurgeKeeper) failed(ctx context.Context, err error) {
	now, text := k.options.Now(), err.Error()
	text = text[:min(len(text), 1024)]
	var status PurgeStatus
	k.note(func(s *PurgeStatus) {
		s.Failures++
		s.LastError, s.LastErrorAt = text, now
		status = *s
	})
	level, message := slog.LevelWarn, "recruiter: purge keeper: asking failed"
	attrs := []slog.Attr{slog.Int("failures", status.Failures), slog.String("error", text)}
	if !status.Due.IsZero() {
		attrs = append(attrs, slog.Time("due", status.Due))
		switch left := status.Due.Sub(now); {
		case left < 0:
			level, message = slog.LevelError, "recruiter: purge keeper: LinkedIn's duty to ask every 30 days is broken"
		case left < purgeWarning:
			level, message = slog.LevelError, "recruiter: purge keeper: LinkedIn's duty to ask every 30 days is about to be broken"
		}
	}
	k.log(ctx, level, message, attrs...)
}

func (k *PurgeKeeper) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	logger := k.options.Logger
	if logger == nil {
		if level < slog.LevelWarn {
			return
		}
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}
