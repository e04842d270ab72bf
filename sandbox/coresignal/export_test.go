package coresignal

// WithMostSubscriptions lowers how many subscriptions an account may have.
func WithMostSubscriptions(n int) Option {
	return func(s *settings) error {
		s.maxSubscriptions = n
		return nil
	}
}
