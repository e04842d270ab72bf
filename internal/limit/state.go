package limit

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/wire"
)

// maxStateBytes bounds what is read: 100,000 calls in one window are 2 MB.
const maxStateBytes = 16 << 20

// savedState is the JSON that a state holds: the long windows of the first credential and those that count per app.
type savedState struct {
	Version int           `json:"version"`
	Windows []savedWindow `json:"windows"`
	Pauses  []savedPause  `json:"pauses,omitempty"`
}

type savedWindow struct {
	Class   string        `json:"class,omitempty"`
	Window  time.Duration `json:"window_ns,omitempty"`
	Daily   bool          `json:"daily,omitempty"`
	PerApp  bool          `json:"per_app,omitempty"`
	Stamps  []int64       `json:"stamps_unix_ns,omitempty"`
	Day     string        `json:"day,omitempty"`
	Count   int           `json:"count,omitempty"`
	Writing int           `json:"writing,omitempty"`  // granted, and perhaps sent
	ProbeAt *time.Time    `json:"probe_at,omitempty"` // of a day that is used up
}

type savedPause struct {
	Class string    `json:"class,omitempty"`
	Until time.Time `json:"until"`
}

var errTooLarge = wire.Plain("the saved state of the rate limiter is too large to be one", api.ErrTooLarge)

// Keep saves every grant of a long window, and every pause of a class with one, from now on. What was saved before is
// restored when the first call needs it; what was being written when it was saved counts as sent then. It must be
// called before the limiter is used.
func (l *Limiter) Keep(state api.LimitState) {
	l.core.saving.Lock()
	defer l.core.saving.Unlock()
	l.core.state = state
	l.core.restored.Store(false)
}

// ensureRestored reads the saved state, once.
func (l *Limiter) ensureRestored() error {
	c := l.core
	if c.state == nil || c.restored.Load() {
		return nil
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	if c.restored.Load() {
		return nil
	}
	data, err := c.state.Load()
	if err != nil {
		return wire.Plain("the saved state of the rate limiter could not be read, so the call was not made", err)
	}
	if len(data) > maxStateBytes {
		return errTooLarge
	}
	if len(data) > 0 {
		var saved savedState
		if err := json.Unmarshal(data, &saved); err != nil || saved.Version != 1 {
			return wire.Plain("the saved state of the rate limiter is damaged: remove it when its longest window has passed", api.ErrInvalid)
		}
		first := &Limiter{core: c, key: 1} // whoever calls first, it is the state of the first credential and the app
		c.mu.Lock()
		first.restore(saved, time.Now())
		c.mu.Unlock()
	}
	c.restored.Store(true)
	return nil
}

func (l *Limiter) restore(saved savedState, now time.Time) {
	c := l.core
	for i, p := range c.policies {
		l.class(p.Class)
		id := windowID{policy: i, key: l.key}
		if p.PerApp {
			id.key = 0
		}
		for _, s := range saved.Windows {
			if p.kept() && s.Class == p.Class && s.Daily == p.Daily && s.PerApp == p.PerApp && (p.Daily || s.Window == p.Window) {
				c.windows[id].restore(s, now)
			}
		}
	}
	for _, s := range saved.Pauses {
		if l.class(s.Class).name == s.Class {
			l.pause(s.Class, earliest(s.Until, now.Add(aDay))) // a wrong clock must not hold a class back for years
		}
	}
}

func (w *window) restore(s savedWindow, now time.Time) {
	if w.policy.Daily {
		w.used(now)
		if s.Day == w.day.Format(time.DateOnly) {
			w.count += max(0, s.Count) + max(0, s.Writing)
			if s.ProbeAt != nil && w.policy.Probe > 0 {
				w.closed, w.probeAt = true, earliest(*s.ProbeAt, now.Add(w.policy.Probe))
			}
		}
		return
	}
	for _, ns := range s.Stamps {
		w.stamps = append(w.stamps, earliest(time.Unix(0, ns), now).Sub(w.base)) // a stamp of a clock that was ahead counts from now
	}
	for range min(max(0, s.Writing), w.policy.N) {
		w.stamps = append(w.stamps, now.Sub(w.base))
	}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// save writes down the long windows and pauses. The lock of the limiter is not held while the user's state is written:
// calls of other classes go on. What is written is never older than what was written before.
func (c *core) save() error {
	if c.state == nil {
		return nil
	}
	c.saving.Lock()
	defer c.saving.Unlock()
	data, err := json.Marshal(c.snapshot())
	if err == nil {
		err = c.state.Save(data)
	}
	if err != nil {
		return wire.Plain("the state of the rate limiter could not be saved, so the call was not made", err)
	}
	return nil
}

func (c *core) snapshot() savedState {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	saved := savedState{Version: 1, Windows: []savedWindow{}}
	pauses := make(map[string]time.Time)
	for id, w := range c.windows {
		p := w.policy
		if p.PerApp && w.paused.After(now) {
			pauses[p.Class] = latest(pauses[p.Class], w.paused)
		}
		if !p.kept() || id.key > 1 {
			continue
		}
		s := savedWindow{Class: p.Class, Daily: p.Daily, PerApp: p.PerApp, Writing: w.writing}
		w.used(now)
		if p.Daily {
			s.Day, s.Count = w.day.Format(time.DateOnly), w.count
			if w.closed {
				s.ProbeAt = &w.probeAt
			}
		} else {
			s.Window = p.Window
			for _, at := range w.stamps[w.first:] {
				s.Stamps = append(s.Stamps, w.base.Add(at).UnixNano())
			}
		}
		saved.Windows = append(saved.Windows, s)
	}
	for id, cl := range c.classes {
		if id.key == 1 && cl.paused.After(now) {
			pauses[id.name] = latest(pauses[id.name], cl.paused)
		}
	}
	for name, until := range pauses {
		saved.Pauses = append(saved.Pauses, savedPause{Class: name, Until: until})
	}
	return saved
}

// File is a state in a file of this name.
type File string

// Load reads the file; nil when there is none.
func (f File) Load() ([]byte, error) {
	info, err := os.Stat(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxStateBytes { // before memory is taken for it
		return nil, errTooLarge
	}
	return os.ReadFile(string(f))
}

// Save replaces the file.
func (f File) Save(state []byte) error { return durable.ReplaceFile(string(f), state) }
