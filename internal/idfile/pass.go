package idfile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

var errNilContext = wire.Plain("the context is nil", api.ErrInvalid)

// Summary is what a check found. Two lists with equal summaries hold the same IDs in the same order, however their
// files were spelled.
type Summary struct {
	// Count is the number of IDs.
	Count int64
	// Bytes is the length of the text that [Source.Open] gives: one ID a line, each with a line feed.
	Bytes int64
	// Hash is the SHA-256 of that text.
	Hash [sha256.Size]byte
}

// Check reads the list from start to end. It fails with a [*LineError] for the first line that is not one ID, with
// [ErrNoIDs] for an empty list, with the error of the context when that ends, and with what opening or reading
// reported. An error names the source without its directories.
func (s Source) Check(ctx context.Context) (Summary, error) {
	sum, err := s.pass(ctx, nil)
	if err != nil {
		return Summary{}, s.wrap(err)
	}
	return sum, nil
}

// pass reads the list from start to end, and gives each, if that is not nil, the checked text as it comes, until it
// returns an error.
func (s Source) pass(ctx context.Context, each func(text []byte, ids int) error) (Summary, error) {
	var sum Summary
	if ctx == nil {
		return sum, errNilContext
	}
	l, err := s.lines()
	if err != nil {
		return sum, err
	}
	defer func() { _ = l.close() }()
	hash := newSideHash()
	var quick maphash.Hash
	quick.SetSeed(quickSeed)
	for {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		text, ids, err := l.next()
		if err != nil {
			return sum, err
		}
		if ids == 0 {
			break
		}
		sum.Count += int64(ids)
		sum.Bytes += int64(len(text))
		hash.write(text)
		_, _ = quick.Write(text)
		if each == nil {
			continue
		}
		if err := each(text, ids); err != nil {
			return sum, err
		}
	}
	if sum.Count == 0 {
		return sum, ErrNoIDs
	}
	sum.Hash = hash.sum()
	s.memo.remember(sum.Hash, quick.Sum64())
	return sum, nil
}

// All walks the IDs in their order. It checks as it goes: a line that is not one ID is yielded as a [*LineError] after
// the IDs before it, and an empty list as [ErrNoIDs]. An error, also that of the context, comes once, with ID 0, and
// ends the walk. Every walk opens the source anew.
func (s Source) All(ctx context.Context) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if ctx == nil {
			yield(0, s.wrap(errNilContext))
			return
		}
		l, err := s.lines()
		if err != nil {
			yield(0, s.wrap(err))
			return
		}
		defer func() { _ = l.close() }()
		for first := true; ; first = false {
			if err := ctx.Err(); err != nil {
				yield(0, s.wrap(err))
				return
			}
			text, ids, err := l.next()
			if ids == 0 && err == nil && first {
				err = ErrNoIDs
			}
			if err != nil {
				yield(0, s.wrap(err))
			}
			if err != nil || ids == 0 {
				return
			}
			for id := range idsOf(text) {
				if !yield(id, nil) {
					return
				}
			}
		}
	}
}

// wrap names the list: a file by its name, anything else by what it is.
func (s Source) wrap(err error) error {
	return fmt.Errorf("employee: %s: %w", cmp.Or(s.name, s.label, "the list"), err)
}
