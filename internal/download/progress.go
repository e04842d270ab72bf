package download

import (
	"sync"
	"time"
)

// reportAfter is how long the progress of bytes is held back: a download of many files has news all the time.
const reportAfter = 250 * time.Millisecond

// Progress is how far a download is.
type Progress struct {
	Bytes, TotalBytes int64 // TotalBytes is -1 until it is known of each file
	Files, TotalFiles int
}

// tracker adds up the progress of all files and reports it.
type tracker struct {
	mu      sync.Mutex
	now     Progress
	lengths map[*file]int64 // of those whose length is known
	total   int64           // of these lengths
	report  func(Progress)
	told    Progress // what was reported last
	at      time.Time
}

func newTracker(files []*file, report func(Progress)) *tracker {
	t := &tracker{now: Progress{TotalFiles: len(files), TotalBytes: -1}, lengths: make(map[*file]int64), report: report}
	for _, f := range files {
		switch {
		case f.finished != nil:
			t.length(f, f.finished.Size)
		case f.started != nil:
			t.length(f, f.started.Length)
		}
	}
	t.tell(true, func() {})
	return t
}

// tell changes the progress and reports it, at once or if the last report is long enough ago.
func (t *tracker) tell(atOnce bool, change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.report == nil {
		return
	}
	change()
	if atOnce || time.Since(t.at) >= reportAfter {
		t.tellNow()
	}
}

// tellNow reports the progress. A function that panics is not called again.
func (t *tracker) tellNow() {
	t.now.TotalBytes = t.totalBytes()
	t.told = t.now
	report := t.report
	t.report = nil
	report(t.now)
	t.report, t.at = report, time.Now()
}

func (t *tracker) totalBytes() int64 {
	if len(t.lengths) < t.now.TotalFiles {
		return -1
	}
	return t.total
}

// end reports what was held back.
func (t *tracker) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.TotalBytes = t.totalBytes(); t.report != nil && t.now != t.told {
		t.tellNow()
	}
}

// bytes adds what was stored, or takes off what was dropped.
func (t *tracker) bytes(n int64) {
	if n != 0 {
		t.tell(false, func() { t.now.Bytes += n })
	}
}

// length tells the length of a file, -1 when it is not known.
func (t *tracker) length(f *file, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total -= t.lengths[f]
	if delete(t.lengths, f); n >= 0 {
		t.lengths[f] = n
		t.total += n
	}
}

// file counts a finished file, of which some bytes may not be counted yet.
func (t *tracker) file(f *file, size, uncounted int64) {
	t.length(f, size)
	t.tell(true, func() {
		t.now.Files++
		t.now.Bytes += uncounted
	})
}
