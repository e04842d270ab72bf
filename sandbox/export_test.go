package sandbox

import "github.com/pronet-go/pronet/sandbox/internal/shell"

// WithProvider adds a provider of a test.
func WithProvider(add func(*shell.Shell)) Option {
	return common(func(s *settings) error {
		s.more = append(s.more, add)
		return nil
	})
}
