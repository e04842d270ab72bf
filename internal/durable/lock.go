package durable

import "errors"

// ErrLocked reports a lock that another process, or another part of this one, holds. [Lock] says on which systems it
// may be one that a crash left behind.
var ErrLocked = errors.New("durable: locked")
