// Package turns measures cases against a baseline inside one run: they take turns, cycle by cycle, and what counts is
// the ratio within each cycle. Machines are noisy, and what slows a cycle slows all of its cases.
package turns

import (
	"fmt"
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
	// Target is the most that the median of the ratios may be; 0 if there is none.
	Target float64
}

// Result is a case's time divided by the baseline's.
type Result struct {
	Case
	// Q1, Median and Q3 are the quartiles of the ratios of all cycles.
	Q1, Median, Q3 float64
}

// String is one line: the median, the quartiles, and whether the target is met.
func (r Result) String() string {
	line := fmt.Sprintf("%-16s %.3f (%.3f-%.3f)", r.Name, r.Median, r.Q1, r.Q3)
	if r.Target > 0 {
		line += fmt.Sprintf(", target %.2f: %s", r.Target, Judge(r.Median, r.Target))
	}
	return line
}

// Judge says whether a value is within a limit.
func Judge(value, limit float64) string {
	if value <= limit {
		return "met"
	}
	return "MISSED"
}

// Compare runs the cases in turn, b.N cycles of them after one to warm up, and reports for each but the first the median
// and the quartiles of its time divided by the first one's. Use -benchtime 20x or more.
func Compare(b *testing.B, cases ...Case) []Result {
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
	var results []Result
	for i, c := range cases[1:] {
		r := ratios[i+1]
		slices.Sort(r)
		result := Result{Case: c, Q1: quantile(r, 0.25), Median: quantile(r, 0.5), Q3: quantile(r, 0.75)}
		b.ReportMetric(result.Median, "x:"+c.Name)
		b.ReportMetric(result.Q1, "q1:"+c.Name)
		b.ReportMetric(result.Q3, "q3:"+c.Name)
		results = append(results, result)
	}
	return results
}

func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1)+0.5)] }
