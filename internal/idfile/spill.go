package idfile

import (
	"context"
	"encoding/binary"
	"fmt"
)

const (
	partBits  = 6
	parts     = 1 << partBits // streams of a spill, chosen by the lowest bits of a hash
	inOrder   = parts         // one stream more, with all IDs
	blockSize = 16 << 10
)

// spill keeps the IDs that a table had no room for, twice: in their order, and divided by their hash into parts, each
// with its own IDs in order. It is one temporary file of blocks, made when the first block is full.
type spill struct {
	dir    string
	create func(dir string) (storage, error)
	file   storage
	last   [parts + 1][]byte // the block of each stream that is not full
	blocks []uint8           // the stream of each block in the file
	counts [parts + 1]int64
}

func (s *spill) add(id int64, hash uint64) error {
	if err := s.put(inOrder, id); err != nil {
		return err
	}
	return s.put(int(hash%parts), id)
}

func (s *spill) put(stream int, id int64) error {
	if s.last[stream] == nil {
		s.last[stream] = make([]byte, 0, blockSize)
	}
	block := binary.LittleEndian.AppendUint64(s.last[stream], uint64(id))
	s.last[stream] = block
	s.counts[stream]++
	if len(block) < blockSize {
		return nil
	}
	s.last[stream] = block[:0]
	return s.write(stream, block)
}

func (s *spill) write(stream int, block []byte) (err error) {
	if s.file == nil {
		if s.file, err = s.create(s.dir); err != nil {
			return fmt.Errorf("making a temporary file: %w", err)
		}
	}
	s.blocks = append(s.blocks, uint8(stream))
	if _, err := s.file.Write(block); err != nil {
		return fmt.Errorf("writing a temporary file: %w", withoutPath(err))
	}
	return nil
}

// walk gives the IDs of a stream in their order, until each returns false.
func (s *spill) walk(ctx context.Context, stream int, each func(id int64) bool) error {
	buffer := make([]byte, blockSize)
	for i, of := range s.blocks {
		if int(of) != stream {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := s.file.ReadAt(buffer, int64(i)*blockSize); err != nil {
			return fmt.Errorf("reading a temporary file: %w", withoutPath(err))
		}
		if !eachID(buffer, each) {
			return nil
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	eachID(s.last[stream], each)
	return nil
}

func eachID(block []byte, each func(id int64) bool) bool {
	for ; len(block) >= 8; block = block[8:] {
		if !each(int64(binary.LittleEndian.Uint64(block))) {
			return false
		}
	}
	return true
}

// repeats has a bit for each ID of a part, in their order, which is set if the ID was there before.
type repeats []uint64

func (r repeats) set(i int64)      { r[i/64] |= 1 << (i % 64) }
func (r repeats) has(i int64) bool { return r[i/64]&(1<<(i%64)) != 0 }

// findRepeats compares the IDs of a part with each other. Where the table has no room for all of them it takes several
// walks, each for those with other bits in their hash.
func (s *spill) findRepeats(ctx context.Context, t *table, part int) (repeats, error) {
	count := s.counts[part]
	found := make(repeats, (count+63)/64)
	walks := uint64(1)
	for int64(walks) < count && count/int64(walks) > int64(room(len(t.store))) {
		walks *= 2
	}
	for walk := uint64(0); walk < walks; walk++ {
		t.reset(count / int64(walks) * 5 / 4)
		i, ok := int64(0), true
		err := s.walk(ctx, part, func(id int64) bool {
			hash := t.hash(id)
			if hash>>partBits%walks == walk {
				switch t.add(id, hash) {
				case present:
					found.set(i)
				case full:
					ok = false
				}
			}
			i++
			return ok
		})
		if err != nil {
			return nil, err
		}
		if !ok { // what was found stays true
			walks, walk = walks*2, ^uint64(0)
		}
	}
	return found, nil
}

func (s *spill) close() error {
	if s.file == nil {
		return nil
	}
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("removing a temporary file: %w", withoutPath(err))
	}
	return nil
}
