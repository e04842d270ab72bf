package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/pronet-go/pronet/prospectnotes"
)

// progress shows how far a run is: a bar on a terminal, and lines elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	began    time.Time
	bar      *progressbar.ProgressBar // from the first progress on a terminal
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, began: time.Now()}
	if file, ok := out.(*os.File); ok {
		p.terminal = term.IsTerminal(int(file.Fd()))
	}
	return p
}

// show is called after each window.
func (p *progress) show(now prospectnotes.Progress) {
	took := time.Since(p.began)
	text := fmt.Sprintf("%s, %.0f a second, %s", several(now.Notes, "change"), float64(now.Notes)/max(took.Seconds(), 0.001), several(now.Calls, "call"))
	if now.QuotaLeft >= 0 {
		text += fmt.Sprintf(" (%d left today)", now.QuotaLeft)
	}
	left := time.Duration(float64(took) / float64(now.Done) * float64(now.Windows-now.Done)).Round(time.Second)
	if p.terminal {
		if p.bar == nil {
			p.bar = progressbar.NewOptions(now.Windows, progressbar.OptionSetWriter(p.out), progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		p.bar.Describe(text)
		_ = p.bar.Set(now.Done) // a terminal that fails is no reason to stop
		return
	}
	if tenth := max(1, now.Windows/10); now.Done%tenth == 0 || now.Done == now.Windows {
		fmt.Fprintf(p.out, "%d of %d windows: %s, about %s left\n", now.Done, now.Windows, text, left)
	}
}

// end is called when the run is over.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}
