package webhook

import (
	"errors"
	"log/slog"
	"strings"
	"time"
)

// What a [Handler] uses unless an [Option] says otherwise.
const (
	// DefaultSource is the [Delivery.Source].
	DefaultSource = "coresignal"
	// DefaultMaxBody is the limit of a body in bytes. Coresignal states no
	// limit for its arrays of notices and no retry for one that is refused, so
	// the limit leaves room for some 40,000 notices of 200 bytes.
	DefaultMaxBody = 8 << 20
	// DefaultDeadline is how long a request may take from its first byte to
	// its answer.
	DefaultDeadline = 10 * time.Second
	// DefaultDedupeTTL is how long a delivery is remembered. It is far below
	// the day that lies between two notices of one subscription, because equal
	// bytes a day later report a new change.
	DefaultDedupeTTL = time.Hour
)

// Option changes how a [Handler] works. The order of options does not matter
// unless one is given twice: then the last one counts.
type Option func(*settings) error

type settings struct {
	source         string
	decode         Decoder
	maxBody        int64
	deadline       time.Duration
	dedupe         bool
	store          Store // Nil for the default, and without dedupe.
	dedupeTTL      time.Duration
	anyContentType bool
	logger         *slog.Logger
	now            func() time.Time
}

// WithSource sets [Delivery.Source]. The default is [DefaultSource].
func WithSource(source string) Option {
	return func(s *settings) error {
		if strings.TrimSpace(source) == "" {
			return errors.New("webhook: the source is empty")
		}
		s.source = source
		return checkLabel(source)
	}
}

// WithDecoder sets the decoder. The default is [Coresignal].
func WithDecoder(decode Decoder) Option {
	return func(s *settings) error {
		if decode == nil {
			return errors.New("webhook: the decoder is nil")
		}
		s.decode = decode
		return nil
	}
}

// WithMaxBody sets the largest body that is accepted, in bytes. A larger one
// is answered with 413. The default is [DefaultMaxBody].
func WithMaxBody(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1 {
			return errors.New("webhook: the body limit is not positive")
		}
		s.maxBody = bytes
		return nil
	}
}

// WithDeadline sets how long a request may take. Then the context of the sink
// ends and the sender gets 503, even if the sink goes on. Keep it below the
// time that the sender waits. The default is [DefaultDeadline].
func WithDeadline(deadline time.Duration) Option {
	return func(s *settings) error {
		if deadline <= 0 {
			return errors.New("webhook: the deadline is not positive")
		}
		s.deadline = deadline
		return nil
	}
}

// WithDedupe sets where deliveries are remembered and for how long after they
// were done. Keep ttl well below the time between two notices of a
// subscription. The default is a [MemoryStore] of [DefaultMemoryStoreEntries]
// and [DefaultDedupeTTL].
func WithDedupe(store Store, ttl time.Duration) Option {
	return func(s *settings) error {
		if store == nil {
			return errors.New("webhook: the dedupe store is nil, see WithoutDedupe")
		}
		if ttl <= 0 {
			return errors.New("webhook: the time to remember a delivery is not positive")
		}
		s.dedupe, s.store, s.dedupeTTL = true, store, ttl
		return nil
	}
}

// WithoutDedupe hands every delivery to the sink, repetitions included.
func WithoutDedupe() Option {
	return func(s *settings) error {
		s.dedupe, s.store = false, nil
		return nil
	}
}

// WithAnyContentType accepts every content type. By default a request whose
// Content-Type clearly says something other than JSON, such as a form, is
// answered with 415; a missing or a general one, such as text/plain, is
// accepted.
func WithAnyContentType() Option {
	return func(s *settings) error {
		s.anyContentType = true
		return nil
	}
}

// WithLogger sets the logger. It gets labels, counts and the errors of the
// sink and the store, but nothing of a body, a token or a signature. By
// default nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		if logger == nil {
			return errors.New("webhook: the logger is nil")
		}
		s.logger = logger
		return nil
	}
}

// WithClock sets the clock of [Delivery.ReceivedAt] and of the default dedupe
// store. The default is [time.Now].
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
		source:    DefaultSource,
		decode:    Coresignal,
		maxBody:   DefaultMaxBody,
		deadline:  DefaultDeadline,
		dedupe:    true,
		dedupeTTL: DefaultDedupeTTL,
		logger:    slog.New(slog.DiscardHandler),
		now:       time.Now,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("webhook: an option is nil")
		}
		if err := opt(s); err != nil {
			return nil, err
		}
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
