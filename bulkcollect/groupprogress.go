package bulkcollect

import "time"

// GroupProgress tells how a Run of a group goes.
type GroupProgress struct {
	// Parts is how many there are. Done, Running, InDoubt and NotStarted are how many are in each state.
	Parts, Done, Running, InDoubt, NotStarted int
	// IDs is how many IDs the group has, and DoneIDs how many of them are in parts that are done.
	IDs, DoneIDs int64
	// Credits is the most that the jobs cost that were requested so far, in this Run and before.
	Credits int64
	// TotalFiles is how many files the jobs have that this Run has found ready, and Files how many of them are on the disk.
	Files, TotalFiles int
	// Bytes is how many bytes of these files are on the disk, and TotalBytes how many they have as far as is known.
	Bytes, TotalBytes int64
	// Elapsed is the time since Run was called.
	Elapsed time.Duration
}

// progressOf gathers the progress of the downloads of a Run, by part.
type progressOf struct {
	started   time.Time
	downloads map[int]DownloadProgress
}

// tell calls OnProgress. The lock must be held.
func (g *Group[R]) tell() {
	if g.options.OnProgress == nil {
		return
	}
	p := GroupProgress{Parts: len(g.parts), IDs: g.spec.IDs, Elapsed: time.Since(g.progress.started)}
	for i, e := range g.parts {
		if e.Open() || e.State == Ended {
			p.Credits += e.Credits
		}
		switch partState(e) {
		case PartNotStarted:
			p.NotStarted++
		case PartInDoubt:
			p.InDoubt++
		case PartRunning:
			p.Running++
		case PartDone:
			p.Done++
			p.DoneIDs += int64(g.countOf(i))
		}
	}
	for _, d := range g.progress.downloads {
		p.Files += d.Files
		p.TotalFiles += d.TotalFiles
		p.Bytes += d.Bytes
		p.TotalBytes += max(d.Bytes, d.TotalBytes)
	}
	g.options.OnProgress(p)
}

// begin starts the progress of a Run.
func (g *Group[R]) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress = progressOf{started: time.Now(), downloads: make(map[int]DownloadProgress)}
	g.tell()
}

// downloading takes in the progress of a part's download.
func (g *Group[R]) downloading(i int, d DownloadProgress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress.downloads[i] = d
	g.tell()
}
