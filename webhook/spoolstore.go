package webhook

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/pronet-go/pronet/internal/durable"
)

// store writes the file of an entry. When it returns nil the file survives a
// crash of the machine; when it returns an error there is no file.
func (s *Spool) store(entry *spoolEntry, file *spoolFile) error {
	temp := pendingDir + "/" + tempPrefix + rand.Text()
	if err := s.writeTemp(temp, file); err != nil {
		_ = s.root.Remove(temp)
		return fmt.Errorf("webhook: write spool: %w", err)
	}
	if err := s.root.Rename(temp, entry.path()); err != nil {
		_ = s.root.Remove(temp)
		return fmt.Errorf("webhook: write spool: %w", err)
	}
	if err := durable.SyncDir(s.pending); err != nil {
		_ = s.root.Remove(entry.path())
		return fmt.Errorf("webhook: write spool: %w", err)
	}
	return nil
}

func (s *Spool) writeTemp(path string, file *spoolFile) error {
	f, err := s.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteTo(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// load reads the delivery of an entry, without its events.
func (s *Spool) load(entry *spoolEntry) (*Delivery, error) {
	f, err := s.root.Open(entry.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	// One byte more than the file had: a file that has grown is corrupt.
	content := make([]byte, entry.size+1)
	n, err := io.ReadFull(f, content)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return parseSpoolFile(content[:n:n])
	case err != nil:
		return nil, err
	}
	return nil, ErrSpoolCorrupt
}

// setAttempts records in the file's name how often the delivery was tried.
func (s *Spool) setAttempts(entry *spoolEntry, attempts int) error {
	old := entry.path()
	entry.attempts = min(attempts, maxSpoolAttempts)
	if old == entry.path() {
		return nil
	}
	return s.root.Rename(old, entry.path())
}

// bury moves the file of an entry to the dead ones.
func (s *Spool) bury(entry *spoolEntry) error {
	if err := s.root.Rename(entry.path(), entry.deadPath()); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(s.dead), durable.SyncDir(s.pending))
}

// discard removes the file of an entry that has been dealt with. The directory
// is not synced: if the machine crashes now, the delivery comes again.
func (s *Spool) discard(entry *spoolEntry) error {
	err := s.root.Remove(entry.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
