package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/pronet-go/pronet/internal/durable"
)

// inProcess marks the contexts of the function given to Run.
type inProcess struct{}

// RewriteKept changes what is kept beside the pending and the dead deliveries, to erase a person: rewrite gets each entry
// (see [webhook.Kept]) and returns what is kept instead, nil for nothing, or the entry itself. What is replaced is gone
// from the files when RewriteKept returns nil. It waits until the delivery that is in work has had its attempt, so it
// must not be called by the function given to Run, where it is an error. A journal that is damaged is left as it is, and
// told by the error at the end, which joins all failures.
func (s *Spool) RewriteKept(ctx context.Context, rewrite func(entry []byte) []byte) error {
	if ctx == nil || rewrite == nil {
		return errors.New("spool: the context or the function is nil")
	}
	if ctx.Value(inProcess{}) == s {
		return errors.New("spool: RewriteKept waits for the function given to Run, and so must not be called by it")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	select {
	case s.attempting <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.attempting }()
	_, err := s.rewriteIn(pendingDir, rewrite)
	s.mu.Lock() // so that nothing is put back from the dead meanwhile
	defer s.mu.Unlock()
	less, deadErr := s.rewriteIn(deadDir, rewrite)
	s.index.deadBytes -= less
	return errors.Join(err, deadErr)
}

// rewriteIn rewrites the journals of a directory, and returns how many bytes less they take on the disk.
func (s *Spool) rewriteIn(dir string, rewrite func(entry []byte) []byte) (less int64, err error) {
	var names []string
	for file, listErr := range list(s.root, dir) {
		if listErr != nil {
			return 0, listErr
		}
		if strings.HasSuffix(file.Name(), keptEnding) && isBeside(file.Name()) && file.Type().IsRegular() {
			names = append(names, dir+"/"+file.Name())
		}
	}
	for _, name := range names {
		n, rewriteErr := s.rewriteJournal(name, rewrite)
		less += n
		if rewriteErr != nil {
			err = errors.Join(err, fmt.Errorf("spool: what was kept in %s: %w", name, rewriteErr))
		}
	}
	return less, err
}

func (s *Spool) rewriteJournal(name string, rewrite func(entry []byte) []byte) (less int64, err error) {
	f, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var entries [][]byte
	changed := false
	err = readKept(f, func(entry []byte) {
		replaced := rewrite(entry)
		changed = changed || string(replaced) != string(entry)
		if replaced != nil {
			entries = append(entries, replaced)
		}
	})
	info, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err != nil || !changed {
		return 0, err
	}
	err = durable.ReplaceWith(s.root, name, func(w io.Writer) error { return writeKept(w, entries) })
	if err != nil {
		return 0, err
	}
	after, err := s.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	return onDisk(info.Size()) - onDisk(after.Size()), nil
}

// writeKept writes the lines of a journal.
func writeKept(w io.Writer, entries [][]byte) error {
	for _, entry := range entries {
		for line := range linesOf(entry) {
			text, err := json.Marshal(line)
			if err != nil {
				return err
			}
			if _, err := w.Write(append(text, '\n')); err != nil {
				return err
			}
		}
	}
	return nil
}
