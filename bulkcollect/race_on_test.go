//go:build race

package bulkcollect_test

// raceEnabled is true where the race detector makes allocations of its own.
const raceEnabled = true
