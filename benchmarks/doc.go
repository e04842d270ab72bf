// Package benchmarks measures pronet against its peers and against raw baselines, each as a ratio inside one run:
//
//	go -C benchmarks test -run '^$' -bench . -benchtime 20x
//
// docs/performance.md has the figures and says how to read them.
package benchmarks
