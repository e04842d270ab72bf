package spool

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/webhook"
)

// maxJoined bounds the bytes of the files that become one: as many as the largest body of a handler.
const maxJoined = webhook.DefaultMaxBody

// join makes one delivery of the first fresh entry, which is about to have its first attempt, and of those behind it
// that may be joined. From then on it is one in every way: its attempts, what is kept for it, and its death.
//
// A joined file is one of a delivery whose body is made of the files of the deliveries, each behind a line with its
// name. It is there before those are removed; what a crash leaves of them is removed by the next Open.
func (a *attempt) join(ctx context.Context) error {
	s, e := a.spool, a.entry
	if s.options.JoinWithin == 0 || !a.fresh || e.wasBegun() || e.joined || e.tooLarge || !areSubjects(a.events) {
		return nil
	}
	parts, body, joined := s.joinable(e)
	if len(parts) == 0 {
		return nil
	}
	first, err := s.load(e)
	if err != nil {
		return err
	}
	whole := *first
	whole.Body = body
	f, err := newFile(&whole)
	if err != nil {
		return err
	}
	old, name := e.path(), e.fileName
	name.joined, name.keyOnly, name.hash = true, false, e.id // never the old name
	temp := pendingDir + "/" + tempPrefix + "joined"
	_ = s.root.Remove(temp)
	if err = s.writeTemp(temp, f); err == nil {
		err = s.root.Rename(temp, pendingDir+"/"+name.String())
	}
	if err != nil { // Each is worked on by itself.
		_ = s.root.Remove(temp)
		a.log(ctx, slog.LevelWarn, "spool: deliveries could not be joined", err)
		return nil
	}
	s.mu.Lock()
	s.index.join(e, name, f.size(), parts)
	s.mu.Unlock()
	a.events = slices.Clone(a.events)
	for _, d := range joined {
		a.events, a.traces = append(a.events, d.Events...), appendTrace(a.traces, d)
	}
	e.parts = []string{old}
	for _, part := range parts {
		e.parts = append(e.parts, part.path())
	}
	return s.removeParts(e)
}

// removeParts removes the files that an entry was joined from, so that none is worked on again. Until that is done there
// is no attempt.
func (s *Spool) removeParts(e *entry) error {
	if len(e.parts) == 0 {
		return nil
	}
	err := durable.SyncDir(s.pending) // The joined one is to be there first.
	if err != nil {
		return err
	}
	for _, path := range e.parts {
		err = errors.Join(err, removeIfThere(s.root, path))
	}
	if err = errors.Join(err, durable.SyncDir(s.pending)); err == nil {
		e.parts = nil
	}
	return err
}

// joinable returns the entries that may be joined to the first fresh one, the body of the file that they make with it,
// and the deliveries without their bodies. It ends at the first that has been begun, is of another sender, has an event
// that is about nobody, or must wait behind one that failed: whoever is about the same keeps the order.
func (s *Spool) joinable(e *entry) (parts []*entry, body []byte, joined []*webhook.Delivery) {
	s.mu.Lock()
	line := s.index.line.freshStored()
	s.mu.Unlock()
	if len(line) < 2 || line[0] != e {
		return nil, nil, nil
	}
	source := ""
	for i, c := range line {
		if c.wasBegun() || c.tooLarge || int64(len(body))+c.size > min(maxJoined, s.options.MaxBytes/2) {
			break
		}
		content, err := s.root.ReadFile(c.path())
		if err != nil || int64(len(content)) != c.size {
			break
		}
		d, err := parseFile(content)
		switch {
		case err != nil:
			return parts, body, joined
		case i == 0:
			source = d.Source
		case d.Source != source || decode(d, s.senders) != nil || !areSubjects(d.Events) || s.isHeldUp(c, d.Events):
			return parts, body, joined
		default:
			d.Body = nil
			parts, joined = append(parts, c), append(joined, d)
		}
		body = append(append(append(body, c.String()...), '\n'), content...)
	}
	return parts, body, joined
}

// isHeldUp reports whether one that waits is about the same. An event that panics is not to be joined.
func (s *Spool) isHeldUp(e *entry, events []webhook.Event) (held bool) {
	defer func() { held = held || recover() != nil }()
	subjects := s.index.line.subjectsOf(e, events)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.line.isHeldUp(subjects)
}

func areSubjects(events []webhook.Event) bool {
	return !slices.ContainsFunc(events, func(event webhook.Event) bool {
		_, ok := event.(webhook.Subject)
		return !ok
	})
}

// split returns the files in the body of a joined one, with their names. The hash in a name may be one of the first format.
func split(body []byte) (names []fileName, files [][]byte, err error) {
	for len(body) > 0 {
		line, rest, ok := bytes.Cut(body, []byte{'\n'})
		name, isName := parseName(string(line[:min(len(line), maxText)]))
		if !ok || !isName {
			return nil, nil, ErrCorrupt
		}
		a, _, after, err := parseHead(rest)
		if err != nil || a.Size < 0 || a.Size > int64(len(after)) {
			return nil, nil, ErrCorrupt
		}
		end := int64(len(rest)-len(after)) + a.Size
		names, files = append(names, name), append(files, rest[:end:end])
		body = rest[end:]
	}
	if len(files) == 0 {
		return nil, nil, ErrCorrupt
	}
	return names, files, nil
}

// decodeJoined returns the first delivery of a joined one with the events of all, in their order, and their traces.
func decodeJoined(joined *webhook.Delivery, senders []webhook.Sender) (first *webhook.Delivery, traces []webhook.Trace, err error) {
	_, files, err := split(joined.Body)
	if err != nil {
		return nil, nil, err
	}
	for _, content := range files {
		d, err := parseFile(content)
		if err != nil {
			return nil, nil, err
		}
		if err := decode(d, senders); err != nil {
			return nil, nil, err
		}
		traces = appendTrace(traces, d)
		if first == nil {
			first = d
			continue
		}
		first.Events = append(first.Events, d.Events...)
	}
	return first, traces, nil
}

// appendTrace adds the trace of a delivery that has one.
func appendTrace(traces []webhook.Trace, d *webhook.Delivery) []webhook.Trace {
	if d.Trace == nil || len(traces) >= maxTraces {
		return traces
	}
	return append(traces, d.Trace)
}

// settleJoined tells the entries of joined files whose keys they have, and removes what a crash left of their parts. What
// cannot be read is looked at again when it is its turn.
func (s *Spool) settleJoined(entries []*entry) ([]*entry, error) {
	parts := make(map[string]*webhook.Delivery)
	for _, e := range entries {
		if !e.joined || e.tooLarge {
			continue
		}
		d, err := s.load(e)
		if err != nil {
			continue
		}
		names, files, err := split(d.Body)
		if err != nil {
			continue
		}
		e.ids = nil
		for i, name := range names {
			s.index.sequence = max(s.index.sequence, name.sequence)
			if d, err := parseFile(files[i]); err == nil {
				e.ids = append(e.ids, hashOf(d.Source, d.Key))
				parts[name.String()] = d
			}
		}
	}
	var failed error
	return slices.DeleteFunc(entries, func(e *entry) bool {
		part := parts[e.String()]
		if part == nil || e.joined {
			return false
		}
		a, _, err := readHead(s.root, e.path())
		if err != nil || !a.ReceivedAt.Equal(part.ReceivedAt) {
			return false // Another one of the same key that got the number anew.
		}
		if err := s.root.Remove(e.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
		return true
	}), failed
}
