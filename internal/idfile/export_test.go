package idfile

// WithStorage makes a distinct pass use the given temporary file.
func WithStorage(memory int64, s storage) DistinctOptions {
	return DistinctOptions{Memory: memory, create: func(string) (storage, error) { return s, nil }}
}

// SpoolInto makes a list be spooled to the given temporary file.
func SpoolInto(s storage) SpoolOptions {
	return SpoolOptions{create: func(string) (storage, error) { return s, nil }}
}
