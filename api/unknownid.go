package api

// UnknownIDError reports that the provider accepted what a call makes and that its id was not found in the response. It
// exists, and may cost credits: its id may be in Raw. The [Error] that holds it is [ErrMaybeApplied] and
// [ErrUnexpectedResponse].
type UnknownIDError struct {
	// What was made, such as "job".
	What string
	// Raw is the body of the response.
	Raw []byte
}

// Error says what happened, without the response.
func (e *UnknownIDError) Error() string {
	return "the " + e.What + " was accepted, but its id was not found in the response"
}

// SafeText is Error.
func (e *UnknownIDError) SafeText() string { return e.Error() }

// Unwrap returns ErrUnexpectedResponse.
func (e *UnknownIDError) Unwrap() error { return ErrUnexpectedResponse }
