package api

import (
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
	"time"
)

// CallOption changes one call. The options are [WithMeta], [WithMaxAttemptsPerCall], [WithHeader] and [WithGrace].
type CallOption func(*CallSettings) error

// CallSettings is what the options of a call add up to. It is for those who write services on the pipeline.
type CallSettings struct {
	// Meta receives what is known of the call; nil when not asked for.
	Meta *Meta
	// MaxAttempts is the most times the request is sent; 0 means the client's setting.
	MaxAttempts int
	// Header holds additional header fields; nil when there are none.
	Header http.Header
	// Grace is how long a request that is on its way when the context ends may still take; 0 cuts it off.
	Grace time.Duration
}

// Apply adds options to the settings and returns the first error.
func (s *CallSettings) Apply(options []CallOption) error {
	for _, option := range options {
		if option == nil {
			continue
		}
		if err := option(s); err != nil {
			return err
		}
	}
	return nil
}

// WithMeta fills *meta once the call has ended, whether it failed or not. With an iterator it is filled by each page.
func WithMeta(meta *Meta) CallOption {
	return func(s *CallSettings) error {
		s.Meta = meta
		return nil
	}
}

// WithMaxAttemptsPerCall sets how many times the call may be sent at most, 1 meaning no retry. What may be retried at all is
// decided by the operation: a call that spends or creates is retried only when it provably had no effect.
func WithMaxAttemptsPerCall(n int) CallOption {
	return func(s *CallSettings) error {
		if n < 1 {
			return fmt.Errorf("pronet: WithMaxAttemptsPerCall(%d): at least 1 is needed: %w", n, ErrInvalid)
		}
		s.MaxAttempts = n
		return nil
	}
}

// WithGrace lets a request that is on its way when the context ends take so long to be responded to: cut off, it would be
// [ErrMaybeApplied] if it spends or creates. Nothing else is waited for then, and no further request begins. It does not
// apply to the body of a file.
func WithGrace(d time.Duration) CallOption {
	return func(s *CallSettings) error {
		if d < 0 {
			return fmt.Errorf("pronet: WithGrace(%s): it is negative: %w", d, ErrInvalid)
		}
		s.Grace = d
		return nil
	}
}

// reservedHeaders are set by the client alone: credentials, the host, what decides over compression and length,
// and keys that would make net/http send a request again by itself.
var reservedHeaders = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Apikey": true, "X-Api-Key": true, "Cookie": true,
	"Host": true, "Accept-Encoding": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true,
	"Idempotency-Key": true, "X-Idempotency-Key": true, "Trailer": true, "Upgrade": true, "Te": true,
}

// WithHeader adds a header field to the call. It refuses fields that the client owns: credentials, Host, Accept-Encoding,
// Content-Length, Idempotency-Key (with which net/http would send a request again by itself) and the like, and values
// that cannot stand in a header.
func WithHeader(name, value string) CallOption {
	return func(s *CallSettings) error {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !isToken(name):
			return fmt.Errorf("pronet: WithHeader: %.40q is not a header field name: %w", name, ErrInvalid)
		case reservedHeaders[canonical]:
			return fmt.Errorf("pronet: WithHeader: the client itself sets %s: %w", canonical, ErrInvalid)
		case !isFieldValue(value):
			return fmt.Errorf("pronet: WithHeader: the value of %s has a line break, a control byte or surrounding space: %w", canonical, ErrInvalid)
		}
		if s.Header == nil {
			s.Header = make(http.Header)
		}
		s.Header.Add(canonical, value)
		return nil
	}
}

func isToken(name string) bool {
	if name == "" || len(name) > 256 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return true
}

func isFieldValue(value string) bool {
	if len(value) > 8<<10 || strings.TrimSpace(value) != value {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
