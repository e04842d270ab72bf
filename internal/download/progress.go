package download

import "sync"

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
	t.tell(func() {})
	return t
}

// tell changes the progress and reports it.
func (t *tracker) tell(change func()) {
	if t.report == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
	t.now.TotalBytes = -1
	if len(t.lengths) == t.now.TotalFiles {
		t.now.TotalBytes = t.total
	}
	t.report(t.now)
}

// bytes adds what was stored, or takes off what was dropped.
func (t *tracker) bytes(n int64) {
	if n != 0 {
		t.tell(func() { t.now.Bytes += n })
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
	t.tell(func() {
		t.now.Files++
		t.now.Bytes += uncounted
	})
}
