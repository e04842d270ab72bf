//go:build !race

package bulkcollect_test

const raceEnabled = false
