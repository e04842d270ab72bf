// Package api holds what every part of pronet shares: the error type and its sentinels, call options,
// pages, credentials, and the hooks that watch or pace calls.
//
// You rarely import it: package pronet re-exports what a program needs (pronet.ErrNotFound, pronet.WithMeta, ...).
// Import api directly when you write your own [Limiter], [Observer] or [Credential], or when a package of yours
// should handle pronet's errors without linking the client.
//
// It is a leaf: it imports nothing of this module.
package api
