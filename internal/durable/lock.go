package durable

import "errors"

// ErrLocked reports a lock that another process, or another part of this one, holds.
var ErrLocked = errors.New("durable: locked")
