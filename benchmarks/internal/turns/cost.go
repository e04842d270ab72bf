package turns

import (
	"slices"
	"testing"
	"time"
)

// Costed is one way to do the work, whose cost is something else than the time that it takes.
type Costed struct {
	// Name stands in the metrics.
	Name string
	// Run does the work once and returns what it cost.
	Run func() (time.Duration, error)
}

// CompareCosts is [Compare] for costs.
func CompareCosts(b *testing.B, cases ...Costed) {
	b.Helper()
	ratios := make([][]float64, len(cases))
	for cycle := range b.N + 1 {
		var baseline time.Duration
		for i, c := range cases {
			cost, err := c.Run()
			if err != nil {
				b.Fatalf("%s: %v", c.Name, err)
			}
			if i == 0 {
				baseline = cost
			}
			if cycle > 0 {
				ratios[i] = append(ratios[i], float64(cost)/float64(baseline))
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
