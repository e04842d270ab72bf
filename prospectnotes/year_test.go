package prospectnotes_test

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestAYearOfBackfill: four windows at once need a quarter of the time, the calls are twice those of one bare walk or, with
// pages that hold a window, as many, and the memory does not grow with the year.
func TestAYearOfBackfill(t *testing.T) {
	const latency = 20 * time.Millisecond
	windows := pronettest.Times(29, 731)
	notes := windows * 100_000 / 731
	for name, tt := range map[string]struct {
		count      int
		more       []sandbox.Option
		walks      float64 // calls in those of one bare walk
		bareWindow int
	}{
		"pages of 100":            {100, nil, 2, 2},
		"pages that hold all":     {500, nil, 1, 1},
		"without links and total": {100, []sandbox.Option{linkedin.WithoutNextLinks(), linkedin.WithTotal(linkedin.TotalAbsent)}, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, err := sandbox.New(append(tt.more, sandbox.WithStartTime(start), linkedin.WithTokenLife(24*time.Hour))...)
				require.NoError(t, err)
				require.NoError(t, sb.StartInMemory())
				defer sb.Close()
				from := start.Add(-time.Duration(windows) * 12 * time.Hour)
				each := time.Duration(windows) * 12 * time.Hour / time.Duration(notes)
				for i := range notes {
					sb.LinkedIn.WriteNote(linkedin.Note{Text: "a note of some words, as recruiters write them", Created: from.Add(time.Duration(i+1) * each)})
				}
				sb.Fail(sandbox.Fault{Origin: "linkedin/api", Delay: latency})
				inner := &http.Transport{DialContext: sb.Dial, MaxIdleConnsPerHost: 8}
				defer inner.CloseIdleConnections()
				var sent atomic.Int64
				client := sandboxtest.Connect(t, append(sb.Options(), pronet.WithTransport(&before{inner, func() { sent.Add(1) }}))...)

				seen, last := 0, int64(0)
				var heaps []uint64
				o := prospectnotes.SyncOptions{
					Contract: parse(t, sb.LinkedIn.App().Contract), Checkpoint: &memory{}, From: from, Parallel: 4, Count: tt.count, Now: sb.Now,
					Apply: func(_ context.Context, b prospectnotes.Batch) error {
						for _, c := range b.Changes {
							assert.Less(t, last, c.Note.LastModified.UnixMilli())
							last = c.Note.LastModified.UnixMilli()
						}
						seen += len(b.Changes)
						return nil
					},
					Progress: func(p prospectnotes.Progress) {
						if p.Done%(p.Windows/6) == 0 {
							var m runtime.MemStats
							runtime.GC()
							runtime.ReadMemStats(&m)
							heaps = append(heaps, m.HeapAlloc)
						}
					},
				}
				began := time.Now()
				report, err := client.ProspectNotes.Sync(t.Context(), o)
				took := time.Since(began)
				require.NoError(t, err)
				assert.Equal(t, windows, report.Windows)
				assert.Equal(t, notes, seen)
				assert.EqualValues(t, sent.Load(), report.Calls)
				ratio := float64(took) / float64(time.Duration(report.Calls)*latency)
				assert.LessOrEqual(t, ratio, 0.30)
				assert.Less(t, heaps[4], heaps[1]+2<<20)

				sent.Store(0)
				for i := range windows {
					q := prospectnotes.Query{Contract: o.Contract, Cutoff: from.Add(time.Duration(i) * 12 * time.Hour), Count: tt.count}
					q.Before = q.Cutoff.Add(12 * time.Hour)
					for _, err := range client.ProspectNotes.All(t.Context(), q) {
						require.NoError(t, err)
					}
				}
				bare := sent.Load()
				assert.InDelta(t, windows*tt.bareWindow, bare, 1)
				assert.InDelta(t, tt.walks, float64(report.Calls)/float64(bare), 0.01)
				t.Logf("%d windows, %d notes: %d calls, %d of one bare walk; %s, %.3f of the latencies' sum; heap %d to %d KiB",
					windows, notes, report.Calls, bare, took, ratio, heaps[1]>>10, heaps[4]>>10)
			})
		})
	}
}
