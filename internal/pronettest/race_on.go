//go:build race

package pronettest

// Race reports whether the race detector is on, which makes allocations of its own and takes much longer.
const Race = true
