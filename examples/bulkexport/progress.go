package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/pronet-go/pronet/bulkcollect"
)

// How often it is shown that a run goes on while nothing else is to be told: jobs take minutes.
const (
	onTerminal = time.Second
	elsewhere  = time.Minute
)

// progress shows how a run goes: a bar on a terminal, and lines elsewhere.
type progress struct {
	out      io.Writer
	terminal bool

	mu     sync.Mutex
	bar    *progressbar.ProgressBar // from the first progress on a terminal
	first  bulkcollect.GroupProgress
	done   bulkcollect.GroupProgress // when the last job was done
	last   bulkcollect.GroupProgress
	at     time.Time // of the last
	ticker *time.Timer
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	if file, ok := out.(*os.File); ok {
		p.terminal = term.IsTerminal(int(file.Fd()))
	}
	return p
}

// newBar is a bar that shows the time that has passed. What earlier runs did is no part of it.
func newBar(out io.Writer, ids int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(ids,
		progressbar.OptionSetWriter(out), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(true), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
}

// show is called by one goroutine at a time.
func (p *progress) show(now bulkcollect.GroupProgress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.last
	p.last, p.at = now, time.Now()
	if now.DoneIDs > p.done.DoneIDs {
		p.done = now
	}
	if p.ticker == nil {
		p.first = now
		if now.Done == now.Parts { // nothing is to be done
			return
		}
		p.ticker = time.AfterFunc(p.every(), p.tick)
	}
	if p.terminal || now.Done != before.Done || now.Running > before.Running {
		p.print(now)
	}
}

// tick shows that time passes.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticker == nil { // it is over
		return
	}
	now := p.last
	now.Elapsed += time.Since(p.at)
	p.print(now)
	p.ticker.Reset(p.every())
}

func (p *progress) every() time.Duration {
	if p.terminal {
		return onTerminal
	}
	return elsewhere
}

func (p *progress) print(now bulkcollect.GroupProgress) {
	if !p.terminal {
		fmt.Fprintf(p.out, "%s  %d of %d IDs, %s\n", now.Elapsed.Round(time.Second/10), now.DoneIDs, now.IDs, p.describe(now))
		return
	}
	if p.bar == nil {
		p.bar = newBar(p.out, now.IDs)
	}
	p.bar.Describe(p.describe(now))
	_ = p.bar.Set64(now.DoneIDs) // a terminal that fails is no reason to stop
}

// describe says how the jobs stand, and about how long the rest takes at the pace of this run.
func (p *progress) describe(now bulkcollect.GroupProgress) string {
	text := fmt.Sprintf("%d/%d jobs", now.Done, now.Parts)
	if now.Running > 0 {
		text += fmt.Sprintf(", %d at work", now.Running)
	}
	if now.Files > 0 {
		text += ", " + several(int64(now.Files), "file")
	}
	text += fmt.Sprintf(", %d credits", now.Credits)
	if done := now.DoneIDs - p.first.DoneIDs; done > 0 {
		whole := time.Duration(float64(p.done.Elapsed) / float64(done) * float64(now.IDs-p.first.DoneIDs))
		if left := whole - now.Elapsed; left >= time.Second {
			text += fmt.Sprintf(", about %s left", left.Round(time.Second))
		}
	}
	return text
}

// end is called when the run is over.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticker != nil {
		p.ticker.Stop()
		p.ticker = nil
	}
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}

// logger is for the group's warnings, on lines of their own.
func (p *progress) logger() *slog.Logger {
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(p, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: withoutTime}))
}

// Write writes a line of the log.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	return p.out.Write(line)
}
