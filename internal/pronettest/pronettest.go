// Package pronettest is what tests of several packages share. It imports nothing of the module, so that every test can use
// it; subpackage sandboxtest has what needs a client.
package pronettest

import "os"

// Hard reports whether the tests that take minutes run in full: PRONET_HARD=1, as "make hard" sets it.
func Hard() bool { return os.Getenv("PRONET_HARD") == "1" }

// Times returns how often a test does something, or how much of it: quick in an ordinary run, hard in a hard one.
func Times(quick, hard int) int {
	if Hard() {
		return hard
	}
	return quick
}
