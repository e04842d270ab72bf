package sandbox

// WithMostRecords lowers how many records a data request may have.
func WithMostRecords(n int) Option {
	return func(s *settings) error {
		s.maxDataRequestCount = n
		return nil
	}
}

// WithMostSubscriptions lowers how many subscriptions an account may have.
func WithMostSubscriptions(n int) Option {
	return func(s *settings) error {
		s.maxSubscriptions = n
		return nil
	}
}
