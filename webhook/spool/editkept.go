package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/internal/durable"
)

// inProcess marks the contexts of the function given to Run.
type inProcess struct{}

// EditKept changes what was kept for deliveries, pending and dead, such as to erase a person: edit is called with the
// entries that were appended for each (see [webhook.Kept]), and returns those to be left instead. A crash leaves the old
// ones or the new ones of each; when EditKept returns nil, all are changed, and the old bytes are in no file any more, those of an
// entry that a crash had cut included.
//
// It waits until the delivery in work, if there is one, has had its attempt, or until ctx ends; no other is worked on
// meanwhile. So neither edit nor the function given to [Spool.Run] may call it, where it is an error. If something cannot be edited, the others
// are, and the error says which: one that is damaged is [ErrCorrupt], and goes with its delivery by [Spool.Discard].
func (s *Spool) EditKept(ctx context.Context, edit func(entries [][]byte) ([][]byte, error)) error {
	if ctx == nil || edit == nil {
		return errors.New("spool: the context or the function given to EditKept is nil")
	}
	if ctx.Value(inProcess{}) == s {
		return errors.New("spool: EditKept waits for the function given to Run, and so must not be called by it")
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	if err := s.takeTurn(ctx); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer func() { <-s.turn }()
	return errors.Join(s.editDead(ctx, edit), s.editPending(ctx, edit)) // What is requeued between them was edited.
}

// takeTurn waits for the turn of who makes an attempt or edits what is kept. Whoever has it takes it out of the channel.
func (s *Spool) takeTurn(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Spool) editDead(ctx context.Context, edit func([][]byte) ([][]byte, error)) error {
	var names []string
	for file, err := range list(s.root, deadDir) {
		if err != nil {
			return err
		}
		if strings.HasSuffix(file.Name(), keptEnding) && isBeside(file.Name()) && file.Type().IsRegular() {
			names = append(names, file.Name())
		}
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, s.editFile(ctx, deadDir+"/"+name, edit, func(path string, left [][]byte) error {
			s.mu.Lock() // Requeue and Discard wait.
			defer s.mu.Unlock()
			if _, err := s.root.Lstat(path); errors.Is(err, fs.ErrNotExist) {
				return nil // What is discarded is gone, and what is requeued comes with the pending ones.
			}
			old, size, err := s.leave(path, left)
			s.index.joinedTheDead(0, onDisk(size)-onDisk(old))
			return err
		}))
	}
	return errors.Join(errs...)
}

func (s *Spool) editPending(ctx context.Context, edit func([][]byte) ([][]byte, error)) error {
	s.mu.Lock()
	entries := s.index.line.all()
	s.mu.Unlock()
	var errs []error
	for _, e := range entries {
		if !e.isStored() || !e.hasKept {
			continue
		}
		errs = append(errs, s.editFile(ctx, e.keptPath(), edit, func(path string, left [][]byte) error {
			old, size, err := s.leave(path, left)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.index.grewKept(e, size-old)
			return err
		}))
	}
	return errors.Join(errs...)
}

// editFile edits one journal, and calls leave with what is to be left, if that is not what is there. Nothing is locked while
// it calls edit, which may take long.
func (s *Spool) editFile(ctx context.Context, path string, edit func([][]byte) ([][]byte, error), leave func(path string, left [][]byte) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	entries, whole, err := s.readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, durable.ErrDamaged):
		return fmt.Errorf("spool: what is kept in %s: %w", path, ErrCorrupt)
	case err != nil:
		return fmt.Errorf("spool: what is kept in %s cannot be read: %w", path, err)
	}
	left, err := edit(slices.Clone(entries))
	if err != nil || whole && slices.EqualFunc(entries, left, slices.Equal[[]byte]) {
		return err
	}
	return leave(path, left)
}

// leave replaces a journal by one of the entries, and returns its size before and after.
func (s *Spool) leave(path string, left [][]byte) (old, size int64, err error) {
	info, err := s.root.Lstat(path)
	if err != nil {
		return 0, 0, fmt.Errorf("spool: %w", err)
	}
	old = info.Size()
	if err := s.replaceKept(path, left); err != nil {
		return old, old, fmt.Errorf("spool: what is kept in %s cannot be replaced: %w", path, err)
	}
	if info, err = s.root.Lstat(path); err != nil {
		return old, old, fmt.Errorf("spool: %w", err)
	}
	return old, info.Size(), nil
}

// readFile reads a journal: its entries, and whether they are all that is in it.
func (s *Spool) readFile(path string) (entries [][]byte, whole bool, err error) {
	f, err := s.root.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if err := readKept(f, func(entry []byte) { entries = append(entries, entry) }); err != nil {
		return nil, false, err
	}
	written, err := keptSize(entries)
	return entries, written == info.Size(), err
}

// keptSize returns how many bytes a journal of the entries has.
func keptSize(entries [][]byte) (size int64, err error) {
	for _, entry := range entries {
		for line := range linesOf(entry) {
			text, err := json.Marshal(line)
			if err != nil {
				return 0, err
			}
			size += int64(len(text)) + 1
		}
	}
	return size, nil
}
