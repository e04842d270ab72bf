package webhook

import (
	"errors"
	"log/slog"
	"time"
)

// What a [Spool] uses unless a [SpoolOption] says otherwise.
const (
	// DefaultSpoolDeliveries is how many deliveries may be pending.
	DefaultSpoolDeliveries = 100_000
	// DefaultSpoolBytes is how many bytes the pending deliveries may have.
	DefaultSpoolBytes = 1 << 30
	// DefaultSpoolAttempts is how often a delivery is tried.
	DefaultSpoolAttempts = 10
	// DefaultSpoolBackoff is the longest wait before the second attempt. It
	// doubles with each further attempt.
	DefaultSpoolBackoff = time.Second
	// DefaultSpoolBackoffCap is the longest wait before any attempt.
	DefaultSpoolBackoffCap = 5 * time.Minute
)

// SpoolOption changes how a [Spool] works.
type SpoolOption func(*spoolSettings) error

// WithSpoolLimits sets how many deliveries may be pending and how many bytes
// their files may have together. The defaults are [DefaultSpoolDeliveries] and
// [DefaultSpoolBytes].
func WithSpoolLimits(deliveries int, bytes int64) SpoolOption {
	return func(s *spoolSettings) error {
		if deliveries < 1 || bytes < 1 {
			return errors.New("webhook: a spool limit is not positive")
		}
		s.maxDeliveries, s.maxBytes = deliveries, bytes
		return nil
	}
}

// WithSpoolAttempts sets how often a delivery is tried before it goes to the
// dead ones. An attempt that a crash cuts short counts, one that is cut short
// by the end of [Spool.Run] does not. The default is [DefaultSpoolAttempts].
func WithSpoolAttempts(attempts int) SpoolOption {
	return func(s *spoolSettings) error {
		if attempts < 1 || attempts > maxSpoolAttempts {
			return errors.New("webhook: the number of spool attempts is not between 1 and 9999")
		}
		s.attempts = attempts
		return nil
	}
}

// WithSpoolBackoff sets the longest wait before the second attempt, which
// doubles with each further one, and its cap. The wait is drawn at random from
// the upper half of that. The defaults are [DefaultSpoolBackoff] and
// [DefaultSpoolBackoffCap].
func WithSpoolBackoff(base, limit time.Duration) SpoolOption {
	return func(s *spoolSettings) error {
		if base <= 0 || limit < base {
			return errors.New("webhook: the spool back-off is not positive or above its cap")
		}
		s.backoffBase, s.backoffCap = base, limit
		return nil
	}
}

// WithSpoolDecoder sets the decoder for [Delivery.Events]. A spool stores the
// body, not the events, so it needs the decoder that the handler has. The
// default is [Coresignal].
func WithSpoolDecoder(decode Decoder) SpoolOption {
	return func(s *spoolSettings) error {
		if decode == nil {
			return errors.New("webhook: the decoder is nil")
		}
		s.decode = decode
		return nil
	}
}

// WithSpoolLogger sets the logger for failed attempts and dead deliveries. It
// gets labels, counts and the errors of the function given to [Spool.Run]. By
// default nothing is logged.
func WithSpoolLogger(logger *slog.Logger) SpoolOption {
	return func(s *spoolSettings) error {
		if logger == nil {
			return errors.New("webhook: the logger is nil")
		}
		s.logger = logger
		return nil
	}
}

type spoolSettings struct {
	maxDeliveries int
	maxBytes      int64
	attempts      int
	backoffBase   time.Duration
	backoffCap    time.Duration
	decode        Decoder
	logger        *slog.Logger
}

// newSpoolSettings applies the options to the defaults.
func newSpoolSettings(opts []SpoolOption) (spoolSettings, error) {
	s := spoolSettings{
		maxDeliveries: DefaultSpoolDeliveries,
		maxBytes:      DefaultSpoolBytes,
		attempts:      DefaultSpoolAttempts,
		backoffBase:   DefaultSpoolBackoff,
		backoffCap:    DefaultSpoolBackoffCap,
		decode:        Coresignal,
		logger:        slog.New(slog.DiscardHandler),
	}
	for _, opt := range opts {
		if opt == nil {
			return s, errors.New("webhook: a spool option is nil")
		}
		if err := opt(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}
