package webhook

import (
	"errors"
	"log/slog"
	"time"
)

// What a [Handler] uses unless an [Option] says otherwise.
const (
	// DefaultMaxBody is the limit of a body in bytes. Coresignal states no limit for its arrays of notices and no retry for
	// one that is refused, so the limit leaves room for some 40,000 notices of 200 bytes.
	DefaultMaxBody = 8 << 20
	// DefaultDeadline is how long a request may take from its first byte to its response.
	DefaultDeadline = 10 * time.Second
	// DefaultMaxHeld is what the bodies that are arriving may hold together, in bytes.
	DefaultMaxHeld = 32 << 20
)

// Option changes how a [Handler] works. The order of options does not matter unless one is given twice: then the last
// one counts, but for [WithObserver].
type Option func(*settings) error

type settings struct {
	maxBody   int64
	maxHeld   int64 // 0 for the default.
	deadline  time.Duration
	dedupe    bool
	store     Store        // Nil for the default, and without dedupe.
	logger    *slog.Logger // Nil for slog's default.
	now       func() time.Time
	observers []Observer
}

// WithMaxBody sets the largest body that is accepted, in bytes. The response to a larger one is 413. The default is
// [DefaultMaxBody].
func WithMaxBody(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1 {
			return errors.New("webhook: the body limit is not positive")
		}
		s.maxBody = bytes
		return nil
	}
}

// WithMaxHeld sets what the bodies that are arriving may hold together, in bytes, before they are verified: of each what
// is above its first 16 KiB. The response to a body beyond it is 503, and its bytes are not read; if another body has
// been arriving for more than a second, that one gets the 503 and makes room. It must not be below [WithMaxBody]. While
// buffers grow, the process holds up to about three times as much. The default is [DefaultMaxHeld], or the largest body
// if that is more.
func WithMaxHeld(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1 {
			return errors.New("webhook: the limit of what bodies hold together is not positive")
		}
		s.maxHeld = bytes
		return nil
	}
}

// WithObserver adds an observer. Unlike other options it may be given several times, and each observer watches.
func WithObserver(o Observer) Option {
	return func(s *settings) error {
		s.observers = append(s.observers, o)
		return nil
	}
}

// WithDeadline sets how long a request may take. Then the context of the sink ends and the sender gets 503, even if the
// sink goes on. Keep it below the time that the sender waits. The default is [DefaultDeadline].
func WithDeadline(deadline time.Duration) Option {
	return func(s *settings) error {
		if deadline <= 0 {
			return errors.New("webhook: the deadline is not positive")
		}
		s.deadline = deadline
		return nil
	}
}

// WithStore sets where deliveries are remembered, for [Sender.TTL] after they were done. Several handlers may share a
// store: what one sender has delivered is not another's. The default is a [MemoryStore] of [DefaultMemoryStoreEntries].
func WithStore(store Store) Option {
	return func(s *settings) error {
		if store == nil {
			return errors.New("webhook: the store is nil, see WithoutDedupe")
		}
		s.dedupe, s.store = true, store
		return nil
	}
}

// WithoutDedupe hands every delivery to the sink, those that were handed over before included.
func WithoutDedupe() Option {
	return func(s *settings) error {
		s.dedupe, s.store = false, nil
		return nil
	}
}

// WithLogger sets the logger. It gets labels, counts and the errors of the sink and the store, but nothing of a body, a
// token or a signature: at ERROR what a person must repair, at WARN what was not understood, at INFO why a delivery was
// dropped, at DEBUG each that was accepted. The default is [slog.Default], as it is when something is logged. To log
// nothing, give slog.New(slog.DiscardHandler).
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		if logger == nil {
			return errors.New("webhook: the logger is nil")
		}
		s.logger = logger
		return nil
	}
}

// WithClock sets the clock of [Delivery.ReceivedAt] and of the default store. The default is [time.Now].
func WithClock(now func() time.Time) Option {
	return func(s *settings) error {
		if now == nil {
			return errors.New("webhook: the clock is nil")
		}
		s.now = now
		return nil
	}
}

// newSettings applies the options to the defaults.
func newSettings(opts []Option) (*settings, error) {
	s := &settings{
		maxBody:  DefaultMaxBody,
		deadline: DefaultDeadline,
		dedupe:   true,
		now:      time.Now,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("webhook: an option is nil")
		}
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	switch {
	case s.maxHeld == 0:
		s.maxHeld = max(DefaultMaxHeld, s.maxBody)
	case s.maxHeld < s.maxBody:
		return nil, errors.New("webhook: the limit of what bodies hold together is below that of one body, see WithMaxHeld and WithMaxBody")
	}
	if s.dedupe && s.store == nil {
		// Only now, because it needs the clock that an option may set.
		store, err := NewMemoryStore(DefaultMemoryStoreEntries, s.now)
		if err != nil {
			return nil, err
		}
		s.store = store
	}
	return s, nil
}
