package spool

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/webhook"
)

const (
	keptEnding = ".kept"
	// keptPart is how much of an entry stands in one line of the journal: base64 makes a third more of it.
	keptPart = durable.MaxEntry / 2
	// probeBytes is what must fit on a disk that had no room before something is bought again.
	probeBytes = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// keptLine is one line of the journal: an entry, or a part of a long one. An entry is whole with its last part.
type keptLine struct {
	Part     int    `json:"part"` // From 1 on.
	Of       int    `json:"of"`
	Data     []byte `json:"data"`
	Checksum uint32 `json:"crc32c"`
}

// kept implements [webhook.Kept] for one attempt: a journal beside the file of the delivery, which is made when the
// first entry is added.
type kept struct {
	spool *Spool
	entry *entry

	mu      sync.Mutex
	journal *durable.Journal // Nil unless it was appended to.
	damage  error
	ended   bool
}

var errAttemptEnded = errors.New("spool: the attempt has ended, so nothing can be kept for it any more")

// Append implements [webhook.Kept]. It writes also if the context has ended: what is bought must be kept.
func (k *kept) Append(_ context.Context, entry []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return errAttemptEnded
	}
	if err := k.append(entry); err != nil {
		k.closeJournal() // To open it again for the next entry finds out what it holds.
		k.spool.diskFull.Store(true)
		return fmt.Errorf("spool: what was bought could not be kept: %w", err)
	}
	return nil
}

func (k *kept) append(entry []byte) error {
	s, e := k.spool, k.entry
	if k.journal == nil {
		journal, err := durable.OpenJournal(s.root, e.keptPath(), func([]byte) error { return nil })
		if err != nil {
			return err
		}
		k.journal, e.hasKept = journal, true
	}
	for line := range linesOf(entry) {
		before := k.journal.Size()
		if err := k.journal.Append(line); err != nil {
			return err
		}
		s.mu.Lock()
		s.index.grewKept(e, k.journal.Size()-before)
		s.mu.Unlock()
	}
	return nil
}

// Replace implements [webhook.Kept]. A crash leaves the old entries or the new ones.
func (k *kept) Replace(_ context.Context, entries [][]byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ended {
		return errAttemptEnded
	}
	s, e := k.spool, k.entry
	k.closeJournal() // Its file is about to be another.
	err := durable.ReplaceWith(s.root, e.keptPath(), func(w io.Writer) error { return writeKept(w, entries) })
	if info, statErr := s.root.Lstat(e.keptPath()); statErr == nil {
		e.hasKept = true
		s.mu.Lock()
		s.index.grewKept(e, info.Size()-e.kept)
		s.mu.Unlock()
	}
	if err != nil {
		s.diskFull.Store(true)
		return fmt.Errorf("spool: what was kept could not be replaced: %w", err)
	}
	return nil
}

// linesOf yields the lines of an entry.
func linesOf(entry []byte) iter.Seq[keptLine] {
	return func(yield func(keptLine) bool) {
		of := max(1, (len(entry)+keptPart-1)/keptPart)
		for part := 1; part <= of; part++ {
			data := entry[:min(len(entry), keptPart)]
			entry = entry[len(data):]
			if !yield(keptLine{part, of, data, crc32.Checksum(data, castagnoli)}) {
				return
			}
		}
	}
}

func (k *kept) closeJournal() {
	if k.journal != nil {
		_ = k.journal.Close() // Each entry was synced.
		k.journal = nil
	}
}

// Entries implements [webhook.Kept]. An entry whose Append did not return is not among them. If the journal is
// damaged, the error wraps [webhook.ErrGiveUp].
func (k *kept) Entries(context.Context) ([][]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.ended:
		return nil, errAttemptEnded
	case !k.entry.hasKept:
		return nil, nil
	}
	f, err := k.spool.root.Open(k.entry.keptPath())
	if err != nil {
		return nil, fmt.Errorf("spool: what was kept cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	var entries [][]byte
	err = readKept(f, func(entry []byte) { entries = append(entries, entry) })
	switch {
	case errors.Is(err, durable.ErrDamaged):
		k.damage = fmt.Errorf("spool: what was bought for the delivery and kept is damaged: %w", webhook.ErrGiveUp)
		return nil, k.damage
	case err != nil:
		return nil, fmt.Errorf("spool: what was kept cannot be read: %w", err)
	}
	return entries, nil
}

// readKept calls each with the whole entries of a journal. Memory is taken for what is there, not for what it says.
func readKept(r io.Reader, each func(entry []byte)) error {
	var long []byte
	part := 0 // The last part of an entry that is not whole.
	_, err := durable.ReadJournal(r, func(text []byte) error {
		var line keptLine
		if json.Unmarshal(text, &line) != nil || crc32.Checksum(line.Data, castagnoli) != line.Checksum ||
			line.Part < 1 || line.Part > line.Of || line.Part != 1 && line.Part != part+1 {
			return durable.ErrDamaged
		}
		if line.Part == 1 { // What came before was not finished.
			long = nil
		}
		part = line.Part
		if line.Of > 1 {
			long = append(long, line.Data...)
			line.Data = long
		}
		if line.Part == line.Of {
			each(line.Data)
			long, part = nil, 0
		}
		return nil
	})
	return err
}

// Full implements [webhook.Kept].
func (k *kept) Full() error {
	s := k.spool
	s.mu.Lock()
	bytes := s.index.keptBytes
	s.mu.Unlock()
	switch {
	case bytes >= s.options.MaxKept:
		return fmt.Errorf("spool: %d bytes were bought and wait to be handed over, and Options.MaxKept is %d: %w", bytes, s.options.MaxKept, webhook.ErrRetryLater)
	case s.diskFull.Load() && !s.probe():
		return fmt.Errorf("spool: nothing can be written beside the deliveries: %w", webhook.ErrRetryLater)
	}
	return nil
}

// end makes the journal unusable, since the delivery is about to leave, and returns what is wrong with it.
func (k *kept) end() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = true
	k.closeJournal()
	return k.damage
}

// probe reports whether the disk has room again.
func (s *Spool) probe() bool {
	s.probing.Lock()
	defer s.probing.Unlock()
	if !s.diskFull.Load() {
		return true
	}
	path := pendingDir + "/" + tempPrefix + rand.Text()
	temp, err := s.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false
	}
	_, err = temp.Write(make([]byte, probeBytes))
	err = errors.Join(err, temp.Sync(), temp.Close(), s.root.Remove(path))
	s.diskFull.Store(err != nil)
	return err == nil
}
