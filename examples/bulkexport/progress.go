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
	out  io.Writer
	bar  *progressbar.ProgressBar // nil without a terminal
	last bulkcollect.GroupProgress
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar = newBar(out)
	}
	return p
}

func newBar(out io.Writer) *progressbar.ProgressBar {
	return progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(out), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("IDs"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
}

// show is called by one goroutine at a time.
func (p *progress) show(now bulkcollect.GroupProgress) {
	before := p.last
	p.last = now
	if p.bar != nil {
		p.bar.Describe(describe(now))
		if before.IDs == 0 { // what earlier runs did is not part of the rate
			p.bar.ChangeMax64(now.IDs)
			_ = p.bar.Set64(now.DoneIDs)
			p.bar.StartWithoutRender()
		}
		_ = p.bar.Set64(now.DoneIDs) // a terminal that fails is no reason to stop
		return
	}
	if now.Done != before.Done || now.Running > before.Running {
		fmt.Fprintf(p.out, "%s  %d of %d IDs, %s\n", now.Elapsed.Round(time.Second/10), now.DoneIDs, now.IDs, describe(now))
	}
}

func describe(p bulkcollect.GroupProgress) string {
	return fmt.Sprintf("%d/%d jobs, %d running, %d files, %.1f MB, %d credits", p.Done, p.Parts, p.Running, p.Files, float64(p.Bytes)/1e6, p.Credits)
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}
