package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/pronet-go/pronet/bulkcollect"
)

// progress shows how a run goes: a bar on a terminal, and lines elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	bar      *progressbar.ProgressBar // from the first progress on a terminal
	last     bulkcollect.GroupProgress
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	if file, ok := out.(*os.File); ok {
		p.terminal = term.IsTerminal(int(file.Fd()))
	}
	return p
}

func newBar(out io.Writer, ids int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(ids,
		progressbar.OptionSetWriter(out), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("IDs"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
}

// show is called by one goroutine at a time.
func (p *progress) show(now bulkcollect.GroupProgress) {
	before := p.last
	p.last = now
	if p.terminal {
		if p.bar == nil {
			p.bar = newBar(p.out, now.IDs)
			_ = p.bar.Set64(now.DoneIDs)
			p.bar.StartWithoutRender() // what earlier runs did is not part of the rate
		}
		p.bar.Describe(describe(now))
		_ = p.bar.Set64(now.DoneIDs) // a terminal that fails is no reason to stop
		return
	}
	if now.Done != before.Done || now.Running > before.Running {
		fmt.Fprintf(p.out, "%s  %d of %d IDs, %s\n", now.Elapsed.Round(time.Second/10), now.DoneIDs, now.IDs, describe(now))
	}
}

func describe(p bulkcollect.GroupProgress) string {
	text := fmt.Sprintf("%d/%d jobs, %d files, %d credits", p.Done, p.Parts, p.Files, p.Credits)
	if p.Running > 0 {
		text += fmt.Sprintf(", %d jobs at work", p.Running)
	}
	return text
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}
