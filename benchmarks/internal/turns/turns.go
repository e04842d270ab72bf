// Package turns measures cases against a baseline inside one run: they take turns, cycle by cycle, and what counts is
// the ratio within each cycle. Machines are noisy, and what slows a cycle slows all of its cases.
package turns

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// Case is one way to do the work.
type Case struct {
	// Name stands in the metrics.
	Name string
	// Run does the work once.
	Run func() error
}

// Compare runs the cases in turn, b.N cycles of them after one to warm up, and reports for each but the first the median
// and the quartiles of its time divided by the first one's. Use -benchtime 20x or more.
func Compare(b *testing.B, cases ...Case) {
	b.Helper()
	ratios := make([][]float64, len(cases))
	for cycle := range b.N + 1 {
		var baseline time.Duration
		for i, c := range cases {
			runtime.GC()
			started := time.Now()
			if err := c.Run(); err != nil {
				b.Fatalf("%s: %v", c.Name, err)
			}
			took := time.Since(started)
			if i == 0 {
				baseline = took
			}
			if cycle > 0 {
				ratios[i] = append(ratios[i], float64(took)/float64(baseline))
			}
		}
	}
	b.ReportMetric(0, "ns/op") // a cycle's time says nothing
	for i, c := range cases[1:] {
		r := ratios[i+1]
		slices.Sort(r)
		b.ReportMetric(quantile(r, 0.5), "x:"+c.Name)
		b.ReportMetric(quantile(r, 0.25), "q1:"+c.Name)
		b.ReportMetric(quantile(r, 0.75), "q3:"+c.Name)
	}
}

func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1)+0.5)] }
